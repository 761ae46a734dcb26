import { expect, test } from 'vitest';
import type { Store } from '../../src/platform/platform';
import type { SimulatedTab } from '../../src/testing/tab';
import { bareWorld } from './bare-world';

/** Records are counters here, not sessions: `violations: 'collect'`. */
const counting = { violations: 'collect' } as const;

function open(tab: SimulatedTab): Store {
  const store = tab.platform.openStore('scope');
  if (!store) throw new Error('There is no store.');
  return store;
}

function add(store: Store): Promise<number> {
  return store.transact((record) => {
    const next = (typeof record === 'number' ? record : 0) + 1;
    return { write: { record: next }, result: next };
  });
}

test('transactions of all tabs run one after the other, in the order in which they began', async () => {
  const { openTab } = bareWorld(counting);
  const stores = [openTab(), openTab(), openTab()].map(open);
  const results = await Promise.all([...stores, ...stores].map(add));
  expect(results).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a transaction whose step throws writes nothing and rejects with what it threw', async () => {
  const { openTab } = bareWorld(counting);
  const store = open(openTab());
  await add(store);
  await expect(
    store.transact(() => {
      throw new RangeError('no');
    }),
  ).rejects.toThrow(RangeError);
  await expect(store.transact(() => ({ write: { record: () => 1 }, result: 0 }))).rejects.toMatchObject({
    name: 'DataCloneError',
  });
  expect(await store.read({ journal: false })).toEqual({ record: 1, journal: [] });
});

test('what can be sent to another page and not be stored is refused, however deep it is', async () => {
  const { openTab } = bareWorld(counting);
  const store = open(openTab());
  const code = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  for (const record of [code, { list: [new Map([['code', code]])] }]) {
    expect(() => structuredClone(record)).not.toThrow();
    await expect(store.transact(() => ({ write: { record }, result: 0 }))).rejects.toMatchObject({
      name: 'DataCloneError',
    });
  }
  expect(await add(store)).toBe(1);
});

test('what another program has left in the store is what a page finds that is loaded then', async () => {
  const { world, openTab } = bareWorld(counting);
  world.putRecord('garbage', 'scope');
  world.putJournal([[3, 7]], 'scope');
  expect(await open(openTab()).read({ journal: true })).toEqual({ record: 'garbage', journal: [7] });
});

test('tabs share values, not references', async () => {
  const { openTab } = bareWorld(counting);
  const [first, second] = [open(openTab()), open(openTab())];
  const record = { list: [1] };
  await first.transact(() => ({ write: { record, journal: [[3, record]] }, result: null }));
  record.list.push(2);
  const read = await second.read({ journal: true });
  expect(read).toEqual({ record: { list: [1] }, journal: [{ list: [1] }] });
  (read.record as typeof record).list.push(3);
  expect((await first.read({ journal: false })).record).toEqual({ list: [1] });
});

test('a tab that crashes after its step has written, without ever knowing', async () => {
  const { world, openTab } = bareWorld({ ...counting, automatic: false });
  const [first, second] = [openTab(), openTab()];
  let known = false;
  void add(open(first)).then(() => {
    known = true;
  });
  await world.step();
  await first.crash();
  await world.settle();
  expect(known).toBe(false);
  const read = open(second).read({ journal: false });
  await world.settle();
  expect((await read).record).toBe(1);
});

test('a tab that crashes before its step has written nothing', async () => {
  const { openTab, world } = bareWorld(counting);
  const [first, second] = [openTab(), openTab()];
  void add(open(first));
  await first.crash();
  await world.settle();
  expect((await open(second).read({ journal: false })).record).toBe(undefined);
});

test.each(['stop', 'freeze'] as const)(
  'a transaction of a tab that %ss waits, and keeps nobody waiting',
  async (how) => {
    const { world, openTab } = bareWorld(counting);
    const [first, second] = [openTab(), openTab()];
    const waiting = add(open(first));
    await first[how]();
    expect(await add(open(second))).toBe(1);
    await world.advance(60_000);
    expect((await open(second).read({ journal: false })).record).toBe(1);
    await (how === 'stop' ? first.cont() : first.wake());
    expect(await waiting).toBe(2);
  },
);

test('with blocking transactions, a tab that stops keeps everybody waiting, each for five seconds, until it dies', async () => {
  const { world, openTab } = bareWorld({ ...counting, faults: { blockingTransactions: true } });
  const [first, second] = [openTab(), openTab()];
  void add(open(first));
  await first.stop();
  const second1 = add(open(second));
  const outcome = second1.catch((error: unknown) => error);
  await world.advance(4_999);
  expect(await Promise.race([outcome, 'waiting'])).toBe('waiting');
  await world.advance(2);
  expect(await outcome).toMatchObject({ name: 'TimeoutError' });
  const second2 = add(open(second));
  await world.advance(1_000);
  await first.crash();
  expect(await second2).toBe(1);
});

test('a store that fails rejects, one that hangs rejects after four seconds, and both can work again', async () => {
  const { world, openTab } = bareWorld(counting);
  const tab = openTab();
  const store = open(tab);
  tab.setStore('fails');
  await expect(add(store)).rejects.toMatchObject({ name: 'UnknownError' });
  tab.setStore('hangs');
  const hanging = add(store).catch((error: unknown) => error);
  await world.advance(3_999);
  expect(await Promise.race([hanging, 'waiting'])).toBe('waiting');
  await world.advance(2);
  // Not a TimeoutError: that is a store which works and is blocked by another page.
  expect(await hanging).toMatchObject({ name: 'OpenTimeoutError' });
  tab.setStore('works');
  expect(await add(store)).toBe(1);
});

test('after a lost connection the store is told, and what was under way begins anew', async () => {
  const { openTab } = bareWorld(counting);
  const [tab, other] = [openTab(), openTab()];
  const store = open(tab);
  const told: boolean[] = [];
  store.onLost((isCleared) => told.push(isCleared));
  const lost = add(store);
  const next = add(open(other));
  tab.loseConnection();
  expect(await next).toBe(1);
  expect(await lost).toBe(2);
  expect(told).toEqual([true]);
});

test('failing transactions write nothing, repeated ones write once', async () => {
  const { world, openTab } = bareWorld({ ...counting, faults: { failTransactions: 0.4, repeatTransactions: 0.4 } });
  const store = open(openTab());
  const results = await Promise.all(Array.from({ length: 200 }, () => add(store).catch(() => 'failed')));
  const failed = results.filter((result) => result === 'failed').length;
  expect(failed).toBeGreaterThan(20);
  world.heal();
  expect(await add(store)).toBe(201 - failed);
});

test('wiped storage is empty', async () => {
  const { world, openTab } = bareWorld(counting);
  const store = open(openTab());
  await add(store);
  world.wipeStorage();
  expect(await store.read({ journal: true })).toEqual({ record: undefined, journal: [] });
});
