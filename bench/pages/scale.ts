/** The page in which much is done: many sessions, or many scopes. See `../scale.ts`. */
import { type Coordinator, createCoordinator } from '../../src/index';
import { DATABASE, OBJECT_STORE } from '../../src/platform/names';

const open = new Map<string, Coordinator>();

async function create(scope: string): Promise<Coordinator> {
  const driver = { start: () => ({}), end: () => undefined };
  const coordinator: Coordinator = createCoordinator({ name: scope, driver });
  open.set(scope, coordinator);
  await coordinator.ready;
  return coordinator;
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
