/** What drivers emit is stored before the term of their session is over, so that every tab hears it or counts it as missed, or its developer is warned. */
import { isObject } from '../../../src/session/check';
import { areLossy } from '../../../src/testing/faults';
import type { LiveSession } from '../../../src/testing/network';
import type { Page } from '../../../src/testing/page';
import { parsed } from '../../../src/testing/parsed';
import type { Plan } from './plan';
import type { Scene } from './scene';

/** By then a page that is awake has stored what its driver emitted. */
const STORED_WITHIN_MS = 5_000;

/** By then a page that woke has looked at the record. */
const WOKEN_FOR_MS = 1_000;

interface Said {
  readonly value: string;
  readonly page: Page;
  readonly at: number;
}

interface WordPorts extends Pick<Scene, 'world' | 'calls' | 'published'> {
  readonly plan: Plan;
}

export class LastWords {
  readonly #ports: WordPorts;
  readonly #said: Said[] = [];
  readonly #kept = new Set<unknown>();
  /** When a page warned last that it ignores what came too late. */
  readonly #warnedAt = new WeakMap<Page, number>();
  #isWiped = false;

  constructor(ports: WordPorts) {
    this.#ports = ports;
    const { world } = ports;
    world.machine.watchers.push({
      onCommit: ({ journal }) => {
        for (const [, entry] of journal) if (isObject(entry)) this.#kept.add(entry.payload);
      },
      onWarning: (page, message) => {
        if (message.endsWith('was ignored.')) this.#warnedAt.set(page, world.now);
      },
      onWipe: () => {
        this.#isWiped = true;
      },
    });
  }

  /** The driver of a session emits something, maybe as its session ends. */
  say({ page, context }: LiveSession): void {
    const { world, published } = this.#ports;
    const value = published.next();
    const record = parsed(world.recordOf());
    const isItsTerm = typeof record === 'object' && record.term !== null && record.epoch === context.epoch;
    // It slept as it reconnected: its window may be over, and with it the session, which its next transaction will tell it.
    const mayBeOver = isItsTerm && record.phase === 'recovering' && world.now - page.awakeSince < WOKEN_FOR_MS;
    if (isItsTerm && !mayBeOver && page.awake && !context.signal.aborted && this.#canStore(page))
      this.#said.push({ value, page, at: world.now });
    context.emit('note', value);
  }

  /** For when all that was said has had the time to be stored. */
  check(): void {
    const { world, calls } = this.#ports;
    if (this.#isWiped || world.machine.forked) return;
    for (const { value, page, at } of this.#said) {
      const warnedAt = this.#warnedAt.get(page) ?? Number.NEGATIVE_INFINITY;
      if (this.#kept.has(value) || warnedAt >= at) continue;
      // It died or slept over it, or others could not know that it lives.
      if (page.awakeSince >= at || page.goneAt < at + STORED_WITHIN_MS || page.lostLocksAt >= at) continue;
      if (world.participants.some((other) => other.page.lostStoreAt >= at)) continue;
      // Who insists does not wait for its last words, and a log-out erases them.
      const isCutOff = calls.all.some(
        ({ name, from, settledAt }) =>
          settledAt >= at && from < at + STORED_WITHIN_MS && (name === 'takeOver by force' || name === 'forget'),
      );
      if (!isCutOff)
        world.violate(`lost: what ${page.name} emitted at ${at.toFixed(2)} was neither stored nor ignored`);
    }
  }

  /** Nothing keeps it from the store, others know that it lives, and its coordinator was not closed before. */
  #canStore(page: Page): boolean {
    const { world, calls, plan } = this.#ports;
    const { faults } = world;
    const isClosed = world.participants.some((one) => one.page === page && calls.hasClosed(one.coordinator));
    const isHealthy = !areLossy(faults) && !faults.blockingTransactions && !page.hasNoStore && !page.hasNoLocks;
    return plan.exact && isHealthy && !isClosed;
  }
}
