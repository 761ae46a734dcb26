/**
 * One document in a tab. Whatever the browser has for it (a message, a lock, the answer of a transaction) goes through
 * `deliver`, which runs it now or once the page can run it:
 *
 * | life      | messages          | everything else | how it got there           |
 * |-----------|-------------------|-----------------|----------------------------|
 * | running   | run               | run             |                            |
 * | frozen    | run (as measured) | wait            | `freeze`, told as `hide`   |
 * | cached    | by the profile    | wait            | navigated away, told       |
 * | gone      | –                 | –               | closed, crashed, reloaded  |
 *
 * A stopped page (SIGSTOP), whatever its life, runs nothing and is told nothing. Once it goes on, queued messages run
 * first and the news of a stolen lock last.
 */
import type { LifecycleEvent } from '../platform/platform';
import type { ScheduledEvent } from './event-queue';
import type { Machine } from './machine';

export type PageLife = 'running' | 'frozen' | 'cached' | 'gone';

export type Lane = 'lifecycle' | 'message' | 'timer' | 'store' | 'lock' | 'network' | 'lock-lost';

interface Task {
  readonly lane: Lane;
  readonly run: () => void;
}

export class Page {
  #life: PageLife = 'running';
  #stopped = false;
  #waiting: Task[] = [];
  #flushing = false;
  readonly bornAt: number;
  /** Since when it runs again; -Infinity if it never slept. For judging what it could have known. */
  awakeSince = Number.NEGATIVE_INFINITY;
  /** When it was shown last, after it was hidden; -Infinity if it never was. */
  shownAt = Number.NEGATIVE_INFINITY;
  /** Since when its store works again; -Infinity if it never failed, Infinity while it has none. */
  hasStoreSince = Number.NEGATIVE_INFINITY;
  /** When its store failed it last: since then it may have gone on from memory. */
  lostStoreAt = Number.NEGATIVE_INFINITY;
  /** It has no locks, or the last that it asked for was not answered or said to be taken: what it is told comes by messages alone. */
  hasNoLocks = false;
  /** When its locks ceased to work last; -Infinity if they never did. */
  lostLocksAt = Number.NEGATIVE_INFINITY;
  /** The browser closed its connection to the store by itself: it can't know whether others still have the same locks. */
  mayBeApart = false;
  /** When it was gone: infinity while it is there. */
  goneAt = Number.POSITIVE_INFINITY;
  /** Its lock manager is not that of other pages, and it knows. */
  hasAbandonedLocks = false;
  /** It never hosts. */
  isWorker = false;
  readonly timers = new Set<ScheduledEvent>();
  /** Runs each timer that is overdue, and waits since the page is hidden. */
  readonly overdue = new Set<() => void>();
  /** The frames in it. They live, sleep and die with it, and are told what it is told. */
  readonly frames = new Set<Page>();
  readonly #machine: Machine;
  readonly #listeners = new Set<(event: LifecycleEvent) => void>();
  readonly #whenGone: (() => void)[] = [];

  constructor(
    machine: Machine,
    /** `A` is the first document of tab A, `A2` the next. `A:1` is its first frame. */
    readonly name: string,
    /** Which of the site's lock managers it has. */
    readonly bucket: number,
    /** The page of the tab, for a frame. */
    readonly parent: Page | null = null,
  ) {
    this.#machine = machine;
    this.bornAt = machine.scheduler.now;
    if (!parent) return;
    parent.frames.add(this);
    this.whenGone(() => parent.frames.delete(this));
  }

  /** The page of the tab: this one, or that of the frame. */
  get top(): Page {
    return this.parent ?? this;
  }

  /** Where in its tab it is: '' for the page itself. What is loaded there next has the same place. */
  get place(): string {
    return this.name.slice(this.top.name.length);
  }

  get life(): PageLife {
    return this.#life;
  }

  set life(life: PageLife) {
    if (this.#life === 'gone') return;
    for (const frame of [...this.frames]) frame.life = life;
    this.#life = life;
    if (life === 'gone') this.#die();
    else this.#wake();
  }

  /** It has no store, or one that failed it the last time: it can't know what the others know. */
  get hasNoStore(): boolean {
    return this.hasStoreSince === Number.POSITIVE_INFINITY;
  }

  set hasNoStore(hasNoStore: boolean) {
    const { now } = this.#machine.scheduler;
    if (!hasNoStore) {
      if (this.hasNoStore) this.hasStoreSince = now;
      return;
    }
    this.hasStoreSince = Number.POSITIVE_INFINITY;
    this.#machine.lostStoreAt = this.lostStoreAt = now;
  }

  /** Its locks cease to work. */
  loseLocks(): void {
    this.hasNoLocks = true;
    this.lostLocksAt = this.#machine.scheduler.now;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  set stopped(stopped: boolean) {
    for (const frame of this.frames) frame.stopped = stopped;
    this.#stopped = stopped;
    if (stopped) {
      this.awakeSince = Number.POSITIVE_INFINITY;
      return;
    }
    const rank = ({ lane }: Task): number => (lane === 'message' ? 0 : lane === 'lock-lost' ? 2 : 1);
    this.#waiting.sort((a, b) => rank(a) - rank(b));
    this.#wake();
  }

  /** Nothing keeps it from running. */
  get awake(): boolean {
    return this.#life === 'running' && !this.#stopped;
  }

  get gone(): boolean {
    return this.#life === 'gone';
  }

  canRun(lane: Lane): boolean {
    return !this.#stopped && (this.#life === 'running' || (this.#life === 'frozen' && lane === 'message'));
  }

  /** It can run this now, and nothing is before it. */
  isFree(lane: Lane): boolean {
    return this.canRun(lane) && !this.#flushing && !this.#waiting.some((task) => this.canRun(task.lane));
  }

  deliver(lane: Lane, run: () => void): void {
    if (this.gone) return;
    if (this.isFree(lane)) run();
    else this.#waiting.push({ lane, run });
  }

  /** Tells the page and its frames before anything else that waits. */
  tellFirst(event: LifecycleEvent): void {
    this.#waiting.unshift({ lane: 'lifecycle', run: () => this.hear(event) });
    this.#wake();
    for (const frame of this.frames) frame.tellFirst(event);
  }

  /** Tells the page and its frames. */
  tell(event: LifecycleEvent): void {
    this.hear(event);
    for (const frame of [...this.frames]) frame.tell(event);
  }

  listen(listener: (event: LifecycleEvent) => void, signal: AbortSignal): void {
    if (signal.aborted || this.gone) return;
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
  }

  whenGone(clear: () => void): void {
    this.#whenGone.push(clear);
  }

  log(what: string | (() => string)): void {
    this.#machine.timeline.add(this.#machine.scheduler.now, this.name, what);
  }

  /** Tells this document alone. */
  hear(event: LifecycleEvent): void {
    this.log(`is told: ${event}`);
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** What waited runs as events of their own: it may be stopped again in between. */
  #wake(): void {
    if (!this.awake) {
      this.awakeSince = Number.POSITIVE_INFINITY;
    } else if (this.awakeSince === Number.POSITIVE_INFINITY) {
      this.awakeSince = this.#machine.scheduler.now;
    }
    if (this.#flushing || !this.#waiting.some((task) => this.canRun(task.lane))) return;
    this.#flushing = true;
    this.#machine.scheduler.work(0, () => {
      this.#flushing = false;
      const index = this.#waiting.findIndex((task) => this.canRun(task.lane));
      const [task] = index < 0 ? [] : this.#waiting.splice(index, 1);
      try {
        task?.run();
      } finally {
        this.#wake();
      }
    });
  }

  #die(): void {
    this.goneAt = this.#machine.scheduler.now;
    this.#waiting = [];
    this.#listeners.clear();
    for (const timer of this.timers) this.#machine.scheduler.cancel(timer);
    this.timers.clear();
    this.overdue.clear();
    for (const clear of this.#whenGone.splice(0)) clear();
  }
}
