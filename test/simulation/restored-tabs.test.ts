import { expect, test } from 'vitest';
import type { LifecycleEvent } from '../../src/platform/platform';
import { bareWorld } from './bare-world';

const HOUR_MS = 3_600_000;

test.each(['quit', 'crash'] as const)(
  '%s: the tabs that were open come back with their sessionStorage',
  async (how) => {
    const { world, openTab } = bareWorld();
    const [first, closed, second] = [openTab(), openTab(), openTab()];
    await closed.close();
    first.platform.tabStorage.set('key', 'first');
    second.platform.tabStorage.set('key', 'second');
    const pages = [first.page, second.page];
    await world.quit(how);
    expect(world.tabs.map(({ state }) => state)).toEqual(['closed', 'closed', 'closed']);
    expect(pages.every(({ gone }) => gone)).toBe(true);
    await world.advance(24 * HOUR_MS);
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
    await world.restore();
    expect(world.tabs.map(({ state }) => state)).toEqual(['open', 'closed', 'open']);
    expect([first, second].map(({ platform }) => platform.tabStorage.get('key'))).toEqual(['first', 'second']);
    expect([first.page, second.page].some((page) => pages.includes(page))).toBe(false);
  },
);

test('a page is told when the browser is quit, and not when it crashes', async () => {
  const told: LifecycleEvent[] = [];
  for (const how of ['quit', 'crash'] as const) {
    const { world, openTab } = bareWorld();
    openTab().platform.lifecycle.listen((event) => told.push(event), new AbortController().signal);
    await world.quit(how);
    expect(told).toEqual(['hide']);
  }
});

test('while nobody is home the clock goes on', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const before = tab.platform.clock.now();
  await world.quit();
  await world.advance(24 * HOUR_MS);
  await world.restore();
  expect(tab.platform.clock.now()).toBeGreaterThanOrEqual(before + 24 * HOUR_MS);
  expect(tab.platform.clock.monotonic()).toBe(0);
});

test('a tab that showed another site when the browser was quit loads its page anew when its user goes back', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  const { page } = tab;
  await tab.navigateAway();
  await world.quit();
  expect(page.gone).toBe(true);
  await world.restore();
  await tab.goBack();
  expect(tab.state).toBe('open');
  expect(tab.page).not.toBe(page);
});

test('one closed tab can be opened again', async () => {
  const { openTab } = bareWorld();
  const tab = openTab();
  tab.platform.tabStorage.set('key', 'value');
  expect(() => tab.restore()).toThrow('Tab A is open.');
  await tab.close();
  await tab.restore();
  expect(tab.state).toBe('open');
  expect(tab.platform.tabStorage.get('key')).toBe('value');
});
