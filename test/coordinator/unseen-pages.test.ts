/** Pages that nobody looks at: hidden ones, frozen ones, and cached ones. */
import { expect, test } from 'vitest';
import { openBlockable } from '../support/blockable';
import { follow, look, openWorld } from '../support/world';

test('where any tab may go on, the visible one does', async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const recovery = { by: 'any-tab' } as const;
    const { world, a, b, c } = await openWorld({ driver: 'auto', recovery, browser: { seed } });
    for (const tab of [b, c]) await tab.hide();
    const visible = world.openTab({ driver: 'auto', recovery });
    await a.coordinator.start();
    await world.settle();
    await a.crash();
    await world.advance(5_000);
    expect([visible, b, c].map(look)).toEqual(['active host', 'active follower', 'active follower']);
  }
});

test('a page that is called while it sleeps claims nothing before it is awake', async () => {
  const { world, a } = await openWorld({ driver: 'auto' });
  await a.hide();
  await a.freeze();
  const started = follow(a.coordinator.start());
  await world.advance(1_000);
  expect([started.outcome, world.recordOf()]).toEqual(['pending', undefined]);
  await a.wake();
  await world.advance(1_000);
  expect(started.outcome).toBe('done');
});

test('a hidden tab that nobody could tell of a session is refused with 1004, not by the seat that is taken', async () => {
  const { a, b, world } = await openWorld({ driver: 'auto', capabilities: { channel: false } });
  await b.hide();
  const started = follow(a.coordinator.start());
  await world.advance(1_000);
  const refused = follow(b.coordinator.start());
  await world.advance(20_000);
  expect(started.outcome).toBe('done');
  expect(refused.error).toMatchObject({ code: 1004 });
});

test('a page that comes back from the cache while another page blocks the store notices later that a host died', async () => {
  const { world, tab, coordinator, block } = await openBlockable();
  const phase = () => coordinator.getSnapshot().phase;
  const host = world.openTab({ driver: 'auto' });
  await host.coordinator.start();
  await world.settle();
  await tab.navigateAway();
  await host.crash();
  block(true);
  await tab.goBack();
  await world.settle();
  expect(phase()).toBe('active');
  block(false);
  await world.advance(20_000);
  expect(phase()).toBe('recovering');

  await host.reload();
  await world.advance(1_000);
  expect(phase()).toBe('active');
  await host.crash();
  await world.advance(100);
  expect(phase()).toBe('recovering');
});

test('a page that could not look at once, and finds that there is no session, waits for nothing any more', async () => {
  const { world } = await openWorld({ browser: { faults: { blockingTransactions: true } } });
  const blocker = world.openTab({ bare: true });
  void blocker.platform.openStore('simulated')?.read({ journal: false });
  await blocker.stop();
  world.openTab();
  await world.advance(30_000);
  expect(world.pending.timers).toBeGreaterThan(0);
  await blocker.cont();
  await world.advance(25_000);
  expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
});

test('a page that could not look at a session, as another page blocked the store, sees it once that page goes on', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto', browser: { faults: { blockingTransactions: true } } });
  await a.coordinator.start();
  await world.settle();
  const blocker = world.openTab({ bare: true });
  void blocker.platform.openStore('simulated')?.read({ journal: false });
  await blocker.stop();
  const late = world.openTab({ driver: 'auto' });
  await world.advance(30_000);
  expect([b, late].map(look)).toEqual(['active follower', 'idle none']);
  await blocker.cont();
  await world.advance(25_000);
  expect([b, late].map(look)).toEqual(['active follower', 'active follower']);
  await a.coordinator.end();
  await world.settle();
  expect([b, late].map(look)).toEqual(['idle none', 'idle none']);
  expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
});
