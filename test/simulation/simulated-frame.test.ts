import { expect, test } from 'vitest';
import type { LifecycleEvent } from '../../src/platform/platform';
import { createSimulatedBrowser } from '../../src/testing';
import { bareWorld } from './bare-world';

type Document = { readonly platform: ReturnType<ReturnType<typeof bareWorld>['openTab']>['platform'] };

function lifecycle({ platform }: Document): LifecycleEvent[] {
  const told: LifecycleEvent[] = [];
  platform.lifecycle.listen((event) => told.push(event), new AbortController().signal);
  return told;
}

test('what a frame keeps in the sessionStorage of its tab is its own, and is there for the frame at its place in the next page', async () => {
  const { openTab } = bareWorld();
  const tab = openTab();
  const [first, second] = [tab.openFrame(), tab.openFrame()];
  first.platform.tabStorage.set('key', 'value');
  for (const { platform } of [tab, second, openTab()]) expect(platform.tabStorage.get('key')).toBe(null);
  await tab.reload();
  expect(tab.platform.tabStorage.get('key')).toBe(null);
  expect(tab.openFrame().platform.tabStorage.get('key')).toBe('value');
  expect(tab.openFrame().platform.tabStorage.get('key')).toBe(null);
});

test('a frame is told what its tab is told, and sleeps with it', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const frame = tab.openFrame();
  const told = [lifecycle(tab), lifecycle(frame)];
  const ran: string[] = [];
  await tab.freeze();
  frame.platform.clock.after(10, () => ran.push('timer'));
  await world.advance(1_000);
  expect(ran).toEqual([]);
  await tab.wake();
  await world.settle();
  expect(ran).toEqual(['timer']);
  await tab.stop();
  frame.platform.clock.after(10, () => ran.push('later'));
  await world.advance(1_000);
  expect(ran).toEqual(['timer']);
  await tab.cont();
  await world.settle();
  await tab.hide();
  await tab.show();
  expect(told[0]).toEqual(['hide', 'show', 'visible']);
  expect(told[1]).toEqual(told[0]);
  expect(ran).toEqual(['timer', 'later']);
});

test.each(['crash', 'close', 'reload'] as const)('a frame is gone with its page: %s', async (how) => {
  const { openTab } = bareWorld();
  const tab = openTab();
  const frame = tab.openFrame();
  await tab[how]();
  expect(frame.page.gone).toBe(true);
  expect(tab.frames).toEqual([]);
});

test('a frame has locks of its own, which are free once it is removed while its page stays', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const frame = tab.openFrame();
  const ask = ({ platform }: Document, when: 'probe' | 'queue') =>
    platform.locks?.request('lock', { mode: 'exclusive', when });
  expect(await ask(frame, 'probe')).not.toBe(null);
  expect(await ask(tab, 'probe')).toBe(null);
  const waiting = ask(tab, 'queue');
  const told = lifecycle(frame);
  await frame.remove();
  expect(told).toEqual(['hide']);
  await world.settle();
  expect(await waiting).not.toBe(null);
  expect(tab.page.gone).toBe(false);
});

test('a page hears what its own frame posts', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const heard: unknown[] = [];
  tab.platform.openChannel('scope', (message) => heard.push(message));
  tab
    .openFrame()
    .platform.openChannel('scope', () => undefined)
    ?.post('hello');
  await world.settle();
  expect(heard).toEqual(['hello']);
});

test('a message to a frame throws the whole page out of the cache, and so does a request for a lock that it holds', async () => {
  const { world, openTab } = bareWorld();
  const [other, ...away] = [openTab(), openTab(), openTab()];
  const [first, second] = away.map((tab) => tab.openFrame());
  first?.platform.openChannel('scope', () => undefined);
  await second?.platform.locks?.request('lock', { mode: 'exclusive', when: 'probe' });
  for (const tab of away) await tab.navigateAway();
  expect(away.map(({ page }) => page.life)).toEqual(['cached', 'cached']);
  other?.platform.openChannel('scope', () => undefined)?.post('hello');
  await world.settle();
  expect(away.map(({ page }) => page.life)).toEqual(['gone', 'cached']);
  expect(await other?.platform.locks?.request('lock', { mode: 'exclusive', when: 'probe' })).not.toBe(null);
  expect(away.map(({ page }) => page.life)).toEqual(['gone', 'gone']);
});

test('firefox: a page is not cached while one of its frames holds a lock', async () => {
  const { openTab } = bareWorld({ engine: 'firefox' });
  const tab = openTab();
  await tab.openFrame().platform.locks?.request('lock', { mode: 'exclusive', when: 'probe' });
  await tab.navigateAway();
  expect(tab.page.life).toBe('gone');
});

test('two coordinators in one document, and one in its frame, are three tabs to each other', async () => {
  const world = createSimulatedBrowser();
  const tab = world.openTab({ driver: 'auto' });
  const second = tab.createCoordinator();
  const frame = tab.openFrame();
  await tab.coordinator.start();
  await world.settle();
  expect(second.getSnapshot()).toMatchObject({ phase: 'active', role: 'follower' });
  expect(frame.coordinator.getSnapshot()).toMatchObject({ phase: 'active', role: 'follower' });
  await expect(second.start()).rejects.toMatchObject({ code: 1004 });
  await expect(frame.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  expect(world.participants.map(({ name }) => name)).toEqual(['A', 'A+1', 'A:1']);
});
