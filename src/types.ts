/** The public vocabulary: what an app hands in and what it gets back. */
import type { Logger } from './platform/platform';
import type { Describe } from './session/describe';
import type { SessionErrorEvent } from './session/error-facts';
import type { Kind, Phase, Recovery } from './session/record';

export interface CoordinatorOptions<Session = unknown, Request = unknown> {
  /** Tabs of one origin, profile and storage partition with the same name share one session. Not empty. */
  readonly name: string;
  readonly driver: Driver<Session, Request>;
  /** What becomes of a session whose tab was lost. Default: `{ by: 'same-tab', windowMs: 120_000, attempts: 2 }`. */
  readonly recovery?: Partial<Recovery>;
  /** Milliseconds a driver may take to connect, or to end. Then it is 1001 on start, 1011 on join and resume. Default 30,000. */
  readonly connectTimeoutMs?: number;
  /** Where tabs can't exclude each other: go on (`allow`, the default) or refuse every start and join with 9999. */
  readonly whenUnsafe?: 'allow' | 'refuse';
  /** An app's own language and vocabulary for errors, applied in the tab that shows them. */
  readonly describe?: Describe;
  /** Default: warnings and errors go to the console. */
  readonly logger?: Logger;
}

/** The app's code that really starts, joins, resumes and ends a session. Called in the host tab only. */
export interface Driver<Session = unknown, Request = unknown> {
  /**
   * Looks at a request before anything else happens, in the same turn as the call: returns it as `start` or `join` will get
   * it, or throws a `SessionError` to refuse the call in this tab alone. Must not do I/O.
   */
  prepare?(kind: Kind, request: Request): Request;
  start(request: Request, context: DriverContext): Session | Promise<Session>;
  /** Without it every `join()` is refused with 1011. */
  join?(request: Request, context: DriverContext): Session | Promise<Session>;
  /** Goes on with a session that another term began. Without it a lost session is over, and can't be taken over. */
  resume?(previous: PreviousTerm, context: DriverContext): Session | Promise<Session>;
  /** Lets go of the session in this tab without ending it: it moved to another one. */
  release?(session: Session, context: DriverContext): void | Promise<void>;
  /** Ends the session for good. `session` is null when no tab holds it any more. */
  end(session: Session | null, context: DriverContext): void | Promise<void>;
}

/** What a resuming driver knows of the session. */
export interface PreviousTerm {
  readonly kind: Kind;
  /** What was last published. */
  readonly info: unknown;
  /** The epoch of the former term. */
  readonly epoch: number;
}

/** The driver's way to tell the tabs. Once its term is over, every method is a no-op with a warning. */
export interface DriverContext {
  /** Aborts on cancel, timeout, loss of the term, and `close()`. */
  readonly signal: AbortSignal;
  /** The fencing token: send it to your backend if it can check it. */
  readonly epoch: number;
  /** What was published for this session so far, by whichever tab. */
  readonly info: unknown;
  /**
   * Shows structured-clonable data (a session id, a PIN to show) to all tabs, as `getSnapshot().info`. Opt-in: nothing else
   * of a request is stored or sent. Throws a `DataCloneError` for what can't be cloned.
   */
  publish(info: unknown): void;
  /**
   * A session event for every tab. Throws a `DataCloneError` that names the event for a payload that can't be cloned, and a
   * `TypeError` for a type that solotab itself emits.
   */
  emit(type: string, payload?: unknown): void;
  /** A `session_error` for every tab; the session goes on. */
  error(error: unknown): void;
  /** The connection was lost and is being restored here: `active` becomes `recovering`, this tab stays host. */
  reconnecting(): void;
  /** The connection is back. `session`, if given, replaces the one that this tab has: `release` and `end` get it. */
  reconnected(session?: unknown): void;
  /** The session is over: the agent left, the server closed it. */
  ended(reason?: string): void;
}

export interface CallOptions {
  /** Gives the call up: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface TakeOverOptions extends CallOptions {
  /** Take the session even from a tab that does not answer. That tab is fenced: it can do no harm when it wakes. */
  readonly force?: boolean;
}

export type Role = 'host' | 'follower' | 'none';
export type Guarantee = 'exclusive' | 'best-effort';

/** What a tab knows of the session. Immutable; the same object until something changed. */
export interface SessionSnapshot {
  readonly phase: Phase;
  /** `none`: there is no session. */
  readonly role: Role;
  readonly kind: Kind | null;
  readonly hostTabId: string | null;
  /** Of the current or the last term; 0 before the first. */
  readonly epoch: number;
  /** Milliseconds since the Unix epoch at which this phase began. For display only: clocks step. */
  readonly since: number | null;
  /** What the driver published, or null. */
  readonly info: unknown;
  /** The last relayed error; null from the next granted start or join on. */
  readonly lastError: SessionErrorEvent | null;
  /** Whether tabs can really exclude each other in this browser. */
  readonly guarantee: Guarantee;
}

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
  /** `ended`, `canceled`, `host-lost`, `superseded`, `recovery-expired`, or the driver's own. */
  readonly reason: string;
}

export interface DriverEvent extends SessionEvent {
  readonly payload: unknown;
  /** The payload was over 64 kB and this tab was asleep when it was sent: it is lost here. */
  readonly tooLarge?: true;
}

/** Augment this interface to give your driver's own events a type. */
export interface CoordinatorEvents {
  session_error: SessionErrorEvent & { readonly missed?: number };
  session_started: SessionEvent;
  session_joined: SessionEvent;
  session_resumed: SessionEvent;
  session_reconnecting: SessionEvent;
  session_ended: SessionEndedEvent;
  /** Local: the snapshot changed. */
  statechange: SessionSnapshot;
  /** Local: this tab noticed that the host is gone. */
  host_lost: { readonly epoch: number; readonly hostTabId: string };
}

export interface Coordinator<Session = unknown, Request = unknown> {
  /** Random, minted per document, never stored. */
  readonly tabId: string;
  /** The first snapshot has been read. Never rejects. */
  readonly ready: Promise<void>;
  /**
   * The live session, in the tab that has it: from `active` on, and while it reconnects; undefined elsewhere. That it is replaced is
   * a `statechange` too.
   */
  readonly session: Session | undefined;
  /** Claims the session and runs `driver.start`. Rejects with a `SessionError`: at once and locally where another call has it. */
  start(request?: Request, options?: CallOptions): Promise<Session>;
  /** As `start`, with `driver.join`. */
  join(request?: Request, options?: CallOptions): Promise<Session>;
  /** Goes on with the session here, while it is `recovering` and no tab has it. */
  resume(options?: CallOptions): Promise<Session>;
  /** "Use here": moves the session to this tab. */
  takeOver(options?: TakeOverOptions): Promise<Session>;
  /** From any tab: gives up the attempt in progress. Resolves when it is over; a no-op when there is none. */
  cancel(): Promise<void>;
  /** From any tab: ends the session. Resolves when it is over; a no-op when there is none. */
  end(): Promise<void>;
  /** Until `ready` what a server shows. Bound, as are `subscribe` and `getServerSnapshot`: all that `useSyncExternalStore` takes. */
  getSnapshot(): SessionSnapshot;
  /** What a server shows, and what a page shows while it is hydrated: no session. The same object always and everywhere. */
  getServerSnapshot(): SessionSnapshot;
  /** Calls `listener` after every change of the snapshot. Returns the function that stops it. */
  subscribe(listener: () => void): () => void;
  on<Type extends keyof CoordinatorEvents>(
    type: Type,
    listener: (event: CoordinatorEvents[Type]) => void,
    options?: { readonly signal?: AbortSignal },
  ): () => void;
  on(type: string, listener: (event: DriverEvent) => void, options?: { readonly signal?: AbortSignal }): () => void;
  /** Releases everything. A session held here is lost to its tab: resumable, or ended. Later calls reject with `InvalidStateError`. */
  close(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}
