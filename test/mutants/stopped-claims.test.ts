import type { SimulatedBrowser } from 'solotab/testing';
import { expect, test } from 'vitest';
import type { SessionRecord } from '../../src/session/record';
import { follow, openSession, openWorld } from '../support/world';

test('a tab that is stopped before it learns that it was granted does not act on the grant once it was seized', async () => {
  let stopped = 0;
  for (let seed = 1; seed <= 20; seed += 1) {
    const { world, a, b } = await openWorld({ driver: 'auto', browser: { seed, automatic: false } });
    const call = follow(a.coordinator.start());
    // Up to the moment after its claim is stored, and before it is told so.
    while (world.recordOf() === undefined) await world.step();
    if (world.network.requests.includes('start')) continue;
    stopped += 1;
    await a.stop();
    await expectDone(world, b.coordinator.cancel(), 5_000);
    await expectDone(world, b.coordinator.start(), 5_000);
    await a.cont();
    await world.advance(60_000);
    expect(call.outcome).toBe(1004);
    expect(world.network.calls.filter(({ page, call }) => page === 'A' && call === 'start')).toEqual([]);
    expect(world.network.live.size).toBe(1);
  }
  expect(stopped).toBeGreaterThan(0);
});

test.each([1, 2, 3, 4, 5])(
  'a tab that is stopped as it is handed the session does not act once it was ended (%i)',
  async (seed) => {
    for (let steps = 0; ; steps += 1) {
      const { world, b, c } = await openSession({ driver: 'auto', browser: { seed, automatic: false } });
      const moved = follow(b.coordinator.takeOver());
      const isHost = (): boolean => (world.recordOf() as SessionRecord).hostTabId === b.coordinator.tabId;
      while (!isHost()) await world.step();
      for (let step = 0; step < steps; step += 1) await world.step();
      if (world.network.requests.includes('resume')) return expect(steps).toBeGreaterThan(1);
      await b.stop();
      await expectDone(world, c.coordinator.end(), 8_000);
      await expectDone(world, c.coordinator.start(), 8_000);
      await b.cont();
      await world.advance(60_000);
      // It asks again, as if nothing had been: the new host lets go of its session first.
      expect(moved.outcome).toBe('done');
      const handedOver = world.network.calls.map(({ page, call }) => `${page} ${call}`).slice(-2);
      expect(handedOver).toEqual(['C release', 'B resume']);
      expect(world.network.live.size).toBe(1);
    }
  },
);

test('a tab that was stopped with the seat, which another tab took since, does not act on what it is granted', async () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { world, a, b } = await openWorld({ driver: 'auto', browser: { seed, automatic: false } });
    follow(a.coordinator.start());
    await a.stop();
    await expectDone(world, b.coordinator.start(), 8_000);
    world.putRecord(null);
    // The claim that it began is granted now: the record says nothing of the other host.
    await a.cont();
    await world.advance(60_000);
    expect(world.network.live.size).toBeLessThanOrEqual(1);
  }
});

test('a claim that came to nothing is not made again under its term, whose lock another tab may wait for', async () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { world, a, b, c } = await openWorld({ driver: 'auto', browser: { seed, automatic: false } });
    const call = follow(a.coordinator.start());
    while (world.recordOf() === undefined) await world.step();
    const { term } = world.recordOf() as SessionRecord;
    await a.stop();
    await world.settle();
    void b.coordinator.cancel().catch(() => {});
    await world.advance(20);
    // It waits for the lock of the term, and will for as long as it sleeps.
    await c.stop();
    await world.advance(10_000);
    await a.cont();
    await world.advance(60_000);
    expect(call.outcome).toBe('done');
    expect(world.recordOf()).toMatchObject({ phase: 'active', hostTabId: a.coordinator.tabId, lostEpoch: 0 });
    expect((world.recordOf() as SessionRecord).term).not.toBe(term);
  }
});

async function expectDone(world: SimulatedBrowser, call: Promise<unknown>, withinMs: number): Promise<void> {
  const called = follow(call);
  await world.advance(withinMs);
  expect(called.outcome).toBe('done');
}
