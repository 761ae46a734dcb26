import { expect, test } from 'vitest';
import type { HeldLock, Store } from '../../src/platform/platform';
import type { SimulatedTab } from '../../src/testing/tab';
import { bareWorld } from './bare-world';

const counting = { violations: 'collect' } as const;

function open(tab: Pick<SimulatedTab, 'platform'>): { readonly store: Store; readonly told: boolean[] } {
  const store = tab.platform.openStore('scope');
  if (!store) throw new Error('There is no store.');
  const told: boolean[] = [];
  store.onLost((isCleared) => told.push(isCleared));
  return { store, told };
}

function put(store: Store, record: unknown): Promise<null> {
  return store.transact(() => ({ write: { record }, result: null }));
}

async function read(store: Store): Promise<unknown> {
  return (await store.read({ journal: false })).record;
}

async function probe(tab: Pick<SimulatedTab, 'platform'>): Promise<HeldLock | null> {
  return (await tab.platform.locks?.request('lock', { mode: 'exclusive', when: 'probe' })) ?? null;
}

test('what a log-out clears is gone in every tab, and every connection is told that the browser closed it', async () => {
  const { world, openTab } = bareWorld(counting);
  const [first, second] = [openTab(), openTab()];
  const [a, b] = [open(first), open(second)];
  await put(a.store, 'before');
  for (const tab of [first, second]) tab.platform.tabStorage.set('key', 'value');
  world.clearSiteData();
  await world.settle();
  expect([a.told, b.told]).toEqual([[true], [true]]);
  for (const tab of [first, second]) expect(tab.platform.tabStorage.get('key')).toBe(null);
  expect(await read(b.store)).toBe(undefined);
});

test('a page that sleeps while the data is cleared is told once it wakes', async () => {
  const { world, openTab } = bareWorld(counting);
  const tab = openTab();
  const { told } = open(tab);
  await tab.stop();
  world.clearSiteData();
  await world.settle();
  expect(told).toEqual([]);
  await tab.cont();
  await world.settle();
  expect(told).toEqual([true]);
});

test('chromium: pages that were open keep their locks from each other, and pages that are loaded later see none of them', async () => {
  const { world, openTab } = bareWorld(counting);
  const [first, second] = [openTab(), openTab()];
  const held = await probe(first);
  world.clearSiteData();
  const fresh = openTab();
  expect(await probe(second)).toBe(null);
  const heldByFresh = await probe(fresh);
  expect(heldByFresh).not.toBe(null);
  expect(await probe(openTab())).toBe(null);
  expect(world.locks.holdersOf('lock').map(({ name }) => name)).toEqual(['A', 'C']);
  held?.release();
  expect(world.locks.isTaken('lock')).toBe(true);
  expect(await probe(second)).not.toBe(null);
});

test('chromium: a reload or a frame that is opened later has the new lock manager', async () => {
  const { world, openTab } = bareWorld(counting);
  const [first, second] = [openTab(), openTab()];
  await probe(first);
  world.clearSiteData();
  await second.reload();
  expect(await probe(second)).not.toBe(null);
  expect(await probe(first.openFrame())).toBe(null);
});

test('chromium: the locks of a page with the old lock manager are free once it is gone', async () => {
  const { world, openTab } = bareWorld(counting);
  const [first, second] = [openTab(), openTab()];
  await probe(first);
  world.clearSiteData();
  openTab();
  await first.crash();
  await world.settle();
  expect(await probe(second)).not.toBe(null);
});

test('after a clearing, old and new pages share messages and what is stored', async () => {
  const { world, openTab } = bareWorld(counting);
  const old = openTab();
  const { store } = open(old);
  const heard: unknown[] = [];
  old.platform.openChannel('scope', (message) => heard.push(message));
  world.clearSiteData();
  const fresh = openTab();
  fresh.platform.openChannel('scope', () => undefined)?.post('hello');
  await put(open(fresh).store, 'after');
  await world.settle();
  expect(heard).toEqual(['hello']);
  expect(await read(store)).toBe('after');
});

test.each(['firefox', 'webkit'] as const)('%s: all pages keep one lock manager', async (engine) => {
  const { world, openTab } = bareWorld({ ...counting, engine });
  await probe(openTab());
  world.clearSiteData();
  expect(await probe(openTab())).toBe(null);
});

test('deleting the database alone leaves locks and sessionStorage, and is told as such', async () => {
  const { world, openTab } = bareWorld(counting);
  const tab = openTab();
  const { store, told } = open(tab);
  await put(store, 'before');
  tab.platform.tabStorage.set('key', 'value');
  await probe(tab);
  world.wipeStorage();
  await world.settle();
  expect(told).toEqual([false]);
  expect(await read(store)).toBe(undefined);
  expect(tab.platform.tabStorage.get('key')).toBe('value');
  expect(await probe(openTab())).toBe(null);
});
