/**
 * Ties virtual time to the fake timers of a test runner (`vi.useFakeTimers()`, `jest.useFakeTimers()`), so that both pass together: the
 * next event of the simulated browser is one of those timers.
 *
 * They are looked for whenever something happens, so it is all the same whether they were installed before or after the simulated browser
 * was made. Both runners have theirs from @sinonjs/fake-timers, which leaves its clock on each function that it replaces.
 */

/** That much may a sum of fractions be off. */
export const ROUNDING_MS = 1e-6;

/** A timer that is longer would be over at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What we use of a clock of @sinonjs/fake-timers. */
interface FakeClock {
  /** The date, which `setSystemTime` sets. */
  readonly now: number;
  /** Not there where the environment has no `performance`. */
  readonly performance?: { now(): number };
  /** Its timers are being run. */
  readonly duringTick?: boolean;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  tickAsync(ms: number): Promise<unknown>;
}

export class TimerLink {
  #clock: FakeClock | null = null;
  /** One moment, on the clock of the fake timers and in virtual time. */
  #moment = { fake: 0, virtual: 0 };
  #timer: unknown;

  /** The virtual time to which the fake timers have come; always past without any. */
  get now(): number {
    if (!this.#clock) return Number.NEGATIVE_INFINITY;
    return this.#moment.virtual + Math.max(0, timeOf(this.#clock) - this.#moment.fake);
  }

  get isTied(): boolean {
    return this.#clock !== null;
  }

  /** Ties virtual time, which is `now`, to the fake timers that are installed, if any. */
  find(now: number): void {
    const clock = installedClock();
    if (clock === this.#clock) return;
    this.#timer = undefined;
    this.#clock = clock;
    if (clock) this.#moment = { fake: timeOf(clock), virtual: now };
  }

  /**
   * Has the fake timers call `wake` at the virtual time `at`, and at no other. Work takes virtual time ahead of them: what is due later is
   * due so much later than `now`. While they run their timers they catch up instead, or a long run would be longer than it was told.
   */
  wakeAt(at: number | undefined, now: number, wake: () => void): void {
    const clock = this.#clock;
    if (!clock) return;
    if (!clock.duringTick) this.#moment = { fake: timeOf(clock), virtual: now };
    clock.clearTimeout(this.#timer);
    if (at === undefined) return;
    const ms = Math.ceil(at - this.now - ROUNDING_MS);
    this.#timer = clock.setTimeout(wake, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
  }

  /** Moves the fake timers on, and all that is tied to them. */
  async advance(ms: number): Promise<void> {
    await this.#clock?.tickAsync(ms);
  }
}

/** Milliseconds by which its timers go: also where the date is set meanwhile. */
function timeOf(clock: FakeClock): number {
  return clock.performance?.now() ?? clock.now;
}

function installedClock(): FakeClock | null {
  const { clock } = globalThis.setTimeout as { readonly clock?: Partial<FakeClock> };
  // Every version of the last years has it. What has not is no clock that we know.
  return typeof clock?.tickAsync === 'function' ? (clock as FakeClock) : null;
}
