/** Refusals: errors of one tab, told to its caller and to its listeners, and to no other tab. */
import { SessionError, type SessionErrorCode, type SessionErrorEvent } from './session/errors';

type Facts = Partial<SessionErrorEvent> & { readonly cause?: unknown };

/** What differs from the catalogue where solotab itself has the reason. */
export const CANNOT_RESUME: Facts = {
  message: "This app can't resume a session: its driver has no resume().",
  suggestedAction: 'End the session and start a new one.',
  retryable: false,
};
export const NO_BROWSER: Facts = {
  message: 'There is no browser here to hold a session.',
  suggestedAction: 'Call it in a browser: in server rendering the coordinator only shows an idle session.',
  retryable: false,
};
export const UNSAFE: Facts = {
  message: 'This browser gives its tabs no way to exclude each other.',
  suggestedAction: 'Leave private or restricted mode, or use another browser.',
  retryable: false,
};

export interface RefusalPorts {
  readonly tabId: string;
  epoch(): number;
  /** Milliseconds since the Unix epoch. */
  now(): number;
  tell(event: SessionErrorEvent): void;
}

export class Refusals {
  constructor(private readonly ports: RefusalPorts) {}

  /** The error to reject with. The listeners have heard of it then. */
  make(code: SessionErrorCode, facts: Facts = {}): SessionError {
    const { tabId, epoch, now, tell } = this.ports;
    const error = new SessionError(code, { ...facts, local: true, tabId, epoch: epoch(), at: now() });
    tell(error.toJSON());
    return error;
  }

  /** The same for a refusal that was decided elsewhere. Any other error is passed on as it is. */
  from(error: unknown): unknown {
    return error instanceof SessionError ? this.make(error.code, { ...error.toJSON(), cause: error.cause }) : error;
  }
}
