/** The public vocabulary: the options of a coordinator, its calls, and what it tells. What an app's driver is like is in `driver.ts`. */
import type { Driver, InferredDriver } from './driver';
import type { Logger } from './platform/platform';
import type { Describe } from './session/describe';
import type { SessionErrorEvent } from './session/error-facts';
import type { Kind, Recovery } from './session/record';
import type {
  CallArguments,
  CommandName,
  CommandsOf,
  EventsOf,
  EventType,
  InfoOf,
  InputOf,
  JoinOf,
  ResultOf,
  SessionOf,
  Shape,
  StartOf,
} from './shape';

export interface CoordinatorOptions<S extends Shape = Shape> {
  /** Tabs of one origin, profile and storage partition with the same name share one session. Not empty. */
  readonly name: string;
  readonly driver: Driver<S>;
  /** What becomes of a session whose tab was lost. Default: `{ by: 'same-tab', windowMs: 120_000, attempts: 2 }`. */
  readonly recovery?: Partial<Recovery>;
  /** Milliseconds a driver may take to connect, or to end. Then it is 1001 on start, 1011 on join and resume. Default 30,000. */
  readonly connectTimeoutMs?: number;
  /** Where tabs can't exclude each other: go on (`allow`, the default) or refuse every start and join with 9999. */
  readonly whenUnsafe?: 'allow' | 'refuse';
  /**
   * Asked before this tab becomes host by itself: to recover a session with `any-tab`, to start one for `ensure`, or to `follow` its
   * user. Never for a call that a person made. Asked again every 15 seconds while one is wanted. Default: it may. One that throws says no.
   */
  readonly canHost?: () => boolean;
  /**
   * `focus`: an active session moves to the tab that its user looks at, visible and focused for 300 ms. Needs `driver.resume`. Without a
   * word where it can't, as from a tab that does not answer. Default `none`.
   */
  readonly follow?: 'none' | 'focus';
  /** An app's own language and vocabulary for errors, applied in the tab that shows them. */
  readonly describe?: Describe;
  /** Default: warnings and errors go to the console. */
  readonly logger?: Logger;
}

/** The options of a coordinator whose shape is inferred. */
export type InferredOptions<Session, Start, Join, Commands> = Omit<CoordinatorOptions, 'driver'> & {
  readonly driver: InferredDriver<Session, Start, Join, Commands>;
};

export interface CallOptions {
  /** Gives the call up: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface CommandOptions extends CallOptions {
  /** Milliseconds to wait for a session that is being connected or recovered; then 1002. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface TakeOverOptions extends CallOptions {
  /** Take the session even from a tab that does not answer. That tab is fenced: it can do no harm when it wakes. */
  readonly force?: boolean;
}

export type Role = 'host' | 'follower' | 'none';
export type Guarantee = 'exclusive' | 'best-effort';

interface SnapshotOf<S extends Shape> {
  /** Of the current or the last term; 0 before the first. */
  readonly epoch: number;
  /** The last relayed error; null from the next granted start or join on. */
  readonly lastError: SessionErrorEvent | null;
  /** Whether tabs can really exclude each other in this browser. */
  readonly guarantee: Guarantee;
  /** What the driver published, or null. */
  readonly info: InfoOf<S> | null;
}

/** There is no session. */
interface IdleSnapshot<S extends Shape> extends SnapshotOf<S> {
  readonly phase: 'idle';
  readonly role: 'none';
  readonly kind: null;
  readonly hostTabId: null;
  readonly since: null;
  readonly info: null;
}

interface LiveSnapshot<S extends Shape> extends SnapshotOf<S> {
  readonly kind: Kind;
  /** Milliseconds since the Unix epoch at which this phase began. For display only: clocks step. */
  readonly since: number;
}

/** A tab has the session, or is connecting or ending it. */
interface HostedSnapshot<S extends Shape> extends LiveSnapshot<S> {
  readonly phase: 'connecting' | 'active' | 'canceling' | 'ending';
  /** `host`: this tab. */
  readonly role: 'host' | 'follower';
  readonly hostTabId: string;
}

/** This tab has the session, and is connecting it again. */
interface ReconnectingSnapshot<S extends Shape> extends LiveSnapshot<S> {
  readonly phase: 'recovering';
  readonly role: 'host';
  readonly hostTabId: string;
}

/** Another tab connects the session again; or (`hostTabId` is null) its tab was lost. */
interface RecoveringSnapshot<S extends Shape> extends LiveSnapshot<S> {
  readonly phase: 'recovering';
  readonly role: 'follower';
  readonly hostTabId: string | null;
}

/** What a tab knows of the session, told apart by `phase` and `role`. Immutable; the same object until something changed. */
export type SessionSnapshot<S extends Shape = Shape> =
  | IdleSnapshot<S>
  | HostedSnapshot<S>
  | ReconnectingSnapshot<S>
  | RecoveringSnapshot<S>;

/** A numbered event of the session, delivered to every tab once and in order. */
export interface SessionEvent {
  readonly type: string;
  readonly epoch: number;
  /** The number in the journal; null for an event that only this tab hears. */
  readonly seq: number | null;
  /** The tab that reported it. */
  readonly tabId: string;
  /** Milliseconds since the Unix epoch, by that tab's clock. */
  readonly at: number;
  /** How many events before this one were lost to this tab, because it slept longer than the journal reaches back. */
  readonly missed?: number;
}

export interface SessionEndedEvent extends SessionEvent {
  /** `ended`, `canceled`, `host-lost`, `superseded`, `recovery-expired`, `recovery-failed`, or the driver's own. */
  readonly reason: string;
}

export interface DriverEvent<Payload = unknown> extends SessionEvent {
  readonly payload: Payload;
  /** The payload was over 64 kB and this tab was asleep when it was sent: it is lost here. */
  readonly tooLarge?: true;
}

/** What solotab itself emits. A driver's own events are in its shape. */
export interface CoordinatorEvents<S extends Shape = Shape> {
  session_error: SessionErrorEvent & { readonly missed?: number };
  session_started: SessionEvent;
  session_joined: SessionEvent;
  session_resumed: SessionEvent;
  session_reconnecting: SessionEvent;
  session_ended: SessionEndedEvent;
  /** Local: the snapshot changed. */
  statechange: SessionSnapshot<S>;
  /** Local: this tab noticed that the host is gone. */
  host_lost: { readonly epoch: number; readonly hostTabId: string };
}

/** What `using` calls, where the app's own `lib` knows of it: a declaration that names the symbols breaks older ones. */
type DisposeSymbol = SymbolConstructor extends { readonly dispose: infer Dispose extends symbol } ? Dispose : never;
type AsyncDisposeSymbol = SymbolConstructor extends { readonly asyncDispose: infer Dispose extends symbol }
  ? Dispose
  : never;

export type Disposing = { [Dispose in DisposeSymbol]: () => void } & {
  [Dispose in AsyncDisposeSymbol]: () => Promise<void>;
};

export interface Coordinator<S extends Shape = Shape> extends Disposing {
  /** Random, minted per document, never stored. */
  readonly tabId: string;
  /** The first snapshot has been read. Never rejects. */
  readonly ready: Promise<void>;
  /**
   * The live session, in the tab that has it: from `active` on, and while it reconnects; undefined elsewhere. That it is replaced is
   * a `statechange` too.
   */
  readonly session: SessionOf<S> | undefined;
  /** Claims the session and runs `driver.start`. Rejects with a `SessionError`: at once and locally where another call has it. */
  start(...given: CallArguments<StartOf<S>, CallOptions>): Promise<SessionOf<S>>;
  /** As `start`, with `driver.join`. */
  join(...given: CallArguments<JoinOf<S>, CallOptions>): Promise<SessionOf<S>>;
  /** Goes on with the session here, while it is `recovering` and no tab has it. */
  resume(options?: CallOptions): Promise<SessionOf<S>>;
  /** "Use here": moves the session to this tab. */
  takeOver(options?: TakeOverOptions): Promise<SessionOf<S>>;
  /**
   * "One of us shall have a session": starts one with `request` if there is none, and follows if there is. Resolves once it is active in
   * any tab. Goes on after that: a session that is lost for good, or could not be started, is started again, by one tab at a time and with
   * one back-off for the whole browser (1 to 60 seconds, at random); not while it is offline, and at once when it is online again.
   *
   * Ends for all tabs, rejecting with an `AbortError` in those that still wait, when a person calls `end()` or `cancel()` in any tab, or the
   * driver says `ended()`; with the error of an attempt that is not `retryable`; and for this tab alone with the reason of its `signal`: a
   * session that runs here goes on. No `session_error` tells that another tab was first.
   */
  ensure(...given: CallArguments<StartOf<S>, CallOptions>): Promise<void>;
  /**
   * For a log-out: ends the session, wherever it is, and erases what is stored of this scope: what was published, the events, and the keys by
   * which tabs would resume. What stays are counts, so that the next epoch is higher. Rejects with 9999 while another tab blocks the
   * browser's storage; with an `InvalidStateError` if this coordinator is closed before it is erased.
   */
  forget(): Promise<void>;
  /**
   * From any tab: gives up the attempt in progress. Resolves when it is over. A session that is `recovering` it *ends*, as `end()` does.
   * One that is `active` it leaves alone. Otherwise it also ends what `ensure()` wants, in every tab.
   */
  cancel(): Promise<void>;
  /** From any tab: ends the session, and what `ensure()` wants in every tab. Resolves when it is over; without a session at once. */
  end(): Promise<void>;
  /**
   * Has the host run a command of its driver, at most once, and resolves with its result. From any tab; input and result are clones.
   * While the session is being connected or recovered it waits. Rejects, in this tab alone and without an event:
   *
   * - with a `SessionError` if there is no session: 1011 (none, or its attempt failed), 1017 (it is being ended), 1002 (not active within
   *   `timeoutMs`); 1004 if the tab that has it runs a newer version of solotab; 9999 while another tab blocks the browser's storage;
   * - with a `CommandError` if it `failed`, was `refused`, or if it is `unknown` whether it was carried out;
   * - with a `DataCloneError` for an input that can't be cloned, a `NotSupportedError` where the browser has no BroadcastChannel to send it
   *   by, a `TypeError` for what can't be meant, and the reason of a `signal` that aborts.
   */
  call<Name extends CommandName<S>>(
    name: Name,
    ...given: CallArguments<InputOf<CommandsOf<S>[Name]>, CommandOptions>
  ): Promise<ResultOf<CommandsOf<S>[Name]>>;
  /** Until `ready` what a server shows. Bound, as are `subscribe` and `getServerSnapshot`: all that `useSyncExternalStore` takes. */
  getSnapshot(): SessionSnapshot<S>;
  /** What a server shows, and what a page shows while it is hydrated: no session. The same object always and everywhere. */
  getServerSnapshot(): SessionSnapshot<S>;
  /** Calls `listener` after every change of the snapshot. Returns the function that stops it. */
  subscribe(listener: () => void): () => void;
  on<Type extends keyof CoordinatorEvents>(
    type: Type,
    listener: (event: CoordinatorEvents<S>[Type]) => void,
    options?: { readonly signal?: AbortSignal },
  ): () => void;
  on<Type extends EventType<S>>(
    type: Type,
    listener: (event: DriverEvent<EventsOf<S>[Type]>) => void,
    options?: { readonly signal?: AbortSignal },
  ): () => void;
  /**
   * Releases everything. A session held here is lost to its tab: resumable, or ended. Subscribers are told of that; events nobody is told any
   * more. Later calls reject with `InvalidStateError`.
   */
  close(): Promise<void>;
}
