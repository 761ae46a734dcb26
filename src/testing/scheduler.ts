/**
 * Virtual time. Events happen one by one; after each, every promise that can settle does, before the next.
 *
 * Work (storage, locks, messages, the network) goes on by itself as soon as the test awaits anything. Timers wait for
 * `advance`, unless work that is under way takes virtual time past them.
 *
 * Where a test runner's fake timers are installed, both move together: they move the timers here, and `advance` moves them. What happens
 * then happens in microtasks alone, because fake timers go on after the next task, whether we are done or not.
 */
import { EventQueue, type ScheduledEvent } from './event-queue';
import { afterMicrotasks, createMacrotask } from './macrotask';
import { ROUNDING_MS, TimerLink } from './timer-link';

/** Who sets a timer this short does not wait for time to pass, but for what happens meanwhile: it counts as work. */
const SHORT_TIMER_MS = 5;

/** More events than that in one go mean that something keeps itself busy for ever. */
const MOST_EVENTS = 200_000;

export interface SchedulerOptions {
  /** False: nothing happens but by `step`, `settle`, `advance`. */
  readonly automatic: boolean;
  /** An event threw, as an uncaught error of a page would. */
  readonly onUncaught: (error: unknown) => void;
  /** After each event, and all that followed from it. */
  readonly afterStep: () => void;
}

export class Scheduler {
  /** How many events have happened. */
  steps = 0;
  readonly #options: SchedulerOptions;
  readonly #macrotask = createMacrotask();
  readonly #queue = new EventQueue();
  readonly #transitions: (() => void)[] = [];
  readonly #link = new TimerLink();
  #now = 0;
  #order = 0;
  #work = 0;
  #timers = 0;
  #last: Promise<void> = Promise.resolve();
  #running = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  get now(): number {
    return this.#link.isTied ? Math.max(this.#now, this.#link.now) : this.#now;
  }

  /** How much is under way, and how many timers are set. */
  get pending(): { readonly work: number; readonly timers: number } {
    return { work: this.#work, timers: this.#timers };
  }

  /** In how many virtual milliseconds something happens; undefined where nothing will. */
  get nextMs(): number | undefined {
    const next = this.#queue.peek();
    return next && next.at - this.now;
  }

  work(delayMs: number, run: () => void): ScheduledEvent {
    this.#work++;
    return this.#add(delayMs, false, run);
  }

  timer(delayMs: number, run: () => void): ScheduledEvent {
    if (delayMs <= SHORT_TIMER_MS) return this.work(delayMs, run);
    this.#timers++;
    return this.#add(delayMs, true, run);
  }

  cancel(event: ScheduledEvent): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#count(event);
  }

  /** Runs `change` once what the page does now is done, before anything else happens. Resolves after it. */
  transition(change: () => void): Promise<void> {
    this.#transitions.push(change);
    return this.#run(() => false);
  }

  /** Until nothing is under way. Timers that are not due stay. */
  settle(): Promise<void> {
    return this.#run((event) => this.#work > 0 || event.at <= this.now);
  }

  async advance(ms: number): Promise<void> {
    let until = Number.NaN;
    this.#find();
    if (this.#link.isTied) {
      await this.#run(() => false);
      until = this.now + ms;
      await this.#link.advance(ms);
    }
    await this.#run((event) => {
      if (Number.isNaN(until)) until = this.now + ms;
      return event.at <= until;
    });
    this.#now = Math.max(this.now, Number.isNaN(until) ? this.now + ms : until);
  }

  /** The next event, whatever it is and whenever it is due. Resolves with false if there is none. */
  async step(): Promise<boolean> {
    let steps = 0;
    await this.#run(() => steps++ === 0);
    return steps > 0;
  }

  #add(delayMs: number, timer: boolean, run: () => void): ScheduledEvent {
    this.#find();
    const event = { at: this.now + Math.max(0, delayMs), order: this.#order++, timer, run, cancelled: false };
    this.#queue.push(event);
    this.#goOn();
    return event;
  }

  #count(event: ScheduledEvent): void {
    if (event.timer) this.#timers--;
    else this.#work--;
  }

  /** Work goes on without being asked for; timers do as the fake ones of a test runner do. */
  #goOn(): void {
    if (!this.#options.automatic || this.#running > 0) return;
    if (this.#work > 0) void this.settle();
    else this.#link.wakeAt(this.#queue.peek()?.at, this.now, this.#wake);
  }

  readonly #wake = (): void => void this.#run((event) => event.at <= this.now + ROUNDING_MS);

  /** Looks for fake timers. What is only done when asked for keeps its own time. */
  #find(): void {
    if (!this.#options.automatic) return;
    this.#now = this.now;
    this.#link.find(this.#now);
  }

  /** Runs events as long as `goOn` says so. One run at a time, in the order of the calls. */
  #run(goOn: (next: ScheduledEvent) => boolean): Promise<void> {
    this.#running++;
    this.#find();
    this.#last = this.#last.then(() => this.#loop(goOn));
    return this.#last;
  }

  #loop(goOn: (next: ScheduledEvent) => boolean): Promise<void> {
    return new Promise((resolve) => {
      let events = 0;
      const later = (): void => (this.#link.isTied ? afterMicrotasks : this.#macrotask)(turn);
      const turn = (): void => {
        for (let change = this.#transitions.shift(); change; change = this.#transitions.shift()) change();
        this.#options.afterStep();
        const next = this.#queue.peek();
        const restless = events++ === MOST_EVENTS;
        if (restless) this.#options.onUncaught(new Error('The simulated browser does not come to rest.'));
        if (next !== undefined && !restless && goOn(next)) {
          this.#happen(next);
          later();
          return;
        }
        this.#running--;
        resolve();
        if (!restless) this.#goOn();
      };
      later();
    });
  }

  #happen(event: ScheduledEvent): void {
    this.#queue.pop();
    this.steps++;
    event.cancelled = true;
    this.#count(event);
    this.#now = Math.max(this.now, event.at);
    try {
      event.run();
    } catch (error) {
      this.#options.onUncaught(error);
    }
  }
}
