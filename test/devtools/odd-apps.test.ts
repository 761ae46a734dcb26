/** What an app may hand a panel, and where it may run. */
import { mountDevtools } from 'solotab/devtools';
import { createFakeCoordinator, createSimulatedBrowser } from 'solotab/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { mount } from './support/mounted';

afterEach(() => void vi.unstubAllGlobals());

test('a panel is mounted where the browser has no matchMedia', () => {
  vi.stubGlobal('matchMedia', undefined);
  mountDevtools(createFakeCoordinator(), { name: 'app' })();
  expect(document.body.childElementCount).toBe(0);
});

const cyclic: Record<string, unknown> = { pin: '1' };
cyclic.self = cyclic;
const twice = { pin: '1' };

test.each([
  ['a bigint', { id: 12n }, { id: '12n' }],
  ['a cycle', cyclic, { pin: '1', self: '[circular]' }],
  ['one object in two places', { first: twice, second: twice }, { first: twice, second: twice }],
])('the report with what the app published is copied, also where that is %s', async (_, published, copied) => {
  const world = createSimulatedBrowser();
  const [host, tab] = [world.openTab(), world.openTab()];
  const started = host.coordinator.start();
  await world.connect(host);
  await started;
  world.contextIn(host).publish(published);
  await world.settle();
  const panel = mount(world, tab);
  await world.advance(1_000);
  panel.root.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
  panel.press('Copy');
  await world.settle();
  expect(JSON.parse(panel.copied[0] ?? '').published.info).toEqual(copied);
});

test('a tab whose name the app can not tell is called by its id, and nothing else of the panel is lost', async () => {
  const world = createSimulatedBrowser();
  const tab = world.openTab();
  const names = new Map<string, { readonly title: string }>();
  const panel = mount(world, tab, { nameOf: (tabId) => (names.get(tabId) as { readonly title: string }).title });
  await world.advance(1_000);
  expect(panel.lanes()).toEqual([`${tab.coordinator.tabId.slice(0, 4)}: this tab`]);
});
