/**
 * The error catalogue: the codes and exception names of the Zoom Cobrowse SDK, exactly, with sentences of our own that fit any
 * session. Nobody should match on a `message`: it may be improved at any time.
 */
export interface CatalogueEntry<Code extends number = SessionErrorCode> {
  readonly code: Code;
  /** The SDK's name of the code. */
  readonly exception: string;
  /** What happened, in one sentence. */
  readonly message: string;
  /** What the app or its user can do now. */
  readonly suggestedAction: string;
  /** Whether the same call can succeed later, without other input. */
  readonly retryable: boolean;
}

function entry<Code extends number>(
  code: Code,
  exception: string,
  retryable: boolean,
  message: string,
  suggestedAction: string,
): CatalogueEntry<Code> {
  return { code, exception, message, suggestedAction, retryable };
}

/** All 15 codes, by code: `SESSION_ERRORS[1002].exception`. */
export const SESSION_ERRORS = {
  1001: entry(
    1001,
    'SESSION_START_FAILED',
    true,
    'The session could not be started.',
    'Check the connection and try again.',
  ),
  1002: entry(
    1002,
    'SESSION_CONNECTING_IN_PROGRESS',
    true,
    'A session is being connected in this browser already.',
    'Wait until that is done, or cancel it first.',
  ),
  1004: entry(
    1004,
    'SESSION_COUNT_LIMIT',
    true,
    'A session is active in this browser already.',
    'Go on in its tab, take it over, or end it first.',
  ),
  1006: entry(
    1006,
    'SESSION_JOIN_PIN_NOT_FOUND',
    false,
    'There is no session with this PIN.',
    'Check the PIN and try again.',
  ),
  1008: entry(
    1008,
    'SESSION_PIN_INVALID_FORMAT',
    false,
    'The PIN is not 1 to 10 letters and digits.',
    'Correct the PIN and try again.',
  ),
  1009: entry(
    1009,
    'SESSION_START_PIN_REQUIRED',
    false,
    'The session needs a PIN, and none was given.',
    'Give a PIN and try again.',
  ),
  1010: entry(
    1010,
    'SESSION_START_PIN_CONFLICT',
    true,
    'Another session uses this PIN.',
    'Try again with another PIN.',
  ),
  1011: entry(
    1011,
    'SESSION_JOIN_FAILED',
    true,
    'The session could not be joined or reconnected.',
    'Try again, or start a new session.',
  ),
  1012: entry(
    1012,
    'SESSION_CUSTOMER_COUNT_LIMIT',
    false,
    'The session has its one customer already.',
    'Leave it elsewhere first, or start a new session.',
  ),
  1013: entry(
    1013,
    'SESSION_AGENT_COUNT_LIMIT',
    false,
    'The session has as many agents as it can take.',
    'Wait until one of them has left.',
  ),
  1015: entry(
    1015,
    'SESSION_DUPLICATE_USER',
    false,
    'The same user is in this session already.',
    'Leave it elsewhere first, or use another user id.',
  ),
  1016: entry(1016, 'NETWORK_ERROR', true, 'The network connection failed.', 'Check the connection and try again.'),
  1017: entry(
    1017,
    'SESSION_CANCELING_IN_PROGRESS',
    true,
    'The last session in this browser is still being closed.',
    'Try again in a moment.',
  ),
  2001: entry(2001, 'TOKEN_INVALID', true, 'There is no valid access token.', 'Get a fresh token and try again.'),
  9999: entry(9999, 'UNDEFINED', true, 'Something went wrong with the session.', 'Wait a while and try again.'),
} as const;

/** A code of the catalogue. An app may have others. */
export type SessionErrorCode = keyof typeof SESSION_ERRORS;

/** Says whether `code` is one of the catalogue's, and so an index of `SESSION_ERRORS`. */
export function isSessionErrorCode(code: unknown): code is SessionErrorCode {
  return typeof code === 'number' && code in SESSION_ERRORS;
}
