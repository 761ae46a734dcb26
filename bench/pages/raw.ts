/** The floors: what the browser's own primitives take for the least that could be done. */
import { CALL, INPUT, type Mark, PAYLOAD, type Subject } from './subject';

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
  #marks: Mark[] = [];

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

  async wait(): Promise<number> {
    await this.#lock({});
    return performance.now();
  }

  send(): void {
    this.#channel?.postMessage(PAYLOAD);
  }

  /** A message is deserialized when its data is first read: a listener that does not read it has not heard it. */
  listen(listener: () => void): void {
    if (!this.#channel) return;
    this.#channel.onmessage = ({ data }: MessageEvent<typeof PAYLOAD>) => {
      if (data.version === PAYLOAD.version) listener();
    };
  }

  mark(mark: Mark): void {
    this.#marks.push(mark);
  }

  /** All of one turn in one message: the least. */
  sendMarks(): void {
    this.#channel?.postMessage(this.#marks);
    this.#marks = [];
  }

  onMark(listener: (mark: Mark) => void): void {
    if (!this.#channel) return;
    this.#channel.onmessage = ({ data }: MessageEvent<readonly Mark[]>) => {
      for (const mark of data) listener(mark);
    };
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

/** The same, but it is ready when it has read what is stored. */
export class RawLook extends Raw {
  override async open(scope: string): Promise<void> {
    await super.open(scope);
    await rawGet();
  }
}

/** The same, but what is told is also stored, by a transaction that begins in the same turn. */
export class RawStoring extends Raw {
  override send(): void {
    super.send();
    void rawGetPut();
  }
}

type RawMessage = typeof CALL | { readonly type: 'answer'; readonly id: string; readonly result: number };

/** A question to the leader's tab and its answer, over one channel. `looks`: the leader reads first whether it still leads. */
export class RawCall extends Raw {
  readonly #looks: boolean;
  #calls: BroadcastChannel | undefined;

  constructor(looks: boolean) {
    super();
    this.#looks = looks;
  }

  override async open(scope: string): Promise<void> {
    await super.open(scope);
    this.#calls = new BroadcastChannel(`raw calls ${scope}`);
  }

  override async claim(): Promise<number> {
    const calls = this.#calls;
    if (calls) {
      calls.onmessage = async ({ data }: MessageEvent<RawMessage>) => {
        if (data.type !== 'run') return;
        if (this.#looks) await rawGet();
        const { id, input } = data.request;
        calls.postMessage({ type: 'answer', id, result: input.text.length } satisfies RawMessage);
      };
    }
    return super.claim();
  }

  call(): Promise<void> {
    return new Promise((resolve, reject) => {
      const calls = this.#calls;
      if (!calls) return reject(new Error('It was not opened.'));
      calls.onmessage = ({ data }: MessageEvent<RawMessage>) => {
        if (data.type !== 'answer') return;
        if (data.result === INPUT.text.length) resolve();
        else reject(new Error(`Not the result: ${data.result}`));
      };
      calls.postMessage(CALL);
    });
  }
}
