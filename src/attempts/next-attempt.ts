/**
 * What follows a failed attempt. Pure.
 *
 * | code | then | at most |
 * |---|---|---|
 * | 2001 | at once, with a fresh token | once |
 * | 1010 | at once, with another PIN, if the PIN was generated | `MAX_PIN_CONFLICTS` times |
 * | 1001, 1011, 1016, 9999, and the app's own codes | after a back-off, unless the error itself says `retryable: false` | `attempts` in all |
 * | any other of the catalogue | never: the same call would be answered in the same way | |
 */
import { isSessionErrorCode } from '../session/catalogue';
import type { SessionError } from '../session/errors';

/** A generated PIN that meets an existing one this often is no accident: the session service is at fault. */
export const MAX_PIN_CONFLICTS = 4;

const RETRIED: readonly number[] = [1001, 1011, 1016, 9999];

/** What the attempts of one call have used up so far. */
export interface Spent {
  readonly freshTokens: number;
  readonly freshPins: number;
  readonly backOffs: number;
}

export interface Means {
  readonly canRenewToken: boolean;
  readonly canRenewPin: boolean;
  /** Tries in all that the retry policy allows. */
  readonly attempts: number;
}

export type NextAttempt = keyof Spent | 'none';

/** Says by which means the call may be tried again after `error`, or `none`. */
export function nextAttempt(error: SessionError, spent: Spent, means: Means): NextAttempt {
  if (error.code === 2001) return means.canRenewToken && spent.freshTokens < 1 ? 'freshTokens' : 'none';
  if (error.code === 1010) return means.canRenewPin && spent.freshPins < MAX_PIN_CONFLICTS ? 'freshPins' : 'none';
  const mayPass = RETRIED.includes(error.code) || !isSessionErrorCode(error.code);
  if (!error.retryable || !mayPass) return 'none';
  return spent.backOffs < means.attempts - 1 ? 'backOffs' : 'none';
}
