import { expect, test } from 'vitest';
import { follow, openWorld } from '../support/world';

test('two tabs that have no store, and can tell each other nothing, exclude each other by the seat', async () => {
  const browser = { faults: { loseMessages: 1 } };
  const { world, a, b } = await openWorld({ driver: 'auto', capabilities: { store: false }, browser });
  const first = follow(a.coordinator.start());
  await world.advance(1_000);
  expect(first.outcome).toBe('done');
  const second = follow(b.coordinator.start());
  await world.advance(10_000);
  expect(second.outcome).toBe(1002);
  expect(world.network.requests).toEqual(['start']);
});

test('a tab whose store fails is kept out by the seat of one whose store works', async () => {
  const browser = { faults: { loseMessages: 1 } };
  const { world, a, b } = await openWorld({ driver: 'auto', browser });
  b.setStore('fails');
  const first = follow(a.coordinator.start());
  await world.advance(1_000);
  expect(first.outcome).toBe('done');
  const second = follow(b.coordinator.start());
  await world.advance(10_000);
  expect(second.outcome).toBe(1002);
  expect(world.network.requests).toEqual(['start']);
});
