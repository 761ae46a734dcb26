/**
 * A log-out clears the site's data while a session is live. In Chromium the pages that were open keep the lock manager that they
 * have; pages that are loaded later have another one, in which every lock of the host is free.
 */
import { expect, test } from 'vitest';
import { follow, look, openSession, openWorld } from '../support/world';

test('a tab that is opened after the data was cleared is refused, and the session goes on', async () => {
  const { world, a, b } = await openSession({ driver: 'auto' });
  world.clearSiteData();
  const later = world.openTab({ driver: 'auto' });
  const refused = follow(later.coordinator.start());
  await world.advance(10_000);
  expect(refused.outcome).toBe(1004);
  await world.advance(120_000);
  expect([a, b, later].map(look)).toEqual(['active host', 'active follower', 'active follower']);
  expect(world.network.requests).toEqual(['start']);
});

test('a tab that was open when the data was cleared claims so that tabs with other locks ask it', async () => {
  const { world, a } = await openWorld({ driver: 'auto' });
  await a.coordinator.start();
  await a.coordinator.end();
  world.clearSiteData();
  const started = follow(a.coordinator.start());
  await world.advance(10_000);
  expect(started.outcome).toBe('done');
  const later = world.openTab({ driver: 'auto' });
  const refused = follow(later.coordinator.start());
  await world.advance(10_000);
  expect(refused.outcome).toBe(1004);
  await world.advance(120_000);
  expect([a, later].map(look)).toEqual(['active host', 'active follower']);
  expect(world.network.live.size).toBe(1);
});
