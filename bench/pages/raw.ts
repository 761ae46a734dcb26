/** The floors: what the browser's own primitives take for the least that could be done. */
import { PAYLOAD, type Subject } from './subject';

let database: Promise<IDBDatabase> | undefined;

export function openRawDatabase(): Promise<IDBDatabase> {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open('raw');
    request.onupgradeneeded = () => request.result.createObjectStore('values');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return database;
}

/** Reads one value. */
export async function rawGet(): Promise<void> {
  const opened = await openRawDatabase();
  await new Promise<void>((resolve) => {
    const request = opened.transaction('values', 'readonly').objectStore('values').get('key');
    request.onsuccess = () => resolve();
  });
}

/** Reads one value and writes it back, in one transaction. */
export async function rawGetPut(): Promise<void> {
  const opened = await openRawDatabase();
  await new Promise<void>((resolve) => {
    const transaction = opened.transaction('values', 'readwrite');
    const values = transaction.objectStore('values');
    values.get('key').onsuccess = () => {
      values.put(PAYLOAD, 'key');
      transaction.commit();
    };
    transaction.oncomplete = () => resolve();
  });
}

/** Asks for a lock that somebody holds: the least that proves the holder alive. */
export async function rawProbe(): Promise<void> {
  await navigator.locks.request('raw probe', { ifAvailable: true, mode: 'shared' }, () => undefined);
}

/** A Web Lock, a get+put transaction, a BroadcastChannel. */
export class Raw implements Subject {
  #scope = '';
  #channel: BroadcastChannel | undefined;
  #release: () => void = () => {};

  async open(scope: string): Promise<void> {
    this.#scope = scope;
    this.#channel = new BroadcastChannel(`raw ${scope}`);
    // A page in the back/forward cache would keep its lock.
    window.addEventListener('pagehide', () => this.#release());
    await openRawDatabase();
  }

  async claim(): Promise<number> {
    // Whoever loses looks at least who won.
    await ((await this.#lock({ ifAvailable: true })) ? rawGetPut() : rawGet());
    return performance.now();
  }

  async release(): Promise<void> {
    this.#release();
  }

  async refused(): Promise<void> {
    await Promise.all([rawProbe(), rawGetPut()]);
  }

  async wait(): Promise<number> {
    await this.#lock({});
    return performance.now();
  }

  send(): void {
    this.#channel?.postMessage(PAYLOAD);
  }

  listen(listener: () => void): void {
    if (this.#channel) this.#channel.onmessage = listener;
  }

  #lock(options: LockOptions): Promise<boolean> {
    return new Promise((resolve) => {
      void navigator.locks.request(`raw ${this.#scope}`, options, (lock) => {
        resolve(lock !== null);
        return (
          lock &&
          new Promise<void>((release) => {
            this.#release = release;
          })
        );
      });
    });
  }
}

/** The same, but whoever is next takes a lock of its own and writes down that it leads. */
export class RawClaim extends Raw {
  override async wait(): Promise<number> {
    await super.wait();
    await rawProbe();
    await rawGetPut();
    return performance.now();
  }
}
