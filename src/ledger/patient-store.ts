/**
 * The store, with patience. Three things can go wrong with a transaction, and each has its own way on:
 *
 * - It *failed*. It is tried again a few times, unless it did not even open in time (OpenTimeoutError); then this tab goes on
 *   without a store, and tries that one again now and then.
 * - It is *blocked* by a page that was stopped with a transaction open. Nothing can be decided until that page goes on or dies, not
 *   from memory either: that page may be the host. So the caller is told, with a 9999.
 * - Its *value* can't be stored. That says nothing about the store: the caller is told, with the store's DataCloneError.
 */
import type { Platform, Store } from '../platform/platform';
import { isNamed } from '../session/check';
import { blocked } from '../session/reasons';

/** A transaction that failed, on a new connection too, is tried again after these pauses. */
const PAUSES_MS = [20, 100, 300];

/** How long a store that kept failing is left alone. */
const RETRY_MS = 30_000;

export interface PatientStorePorts extends Pick<Platform, 'clock' | 'logger'> {
  readonly store: Store | null;
  /** The store was given up, or works again. */
  onChange(): void;
}

export interface PatientStore {
  readonly works: boolean;
  /** What `work` returns; `undefined` where there is no store that works. Rejects if it is blocked, or can't take a value. */
  attempt<Result>(work: (store: Store) => Promise<Result>): Promise<Result | undefined>;
  close(): void;
}

export function patientStore({ store, clock, logger, onChange }: PatientStorePorts): PatientStore {
  /** When a store that kept failing is tried again. Zero while it works. */
  let retryAt = store ? 0 : Number.POSITIVE_INFINITY;
  let isClosed = false;

  async function attempt<Result>(work: (it: Store) => Promise<Result>): Promise<Result | undefined> {
    if (!store || isClosed) return undefined;
    // Tried behind the scenes: a store that hangs must not hold up a call.
    if (retryAt > 0 && clock.monotonic() >= retryAt) void tryAgain(store);
    for (const pauseMs of [...PAUSES_MS, null]) {
      if (retryAt > 0 || isClosed) return undefined;
      try {
        return await work(store);
      } catch (error) {
        if (isNamed(error, 'TimeoutError')) throw blocked(error);
        if (isNamed(error, 'DataCloneError')) throw error;
        if (pauseMs !== null && !isClosed && !isNamed(error, 'OpenTimeoutError'))
          await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
        else if (retryAt === 0 && !isClosed) giveUp(error);
      }
    }
    return undefined;
  }

  function giveUp(error: unknown): void {
    retryAt = clock.monotonic() + RETRY_MS;
    logger.warn("solotab: the browser's storage failed; going on without it", error);
    onChange();
  }

  async function tryAgain(it: Store): Promise<void> {
    retryAt = clock.monotonic() + RETRY_MS;
    try {
      await it.read({ journal: false });
    } catch {
      return; // warned of when it failed first
    }
    retryAt = 0;
    if (!isClosed) onChange();
  }

  return {
    get works() {
      return retryAt === 0;
    },
    attempt,
    close() {
      isClosed = true;
      store?.close();
    },
  };
}
