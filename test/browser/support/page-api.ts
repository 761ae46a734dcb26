/** What the page `pages/coordinator.ts` offers to the tests, and what it is told. */
import type * as solotab from '../../../src/index';

export interface DriverConfig {
  /** Default true. */
  readonly resume?: boolean;
  /** Default true. */
  readonly release?: boolean;
  /** Published as soon as the session is connected. */
  readonly publish?: unknown;
  /** Acts towards the backend this often while it has the session, as a live connection would. Default: only when told to. */
  readonly actEveryMs?: number;
  /** Goes on although its signal was aborted, as a careless driver would. */
  readonly ignoreSignal?: boolean;
}

export interface CoordinatorConfig {
  readonly scope: string;
  readonly driver?: DriverConfig;
  readonly recovery?: Partial<solotab.Recovery>;
  readonly connectTimeoutMs?: number;
  readonly whenUnsafe?: 'allow' | 'refuse';
  readonly follow?: 'none' | 'focus';
  /** The driver's own events to listen for, beside those of solotab. */
  readonly events?: readonly string[];
  /** False: the page waits until `fixture.create()` is called. */
  readonly create?: boolean;
}

export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code?: unknown;
  readonly exception?: unknown;
  readonly local?: unknown;
  readonly retryable?: unknown;
  /** Of a command. */
  readonly outcome?: unknown;
  readonly tabId?: unknown;
  readonly epoch?: unknown;
  readonly seq?: unknown;
  readonly cause?: PlainError;
}

/** How a call ended. */
export interface Outcome {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly error?: PlainError;
  /** From the call to its end, measured in the page. */
  readonly ms: number;
}

export interface RecordedEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: plain data of whichever event; the tests know which.
  readonly event: any;
  /** By the page's own monotonic clock. */
  readonly atMs: number;
}

export interface DriverCall {
  readonly type: 'start' | 'join' | 'resume' | 'release' | 'end';
  readonly epoch: number;
  /** `context.info` as the driver found it. */
  readonly info: unknown;
  readonly settled: 'pending' | 'ok' | 'failed';
  /** The other side hung up as it connected: its driver said that the session is over. */
  readonly hungUp?: true;
}

/**
 * Stands in for one method of the page's driver. `ask` is what that method does otherwise: it asks the backend, and rejects
 * with what the backend denies. `given` is the request, the previous term, or the session.
 */
export type DriverHook = (context: solotab.DriverContext, ask: () => Promise<unknown>, given: unknown) => unknown;
export type DriverHooks = Partial<Record<DriverCall['type'], DriverHook>>;

/** Everything that a page has to tell about itself. */
export interface TabState {
  readonly tabId: string;
  readonly snapshot: solotab.SessionSnapshot;
  readonly events: readonly RecordedEvent[];
  readonly driverCalls: readonly DriverCall[];
  /** What was logged as a warning or an error. */
  readonly logs: readonly string[];
  /** Uncaught errors and unhandled rejections. */
  readonly problems: readonly string[];
}

export interface Fixture {
  /** Different after a reload, the same after a return from the back/forward cache. */
  readonly documentId: string;
  readonly coordinator: solotab.Coordinator;
  /** The context of the driver's latest start, join or resume. */
  readonly context: solotab.DriverContext | null;
  /** Makes a coordinator as configured, and listens to it. The latest one is the fixture's. */
  create(): void;
  /** Calls a method of the coordinator. An option `abort: name` becomes a signal that `abort(name)` aborts. */
  call(method: CallName, args: readonly unknown[]): Promise<Outcome>;
  /** Prepares a call for the moment in which any page fires the starting gun of this name. */
  arm(gun: string, method: CallName, args: readonly unknown[]): void;
  /** Fires: every page that is armed calls, this one too. */
  fire(gun: string): void;
  /** How the call ended that this gun started. */
  fired(gun: string): Promise<Outcome>;
  abort(name: string): void;
  /** One act towards the backend under the term of the latest connect, whether or not that is over. Resolves with how it was taken. */
  act(): Promise<number>;
  state(): TabState;
  /** Resolves with the state as soon as `condition` holds. */
  until(condition: (state: TabState) => boolean): Promise<TabState>;
}

/** `call` calls a command. */
export type CallName =
  | ('start' | 'join' | 'resume' | 'takeOver' | 'cancel' | 'end')
  | ('ensure' | 'forget' | 'call' | 'close');

declare global {
  interface Window {
    fixture: Fixture;
    solotab: typeof solotab;
    pageConfig: unknown;
    /** What an init script puts in the place of the driver's methods; see `driver-hooks.ts`. */
    driverHooks?: DriverHooks;
    /** The browser's own, where an init script has hidden it from solotab. */
    realBroadcastChannel: typeof BroadcastChannel;
  }
}
