/**
 * Session events as they are journaled and sent: numbered `(epoch, seq)` in the order in which they happened. An epoch
 * has one writer, so a number is given once; between epochs the higher one is the later one.
 */
import { type ErrorFacts, isSessionErrorCode, SESSION_ERRORS, type SessionErrorEvent } from './errors';
import { isCount, isObject } from './record';

/** How many events the journal holds. A tab that sleeps through more is told how many it missed. */
export const JOURNAL_SIZE = 64;

/** An event before it has its number. */
export interface EventDraft {
  readonly type: string;
  readonly reason?: string;
  readonly payload?: unknown;
  readonly error?: ErrorFacts;
}

export interface JournalEntry extends EventDraft {
  readonly epoch: number;
  readonly seq: number;
  readonly tabId: string;
  readonly at: number;
  /** Its payload was not journaled, because it is over 64 kB. */
  readonly tooLarge?: true;
}

/** What listeners of `session_error` get. */
export function toErrorEvent(entry: JournalEntry, error: ErrorFacts): SessionErrorEvent {
  const { epoch, seq, tabId, at } = entry;
  return { ...error, local: false, tabId, epoch, seq, at };
}

export function parseJournalEntry(value: unknown): JournalEntry | undefined {
  if (!isObject(value)) return undefined;
  const { type, epoch, seq, tabId, at, reason, payload } = value;
  if (typeof type !== 'string' || !isCount(epoch) || !isCount(seq) || typeof tabId !== 'string') return undefined;
  if (typeof at !== 'number' || !(reason === undefined || typeof reason === 'string')) return undefined;
  const error = value.error === undefined ? undefined : parseErrorFacts(value.error);
  if ((type === 'session_error') !== (error !== undefined)) return undefined;
  return {
    ...{ type, epoch, seq, tabId, at },
    ...(reason !== undefined && { reason }),
    ...(payload !== undefined && { payload }),
    ...(error !== undefined && { error }),
    ...(value.tooLarge === true && { tooLarge: true }),
  };
}

/** Fills in from our own catalogue what an older or newer build did not send. */
function parseErrorFacts(value: unknown): ErrorFacts | undefined {
  if (!isObject(value) || !isCount(value.code)) return undefined;
  const known = SESSION_ERRORS[isSessionErrorCode(value.code) ? value.code : 9999];
  const text = (name: 'exception' | 'message' | 'suggestedAction') => {
    const given = value[name];
    return typeof given === 'string' ? given : known[name];
  };
  return {
    code: value.code,
    exception: text('exception'),
    message: text('message'),
    suggestedAction: text('suggestedAction'),
    retryable: typeof value.retryable === 'boolean' ? value.retryable : known.retryable,
  };
}
