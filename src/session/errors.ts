/**
 * The error catalogue of the Zoom Cobrowse SDK (codes and exception names are the SDK's; the sentences are ours), and the
 * one error class of solotab. Nobody should match on `message`: it may be improved at any time.
 */
export interface CatalogueEntry {
  readonly code: SessionErrorCode;
  /** The SDK's name of the code. */
  readonly exception: string;
  /** What happened, in one sentence. */
  readonly message: string;
  /** What the app or its user can do now. */
  readonly suggestedAction: string;
  /** Whether the same call can succeed later, without other input. */
  readonly retryable: boolean;
}

export type SessionErrorCode =
  | 1001
  | 1002
  | 1004
  | 1006
  | 1008
  | 1009
  | 1010
  | 1011
  | 1012
  | 1013
  | 1015
  | 1016
  | 1017
  | 2001
  | 9999;

function entry<Code extends SessionErrorCode>(
  code: Code,
  exception: string,
  retryable: boolean,
  message: string,
  suggestedAction: string,
): CatalogueEntry & { readonly code: Code } {
  return { code, exception, message, suggestedAction, retryable };
}

/** All 15 codes, by code: `SESSION_ERRORS[1002].exception`. */
export const SESSION_ERRORS = {
  1001: entry(
    1001,
    'SESSION_START_FAILED',
    true,
    'The session could not be started.',
    'Check the connection and the site link, then start again.',
  ),
  1002: entry(
    1002,
    'SESSION_CONNECTING_IN_PROGRESS',
    true,
    'A session is already being connected on this device.',
    'Wait until it has settled, or cancel it first.',
  ),
  1004: entry(
    1004,
    'SESSION_COUNT_LIMIT',
    true,
    'A session is already active on this device.',
    'Go on in the tab that has it, take it over, or end it first.',
  ),
  1006: entry(
    1006,
    'SESSION_JOIN_PIN_NOT_FOUND',
    false,
    'There is no session with this PIN.',
    'Check the PIN and enter it again.',
  ),
  1008: entry(
    1008,
    'SESSION_PIN_INVALID_FORMAT',
    false,
    'The PIN is not 1 to 10 letters and digits.',
    'Correct the PIN.',
  ),
  1009: entry(
    1009,
    'SESSION_START_PIN_REQUIRED',
    false,
    'This app brings its own PIN, and none was given.',
    'Give a PIN with the call.',
  ),
  1010: entry(
    1010,
    'SESSION_START_PIN_CONFLICT',
    true,
    'Another session uses this PIN.',
    'Start again with another PIN.',
  ),
  1011: entry(
    1011,
    'SESSION_JOIN_FAILED',
    true,
    'The session could not be joined or reconnected.',
    'Try again while the session lives; otherwise start a new one.',
  ),
  1012: entry(
    1012,
    'SESSION_CUSTOMER_COUNT_LIMIT',
    false,
    'The session has its one customer already.',
    'Leave it on the other device first, or start a new session.',
  ),
  1013: entry(
    1013,
    'SESSION_AGENT_COUNT_LIMIT',
    false,
    'The session has its five agents already.',
    'Wait until one of them has left.',
  ),
  1015: entry(
    1015,
    'SESSION_DUPLICATE_USER',
    false,
    'The same user is in this session already.',
    'Use another user id, or leave the session elsewhere first.',
  ),
  1016: entry(1016, 'NETWORK_ERROR', true, 'The network failed several times.', 'Check the connection and try again.'),
  1017: entry(
    1017,
    'SESSION_CANCELING_IN_PROGRESS',
    true,
    'The last session is still being given up.',
    'Try again in a moment.',
  ),
  2001: entry(2001, 'TOKEN_INVALID', true, 'The access token was refused.', 'Get a fresh token and try again.'),
  9999: entry(
    9999,
    'UNDEFINED',
    true,
    'The session service reported an error.',
    'Try again later, each time after a longer pause.',
  ),
} as const;

/** A `session_error` as plain data: what listeners get, and what goes over the wire. */
export interface SessionErrorEvent {
  readonly code: number;
  readonly exception: string;
  readonly message: string;
  readonly suggestedAction: string;
  readonly retryable: boolean;
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

/** Says whether `code` is one of the catalogue's. */
export function isSessionErrorCode(code: unknown): code is SessionErrorCode {
  return typeof code === 'number' && code in SESSION_ERRORS;
}

type Facts = Partial<Omit<SessionErrorEvent, 'code' | 'exception'>>;

/** Every refusal and every failure of a session. `code` and `exception` identify it; `cause` is what it was made from. */
export class SessionError extends Error implements SessionErrorEvent {
  readonly code: SessionErrorCode;
  readonly exception: string;
  readonly suggestedAction: string;
  readonly retryable: boolean;
  readonly local: boolean;
  readonly tabId: string;
  readonly epoch: number;
  readonly seq: number | null;
  readonly at: number;
  readonly cause?: unknown;

  /** `facts` replaces the catalogue's texts and fills in where and when it happened. */
  constructor(code: SessionErrorCode, facts: Facts & { readonly cause?: unknown } = {}) {
    const known = SESSION_ERRORS[code];
    super(facts.message ?? known.message);
    this.name = 'SessionError';
    this.code = code;
    this.exception = known.exception;
    this.suggestedAction = facts.suggestedAction ?? known.suggestedAction;
    this.retryable = facts.retryable ?? known.retryable;
    this.local = facts.local ?? false;
    this.tabId = facts.tabId ?? '';
    this.epoch = facts.epoch ?? 0;
    this.seq = facts.seq ?? null;
    this.at = facts.at ?? 0;
    if ('cause' in facts) this.cause = facts.cause;
  }

  /**
   * Whatever a driver threw, as a `SessionError`: one that is one already is kept; a known numeric `code` counts; a lost
   * network is 1016; anything else is `fallbackCode`. The original is kept as `cause`, in this tab only, and its own text
   * is not taken over: it would reach every tab and the journal, and might hold a token.
   */
  static from(error: unknown, fallbackCode: SessionErrorCode): SessionError {
    return isSessionError(error) ? error : new SessionError(codeOf(error, fallbackCode), { cause: error });
  }

  /** The same as plain data: survives `postMessage`, storage and `JSON`. Without `cause`, which may hold secrets. */
  toJSON(): SessionErrorEvent {
    const { code, exception, message, suggestedAction, retryable, local, tabId, epoch, seq, at } = this;
    return { code, exception, message, suggestedAction, retryable, local, tabId, epoch, seq, at };
  }
}

/** The part of an error that all tabs may see. */
export type ErrorFacts = Partial<Omit<CatalogueEntry, 'code'>> & { readonly code: number };

export function errorFacts({ code, exception, message, suggestedAction, retryable }: SessionError): ErrorFacts {
  return { code, exception, message, suggestedAction, retryable };
}

/** What other tabs are told of whatever a driver reported: the rules of `SessionError.from`, without an error that nobody throws. */
export function factsOf(error: unknown, fallbackCode: SessionErrorCode): ErrorFacts {
  return isSessionError(error) ? errorFacts(error) : SESSION_ERRORS[codeOf(error, fallbackCode)];
}

function codeOf(error: unknown, fallbackCode: SessionErrorCode): SessionErrorCode {
  const code = property(error, 'code');
  if (isSessionErrorCode(code)) return code;
  return isNetworkFailure(error) ? 1016 : fallbackCode;
}

/** A revoked proxy can't even be asked what it is. */
function isSessionError(error: unknown): error is SessionError {
  try {
    return error instanceof SessionError;
  } catch {
    return false;
  }
}

/** `fetch` rejects with a bare `TypeError` when it could not reach the server; each engine words it in its own way. */
const FETCH_FAILURES = /failed to fetch|networkerror|load failed|network request failed|fetch failed/i;

function isNetworkFailure(error: unknown): boolean {
  const name = property(error, 'name');
  const message = property(error, 'message');
  if (name === 'NetworkError') return true;
  return name === 'TypeError' && typeof message === 'string' && FETCH_FAILURES.test(message);
}

/** Reads a property of anything; a getter that throws counts as absent. */
function property(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}
