/** What drivers publish and emit: each value only once, so that it can be told whether it was forgotten. */
import type { SimulatedBrowser } from '../../../src/testing';
import { areLossy } from '../../../src/testing/faults';
import type { Participant } from '../../../src/testing/machine';
import type { Page } from '../../../src/testing/page';
import type { Calls } from './calls';
import type { Plan } from './plan';
import { PUBLIC } from './watchers';

/** A page that wakes has heard by then that what it remembers was forgotten, if nothing stored says so any more. Until then it may write it anew. */
const HEARD_WITHIN_MS = 100;

/** The same where transactions are delayed: its first look at the store may take that long. */
const HEARD_LATE_MS = 3_000;

/** A tab that no message reached looks at what is stored within this. */
const LOOKED_WITHIN_MS = 16_000;

const VALUES = new RegExp(`${PUBLIC} (\\d+)\\.`, 'g');

export class Published {
  readonly #world: SimulatedBrowser;
  readonly #calls: Calls;
  readonly #plan: Plan;
  #count = 0;
  /** All before this one were to be erased. */
  #forgotten = 0;
  #forgottenAt = 0;
  /** When what is stored was wiped, or overwritten, last. */
  #wipedAt = 0;

  constructor(world: SimulatedBrowser, calls: Calls, plan: Plan) {
    this.#world = world;
    this.#calls = calls;
    this.#plan = plan;
    world.machine.watchers.push({
      onCommit: ({ page, after, journal }) => this.#check(page, [after, journal]),
      onWipe: () => {
        this.#wipedAt = world.now;
      },
    });
  }

  next(): string {
    return `${PUBLIC} ${this.#count++}.`;
  }

  /** For a log-out: what was published before is in no store after it. */
  forget(caller: Participant): void {
    const before = this.#count;
    this.#calls.make(caller, 'forget', async (coordinator) => {
      await coordinator.forget();
      if (caller.page.gone) return;
      this.#forgotten = Math.max(this.#forgotten, before);
      this.#forgottenAt = this.#world.now;
      this.#check(caller.page, [this.#world.recordOf(), this.#world.journalOf()]);
    });
  }

  #check({ name, awakeSince }: Page, stored: unknown): void {
    const { machine, participants, now } = this.#world;
    // A tab that was there all the time tells who slept.
    const isToBeTold = participants.some(
      ({ page }) => !page.gone && Math.max(page.bornAt, page.awakeSince) <= this.#forgottenAt,
    );
    const withinMs = this.#plan.faults.delayTransactions ? HEARD_LATE_MS : HEARD_WITHIN_MS;
    const slept = awakeSince > this.#forgottenAt && !(isToBeTold && now - awakeSince >= withinMs);
    const isUnaware = slept || (areLossy(machine.faults) && this.#wipedAt - this.#forgottenAt < LOOKED_WITHIN_MS);
    if (this.#forgotten === 0 || !this.#plan.exact || machine.forked) return;
    if (participants.some(({ page }) => page.lostStoreAt >= 0)) return;
    for (const [, number] of JSON.stringify(stored).matchAll(VALUES)) {
      if (Number(number) >= this.#forgotten) continue;
      if (!isUnaware || this.#wipedAt < this.#forgottenAt)
        return this.#world.violate(`unforgotten: ${name} has value ${number} in the store`);
      // It is back.
      this.#forgotten = 0;
      return;
    }
  }
}
