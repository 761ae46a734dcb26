/** The sources of a real browser: the only file of the devtools that touches its globals, and none of them on import. */
import { attempt } from '../platform/attempt';
import { nativeChannel } from '../platform/channel';
import { clock } from '../platform/clock';
import { documentNames } from '../platform/document-names';
import { DATABASE, journalKeys, OBJECT_STORE } from '../platform/names';
import { pageLifecycle } from '../platform/page-lifecycle';
import type { SeenLock, Sources, Stored } from './sources';

/** Where a panel goes that was not told where to. `null` without a page, as in server rendering. */
export function defaultTarget(): HTMLElement | null {
  return typeof document === 'undefined' ? null : document.body;
}

/** The names of the coordinators that are alive in this page. */
export function namesInPage(): string[] {
  return [...documentNames()].filter(([, count]) => count > 0).map(([name]) => name);
}

export function browserSources(): Sources {
  return {
    clock,
    lifecycle: pageLifecycle(),
    openChannel: (name, receive) => attempt(() => nativeChannel(name, receive)),
    read,
    locks: () => locks(),
    clientId,
    copy: (text) => navigator.clipboard.writeText(text),
    path: location.pathname,
    userAgent: navigator.userAgent,
  };
}

/**
 * Opens a connection of its own and closes it again: it never waits for anybody's upgrade, and nobody's upgrade or deletion waits for
 * it. A page that is cached or frozen with a transaction open would block every other tab.
 */
function read(scope: string, signal: AbortSignal): Promise<Stored | null> {
  return new Promise((resolve) => {
    const opening = attempt(() => indexedDB.open(DATABASE));
    if (!opening || signal.aborted) return resolve(null);
    let stop = (): void => {};
    const done = (found: Stored | null): void => {
      signal.removeEventListener('abort', abort);
      stop();
      resolve(found);
    };
    const abort = (): void => done(null);
    signal.addEventListener('abort', abort);
    // There is no database: the library makes it, with what belongs in it, not the panel.
    opening.onupgradeneeded = () => opening.transaction?.abort();
    opening.onerror = abort;
    opening.onsuccess = () => {
      const database = opening.result;
      stop = () => database.close();
      database.onversionchange = abort;
      if (signal.aborted) return stop();
      const transaction = attempt(() => database.transaction(OBJECT_STORE, 'readonly'));
      if (!transaction) return done(null);
      stop = () => {
        attempt(() => transaction.abort());
        database.close();
      };
      const objects = transaction.objectStore(OBJECT_STORE);
      const record = objects.get([scope]);
      const journal = objects.getAll(journalKeys(scope));
      transaction.onabort = abort;
      transaction.oncomplete = () => done({ record: record.result, journal: journal.result });
    };
  });
}

async function locks(): Promise<SeenLock[] | null> {
  try {
    const { held = [], pending = [] } = await navigator.locks.query();
    const seen = (list: readonly LockInfo[], isHeld: boolean): SeenLock[] =>
      list.map(({ name = '', mode = '', clientId = '' }) => ({ name, mode, clientId, isHeld }));
    return [...seen(held, true), ...seen(pending, false)];
  } catch {
    return null;
  }
}

/** Holds a lock that nobody else knows for as long as it takes to find it in the list. */
async function clientId(): Promise<string | null> {
  try {
    const name = `solotab devtools:${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
    return await navigator.locks.request(name, async () => {
      const own = (await locks())?.find((lock) => lock.name === name);
      return own?.clientId ?? null;
    });
  } catch {
    return null;
  }
}

/** By the wall clock of whoever looks. */
export function timeOf(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}
