/** `ensure()` of a fake coordinator: when it resolves, waits and rejects, as a real one does; but nothing is tried again by itself. */
import { abortError, reasonOf } from '../platform/abort';
import { SessionError } from '../session/errors';
import type { CallOptions, SessionSnapshot } from '../types';

export interface FakeWishPorts {
  getSnapshot(): SessionSnapshot;
  /** What a start is refused with now. */
  refusal(): SessionError | null;
  start(options: CallOptions): Promise<unknown>;
  /** A call gives up what it connects, by its own signal: the others still want a session. */
  isGivenUp(): boolean;
  /** What there is is being erased: what is wanted begins after it. */
  isForgetting(): boolean;
}

export interface FakeWishes {
  ensure(options: CallOptions): Promise<void>;
  /** The snapshot changed. */
  observe(previous: SessionSnapshot): void;
  /** Starts a session if one is wanted and there is none. */
  start(): void;
  /** Nobody wants one any more. */
  end(reason?: unknown): void;
}

interface Wish {
  /** What failed before it was made does not count for it. */
  readonly lastError: SessionSnapshot['lastError'];
  readonly options: CallOptions;
  resolve(): void;
  reject(reason: unknown): void;
}

export function createFakeWishes({ getSnapshot, refusal, start, ...ports }: FakeWishPorts): FakeWishes {
  const wishes = new Set<Wish>();

  function ensure(options: CallOptions): Promise<void> {
    const { signal } = options;
    const { lastError } = getSnapshot();
    return new Promise((resolve, reject) => {
      const over = (): void => {
        wishes.delete(wish);
        signal?.removeEventListener('abort', onAbort);
      };
      const wish: Wish = {
        ...{ lastError, options },
        resolve() {
          over();
          resolve();
        },
        reject(reason) {
          over();
          reject(reason);
        },
      };
      const onAbort = (): void => signal && wish.reject(reasonOf(signal));
      signal?.addEventListener('abort', onAbort);
      wishes.add(wish);
      if (getSnapshot().phase === 'active') wish.resolve();
      else startNow();
    });
  }

  function startNow(): void {
    const [wish] = wishes;
    if (!wish || getSnapshot().phase !== 'idle' || ports.isForgetting()) return;
    const refused = refusal();
    if (refused && !refused.retryable) {
      wish.reject(refused);
      startNow();
    } else if (!refused) {
      // What becomes of it shows in the snapshot.
      start(wish.options).catch(() => undefined);
    }
  }

  function end(reason: unknown = ended()): void {
    for (const wish of wishes) wish.reject(reason);
  }

  function observe(previous: SessionSnapshot): void {
    const { phase, lastError } = getSnapshot();
    if (phase === 'active') {
      for (const wish of wishes) wish.resolve();
    } else if (phase === previous.phase) return;
    else if (isEnding(phase)) {
      if (!ports.isGivenUp()) end();
    } else if (phase === 'idle' && isEnding(previous.phase)) startNow();
    else if (phase === 'idle') {
      for (const wish of wishes) {
        const failed = lastError !== wish.lastError ? lastError : null;
        if (!failed) wish.reject(ended());
        else if (!failed.retryable) wish.reject(new SessionError(failed.code, failed));
      }
    }
  }

  return { ensure, observe, start: startNow, end };
}

function ended(): DOMException {
  return abortError('The session was ended, so none is wanted any more.');
}

function isEnding(phase: SessionSnapshot['phase']): boolean {
  return phase === 'canceling' || phase === 'ending';
}
