import { expect, test } from 'vitest';
import type { LifecycleEvent } from '../../src/platform/platform';
import type { SimulatedTab } from '../../src/testing/tab';
import { bareWorld } from './bare-world';

function lifecycle(tab: SimulatedTab): LifecycleEvent[] {
  const told: LifecycleEvent[] = [];
  tab.platform.lifecycle.listen((event) => told.push(event), new AbortController().signal);
  return told;
}

test('timers run in virtual time, in order, unless they are cancelled', async () => {
  const { world, openTab } = bareWorld();
  const { clock } = openTab().platform;
  const ran: string[] = [];
  clock.after(200, () => ran.push('late'));
  clock.after(100, () => ran.push('early'));
  clock.after(50, () => ran.push('never'))();
  await world.settle();
  expect(ran).toEqual([]);
  await world.advance(150);
  expect(ran).toEqual(['early']);
  await world.advance(50);
  expect(ran).toEqual(['early', 'late']);
  expect(world.now).toBe(200);
});

test('timers of a stopped or frozen tab wait, those of a dead one never run', async () => {
  const { world, openTab } = bareWorld();
  const tabs = [openTab(), openTab(), openTab()] as const;
  const ran: number[] = [];
  tabs.forEach((tab, index) => {
    tab.platform.clock.after(10, () => ran.push(index));
  });
  await tabs[0].stop();
  await tabs[1].freeze();
  await tabs[2].crash();
  await world.advance(1_000);
  expect(ran).toEqual([]);
  expect(world.pending.timers).toBe(0);
  await tabs[0].cont();
  await tabs[1].wake();
  await world.settle();
  expect(ran).toEqual([0, 1]);
});

test('a hidden tab runs its timers at full seconds, and after five minutes at full minutes', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  await world.advance(250);
  await tab.hide();
  const at: number[] = [];
  tab.platform.clock.after(10, () => at.push(world.now));
  await world.advance(400_000);
  tab.platform.clock.after(10, () => at.push(world.now));
  await world.advance(60_000);
  expect(at).toEqual([1_000, 420_000]);
  // The five minutes begin anew with each document.
  await tab.reload();
  tab.platform.clock.after(10, () => at.push(world.now));
  await world.advance(60_000);
  expect(at.slice(2)).toEqual([461_000]);
});

test('what is overdue in a hidden tab runs as soon as it is shown, and what was canceled does not', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  await world.advance(250);
  await tab.hide();
  const at: number[] = [];
  const { clock } = tab.platform;
  for (const ms of [10, 1_500]) clock.after(ms, () => at.push(world.now));
  const cancel = clock.after(20, () => at.push(Number.NaN));
  await world.advance(50);
  cancel();
  await tab.show();
  await world.advance(10_000);
  expect(at).toEqual([300, 1_750]);
});

test('clocks may step, monotonic ones don’t', async () => {
  const { world, openTab } = bareWorld();
  const [first, second] = [openTab(), openTab()];
  const before = first.platform.clock.now();
  first.jumpClock(-5_000);
  await world.advance(1_000);
  expect(first.platform.clock.now()).toBe(before - 4_000);
  expect(second.platform.clock.now()).toBe(before + 1_000);
  expect(first.platform.clock.monotonic()).toBe(1_000);
});

test('a page is told when it freezes and wakes, is closed and is shown, and not when it is stopped', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const told = lifecycle(tab);
  await tab.freeze();
  await world.settle();
  expect(told).toEqual(['hide']);
  await tab.wake();
  await world.settle();
  expect(told).toEqual(['hide', 'show']);
  await tab.stop();
  await tab.cont();
  await tab.hide();
  await tab.show();
  expect(told).toEqual(['hide', 'show', 'visible']);
  await tab.close();
  expect(told).toEqual(['hide', 'show', 'visible', 'hide']);
});

test('chromium tells a page twice that it goes into the cache and comes back', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const told = lifecycle(tab);
  await tab.navigateAway();
  await tab.goBack();
  await world.settle();
  expect(told).toEqual(['hide', 'hide', 'show', 'show']);
});

test('what a page does as it is told to hide, promises included, is done before it sleeps', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const did: string[] = [];
  tab.platform.lifecycle.listen(async () => {
    await null;
    did.push('promise');
    tab.platform.clock.after(0, () => did.push('timer'));
  }, new AbortController().signal);
  await tab.freeze();
  await world.advance(100);
  expect(did).toEqual(['promise']);
});

test('sessionStorage survives a reload and a crash, and is copied by a duplicate', async () => {
  const { openTab } = bareWorld();
  const tab = openTab();
  tab.platform.tabStorage.set('key', 'value');
  const { page } = tab;
  await tab.reload();
  expect(tab.page).not.toBe(page);
  expect(tab.platform.tabStorage.get('key')).toBe('value');
  await tab.crash();
  await tab.reload();
  const copy = tab.duplicate();
  tab.platform.tabStorage.set('key', null);
  expect(copy.platform.tabStorage.get('key')).toBe('value');
  expect(tab.platform.tabStorage.get('key')).toBe(null);
});

test('a tab goes back to its cached page, or to a new one if that was thrown out', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const { page } = tab;
  await tab.navigateAway();
  await tab.goBack();
  await world.settle();
  expect(tab.page).toBe(page);
  await tab.navigateAway();
  await tab.evict();
  await tab.goBack();
  expect(tab.page).not.toBe(page);
});

test('a tab can’t do what a real one could not', async () => {
  const { openTab } = bareWorld();
  const tab = openTab();
  await tab.stop();
  expect(() => tab.freeze()).toThrow('Tab A is stopped.');
  await tab.cont();
  await tab.crash();
  expect(() => tab.navigateAway()).toThrow('Tab A is crashed.');
  await tab.close();
  expect(() => tab.duplicate()).toThrow('Tab A is closed.');
  expect(() => bareWorld({ engine: 'webkit' }).openTab().freeze()).toThrow('Only Chromium freezes pages.');
});

test('the same seed gives the same timeline, another seed another one', async () => {
  const run = async (seed: number): Promise<string> => {
    const { world, openTab } = bareWorld({ seed, faults: { loseMessages: 0.5 } });
    const tabs = [openTab(), openTab()] as const;
    for (const tab of tabs) tab.platform.openChannel('scope', (message) => world.note(`hears ${String(message)}`));
    const channel = tabs[0].platform.openChannel('scope', () => undefined);
    for (let index = 0; index < 20; index++) channel?.post(tabs[0].platform.randomId());
    await world.settle();
    await tabs[0].crash();
    await world.settle();
    return world.timeline();
  };
  expect(await run(7)).toBe(await run(7));
  expect(await run(7)).not.toBe(await run(8));
});
