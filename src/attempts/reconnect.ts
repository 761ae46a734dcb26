import type { DriverContext } from '../driver';
import { delayOf } from '../platform/delay';
import { backoffMs } from '../session/backoff';
import { SessionError } from '../session/errors';
import { check, checkMethods } from '../session/misuse';
import { completeBounds } from './backoff';

export interface ReconnectOptions {
  /** Milliseconds to wait at least before each try but the first, which waits at random up to them. Default 500. */
  readonly minDelayMs?: number;
  /** Milliseconds to wait at most. Default 8,000. */
  readonly maxDelayMs?: number;
  /** In [0, 1): spreads the delays. Default `Math.random`. */
  readonly random?: () => number;
  /** Resolves after so many milliseconds, or once the signal aborts. Default: a timer, or at once when the browser is online again. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What a driver has of its context, or of that of one attempt. */
type Reconnecting<Session> = Pick<DriverContext, 'signal' | 'reconnecting' | 'error' | 'ended'> & {
  reconnected(session?: Session): void;
};

/** After how many tries each context was connected that may break at once again: a service that accepts and then closes is no better than one that is down. */
const triesBefore = new WeakMap<object, number>();

/**
 * For a driver whose connection broke: connects the session again, in this tab, and says so to all tabs.
 *
 * Says `reconnecting()` and calls `connect(signal)` until it resolves, with a delay at random between its bounds that doubles with each
 * try. Before the first one it waits at random up to `minDelayMs`: a service that restarts breaks all its connections in one moment. A
 * connection that breaks again before it has held for `maxDelayMs` was no success: the delay goes on to double, unless the browser came
 * online meanwhile. For that `context` has to be the same object each time.
 * What it resolves with replaces the session that `coordinator.session`, `release` and `end` get. A rejection that is not `retryable`
 * ends the session, with that error for all tabs. `signal` aborts when the session is over, moves to another tab or is not connected
 * within the recovery window; what `connect` resolves with after that is ended or released by the driver, so nothing is left open.
 *
 * A connection that breaks because the driver's own `end` or `release` closes it is not connected again.
 *
 * Never rejects. Resolves with the new session, or with `undefined` if the session was over before there was one. Call it once for each
 * connection that breaks: two at the same time would both connect.
 */
export async function reconnect<Session>(
  context: Reconnecting<Session>,
  connect: (signal: AbortSignal) => Session | Promise<Session>,
  options: ReconnectOptions = {},
): Promise<Session | undefined> {
  const { random = Math.random, delay = delayOf(context) } = options;
  check(typeof connect === 'function', 'reconnect: connect must be a function.');
  checkMethods('reconnect', options, [], ['random', 'delay']);
  const bounds = completeBounds('reconnect', options);
  const { signal } = context;
  const hold = (tries: number): void => {
    triesBefore.set(context, tries);
    const held = (): void => {
      // Not if it broke meanwhile.
      if (triesBefore.get(context) === tries) triesBefore.delete(context);
    };
    delay(bounds.maxDelayMs, signal).then(held, held);
  };
  const answer: unknown = signal.aborted ? false : context.reconnecting();
  // The driver itself is closing the connection. A context of an app's own says nothing of that.
  if (answer === false) return undefined;
  for (let tries = triesBefore.get(context) ?? 0; ; tries += 1) {
    await delay(backoffMs(tries, bounds, random()), signal).catch((error: unknown) => {
      // An app's own may reject as its signal aborts.
      if (!signal.aborted) throw error;
    });
    if (signal.aborted) return undefined;
    try {
      const session = await connect(signal);
      const isTooLate = signal.aborted;
      // Also if it is too late: then it is let go of.
      if (!isTooLate || session !== undefined) context.reconnected(session);
      if (isTooLate) return undefined;
      hold(tries + 1);
      return session;
    } catch (cause) {
      if (signal.aborted) return undefined;
      const error = SessionError.from(cause, 1011);
      if (!error.retryable) {
        context.error(error);
        context.ended('recovery-failed');
        return undefined;
      }
    }
  }
}
