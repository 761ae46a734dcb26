/** What differs from the catalogue where solotab itself has the reason. */
import type { SessionErrorCode } from './catalogue';
import type { SessionErrorEvent } from './error-facts';
import { SessionError } from './errors';
import type { SessionRecord } from './record';

type Facts = Partial<Pick<SessionErrorEvent, 'message' | 'suggestedAction' | 'retryable'>> & {
  readonly cause?: unknown;
};

/** An error of this tab alone. Where and when it happened is filled in by whoever tells it. */
export function refusal(code: SessionErrorCode, facts?: Facts): SessionError {
  return new SessionError(code, { ...facts, local: true });
}

export const NO_SESSION: Facts = {
  message: 'There is no session in this browser.',
  suggestedAction: 'Start a session first.',
  retryable: false,
};

export const CANNOT_JOIN: Facts = {
  message: "This app can't join a session: its driver has no join().",
  suggestedAction: 'Start a session instead.',
  retryable: false,
};

export const CANNOT_RESUME: Facts = {
  message: "This app can't resume a session: its driver has no resume().",
  suggestedAction: 'End the session and start a new one.',
  retryable: false,
};

export const NO_PAGE: Facts = {
  message: 'Only a page of a browser can have a session.',
  suggestedAction: 'Call it in a page. A worker can follow, call() and end() the session.',
  retryable: false,
};

export const UNSAFE: Facts = {
  message: 'This browser gives its tabs no way to exclude each other.',
  suggestedAction: 'Leave private or restricted mode, or use another browser.',
  retryable: false,
};

/** Another page was stopped in the middle of a transaction. */
export function blocked(cause: unknown): SessionError {
  return refusal(9999, {
    message: "Another tab that does not respond blocks the browser's storage.",
    suggestedAction: 'Close the tab that does not respond, then try again.',
    cause,
  });
}

export const LOST: Facts = {
  message: 'The session in this browser has lost its tab.',
  suggestedAction: 'Go on with it here, or end it first.',
};

/** What a call is refused with that finds this record in its way. */
export function refusalIn(
  { phase, term }: Pick<SessionRecord, 'phase' | 'term'>,
  code: SessionErrorCode = 1002,
): SessionError {
  return refusal(code, phase === 'recovering' && term === null ? LOST : undefined);
}

export const SILENT: Facts = {
  message: 'The tab that has the session does not answer.',
  suggestedAction: 'Try again in a moment, or take the session over by force or end it, in a page.',
};
