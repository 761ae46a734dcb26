/**
 * The store of a scope in IndexedDB, through idb-keyval's `createStore`.
 *
 * One database and one object store for all scopes. The record of a scope is at the key `[scope]`, its journal slots are at
 * `[scope, slot]`. Opening has a time limit, because it can hang (Safari 14). A connection can be lost at any time (WebKit
 * bug 197050), so an operation that failed is tried once more on a new connection before it rejects. A transaction that
 * fails has written nothing, so `step` may run twice; its last run counts.
 */
import { createStore, type UseStore } from 'idb-keyval';
import { attempt } from './attempt';
import type { Store } from './platform';

const DATABASE = 'solotab';
const OBJECT_STORE = 'scopes';

/** A cold open takes some 30 ms with 12 tabs at once; one that hangs never ends. Users wait twice this long before a tab degrades. */
const OPEN_LIMIT_MS = 2_000;

/**
 * A transaction takes a few milliseconds. One that waits this long waits for a page that was stopped between reading and
 * writing, and may do so for ever.
 */
const TRANSACTION_LIMIT_MS = 5_000;

interface Connection {
  readonly use: UseStore;
  /** Set by the first transaction. */
  database?: IDBDatabase;
}

/** What is done with one transaction, in the turn in which it began. Returns how to read its result once it is complete. */
type Work<Result> = (objectStore: IDBObjectStore, giveUp: (error: unknown) => void) => () => Result;

/** The store of `scope`, or `null` where there is no IndexedDB. Nothing is opened before the first operation. */
export function openIndexedDbStore(scope: string): Store | null {
  if (!attempt(() => indexedDB)) return null;
  const lostListeners: (() => void)[] = [];
  let connection: Connection | null = null;
  let closed = false;

  /** Forgets a connection, unless another operation has replaced it already. The next operation opens a new one. */
  const drop = (dropped: Connection): void => {
    dropped.database?.close();
    if (connection === dropped) connection = null;
  };

  const run = async <Result>(mode: IDBTransactionMode, work: Work<Result>, again = true): Promise<Result> => {
    connection ||= { use: createStore(DATABASE, OBJECT_STORE) };
    const used = connection;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<Result>((resolve, reject) => {
        if (closed) throw failure('was closed');
        if (!used.database) timer = setTimeout(reject, OPEN_LIMIT_MS, timeout('does not open'));
        const begin = (objectStore: IDBObjectStore): void => {
          clearTimeout(timer);
          const { transaction } = objectStore;
          const { db } = transaction;
          if (!used.database) {
            used.database = db;
            /** Someone deletes the database, which an open connection would block, or the browser took it away. */
            const lose = (): void => {
              if (connection !== used) return;
              drop(used);
              for (const listener of lostListeners) listener();
            };
            db.onversionchange = lose;
            db.addEventListener('close', lose); // `onclose` is idb-keyval's
          }
          if (connection !== used) {
            // It opened after it was given up.
            db.close();
            throw failure('was aborted');
          }
          const giveUp = (error: unknown): void => {
            again = false;
            reject(error);
          };
          timer = setTimeout(() => {
            giveUp(timeout('is blocked by another tab'));
            attempt(() => transaction.abort());
          }, TRANSACTION_LIMIT_MS);
          const result = work(objectStore, giveUp);
          transaction.oncomplete = () => {
            clearTimeout(timer);
            resolve(result());
          };
          transaction.onabort = () => reject(transaction.error ?? failure('was aborted'));
        };
        used.use(mode, begin).catch(reject);
      });
    } catch (error) {
      clearTimeout(timer);
      if (!again || closed) throw error;
      drop(used);
      return run(mode, work, false);
    }
  };

  return {
    transact(step) {
      return run('readwrite', (objectStore, giveUp) => {
        const { transaction } = objectStore;
        const request: IDBRequest<unknown> = objectStore.get([scope]);
        let result: ReturnType<typeof step>['result'];
        request.onsuccess = () => {
          try {
            const decision = step(request.result);
            result = decision.result;
            const { record, journal = [] } = decision.write ?? {};
            if (record !== undefined) objectStore.put(record, [scope]);
            for (const [slot, entry] of journal) objectStore.put(entry, [scope, slot]);
            // An open transaction of a page that is frozen now would block every other tab.
            transaction.commit?.();
          } catch (error) {
            giveUp(error);
            transaction.abort();
          }
        };
        return () => result;
      });
    },
    read({ journal }) {
      return run('readonly', (objectStore) => {
        const record: IDBRequest<unknown> = objectStore.get([scope]);
        const entries = journal ? objectStore.getAll(IDBKeyRange.bound([scope, 0], [scope, Infinity])) : null;
        objectStore.transaction.commit?.();
        return () => ({ record: record.result, journal: entries ? entries.result : [] });
      });
    },
    onLost(listener) {
      lostListeners.push(listener);
    },
    close() {
      closed = true;
      if (connection) drop(connection);
    },
  };
}

function timeout(what: string): DOMException {
  return new DOMException(`IndexedDB ${what}.`, 'TimeoutError');
}

function failure(what: string): Error {
  return new Error(`IndexedDB ${what}.`);
}
