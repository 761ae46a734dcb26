/**
 * What this tab's app wants by `ensure()`: that one of the tabs have a session. A wish outlives sessions and attempts. It ends when its
 * signal aborts, when a person or the driver ends the session in any tab, or when it can't come true.
 */
import { quietly } from '../election/waits';
import type { Ledger } from '../ledger/ledger';
import { abortError, linkedTo, reasonOf, throwIfAborted, unlessAborted } from '../platform/abort';
import type { Platform } from '../platform/platform';
import { isNamed } from '../session/check';
import { errorEvent } from '../session/error-facts';
import { SessionError } from '../session/errors';
import type { SessionRecord } from '../session/record';
import { stateOfWish, type WishedAt } from '../session/wish';
import type { CallOptions } from '../types';

/** After a call that failed, also where the record says nothing of it: the store is blocked, or the page was left. */
const AGAIN_MS = 1_000;

/** Another call has the session, in whichever phase. */
const BUSY: readonly number[] = [1002, 1004, 1017];

const OVER = 'The session was ended, so none is wanted any more.';

export interface WishPorts extends Pick<Platform, 'clock'> {
  readonly ledger: Ledger;
  ready(): Promise<void>;
  /** Resolves when none of the calls of this tab ends the session any more. After each such call it is another promise. */
  ended(): Promise<unknown>;
  /** What they left of `stops` in the record. */
  stopped(): number;
  /** Throws if this coordinator can't host: it was closed, or is in no page. */
  throwIfUnfit(): void;
  /** Starts a session without a person: no refusal is told. Rejects as `start` does. */
  start(request: unknown, signal: AbortSignal, wish: Pick<SessionRecord, 'stops' | 'failures'>): Promise<unknown>;
  shown(error: SessionError): SessionError;
  /** There is another wish, or one may have come to be due: this tab may have to start a session. */
  consider(): void;
}

export interface Wishes {
  ensure(request?: unknown, options?: CallOptions): Promise<void>;
  /** Settles what the record has settled. How long to wait until this tab may start a session; `undefined`: it has no need. */
  observe(): number | undefined;
  /** Starts a session, as the first of its wishes asks. */
  start(): void;
  /** The coordinator was closed. */
  close(reason: unknown): void;
}

interface Wish extends WishedAt {
  stops: number;
  readonly request: unknown;
  readonly stop: AbortController;
  resolve(): void;
}

export function createWishes({ ledger, clock, ...ports }: WishPorts): Wishes {
  const wishes = new Set<Wish>();
  /** When a call of this tab failed last, by the monotonic clock. */
  let failedAt = Number.NEGATIVE_INFINITY;
  let isStarting = false;

  async function ensure(request?: unknown, { signal }: CallOptions = {}): Promise<void> {
    ports.throwIfUnfit();
    throwIfAborted(signal);
    const ended = ports.ended();
    const throwIfOver = (): void => {
      ports.throwIfUnfit();
      throwIfAborted(signal);
      // What was called after it in this tab ends it, also if that found nothing to end.
      if (ports.ended() !== ended) throw abortError(OVER);
    };
    await ports.ready();
    // Of a tab that slept the last look may be from before.
    const looked = ledger.peek().catch(() => undefined);
    await (signal ? unlessAborted(looked, signal) : looked);
    const { stops: before } = ledger.record;
    // What was called before in this tab does not.
    await (signal ? unlessAborted(ended, signal) : ended);
    throwIfOver();
    // What was called in another one meanwhile does.
    if (ledger.record.stops > Math.max(before, ports.stopped())) throw abortError(OVER);
    // Also a look: what is over by now is over before the wish.
    await ledger.transact({ type: 'want' }).catch(() => undefined);
    throwIfOver();
    const { stops, seq } = ledger.record;
    await new Promise<void>((resolve, reject) => {
      const { control: stop, unlink } = linkedTo(signal);
      const wish = { request, stops, seq, stop, resolve };
      stop.signal.addEventListener('abort', () => {
        unlink();
        wishes.delete(wish);
        reject(reasonOf(stop.signal));
      });
      wishes.add(wish);
      ports.consider();
    });
  }

  function observe(): number | undefined {
    let dueInMs: number | undefined;
    for (const wish of wishes) {
      // Counted anew: the record was lost, and the clock set back.
      wish.stops = Math.min(wish.stops, ledger.record.stops);
      const state = stateOfWish(wish, ledger.record, clock.now());
      if (state.type === 'fulfilled') wish.resolve();
      else if (state.type === 'over') wish.stop.abort(abortError(OVER));
      else if (state.type === 'failed') {
        const { entry } = state;
        const error = errorEvent(entry.error ?? { code: 1001 }, entry);
        wish.stop.abort(ports.shown(new SessionError(error.code, error)));
      } else if (state.type === 'due') dueInMs = state.inMs;
    }
    // It was made while the record was another tab's to write, which has gone without it.
    if (dueInMs !== undefined && !ledger.record.isWanted && !ledger.isStored)
      quietly(ledger.transact({ type: 'want' }));
    if (dueInMs === undefined || isStarting) return undefined;
    return Math.max(dueInMs, failedAt + AGAIN_MS - clock.monotonic());
  }

  function start(): void {
    const [wish] = wishes;
    if (!wish) return;
    isStarting = true;
    const { stops, failures } = ledger.record;
    ports.start(wish.request, wish.stop.signal, { stops, failures }).then(goOn, (error: unknown) => {
      const refusal = error instanceof SessionError && error.local ? error : undefined;
      // That another tab was first is what it wants. What became of an attempt is in the record.
      if (!refusal || !BUSY.includes(refusal.code)) failedAt = clock.monotonic();
      const isFinal = refusal ? !refusal.retryable : !(error instanceof SessionError || isNamed(error, 'AbortError'));
      if (isFinal) wish.stop.abort(error);
      goOn();
    });
  }

  function goOn(): void {
    isStarting = false;
    ports.consider();
  }

  return {
    ensure,
    observe,
    start,
    close(reason) {
      for (const { stop } of wishes) stop.abort(reason);
    },
  };
}
