/** What a test gives to a fake coordinator, and what it gets. Types only. */
import type { SessionErrorEvent } from '../session/error-facts';
import type { SessionError } from '../session/errors';
import type {
  CallArguments,
  CommandsOf,
  EventsOf,
  EventType,
  Given,
  InputOf,
  ResultOf,
  SessionOf,
  Shape,
} from '../shape';
import type { Coordinator, CoordinatorEvents, DriverEvent, SessionSnapshot } from '../types';

/** An error of which only the code has to be given. A `SessionError` will do. */
export type ErrorPatch = Partial<SessionErrorEvent> & Pick<SessionErrorEvent, 'code'>;

type PatchOf<One> = One extends unknown
  ? Partial<Omit<One, 'lastError'>> & { readonly lastError?: ErrorPatch | null }
  : never;

/** A part of a snapshot. What can't be together, as `idle` and a host, does not compile. */
export type SnapshotPatch<S extends Shape = Shape> = PatchOf<SessionSnapshot<S>>;

/** What a fake notes. A call that coordinators get is added here, and to `createFakeCoordinator`. */
export type FakeMethod =
  | 'start'
  | 'join'
  | 'resume'
  | 'takeOver'
  | 'ensure'
  | 'cancel'
  | 'end'
  | 'forget'
  | 'close'
  | 'call';

/** A call as it was made, also if it was refused: `{ method: 'start', args: [{ topic: 'printer' }] }`. */
export type FakeCall<S extends Shape = Shape> = {
  readonly [Name in FakeMethod]: { readonly method: Name; readonly args: Parameters<Coordinator<S>[Name]> };
}[FakeMethod];

/** What a test gives with an event of solotab's own. */
export type FakeEvents = {
  [Type in Exclude<keyof CoordinatorEvents, 'statechange'>]: Type extends 'session_error'
    ? ErrorPatch & { readonly missed?: number }
    : Partial<Omit<CoordinatorEvents[Type], 'type'>> | undefined;
};

export interface FakeOptions<S extends Shape = Shape> {
  /** What calls resolve with, and `coordinator.session` while this tab has the session. */
  readonly session?: SessionOf<S>;
  /**
   * What `call()` runs, in place of the host's driver: by name, functions of the input alone. What they throw is a `CommandError` that
   * `failed`, unless it is a `CommandError` already; one that is not here is `refused`, and one that runs as the session ends or moves is
   * `unknown`. What they take and give is cloned, as on the way to another tab.
   */
  readonly commands?: FakeCommands<S>;
}

export type FakeCommands<S extends Shape = Shape> = {
  readonly [Name in keyof CommandsOf<S>]?: (
    input: InputOf<CommandsOf<S>[Name]>,
  ) => ResultOf<CommandsOf<S>[Name]> | Promise<ResultOf<CommandsOf<S>[Name]>>;
};

export interface FakeCoordinator<S extends Shape = Shape> extends Coordinator<S> {
  /** What was called so far, in order. */
  readonly calls: readonly FakeCall<S>[];
  /**
   * Changes the snapshot, and completes it to one that a real coordinator could show; the members that are not given stay as they
   * are where they can. Where there was no session this tab has it, unless a `role` or `hostTabId` is given; the tab of a follower's
   * session is lost when it is `recovering`. No event but `statechange` is emitted.
   *
   * @throws {TypeError} For what can't be together.
   */
  set(patch: SnapshotPatch<S>): void;
  /**
   * Emits an event of solotab's own, as if it came from the tab that has the session. It changes no snapshot; only a `session_error`
   * that is not `local` is the `lastError`.
   */
  emit<Type extends keyof FakeEvents>(type: Type, ...given: Given<FakeEvents[Type]>): void;
  /** Emits an event of the driver's: its payload, and what else should be in the event. */
  emit<Type extends EventType<S>>(
    type: Type,
    ...given: CallArguments<EventsOf<S>[Type], Partial<Omit<DriverEvent, 'type' | 'payload'>>>
  ): void;
  /**
   * From now on, until `refuse(null)`, every `start`, `join`, `resume` and `takeOver` rejects with this code or error, and emits it as
   * a `session_error` of this tab alone. An `ensure` that would start a session rejects with it too, and no tab is told, if it is not
   * `retryable`; if it is, that call waits, and starts one with `refuse(null)`.
   */
  refuse(error: number | SessionError | null): void;
}
