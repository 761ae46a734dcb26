/** What a panel asks of the browser. `browser.ts` asks the real one, tests ask a simulated one. */
import type { Clock, Lifecycle } from '../platform/platform';

export interface Sources {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  /** Calls `receive` with what others post to the channel of this name, the coordinators of this page included. `null`: there is none. */
  openChannel(name: string, receive: (message: unknown) => void): Line | null;
  /**
   * What is stored of the scope, in one transaction that is over when the promise settles. `null` where nothing can be read. When
   * `signal` aborts, the store is let go of in the same turn.
   */
  read(scope: string, signal: AbortSignal): Promise<Stored | null>;
  /** Every lock of the origin that is held or waited for. `null` where the browser does not say. */
  locks(): Promise<readonly SeenLock[] | null>;
  /** By which the list of locks names this document. */
  clientId(): Promise<string | null>;
  copy(text: string): Promise<void>;
  /** The path of the page, without its query. */
  readonly path: string;
  readonly userAgent: string;
}

export interface Line {
  post(message: unknown): void;
  close(): void;
}

export interface Stored {
  readonly record: unknown;
  readonly journal: readonly unknown[];
}

export interface SeenLock {
  readonly name: string;
  readonly mode: string;
  readonly clientId: string;
  /** False: it is waited for. */
  readonly isHeld: boolean;
}
