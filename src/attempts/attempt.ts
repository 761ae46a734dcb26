import type { DriverContext } from '../driver';
import { linkedTo } from '../platform/abort';
import { OWN_DELAY, type OwnDelay } from '../platform/delay';
import type { Shape } from '../shape';

/** What a driver under `withAttempts` gets with each attempt. */
export interface AttemptContext<S extends Shape = Shape> extends DriverContext<S> {
  /** Aborts also when this attempt failed: whatever the driver opened for it can go. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt of a call, 2 for the next. */
  readonly attempt: number;
  /** What `token` gave for this attempt; undefined where none is configured. For the server only: never publish it. */
  readonly token: string | undefined;
  /**
   * Asks `token` for another one in mid-session, as when the service says that it expires; undefined where none is configured. Rejects
   * with a 2001 if there is none to be had, and with the reason of `signal` once the session is over here.
   */
  freshToken(): Promise<string | undefined>;
  /** The PIN of this attempt, from the request or generated; undefined where there is none. Publish it if other tabs may show it. */
  readonly pin: string | undefined;
}

export interface Attempt {
  readonly context: AttemptContext & OwnDelay;
  /** The attempt failed. From now on its context says nothing any more, so that it can't end or disturb the next one. */
  fail(): void;
}

/** One attempt within a call: the call's own context for as long as the attempt has not failed. */
export function beginAttempt(
  call: DriverContext & OwnDelay,
  facts: Pick<AttemptContext, 'attempt' | 'token' | 'pin'>,
  freshToken: (signal: AbortSignal) => Promise<string | undefined>,
  letGo: (session: unknown) => void,
): Attempt {
  const { control, unlink } = linkedTo(call.signal);
  let failed = false;
  const unlessFailed =
    <Arguments extends readonly unknown[]>(act: (...values: Arguments) => void) =>
    (...values: Arguments): void => {
      if (!failed) act(...values);
    };
  return {
    context: {
      ...facts,
      [OWN_DELAY]: call[OWN_DELAY],
      signal: control.signal,
      freshToken: () => freshToken(control.signal),
      epoch: call.epoch,
      get info() {
        return call.info;
      },
      publish: unlessFailed((info: unknown) => call.publish(info)),
      emit: unlessFailed((type: string, payload?: unknown) => call.emit(type, payload)),
      error: unlessFailed((error: unknown) => call.error(error)),
      reconnecting: () => (failed ? undefined : call.reconnecting()),
      reconnected(session?: unknown) {
        if (!failed) call.reconnected(session);
        // Too late: nothing must be left of it.
        else if (session !== undefined) letGo(session);
      },
      ended: unlessFailed((reason?: string) => call.ended(reason)),
    },
    fail() {
      failed = true;
      unlink();
      control.abort();
    },
  };
}
