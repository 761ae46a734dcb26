/**
 * The store, with patience: a transaction that fails is tried again, and a store that keeps failing is left alone for a
 * while. The tab then goes on from memory, and comes back to the store when it works again.
 */
import type { Clock, Logger, Store } from '../platform/platform';
import { isObject } from '../session/record';

/** A transaction that failed, on a new connection too, is tried again after these pauses. */
const PAUSES_MS = [20, 100, 300];

/** How long a store that kept failing is left alone. */
const RETRY_MS = 30_000;

export interface PatientStorePorts {
  readonly store: Store | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The store was given up, or works again. */
  onChange(): void;
}

export class PatientStore {
  /** Zero while the store works. */
  private retryAt = 0;
  private isClosed = false;

  constructor(private readonly ports: PatientStorePorts) {}

  get works(): boolean {
    return this.ports.store !== null && this.retryAt === 0;
  }

  /** Runs `work`. `undefined` where there is no store, or none that works. */
  async attempt<Result>(work: (store: Store) => Promise<Result>): Promise<Result | undefined> {
    const { store, clock } = this.ports;
    if (!store || this.isClosed) return undefined;
    if (!this.works) {
      // Tried behind the scenes: a store that hangs must not hold up a call.
      if (clock.monotonic() >= this.retryAt) void this.tryAgain(store);
      return undefined;
    }
    for (const pauseMs of [...PAUSES_MS, null]) {
      try {
        return await work(store);
      } catch (error) {
        if (this.isClosed) return undefined;
        // One that hangs has cost seconds already.
        if (pauseMs === null || isTimeout(error)) this.giveUp(error);
        else await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
        if (!this.works) return undefined;
      }
    }
    return undefined;
  }

  close(): void {
    this.isClosed = true;
    this.ports.store?.close();
  }

  private giveUp(error: unknown): void {
    if (!this.works) return;
    this.retryAt = this.ports.clock.monotonic() + RETRY_MS;
    this.ports.logger.warn("solotab: the browser's storage failed; going on without it", error);
    this.ports.onChange();
  }

  private async tryAgain(store: Store): Promise<void> {
    this.retryAt = this.ports.clock.monotonic() + RETRY_MS;
    try {
      await store.read({ journal: false });
    } catch {
      return; // warned of when it failed first
    }
    if (this.isClosed) return;
    this.retryAt = 0;
    this.ports.onChange();
  }
}

function isTimeout(error: unknown): boolean {
  return isObject(error) && error.name === 'TimeoutError';
}
