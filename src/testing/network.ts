/** The far end of all sessions: records what drivers are asked to do, and plays the drivers of tabs that bring none. */
import { SessionError } from '../session/errors';
import type { Driver, DriverContext } from '../types';
import type { DriverCall, Machine } from './machine';
import type { Page } from './page';

/** What a scripted driver connects to. */
export interface SimulatedSession {
  readonly id: string;
  readonly epoch: number;
}

export interface NetworkCall {
  readonly call: DriverCall;
  /** The document that made it: `A`, `A2` after a reload. */
  readonly page: string;
  readonly epoch: number;
  /** Virtual milliseconds. */
  readonly at: number;
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
  readonly session: unknown;
  readonly context: DriverContext;
}

export class Network {
  readonly calls: NetworkCall[] = [];
  readonly attempts = new Set<Attempt>();
  /** Connected, and neither released nor ended; gone with their page. */
  readonly live = new Set<LiveSession>();
  /** Drivers that were asked to connect and have not come back. */
  readonly connecting = new Set<LiveSession>();
  readonly #machine: Machine;
  #sessions = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** The calls by name, in order: `['start', 'end']`. */
  get requests(): readonly DriverCall[] {
    return this.calls.map(({ call }) => call);
  }

  /** Records what `driver` is asked to do in `page`. A page that is gone asks for nothing. */
  watch<Session, Request>(page: Page, scope: string, driver: Driver<Session, Request>): Driver<Session, Request> {
    const { prepare, resume, release } = driver;
    const connect = async (
      call: DriverCall,
      given: DriverContext,
      run: (context: DriverContext) => Session | Promise<Session>,
    ) => {
      if (!this.#record(page, scope, call, given)) return never();
      let live: LiveSession | undefined;
      const ended = (reason?: string): void => {
        if (live) this.live.delete(live);
        given.ended(reason);
      };
      // The same context, through which the world sees that the far end is done.
      const context: DriverContext = Object.create(given, { ended: { value: ended } });
      const attempt = { page, scope, session: null, context };
      this.connecting.add(attempt);
      const session = await Promise.resolve(run(context)).finally(() => this.connecting.delete(attempt));
      live = { page, scope, session, context };
      if (!page.gone) this.live.add(live);
      return session;
    };
    const leave = (
      call: DriverCall,
      session: Session | null,
      context: DriverContext,
      run: () => void | Promise<void>,
    ) => {
      if (!this.#record(page, scope, call, context)) return never();
      for (const live of this.live) if (live.page === page && live.session === session) this.live.delete(live);
      return run();
    };
    return {
      ...(prepare && { prepare: (kind, request) => prepare.call(driver, kind, request) }),
      start: (request, context) => connect('start', context, (watched) => driver.start(request, watched)),
      join: (request, context) => connect('join', context, (watched) => driver.join(request, watched)),
      ...(resume && {
        resume: (previous, context) => connect('resume', context, (watched) => resume.call(driver, previous, watched)),
      }),
      ...(release && {
        release: (session, context) => leave('release', session, context, () => release.call(driver, session, context)),
      }),
      end: (session, context) => leave('end', session, context, () => driver.end(session, context)),
    };
  }

  /** A driver that connects by hand, or (`auto`) by itself after some virtual milliseconds, as the faults allow. */
  script(page: Page, mode: 'auto' | 'manual', resumable: boolean): Driver<SimulatedSession> {
    const connect = (context: DriverContext) => this.#attempt(page, mode, context);
    const leave = () => this.#leave(page);
    return {
      start: (_request, context) => connect(context),
      join: (_request, context) => connect(context),
      ...(resumable && { resume: (_previous, context) => connect(context) }),
      release: leave,
      end: leave,
    };
  }

  /** Forgets what a page that is gone had. */
  drop(page: Page): void {
    for (const attempt of this.attempts) if (attempt.page === page) this.attempts.delete(attempt);
    for (const live of this.live) if (live.page === page) this.live.delete(live);
    for (const attempt of this.connecting) if (attempt.page === page) this.connecting.delete(attempt);
  }

  #record(page: Page, scope: string, call: DriverCall, { epoch }: DriverContext): boolean {
    if (page.gone) return false;
    page.log(`driver.${call}, epoch ${epoch}`);
    this.calls.push({ call, page: page.name, epoch, at: this.#machine.scheduler.now });
    for (const watcher of this.#machine.watchers) watcher.onDriver?.(page, scope, call, epoch);
    return true;
  }

  #attempt(page: Page, mode: 'auto' | 'manual', context: DriverContext): Promise<SimulatedSession> {
    const { faults, random, scheduler } = this.#machine;
    return new Promise((resolve, reject) => {
      const settle = (run: () => void): void =>
        page.deliver('network', () => {
          if (this.attempts.delete(attempt)) run();
        });
      const attempt: Attempt = {
        page,
        context,
        connect: () => settle(() => resolve({ id: `session-${++this.#sessions}`, epoch: context.epoch })),
        fail: (error) => settle(() => reject(error)),
      };
      this.attempts.add(attempt);
      const giveUp = (): void => {
        if (random.chance(faults.ignoreAborts)) return;
        scheduler.work(random.between(0, 5), () => attempt.fail(context.signal.reason));
      };
      context.signal.addEventListener('abort', giveUp, { once: true });
      if (mode === 'manual' || random.chance(faults.hangConnects)) return;
      const failing = random.chance(faults.failConnects);
      scheduler.work(random.between(5, 40), () => {
        if (failing) attempt.fail(random.chance(0.5) ? new TypeError('Failed to fetch') : new SessionError(2001));
        else attempt.connect();
      });
    });
  }

  #leave(page: Page): Promise<void> {
    const { faults, random, scheduler } = this.#machine;
    return new Promise((resolve, reject) => {
      if (random.chance(faults.hangEnds)) return;
      const failing = random.chance(faults.failEnds);
      scheduler.work(random.between(1, 15), () =>
        page.deliver('network', () => (failing ? reject(new TypeError('Failed to fetch')) : resolve())),
      );
    });
  }
}

/** One for each: whatever waits for a promise is kept alive by it. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
