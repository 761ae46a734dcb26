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

/** Without a store: a tab from before the data was cleared, and one with other locks, which starts a session. */
async function startWithOtherLocks() {
  const { world, a, b, c } = await openWorld({ driver: 'auto', capabilities: { store: false } });
  await b.close();
  await c.close();
  world.clearSiteData();
  const later = world.openTab({ driver: 'auto', capabilities: { store: false } });
  await world.advance(1_000);
  follow(later.coordinator.start());
  return { world, a, later };
}

test('without a store, a host that was taken for dead by a tab with other locks is missed within eight seconds from then on', async () => {
  const { world, a, later } = await startWithOtherLocks();
  await world.advance(1_000);
  // No store tells this tab that its locks are its own by now: those of the other tab look free to it.
  const mistaken = follow(a.coordinator.takeOver());
  await world.advance(10_000);
  expect([mistaken.outcome, world.network.live.size]).toEqual([1011, 0]);
  // Both have the same locks now, and the other tab can't know.
  await a.reload();
  await world.advance(1_000);
  follow(later.coordinator.start());
  await world.advance(1_000);
  expect([a, later].map(look)).toEqual(['active follower', 'active host']);
  await later.crash();
  await world.advance(8_000);
  expect(look(a)).not.toBe('active follower');
});

test('without a store, a host that was taken for dead and was not told learns it once anybody looks, and ends its session', async () => {
  const { world, a, later } = await startWithOtherLocks();
  await world.advance(10);
  expect([a, later].map(look)).toEqual(['connecting follower', 'connecting host']);
  // The lock of the host looks free to a tab from before the data was cleared, and what it tells of that is lost.
  world.faults.loseMessages = 1;
  await world.advance(10_000);
  expect([a, later].map(look)).toEqual(['idle none', 'active host']);
  world.heal();
  await a.hide();
  await a.show();
  await world.advance(1_000);
  expect([a, later].map(look)).toEqual(['idle none', 'idle none']);
  expect(world.network.live.size).toBe(0);
});
