/** The far end of all sessions: records what drivers are asked to do, and plays the drivers of tabs that bring none. */

import type { Driver, DriverContext } from '../driver';
import { type Delay, OWN_DELAY } from '../platform/delay';
import type { Shape } from '../shape';
import type { DriverCall, Machine } from './machine';
import type { Page } from './page';
import { type Script, scriptedDriver } from './scripted-driver';
import { Service, type ServiceSession, sessionIn } from './service';

/** What a scripted driver connects to. */
export interface SimulatedSession {
  readonly id: string;
  readonly epoch: number;
}

/** The shape of a tab that brings no driver of its own. */
export interface SimulatedShape extends Shape {
  session: SimulatedSession;
}

export interface NetworkCall {
  readonly call: DriverCall;
  /** The document that made it: `A`, `A2` after a reload, `A:1` for its first frame. */
  readonly page: string;
  readonly epoch: number;
  /** Virtual milliseconds. */
  readonly at: number;
  /** The session that it is about, by its name in `network.sessions`; null for one that only begins, or is not known there. */
  readonly session: string | null;
  /** An `end` without a session: no tab has it any more. */
  readonly isOrphan: boolean;
}

/** A `start`, `join` or `resume` that has not settled. */
export interface Attempt {
  readonly page: Page;
  readonly context: DriverContext;
  connect(): void;
  fail(error: unknown): void;
}

export interface LiveSession {
  readonly page: Page;
  readonly scope: string;
  /** Its driver may replace it. */
  session: unknown;
  readonly context: DriverContext;
  /** The same for all sessions of one coordinator. */
  readonly owner: object;
  /** Unknown while it only begins. */
  readonly service: ServiceSession | undefined;
  readonly since: number;
}

/** A driver's call, before it is known what it is about. */
interface Asked {
  readonly page: Page;
  readonly scope: string;
  readonly call: DriverCall;
  readonly context: DriverContext;
  readonly owner: object;
  readonly service: ServiceSession | undefined;
  readonly isOrphan?: boolean;
  readonly isStray?: boolean;
  readonly given?: unknown;
}

type CommandSite = Pick<Asked, 'page' | 'scope' | 'owner'>;

type Commands = NonNullable<Driver['commands']>;

export class Network {
  readonly calls: NetworkCall[] = [];
  readonly attempts = new Set<Attempt>();
  /** Connected, and neither released nor ended; gone with their page. */
  readonly live = new Set<LiveSession>();
  /** Drivers that were asked to connect and have not come back. */
  readonly connecting = new Set<LiveSession>();
  readonly #machine: Machine;
  readonly #service = new Service();
  #sessions = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
    const service = this.#service;
    machine.watchers.push({ onCommit: (commit) => service.onCommit(commit), onWipe: () => service.onWipe() });
  }

  /** The calls by name, in order: `['start', 'end']`. */
  get requests(): readonly DriverCall[] {
    return this.calls.map(({ call }) => call);
  }

  /** Every session that was ever begun, in order, and whether it has come to its end at the far end. */
  get sessions(): readonly ServiceSession[] {
    return this.#service.sessions;
  }

  /** Records what `driver` is asked to do in `page`, where it waits by `delay`, or as a browser does. A page that is gone asks for nothing. */
  watch(page: Page, scope: string, driver: Driver, delay?: Delay): Driver {
    const { prepare, join, resume, release, commands } = driver;
    const service = this.#service;
    const owner = {};
    const asked = { page, scope, owner };
    /** Which session of the far end each of the driver's is. */
    const served = new Map<unknown, ReturnType<Service['open']>>();
    /** What the driver connected, at first or anew: nothing else is to come back to it. */
    const made = new Set<unknown>();
    const isHeld = (session: ServiceSession): boolean => [...this.live].some((live) => live.service === session);
    /** Not by a tab that sleeps: whoever ends what another tab had may mean that one. */
    const isServed = (session: ServiceSession): boolean =>
      [...this.live].some(
        ({ service: its, page: { life, stopped } }) => its === session && life === 'running' && !stopped,
      );

    const connect = async (
      call: DriverCall,
      given: DriverContext,
      run: (context: DriverContext) => unknown,
      request: unknown,
    ) => {
      const isNew = call !== 'resume';
      const before = isNew ? undefined : service.find(scope, infoOf(request), isHeld, given.epoch, true);
      if (!this.#record({ ...asked, call, context: given, service: before, given: isNew && request })) return never();
      let live: LiveSession | undefined;
      /** What it connected anew before it was done: the connection that it resolves with has broken by then. */
      let replaced: { readonly session: unknown } | undefined;
      let isOver = false;
      let name: string | undefined;
      const ended = (reason?: string): void => {
        isOver = true;
        if (before?.state === 'live') before.state = 'over';
        if (live) this.#isOver(live);
        given.ended(reason);
      };
      const publish = (info: unknown): void => {
        given.publish(info);
        name = sessionIn(info) ?? name;
      };
      const reconnected = (session?: unknown): void => {
        if (!live && session !== undefined && !given.signal.aborted) replaced = { session };
        const known = served.get(live?.session);
        if (session !== undefined) made.add(session);
        if (live && known && session !== undefined) {
          served.set(session, known);
          // The connection of the one before it broke. One that comes too late is open beside it, until it is let go of.
          if (this.live.has(live) && !given.signal.aborted) live.session = session;
          else if (!page.gone) this.live.add({ ...live, session, since: this.#machine.scheduler.now });
        }
        given.reconnected(session);
      };
      // The same context, through which the world sees that the far end is done, and what the session is and is called.
      const context: DriverContext = Object.create(given, {
        ended: { value: ended },
        publish: { value: publish },
        reconnected: { value: reconnected },
        [OWN_DELAY]: { value: delay },
      });
      const since = this.#machine.scheduler.now;
      const attempt = { ...asked, session: null, context, service: before, since };
      this.connecting.add(attempt);
      const session = await Promise.resolve(run(context)).finally(() => this.connecting.delete(attempt));
      const entry = before ?? service.open(scope, name ?? idOf(session) ?? this.nextId(), given.epoch);
      const connection = replaced ? replaced.session : session;
      served.set(session, entry).set(connection, entry);
      made.add(session).add(connection);
      entry.isReleased = false;
      entry.lostAt = page.gone ? this.#machine.scheduler.now : null;
      entry.holder = page.gone ? null : { page, epoch: given.epoch };
      live = { ...asked, session: connection, context, service: entry, since };
      if (isOver) this.#isOver(live);
      else if (!page.gone) this.live.add(live);
      return session;
    };
    const leave = (call: DriverCall, session: unknown, context: DriverContext, run: () => void | Promise<void>) => {
      const isOrphan = session === null;
      const entry = isOrphan ? service.find(scope, context.info, isServed, context.epoch) : served.get(session);
      const isStray = !made.has(session) && !(isOrphan && call === 'end');
      if (!this.#record({ ...asked, call, context, service: entry, isOrphan, isStray })) return never();
      if (call === 'release' && entry && isHolder(entry, page, context.epoch)) entry.isReleased = true;
      if (call === 'end' && entry) {
        if (entry.state === 'live') entry.state = 'ended';
        entry.ends.push({ page: page.name, at: this.#machine.scheduler.now, isOrphan });
      }
      for (const live of this.live) if (live.owner === owner && live.session === session) this.#lose(live);
      return run();
    };
    return {
      ...(commands && { commands: this.#watchCommands(asked, commands) }),
      ...(prepare && { prepare: (kind, request) => prepare.call(driver, kind, request) }),
      start: (request, context) => connect('start', context, (watched) => driver.start(request, watched), request),
      ...(join && {
        join: (request, context) => connect('join', context, (watched) => join.call(driver, request, watched), request),
      }),
      ...(resume && {
        resume: (previous, context) =>
          connect('resume', context, (watched) => resume.call(driver, previous, watched), previous),
      }),
      ...(release && {
        release: (session, context) => leave('release', session, context, () => release.call(driver, session, context)),
      }),
      end: (session, context) => leave('end', session, context, () => driver.end(session, context)),
    };
  }

  /** A driver that connects by hand, or (`auto`) by itself after some virtual milliseconds, as the faults allow. */
  script(page: Page, mode: 'auto' | 'manual', script: Script): Driver<SimulatedShape> {
    return scriptedDriver(this.#machine, this, page, mode, script);
  }

  /** Whether the far end knows that the session which `info` names is no more. */
  isGone(scope: string, info: unknown): boolean {
    if (sessionIn(info) === undefined) return false;
    return this.#service.find(scope, info, () => false)?.state !== 'live';
  }

  /** The far end has no such session any more: the one that `info` names, or the last one that nobody has. */
  lose(scope: string, info: unknown): void {
    const entry = this.#service.find(scope, info, () => false);
    if (entry?.state === 'live') entry.state = 'over';
  }

  nextId(): string {
    return `session-${++this.#sessions}`;
  }

  /** Forgets what a page that is gone had. */
  drop(page: Page): void {
    for (const attempt of this.attempts) if (attempt.page === page) this.attempts.delete(attempt);
    for (const live of this.live) if (live.page === page) this.#lose(live);
    for (const attempt of this.connecting) if (attempt.page === page) this.connecting.delete(attempt);
  }

  /** Only own functions are commands, and each of them stays one. */
  #watchCommands({ page, scope, owner }: CommandSite, commands: Commands): Commands {
    const watched = Object.entries(commands).map(([name, command]): [string, Commands[string]] => [
      name,
      (session, input, context) => {
        if (page.gone) return never();
        const isIts = (live: LiveSession): boolean =>
          live.owner === owner && live.session === session && live.context.epoch === context.epoch;
        const isHeld = [...this.live].some(isIts);
        page.log(() => `runs the command ${name}, epoch ${context.epoch}`);
        for (const watcher of this.#machine.watchers) {
          watcher.onCommand?.({ page, scope, name, input, context, isHeld });
        }
        return command(session, input, context);
      },
    ]);
    return Object.fromEntries(watched);
  }

  /** The far end said so itself. */
  #isOver(live: LiveSession): void {
    const entry = this.#lose(live);
    if (entry?.state === 'live') entry.state = 'over';
  }

  /** The tab has it no longer. */
  #lose(live: LiveSession): ReturnType<Service['open']> | undefined {
    this.live.delete(live);
    const entry = this.#service.sessions.find((session) => session === live.service);
    // Another tab may go on with it by now.
    if (!entry || !isHolder(entry, live.page, live.context.epoch)) return entry;
    entry.lostAt = this.#machine.scheduler.now;
    entry.holder = null;
    return entry;
  }

  #record({ page, scope, call, context, owner, service, isOrphan = false, isStray = false, given }: Asked): boolean {
    if (page.gone) return false;
    const { epoch } = context;
    page.log(() =>
      [`driver.${call}, epoch ${epoch}`, service?.id, isOrphan && 'without a session'].filter(Boolean).join(', '),
    );
    this.calls.push({
      ...{ call, page: page.name, epoch, at: this.#machine.scheduler.now },
      ...{ session: service?.id ?? null, isOrphan },
    });
    for (const watcher of this.#machine.watchers) {
      watcher.onDriver?.({ page, scope, call, epoch, owner, session: service, isOrphan, isStray, given });
    }
    return true;
  }
}

function isHolder({ holder }: ReturnType<Service['open']>, page: Page, epoch: number): boolean {
  return holder?.page === page && holder.epoch === epoch;
}

function infoOf(previous: unknown): unknown {
  return typeof previous === 'object' && previous !== null && 'info' in previous ? previous.info : undefined;
}

function idOf(session: unknown): string | undefined {
  if (typeof session !== 'object' || session === null || !('id' in session)) return undefined;
  return typeof session.id === 'string' ? session.id : undefined;
}

/** One for each: whatever waits for a promise is kept alive by it. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
