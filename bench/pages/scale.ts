/** The page in which much is done: many sessions, or many scopes. See `../scale.ts`. */
import { type Coordinator, createCoordinator } from '../../src/index';
import { DATABASE, OBJECT_STORE } from '../../src/platform/names';
import { rawGet, rawProbe } from './raw';

const open = new Map<string, Coordinator>();

async function create(scope: string): Promise<Coordinator> {
  const driver = { start: () => ({}), end: () => undefined };
  const coordinator: Coordinator = createCoordinator({ name: scope, driver });
  open.set(scope, coordinator);
  await coordinator.ready;
  return coordinator;
}

const kept: unknown[] = [];

async function bareScope(index: number): Promise<void> {
  const request = indexedDB.open('bare scopes');
  request.onupgradeneeded = () => request.result.createObjectStore('values');
  await new Promise((resolve) => {
    request.onsuccess = resolve;
  });
  const database = request.result;
  const channel = new BroadcastChannel(`bare ${index}`);
  kept.push(database, channel);
  await new Promise((resolve) => {
    database
      .transaction('values')
      .objectStore('values')
      .get([`${index}`]).onsuccess = resolve;
  });
  for (const name of ['term', 'seat']) {
    await new Promise<void>((resolve) => {
      void navigator.locks.request(`bare ${index} ${name}`, { ifAvailable: true }, () => {
        resolve();
        return new Promise(() => {});
      });
    });
  }
  for (const _ of ['connecting', 'active']) {
    await new Promise((resolve) => {
      const transaction = database.transaction('values', 'readwrite');
      transaction.oncomplete = resolve;
      const values = transaction.objectStore('values');
      values.get([`${index}`]).onsuccess = () => {
        values.put({ index }, [`${index}`]);
        transaction.commit();
      };
    });
    channel.postMessage(0);
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begunMs = performance.now();
  await run();
  return performance.now() - begunMs;
}

const scale = {
  open: async (scope: string): Promise<void> => void (await create(scope)),
  /** A session that goes on. */
  begin: async (scope: string): Promise<void> => void (await open.get(scope)?.start()),
  /** So many sessions, one after the other, of a scope that is open. Milliseconds from each call of `start` until its session had ended. */
  async sessions(scope: string, count: number): Promise<number[]> {
    const samples: number[] = [];
    for (let index = 0; index < count; index += 1) {
      samples.push(
        await timed(async () => {
          await open.get(scope)?.start();
          await open.get(scope)?.end();
        }),
      );
    }
    return samples;
  },
  /** Begins a session in each of these scopes and leaves it running. Milliseconds until each is ready and active. */
  async scopes(from: number, count: number): Promise<number[]> {
    const samples: number[] = [];
    for (let index = from; index < from + count; index += 1) {
      samples.push(await timed(async () => (await create(`scope ${index}`)).start()));
    }
    return samples;
  },
  /** Milliseconds of calls that are refused, because another tab has the session. */
  async refusals(scope: string, count: number): Promise<number[]> {
    const samples: number[] = [];
    for (let index = 0; index < count; index += 1) {
      samples.push(
        await timed(
          () =>
            open
              .get(scope)
              ?.start()
              .catch(() => undefined) ?? Promise.resolve(),
        ),
      );
    }
    return samples;
  },
  /** The same with the browser alone: what is waited for in a refusal, a read and the request for a lock, side by side. */
  async bareLooks(count: number): Promise<number[]> {
    const samples: number[] = [];
    for (let index = 0; index < count; index += 1) {
      samples.push(await timed(() => Promise.all([rawGet(), rawProbe(), rawProbe()])));
    }
    return samples;
  },
  /** The way to the next task and back, which any answer of the browser takes. */
  async turns(count: number): Promise<number[]> {
    const { port1, port2 } = new MessageChannel();
    const samples: number[] = [];
    for (let index = 0; index < count; index += 1) {
      samples.push(
        await timed(
          () =>
            new Promise((resolve) => {
              port1.onmessage = resolve;
              port2.postMessage(0);
            }),
        ),
      );
    }
    port1.close();
    return samples;
  },
  /** What begins a session takes at least, kept as `scopes` keeps it: a connection, a channel, two locks, and a look and two transactions. */
  async bareScopes(from: number, count: number): Promise<number[]> {
    const samples: number[] = [];
    for (let index = from; index < from + count; index += 1) samples.push(await timed(() => bareScope(index)));
    return samples;
  },
  async closeAll(): Promise<void> {
    for (const coordinator of open.values()) {
      await coordinator.end();
      coordinator.close();
    }
    open.clear();
  },
  /** How much is stored, in rows and in bytes as the browser estimates them. */
  async stored(): Promise<{ readonly rows: number; readonly bytes: number }> {
    const request = indexedDB.open(DATABASE);
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const counting = database.transaction(OBJECT_STORE).objectStore(OBJECT_STORE).count();
    await new Promise((resolve) => {
      counting.onsuccess = resolve;
    });
    database.close();
    return { rows: counting.result, bytes: (await navigator.storage.estimate()).usage ?? 0 };
  },
};

export type ScalePage = typeof scale;

declare global {
  interface Window {
    scale: ScalePage;
  }
}

window.scale = scale;
