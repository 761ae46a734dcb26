/** Every operation of the store settles, with an error that says whose fault it is, and a connection that is lost is told. */
import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clock } from '../../src/platform/clock';
import { openIndexedDbStore } from '../../src/platform/indexeddb-store';
import type { Store } from '../../src/platform/platform';
import { eventually } from '../support/eventually';

let store: Store;
let others: { close(): void }[];

const open = (): Store => {
  const opened = openIndexedDbStore('scope', clock);
  if (!opened) throw new Error('There is no store.');
  others.push(opened);
  return opened;
};
const put = (record: unknown) => store.transact(() => ({ write: { record }, result: 'written' }));
const read = async () => (await store.read({ journal: false })).record;
const nameOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'no error',
    (error: Error) => error.name,
  );
const deleteDatabase = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase('solotab');
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
/** The database of the store's connection. */
const databaseOf = async (it: Store): Promise<IDBDatabase> => {
  const beginning = vi.spyOn(IDBDatabase.prototype, 'transaction');
  // A read is answered before its transaction is over. What is written is not.
  await it.transact(() => ({ result: undefined }));
  const [database] = beginning.mock.contexts as [IDBDatabase];
  beginning.mockRestore();
  return database;
};
const loseByBrowser = (database: IDBDatabase): void => {
  // It is an instance of the stand-in; its declaration asks for the class.
  forceCloseDatabase(database as unknown as Parameters<typeof forceCloseDatabase>[0]);
};

beforeEach(() => {
  others = [];
  store = open();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const other of others) other.close();
  await deleteDatabase();
});

describe('whatever the database does, an operation settles', () => {
  test('a read is not committed: a browser may then say that it is complete before a large value has come', async () => {
    const commit = vi.spyOn(IDBTransaction.prototype, 'commit');
    await store.read({ journal: true });
    await store.read({ journal: false });
    expect(commit).not.toHaveBeenCalled();
  });

  test('a read is answered with its last value, and does not wait until its transaction is over', async () => {
    await put('stored');
    const ended: unknown[] = [];
    const begin = IDBDatabase.prototype.transaction;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...given) {
      const transaction = begin.apply(this, given);
      transaction.addEventListener('complete', (event) => ended.push(event));
      return transaction;
    });
    expect([await read(), ended.length]).toEqual(['stored', 0]);
    const all = await store.read({ journal: true });
    expect([all, ended.length]).toEqual([{ record: 'stored', journal: [] }, 1]);
  });

  test('a read that is complete before its value has come rejects', async () => {
    await put('stored');
    vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(() => ({}) as IDBRequest);
    await expect(read()).rejects.toThrow('gave no answer');
    await expect(put('next')).rejects.toThrow('gave no answer');
  });

  test('a value that can’t be read rejects, whatever the browser throws', async () => {
    await put('stored');
    vi.spyOn(IDBRequest.prototype, 'result', 'get').mockImplementation(() => {
      throw new DOMException('The request has not finished.', 'InvalidStateError');
    });
    expect(await nameOf(read())).toBe('InvalidStateError');
    expect(await nameOf(store.read({ journal: true }))).toBe('InvalidStateError');
    expect(await nameOf(put('next'))).toBe('InvalidStateError');
  });

  test('a store that is closed while its opening hangs rejects, and leaves no timer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(indexedDB, 'open').mockImplementation(() => ({}) as IDBOpenDBRequest);
    const pending = nameOf(read());
    store.close();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await pending).toBe('Error');
    expect(vi.getTimerCount()).toBe(0);
    expect(await nameOf(read())).toBe('Error');
  });

  test('a write that is under way as its store is closed is written', async () => {
    const step = () => {
      store.close();
      return { write: { record: 'last' }, result: 'written' };
    };
    expect(await store.transact(step)).toBe('written');
    store = open();
    expect(await read()).toBe('last');
  });
});

describe('an error says whose fault it is', () => {
  test('a value that can’t be stored is no fault of the connection: nothing is tried again', async () => {
    await put('before');
    const opening = vi.spyOn(indexedDB, 'open');
    let steps = 0;
    const step = () => {
      steps += 1;
      return { write: { record: () => undefined }, result: null };
    };
    expect(await nameOf(store.transact(step))).toBe('DataCloneError');
    expect(steps).toBe(1);
    expect(await read()).toBe('before');
    expect(opening).not.toHaveBeenCalled();
  });

  test('an opening that hangs is a store that failed, not one that is blocked', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(indexedDB, 'open').mockImplementation(() => ({}) as IDBOpenDBRequest);
    const pending = nameOf(read());
    await vi.advanceTimersByTimeAsync(4_000);
    expect(await pending).toBe('OpenTimeoutError');
  });

  test('a page that slept while it opened its store gives the opening its time once more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const reallyOpen = indexedDB.open.bind(indexedDB);
    const slow = {} as { -readonly [Key in keyof IDBOpenDBRequest]: IDBOpenDBRequest[Key] };
    const opening = vi.spyOn(indexedDB, 'open').mockImplementation(() => slow);
    const pending = read();
    const now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now + 60_000);
    await vi.advanceTimersByTimeAsync(3_900);
    expect(opening).toHaveBeenCalledTimes(1);
    const request = reallyOpen('solotab');
    request.onupgradeneeded = () => request.result.createObjectStore('scopes');
    request.onsuccess = (event) => {
      slow.result = request.result;
      slow.onsuccess?.(event);
    };
    expect(await pending).toBeUndefined();
  });
});

describe('a connection that is lost', () => {
  test('is told: that the browser closed it, and then nothing of what was stored may be left', async () => {
    const lost = vi.fn();
    store.onLost(lost);
    loseByBrowser(await databaseOf(store));
    expect(lost.mock.calls).toEqual([[true]]);
    expect(await put('after')).toBe('written');
  });

  test('is told as closed by the browser also when an operation has noticed it first', async () => {
    const lost = vi.fn();
    store.onLost(lost);
    const database = await databaseOf(store);
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException('The database connection is closing.', 'InvalidStateError');
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closing = vi.spyOn(database, 'close');
    expect(await put('on the next connection')).toBe('written');
    // Chromium forgets what it had to say of a connection that is closed.
    expect(closing).not.toHaveBeenCalled();
    loseByBrowser(database);
    expect(lost.mock.calls).toEqual([[true]]);
    expect(await read()).toBe('on the next connection');
  });

  test('is closed when an operation has noticed it, so that it is in nobody’s way', async () => {
    const closing = vi.spyOn(await databaseOf(store), 'close');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException('The database connection is closing.', 'InvalidStateError');
    });
    await put('on the next connection');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(closing).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('takes nothing with it: what was under way is done on the next one, though the browser says nothing of it', async () => {
    const database = await databaseOf(store);
    const silent = vi.spyOn(database, 'transaction').mockImplementation(() => {
      const objectStore = { get: () => ({}), transaction: { db: database, abort: () => undefined } };
      return { objectStore: () => objectStore } as unknown as IDBTransaction; // as much of it as the store touches
    });
    const pending = put('on the next connection');
    await eventually(() => expect(silent).toHaveBeenCalled());
    loseByBrowser(database);
    expect(await pending).toBe('written');
  });

  test('is told when somebody deletes the database', async () => {
    const lost = vi.fn();
    store.onLost(lost);
    await put('before');
    await deleteDatabase();
    expect(lost.mock.calls).toEqual([[false]]);
  });

  test('is not told once the store is closed', async () => {
    const lost = vi.fn();
    store.onLost(lost);
    const database = await databaseOf(store);
    store.close();
    loseByBrowser(database);
    expect(lost).not.toHaveBeenCalled();
  });
});
