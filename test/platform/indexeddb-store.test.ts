import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { browserPlatform } from '../../src/platform/browser';
import { clock } from '../../src/platform/clock';
import { openIndexedDbStore } from '../../src/platform/indexeddb-store';
import type { Store } from '../../src/platform/platform';
import { eventually } from '../support/eventually';
import { storeContract } from './contracts/store-contract';
import { nodeSetting } from './node-world';

const wipe = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase('solotab');
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });

describe('the store in IndexedDB', () => {
  storeContract(
    nodeSetting({
      openPlatform: () => ({ ...browserPlatform(), openStore: (scope: string) => openIndexedDbStore(scope, clock) }),
      wipe,
    }),
  );
});

const put = (store: Store, record: unknown) => store.transact(() => ({ write: { record }, result: 'written' }));

describe('when IndexedDB fails', () => {
  const opened: Store[] = [];
  const open = (): Store => {
    const store = openIndexedDbStore('scope', clock);
    if (!store) throw new Error('There is no store.');
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    for (const store of opened.splice(0)) store.close();
    await wipe();
  });

  test('there is no store where there is no IndexedDB, or where to look for it is forbidden', () => {
    vi.stubGlobal('indexedDB', undefined);
    expect(openIndexedDbStore('scope', clock)).toBeNull();
    vi.unstubAllGlobals();
    vi.spyOn(globalThis, 'indexedDB', 'get').mockImplementation(() => {
      throw new DOMException('Forbidden.', 'SecurityError');
    });
    expect(openIndexedDbStore('scope', clock)).toBeNull();
  });

  test('nothing is opened before the first operation, and then one connection serves them all', async () => {
    const opening = vi.spyOn(indexedDB, 'open');
    const store = open();
    expect(opening).not.toHaveBeenCalled();
    await Promise.all([put(store, 1), store.read({ journal: true }), put(store, 2)]);
    await put(store, 3);
    expect(opening).toHaveBeenCalledTimes(1);
  });

  test('a connection that was lost is opened anew, once per operation, and the operation succeeds', async () => {
    const store = open();
    await put(store, 'before');
    const opening = vi.spyOn(indexedDB, 'open');
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException('The database connection is closing.', 'InvalidStateError');
    });
    expect((await store.read({ journal: false })).record).toBe('before');
    expect(opening).toHaveBeenCalledTimes(1);
  });

  test('operations that lose one connection together share the next one', async () => {
    const store = open();
    await put(store, 'before');
    const opening = vi.spyOn(indexedDB, 'open');
    const fail = () => {
      throw new DOMException('The database connection is closing.', 'InvalidStateError');
    };
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(fail).mockImplementationOnce(fail);
    const [first, second] = await Promise.all([store.read({ journal: false }), store.read({ journal: false })]);
    expect([first.record, second.record]).toEqual(['before', 'before']);
    expect(opening).toHaveBeenCalledTimes(1);
  });

  test('an operation whose second connection fails too rejects with the reason, and the next one tries anew', async () => {
    const store = open();
    await put(store, 'before');
    const broken = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
      throw new DOMException('Connection to Indexed Database server lost.', 'UnknownError');
    });
    const opening = vi.spyOn(indexedDB, 'open');
    await expect(put(store, 'lost')).rejects.toMatchObject({ name: 'UnknownError' });
    expect(opening).toHaveBeenCalledTimes(1);
    broken.mockRestore();
    expect((await store.read({ journal: false })).record).toBe('before');
  });

  test('a transaction that the browser aborts is tried once more, and then rejects', async () => {
    const store = open();
    await put(store, 'before');
    const begin = IDBDatabase.prototype.transaction;
    const broken = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...given
    ) {
      const transaction = begin.apply(this, given);
      transaction.objectStore('scopes').get('anything').onsuccess = () => transaction.abort();
      return transaction;
    });
    await expect(put(store, 'lost')).rejects.toBeInstanceOf(Error);
    expect(broken).toHaveBeenCalledTimes(2);
    broken.mockRestore();
    expect((await store.read({ journal: false })).record).toBe('before');
  });

  test('an error that is thrown by the opening itself rejects', async () => {
    const store = open();
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('Forbidden in a sandboxed frame.', 'SecurityError');
    });
    await expect(store.read({ journal: false })).rejects.toMatchObject({ name: 'SecurityError' });
  });

  test('an opening that hangs is given up twice, then the operation rejects; no timer is left over', async () => {
    vi.useFakeTimers();
    const store = open();
    vi.spyOn(indexedDB, 'open').mockImplementation(() => ({}) as IDBOpenDBRequest);
    const outcome = expect(store.read({ journal: false })).rejects.toThrow('does not open');
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.advanceTimersByTimeAsync(2_000);
    await outcome;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a connection that opens after it was given up is closed, and what waited for it is not done twice', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const reallyOpen = indexedDB.open.bind(indexedDB);
    let late: (() => void) | undefined;
    const closing = vi.spyOn(IDBDatabase.prototype, 'close');
    vi.spyOn(indexedDB, 'open').mockImplementationOnce((name) => {
      const slow = {} as { -readonly [Key in keyof IDBOpenDBRequest]: IDBOpenDBRequest[Key] };
      late = () => {
        const request = reallyOpen(name);
        request.onupgradeneeded = (event) => {
          slow.result = request.result;
          slow.onupgradeneeded?.(event);
        };
        request.onsuccess = (event) => {
          slow.result = request.result;
          slow.onsuccess?.(event);
        };
      };
      return slow;
    });
    const store = open();
    let steps = 0;
    const done = store.transact((record) => {
      steps += 1;
      return { write: { record: ((record as number | undefined) ?? 0) + 1 }, result: null };
    });
    await vi.advanceTimersByTimeAsync(2_000);
    await done;
    vi.useRealTimers();
    late?.();
    await eventually(() => expect(closing).toHaveBeenCalledTimes(1));
    expect(steps).toBe(1);
    expect((await store.read({ journal: false })).record).toBe(1);
  });

  test('a transaction that is blocked for long is given up, and never runs', async () => {
    const { other, blocking, beginning } = await blockStoreOf(open(), 'before');
    const pending = put(open(), 'after').catch((error: unknown) => error);
    await vi.waitUntil(() => beginning.mock.calls.length > 0);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await pending).toMatchObject({ name: 'TimeoutError' });
    expect(vi.getTimerCount()).toBe(0);
    expect(beginning).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
    blocking.abort();
    expect((await other.read({ journal: false })).record).toBe('before');
  });

  test('a page that slept gives a transaction the same time once more: its answer may have come meanwhile', async () => {
    const { blocking, beginning } = await blockStoreOf(open(), 'before');
    const pending = [put(open(), 'after'), open().read({ journal: false })].map((each) =>
      each.catch(({ name }) => name),
    );
    await vi.waitUntil(() => beginning.mock.calls.length === 2);
    // Timers run late, and one of the answers is there by then.
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(vi.getTimerCount()).toBe(2);
    blocking.abort();
    await eventually(async () => expect(await Promise.race([pending[0], 'waiting'])).toBe('written'));
    expect(await pending[1]).toMatchObject({ record: 'after' });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a page that slept gives up a transaction that is still blocked after that time', async () => {
    const { blocking, beginning } = await blockStoreOf(open(), 'before');
    const pending = put(open(), 'after').catch(({ name }) => name);
    await vi.waitUntil(() => beginning.mock.calls.length > 0);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(await Promise.race([pending, 'waiting'])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await pending).toBe('TimeoutError');
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    blocking.abort();
  });

  test('no timer is left when a transaction is done', async () => {
    const store = open();
    await put(store, 'warm');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const pending = put(store, 'next');
    await pending;
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test('every transaction is committed in the turn of its last write', async () => {
    const store = open();
    await put(store, 'warm');
    const order: string[] = [];
    const put_ = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...given) {
      order.push('put');
      queueMicrotask(() => order.push('end of the turn'));
      return put_.apply(this, given);
    });
    const commit = IDBTransaction.prototype.commit;
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (this: IDBTransaction) {
      order.push('commit');
      commit.call(this);
    });
    await put(store, 'next');
    expect(order).toEqual(['put', 'commit', 'end of the turn']);
  });

  test('a browser that can’t commit early completes its transactions all the same', async () => {
    const { prototype } = IDBTransaction;
    const { commit } = prototype;
    Object.assign(prototype, { commit: undefined });
    try {
      const store = open();
      await put(store, 'written');
      expect((await store.read({ journal: true })).record).toBe('written');
    } finally {
      Object.assign(prototype, { commit });
    }
  });
});

/** A store that holds `value` and is blocked; from then on transactions are counted, and timers are the test's. */
async function blockStoreOf(other: Store, value: unknown) {
  await put(other, value);
  const blocking = await blockStore();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  return { other, blocking, beginning: vi.spyOn(IDBDatabase.prototype, 'transaction') };
}

/** A transaction that stays open until it is aborted: it keeps itself busy. */
function blockStore(): Promise<IDBTransaction> {
  return new Promise((resolve) => {
    const request = indexedDB.open('solotab');
    request.onsuccess = () => {
      const database = request.result;
      const transaction = database.transaction('scopes', 'readwrite');
      const spin = (): void => {
        transaction.objectStore('scopes').get('anything').onsuccess = spin;
      };
      spin();
      transaction.onabort = () => database.close();
      resolve(transaction);
    };
  });
}
