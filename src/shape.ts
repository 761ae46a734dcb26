/** The one shape of an app's session, from which everything else is typed. Types only. */

/**
 * What an app's session is made of. Every member is optional: what is left out is `unknown`, and a shape without `events` has none of
 * its own. `Shape` itself stands for any: its events may be of any type.
 */
export interface Shape {
  /** What the driver resolves with. Only the tab that is host has it. */
  session?: unknown;
  /** What `start()` takes. */
  start?: unknown;
  /** What `join()` takes. */
  join?: unknown;
  /** What the driver publishes to all tabs. */
  info?: unknown;
  /** The payloads of the driver's own events, by type. */
  events?: object;
  /** The functions that any tab may have the host run on the session, by name. */
  commands?: object;
}

/** What can be told of a shape by its driver alone. */
export interface InferredShape<Session, Start, Join, Commands> extends Shape {
  session: Session;
  start: Start;
  join: Join;
  commands: CalledAs<Commands>;
}

/** A driver's commands, as whoever calls them sees them: without the session. Any name where the driver says none. */
type CalledAs<Commands> = string extends keyof Commands
  ? Readonly<Record<string, (input?: unknown) => unknown>>
  : { [Name in keyof Commands]: Called<Commands[Name]> };

type Called<Command> = Command extends (session: never, ...rest: infer Rest) => infer Result
  ? Rest extends readonly []
    ? () => Result
    : (...input: Given<Rest[0]>) => Result
  : never;

/** The required one is asked for first: `undefined` in the type of an optional one is not always told from its being optional. */
type MemberOf<S, Name extends keyof Shape> = S extends { readonly [Key in Name]: infer Member }
  ? Member
  : S extends { readonly [Key in Name]?: infer Member }
    ? Member
    : unknown;

export type SessionOf<S> = MemberOf<S, 'session'>;
export type StartOf<S> = MemberOf<S, 'start'>;
export type JoinOf<S> = MemberOf<S, 'join'>;
export type InfoOf<S> = MemberOf<S, 'info'>;
export type EventsOf<S> = S extends { readonly events: infer Events }
  ? Events
  : 'events' extends keyof S
    ? Readonly<Record<string, unknown>>
    : object;

/** The types of the driver's own events: any text where no shape was given. */
export type EventType<S> = string & keyof EventsOf<S>;

/** The commands of a shape, as functions of one input. Any name where no shape was given. */
export type CommandsOf<S> = S extends { readonly commands: infer Commands }
  ? Commands
  : 'commands' extends keyof S
    ? Readonly<Record<string, (input?: unknown) => unknown>>
    : object;

export type CommandName<S> = string & keyof CommandsOf<S>;

export type InputOf<Command> = Command extends (...input: infer Given) => unknown
  ? // One that may be left out may be undefined, also where an app's `exactOptionalPropertyTypes` says otherwise.
    [] extends Given
    ? Given[0] | undefined
    : Given[0]
  : never;

export type ResultOf<Command> = Command extends (...input: never[]) => infer Result ? Awaited<Result> : never;

/** A value that must be given, unless it may be undefined. */
export type Given<Value> = undefined extends Value ? [value?: Value] : [value: Value];

/** What a call takes: its request first, which must be given unless it may be undefined. */
export type CallArguments<Request, Options> = undefined extends Request
  ? [request?: Request, options?: Options]
  : [request: Request, options?: Options];
