/** A tab of this version beside tabs of a later one, whose record it can't read: it leaves their session alone, and says that there is one. */
import { expect, test } from 'vitest';
import { openChat } from '../support/chat';
import { NEWER } from '../support/records';
import { follow, look, openWorld } from '../support/world';

/** More steps than a call takes that looks and goes on. */
const A_FEW_STEPS = 100;

test.each(['start', 'join'] as const)('%s() is refused with 1004, and the tab shows why', async (name) => {
  const { world, a } = await openWorld({ driver: 'auto' });
  world.putRecord(NEWER);
  const called = follow<unknown>(a.coordinator[name]());
  await world.advance(1_000);
  expect([called.outcome, look(a)]).toEqual([1004, 'active follower']);
});

test('ensure() has what it wants, and rests', async () => {
  const { world, a } = await openWorld({ driver: 'auto' });
  world.putRecord(NEWER);
  const wanted = follow(a.coordinator.ensure());
  const { steps } = world.machine.scheduler;
  await world.advance(60_000);
  expect([wanted.outcome, look(a)]).toEqual(['done', 'active follower']);
  expect(world.machine.scheduler.steps - steps).toBeLessThan(A_FEW_STEPS);
});

test('call() is refused with 1004: the host is of that version', async () => {
  const { world, a } = await openChat();
  world.putRecord(NEWER);
  const called = follow<unknown>(a.coordinator.call('send', 'hello'));
  const { steps } = world.machine.scheduler;
  await world.advance(60_000);
  expect(called.outcome).toBe(1004);
  expect(world.machine.scheduler.steps - steps).toBeLessThan(A_FEW_STEPS);
});

test('once that record is gone, its session is: the tab shows none, and starts what is wanted', async () => {
  const { world, a } = await openWorld({ driver: 'auto' });
  world.putRecord(NEWER);
  await expect(a.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  world.clearSiteData();
  await world.advance(1_000);
  expect(look(a)).toBe('idle none');
  const wanted = follow(a.coordinator.ensure());
  await world.advance(1_000);
  expect([wanted.outcome, look(a)]).toEqual(['done', 'active host']);
});
