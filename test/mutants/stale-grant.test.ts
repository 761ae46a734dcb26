import { expect, test } from 'vitest';
import { follow, openWorld } from '../support/world';

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
    const canceled = follow(b.coordinator.cancel());
    await world.advance(5_000);
    expect(canceled.outcome).toBe('done');
    const started = follow(b.coordinator.start());
    await world.advance(5_000);
    expect(started.outcome).toBe('done');
    await a.cont();
    await world.advance(60_000);
    expect(call.outcome).toBe(1004);
    expect(world.network.calls.filter(({ page, call }) => page === 'A' && call === 'start')).toEqual([]);
    expect(world.network.live.size).toBe(1);
  }
  expect(stopped).toBeGreaterThan(0);
});
