/**
 * Errors as plain data. Over the wire and in the journal an error is its code and what differs from the catalogue:
 *
 *     SessionError ──errorFacts──▶ { code, … } ──errorEvent──▶ what listeners get
 *
 * A code that the catalogue does not have is the app's own, or a newer build's. What such an error does not say itself is as
 * with 9999.
 */
import { type CatalogueEntry, isSessionErrorCode, SESSION_ERRORS } from './catalogue';
import { isObject } from './check';

/** A `session_error` as listeners get it: plain data. */
export interface SessionErrorEvent {
  /** One of `SESSION_ERRORS`, or the app's own: `isSessionErrorCode` tells. */
  readonly code: number;
  readonly exception: string;
  readonly message: string;
  readonly suggestedAction: string;
  readonly retryable: boolean;
  /** What the app gave with the error. Absent if it gave nothing. */
  readonly data?: unknown;
  /** True: a refusal in this tab only. False: relayed to every tab. */
  readonly local: boolean;
  /** The tab in which it happened. */
  readonly tabId: string;
  readonly epoch: number;
  /** The number in the journal; `null` when local. */
  readonly seq: number | null;
  /** Milliseconds since the Unix epoch, by the clock of the tab in which it happened. */
  readonly at: number;
}

/** What an error says, wherever it happened. */
export type CompleteFacts = Pick<
  SessionErrorEvent,
  'code' | 'exception' | 'message' | 'suggestedAction' | 'retryable' | 'data'
>;

/** What other tabs are told of an error. What is left out is as in the catalogue. */
export type ErrorFacts = Pick<CompleteFacts, 'code'> & Partial<CompleteFacts>;

/** Whether these can be facts: they need a code. What else they have, `completeFacts` looks at. */
export function isErrorFacts(value: unknown): value is ErrorFacts {
  return isObject(value) && Number.isSafeInteger(value.code);
}

/**
 * What `source` says, and the catalogue where it says nothing or something of the wrong kind. The names of the catalogue's own
 * codes are fixed. `source` can be anything at all: this never throws.
 */
export function completeFacts(source: unknown, fallbackCode = 9999): CompleteFacts {
  const given = property(source, 'code');
  const code = Number.isSafeInteger(given) ? (given as number) : fallbackCode; // only numbers are safe integers
  const isKnown = isSessionErrorCode(code);
  const known: CatalogueEntry = SESSION_ERRORS[isKnown ? code : 9999];
  const own = <Name extends keyof CatalogueEntry>(name: Name): CatalogueEntry[Name] => {
    const value = property(source, name);
    // What these fields may hold is a whole type: any text, or true and false.
    return typeof value === typeof known[name] ? (value as CatalogueEntry[Name]) : known[name];
  };
  const data = property(source, 'data');
  const facts = {
    code,
    exception: isKnown ? known.exception : own('exception'),
    message: own('message'),
    suggestedAction: own('suggestedAction'),
    retryable: own('retryable'),
  };
  return data === undefined ? facts : { ...facts, data };
}

/**
 * What other tabs are told of `error`. `share` says what of its `data` can leave this tab: `undefined` for nothing. By default
 * that is everything.
 */
export function errorFacts(error: CompleteFacts, share = (data: unknown): unknown => data): ErrorFacts {
  const { code, data, ...said } = completeFacts(error);
  // Looked up by the names of `said`, which are among its own.
  const usual = completeFacts({ code }) as unknown as Readonly<Record<string, unknown>>;
  const shared = data === undefined ? undefined : share(data);
  return {
    code,
    ...Object.fromEntries(Object.entries(said).filter(([name, value]) => value !== usual[name])),
    ...(shared !== undefined && { data: shared }),
  };
}

/** What listeners of `session_error` get of an error that was told to all tabs. */
export function errorEvent(
  facts: ErrorFacts,
  { tabId, epoch, seq, at }: Pick<SessionErrorEvent, 'tabId' | 'epoch' | 'seq' | 'at'>,
): SessionErrorEvent {
  return { ...completeFacts(facts), local: false, tabId, epoch, seq, at };
}

/** Reads a property of anything; a getter that throws counts as absent. */
export function property(value: unknown, name: PropertyKey): unknown {
  try {
    // Whatever has no properties, `null` for one, throws or gives undefined.
    return (value as Record<PropertyKey, unknown>)[name];
  } catch {
    return undefined;
  }
}
