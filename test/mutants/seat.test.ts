import type { Capabilities } from 'solotab/testing';
import { expect, test } from 'vitest';
import { follow, openWorld } from '../support/world';

test.each([
  ['two tabs that have no store, and can tell each other nothing, exclude each other', { store: false }],
  ['a tab whose store fails is kept out', {}],
])('%s by the seat', async (_, capabilities: Capabilities) => {
  const browser = { faults: { loseMessages: 1 } };
  const { world, a, b } = await openWorld({ driver: 'auto', capabilities, browser });
  if (capabilities.store !== false) b.setStore('fails');
  const first = follow(a.coordinator.start());
  await world.advance(1_000);
  expect(first.outcome).toBe('done');
  const second = follow(b.coordinator.start());
  await world.advance(10_000);
  expect(second.outcome).toBe(1002);
  expect(world.network.requests).toEqual(['start']);
});
