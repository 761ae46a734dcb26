/**
 * The ports: everything solotab asks of the world. The adapters beside this file speak to a real browser, those in
 * `src/testing` to a simulated one; the rest of the code sees nothing else.
 *
 * A port that does not exist in this browser is `null`. A port that exists and fails rejects: whoever calls it degrades.
 */
export interface Platform {
  /** Opens the durable store of one scope, or `null` where there is none. Opening is lazy: the first call may reject. */
  openStore(scope: string): Store | null;
  readonly locks: Locks | null;
  /** Opens the channel of one scope, or `null` where there is none. */
  openChannel(scope: string, receive: (message: unknown) => void): Channel | null;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly tabStorage: TabStorage;
  /** Unpredictable, unique among all tabs: 128 bits as text. */
  randomId(): string;
  /** A structured clone of `value`. Throws a `DataCloneError` where there is none. */
  clone<Value>(value: Value): Value;
  /** False without a `window`, as in server rendering: coordinators are then inert. */
  readonly isBrowser: boolean;
  readonly logger: Logger;
}

export interface Logger {
  debug?(message: string, ...details: readonly unknown[]): void;
  warn(message: string, ...details: readonly unknown[]): void;
  error(message: string, ...details: readonly unknown[]): void;
}

/** What one transaction leaves behind. A part that is absent is not written. */
export interface StoreWrite {
  readonly record?: unknown;
  /** Journal slots to overwrite: `[slot, entry]`. */
  readonly journal?: readonly (readonly [slot: number, entry: unknown])[];
}

/**
 * One value (the record) and a ring of numbered slots (the journal), shared by all tabs of the origin.
 * Transactions run one after the other across all tabs, in the order in which they were begun.
 */
export interface Store {
  /**
   * One atomic readwrite transaction, committed at once. `step` is synchronous and gets the record as it is stored
   * (`undefined` where there is none). It may run again, on the record as it is then, if a transaction failed. Rejects if the
   * store failed or if `step` threw; then nothing was written, as far as the browser knows.
   */
  transact<Result>(
    step: (record: unknown) => { readonly write?: StoreWrite; readonly result: Result },
  ): Promise<Result>;
  /** The record and, if asked for, every journal entry, in one readonly transaction. */
  read(options: {
    readonly journal: boolean;
  }): Promise<{ readonly record: unknown; readonly journal: readonly unknown[] }>;
  /** Called when the database was closed or deleted by somebody else. */
  onLost(listener: () => void): void;
  close(): void;
}

/** A lock that is held until it is released, or until `lost` resolves because it was stolen or the browser took it away. */
export interface HeldLock {
  release(): void;
  readonly lost: Promise<void>;
}

export interface LockRequest {
  readonly mode: 'exclusive' | 'shared';
  /** `queue`: wait for it; `probe`: now or `null`; `steal`: take it from whoever holds it. */
  readonly when: 'queue' | 'probe' | 'steal';
  /** Gives up a queued request; the promise then resolves with `null`. */
  readonly signal?: AbortSignal;
}

export interface Locks {
  /** The lock, or `null` if it was not available or the request was given up. Rejects where locks don't work. */
  request(name: string, request: LockRequest): Promise<HeldLock | null>;
}

export interface Channel {
  /**
   * `full`: carries any structured-clonable value. `hints`: goes through storage that outlives the tab, so nothing but
   * positions may be sent over it.
   */
  readonly carries: 'full' | 'hints';
  /** Sends to every other tab, never to this one. Never throws: a message may be lost. */
  post(message: unknown): void;
  close(): void;
}

export interface Clock {
  /** Milliseconds since the Unix epoch. May step either way: for display and for records, never to prove anything. */
  now(): number;
  /** Milliseconds that never go back; not comparable between tabs. */
  monotonic(): number;
  /** Runs `callback` once after `ms`, unless the returned function is called before. */
  after(ms: number, callback: () => void): () => void;
}

export type LifecycleEvent =
  /** The page is about to be unloaded, cached or frozen: no asynchronous work will finish. */
  | 'hide'
  /** The page is back from the cache or from being frozen. */
  | 'show'
  /** The page became visible. */
  | 'visible';

export interface Lifecycle {
  isVisible(): boolean;
  listen(listener: (event: LifecycleEvent) => void, signal: AbortSignal): void;
}

/** Survives a reload of this tab, and is copied when the tab is duplicated. Never throws: a value may be lost. */
export interface TabStorage {
  get(key: string): string | null;
  /** `null` removes the value. */
  set(key: string, value: string | null): void;
}
