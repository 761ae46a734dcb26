/** What the driver has connected: what its call came back with, or what replaced that since. */

export interface Held {
  readonly value: unknown;
}

export interface Connection {
  /** What `coordinator.session` is, from when the driver's call came back until it is let go of. */
  readonly session: Held | undefined;
  /** The driver said that it broke, maybe before the record could tell of that, and has not restored it yet. */
  readonly isBroken: boolean;
  broke(): void;
  /** It is there again, as another object if one is given. */
  restored(session: unknown): void;
  /** The driver's call came back. What it connected anew before that stays: the connection that the call comes back with has broken. */
  made(session: unknown): void;
  /** Gives away what there is, for somebody to let go of it. */
  take(): Held | undefined;
}

export function createConnection(): Connection {
  let held: Held | undefined;
  let isMade = false;
  let isBroken = false;
  return {
    get session() {
      return isMade ? held : undefined;
    },
    get isBroken() {
      return isBroken;
    },
    broke() {
      isBroken = true;
    },
    restored(session) {
      isBroken = false;
      if (session !== undefined) held = { value: session };
    },
    made(session) {
      isMade = true;
      held ??= { value: session };
    },
    take() {
      const taken = held;
      held = undefined;
      return taken;
    },
  };
}
