/** What an app hands in to have a session: its driver, and what that is given. */
import type { Kind } from './session/record';
import type {
  CommandsOf,
  EventsOf,
  EventType,
  Given,
  InfoOf,
  InputOf,
  JoinOf,
  ResultOf,
  SessionOf,
  Shape,
  StartOf,
} from './shape';

/**
 * The app's code that really starts, joins, resumes and ends a session. Called in the host's tab, but for two: `prepare` in the tab of the
 * call, and `end(null)` in any one tab, where the host is gone. With a shape that declares commands it has all of them.
 */
export type Driver<S extends Shape = Shape> = DriverMethods<S> & DeclaredCommands<S>;

/** A driver that may lack commands which its shape declares. */
export interface DriverMethods<S extends Shape = Shape> {
  /**
   * Looks at a request before anything else happens, in the same turn as the call: returns it as `start` or `join` will get
   * it, or throws a `SessionError` to refuse the call in this tab alone. Must not do I/O.
   */
  prepare?(kind: Kind, request: StartOf<S> | JoinOf<S>): StartOf<S> | JoinOf<S>;
  start(request: StartOf<S>, context: DriverContext<S>): SessionOf<S> | Promise<SessionOf<S>>;
  /** Without it every `join()` is refused with 1011. */
  join?(request: JoinOf<S>, context: DriverContext<S>): SessionOf<S> | Promise<SessionOf<S>>;
  /** Goes on with a session that another term began. Without it a lost session is over, and can't be taken over. */
  resume?(previous: PreviousTerm<S>, context: DriverContext<S>): SessionOf<S> | Promise<SessionOf<S>>;
  /** Lets go of the session in this tab without ending it: it moved to another one. */
  release?(session: SessionOf<S>, context: DriverContext<S>): void | Promise<void>;
  /** Ends the session for good. `session` is null when no tab holds it any more. */
  end(session: SessionOf<S> | null, context: DriverContext<S>): void | Promise<void>;
  /**
   * What any tab may have done with the session, by `coordinator.call(name, input)`. Each runs in the host's tab, at most once per
   * call. Only own functions count. What they throw reaches the caller with its `message`, `code` and `data`.
   */
  readonly commands?: DriverCommands<S>;
}

export type DriverCommands<S extends Shape = Shape> = {
  readonly [Name in keyof CommandsOf<S>]: Command<
    SessionOf<S>,
    InputOf<CommandsOf<S>[Name]>,
    ResultOf<CommandsOf<S>[Name]>,
    S
  >;
};

/** Declared as a method, so that a driver of one shape is a driver of any, as its other functions are. */
type Command<Session, Input, Result, S extends Shape> = {
  run(session: Session, input: Input, context: CommandContext<S>): Result | Promise<Result>;
}['run'];

/**
 * A driver whose shape is told by its functions alone. What they are given names nothing that is still to be inferred: TypeScript
 * would settle it on the spot, as unknown.
 */
export interface InferredDriver<Session, Start, Join, Commands, Context = DriverContext> {
  prepare?(kind: Kind, request: Start | Join): Start | Join;
  start(request: Start, context: Context): Session | Promise<Session>;
  join?(request: Join, context: Context): Session | Promise<Session>;
  resume?(previous: PreviousTerm, context: Context): Session | Promise<Session>;
  release?(session: Session, context: DriverContext): void | Promise<void>;
  end(session: Session | null, context: DriverContext): void | Promise<void>;
  readonly commands?: Commands;
}

/** Any commands on a session of this type. */
export type CommandsOn<Session> = Readonly<
  Record<string, (session: Session, input: never, context: CommandContext) => unknown>
>;

/** A shape that declares commands has all of them in its driver. */
export type DeclaredCommands<S extends Shape> = S extends { readonly commands: object }
  ? { readonly commands: DriverCommands<S> }
  : unknown;

/** What a command gets beside the session and its input. */
export interface CommandContext<S extends Shape = Shape>
  extends Pick<DriverContext<S>, 'epoch' | 'info' | 'publish' | 'emit'> {
  /** Aborts when the caller gives up, closes or is gone, and when the term ends. */
  readonly signal: AbortSignal;
  /** The tab that called. */
  readonly tabId: string;
}

/** What a resuming driver knows of the session. */
export interface PreviousTerm<S extends Shape = Shape> {
  readonly kind: Kind;
  /** What was last published; null if nothing was. */
  readonly info: InfoOf<S> | null;
  /** The epoch of the former term. */
  readonly epoch: number;
}

/** The driver's way to tell the tabs. Once its term is over, every method is a no-op with a warning. */
export interface DriverContext<S extends Shape = Shape> {
  /** Aborts on cancel, timeout, loss of the term, and `close()`. */
  readonly signal: AbortSignal;
  /**
   * The fencing token: send it to your backend if it can check it. A new session begins at the milliseconds since 1970 or above, and each
   * later term of it counts one on: a backend must store 53 bits.
   */
  readonly epoch: number;
  /** What was published for this session so far, by whichever tab; null if nothing was. */
  readonly info: InfoOf<S> | null;
  /**
   * Shows structured-clonable data (a session id, a PIN to show) to all tabs, as `getSnapshot().info`. Opt-in: nothing else
   * of a request is stored or sent. Throws a `DataCloneError` for what can't be cloned.
   */
  publish(info: InfoOf<S>): void;
  /**
   * A session event for every tab. Throws a `DataCloneError` that names the event for a payload that can't be cloned, and a
   * `TypeError` for a type that solotab itself emits.
   */
  emit<Type extends EventType<S>>(type: Type, ...payload: Given<EventsOf<S>[Type]>): void;
  /** A `session_error` for every tab; the session goes on. */
  error(error: unknown): void;
  /** The connection was lost and is being restored here: `active` becomes `recovering`, this tab stays host. */
  reconnecting(): void;
  /** The connection is back. `session`, if given, replaces the one that this tab has: `release` and `end` get it. */
  reconnected(session?: SessionOf<S>): void;
  /** The session is over: the agent left, the server closed it. */
  ended(reason?: string): void;
}
