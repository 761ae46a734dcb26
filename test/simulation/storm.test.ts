/** What many tabs cost that call at once: one leads, the others are refused. `npm run bench -- crowd` times it in real pages. */
import { createSimulatedBrowser } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import type { Driver } from '../../src/driver';
import type { Platform } from '../../src/platform/platform';
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { type Counts, countingPlatform } from '../support/counting-platform';
import { follow } from '../support/world';

/** A driver that has its session at once: the record changes twice within the storm. */
const driver: Driver = { start: () => ({}), end: () => undefined };

/** A claim takes so long as in a browser that is very busy, or in a page that was stopped in the middle of it. */
function withSlowClaims({ openStore, clock, ...platform }: Platform, ms: number): Platform {
  return {
    ...{ ...platform, clock },
    openStore(scope) {
      const store = openStore(scope);
      return (
        store && {
          ...store,
          async transact(step) {
            await new Promise<void>((resolve) => clock.after(ms, resolve));
            return store.transact(step);
          },
        }
      );
    },
  };
}

/** Each tab calls `start` in the same moment. What it asked of its browser until all was quiet, and the outcome. */
async function storm(tabs: number, seed: number, claimMs = 0) {
  const world = createSimulatedBrowser({ seed });
  const opened = Array.from({ length: tabs }, () => {
    const own = world.openTab({ bare: true }).platform;
    const { platform, counts } = countingPlatform(claimMs ? withSlowClaims(own, claimMs) : own);
    return { coordinator: createCoordinatorOn(platform, { name: 'simulated', driver }), counts };
  });
  await world.settle();
  const before = opened.map(({ counts }) => ({ ...counts }));
  const calls = opened.map(({ coordinator }) => follow(coordinator.start()));
  // A claim, and the report that its session is active.
  await world.advance(3 * claimMs);
  await world.settle();
  const all = opened.map(({ counts }, index) => ({
    outcome: calls[index]?.outcome,
    used: difference(counts, before[index] ?? counts),
  }));
  return {
    leaders: all.filter(({ outcome }) => outcome === 'done'),
    losers: all.filter(({ outcome }) => outcome !== 'done'),
  };
}

function difference(after: Counts, before: Counts) {
  const { transactions, reads, messages, lockRequests } = after;
  return {
    transactions: transactions - before.transactions,
    reads: reads - before.reads,
    messages: messages - before.messages,
    lockRequests: lockRequests - before.lockRequests,
  };
}

describe.each([2, 10, 100])('of %i tabs that call at once', (count) => {
  test.each([1, 2, 3])(
    'one leads, and each of the others asks little of the browser, which serves them all (%i)',
    async (seed) => {
      const { leaders, losers } = await storm(count, seed);
      expect(leaders.map(({ used }) => used)).toEqual([{ transactions: 2, reads: 0, messages: 2, lockRequests: 2 }]);
      expect(losers).toHaveLength(count - 1);
      for (const { outcome, used } of losers) {
        expect([1002, 1004]).toContain(outcome);
        // Its term, the seat, the proof that the winner lives, the wait for the winner's end.
        expect(used).toMatchObject({ transactions: 0, messages: 0, lockRequests: 4 });
        // A look for each of the two changes; a third, if the journal was needed because the first one saw both.
        expect(used.reads).toBeLessThanOrEqual(3);
      }
    },
  );
});

test.each([2, 10, 50])(
  'while the one that came first takes its time, a few of %i tabs have the others look now and then, and not each of them',
  async (count) => {
    const { leaders, losers } = await storm(count, 1, 1_100);
    expect([leaders.length, losers.length]).toEqual([1, count - 1]);
    const messages = losers.reduce((sum, { used }) => sum + used.messages, 0);
    // One that waits alone does so four times in that time. If each of them did, these would be 36 and 196.
    expect(messages).toBeGreaterThanOrEqual(3);
    expect(messages).toBeLessThan(3 + 1.5 * count);
  },
);
