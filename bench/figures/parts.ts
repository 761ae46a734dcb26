/** Pages with one thing each that solotab has or does as well, made of nothing but the browser: what a tab at rest is compared with. */
import type { BenchTab } from '../browser';

/** Runs in the page. */
const PARTS = {
  'the script alone': () => undefined,
  'an open database': () =>
    new Promise<void>((resolve) => {
      const request = indexedDB.open('at rest');
      request.onsuccess = () => {
        Object.assign(window, { kept: request.result });
        resolve();
      };
    }),
  'a held lock': () =>
    new Promise<void>((resolve) => {
      void navigator.locks.request(`at rest ${Math.random()}`, () => {
        resolve();
        return new Promise(() => {});
      });
    }),
  'a channel': () => {
    const channel = new BroadcastChannel('at rest');
    channel.onmessage = () => {};
    Object.assign(window, { kept: channel });
  },
  listeners: () => {
    for (const type of ['pagehide', 'pageshow', 'focus', 'blur', 'online', 'offline']) {
      window.addEventListener(type, () => {});
    }
    for (const type of ['freeze', 'resume', 'visibilitychange']) document.addEventListener(type, () => {});
  },
  sessionStorage: () => sessionStorage.setItem('at rest', sessionStorage.getItem('at rest') ?? ''),
  /** As much as any app makes while it starts. */
  'garbage made once': () => {
    Object.assign(window, { kept: Array.from({ length: 20_000 }, (_, index) => ({ text: `${index}` })).length });
  },
  'a timer every 15 s': () => {
    setInterval(() => Object.assign(window, { kept: performance.now() }), 15_000);
  },
  'a read every 15 s': () =>
    new Promise<void>((resolve) => {
      const request = indexedDB.open('at rest, read');
      request.onupgradeneeded = () => request.result.createObjectStore('values');
      request.onsuccess = () => {
        const read = (): void => void request.result.transaction('values').objectStore('values').get('key');
        read();
        setInterval(read, 15_000);
        resolve();
      };
    }),
  'a read and two probes every 15 s': () =>
    new Promise<void>((resolve) => {
      const request = indexedDB.open('at rest, read');
      request.onupgradeneeded = () => request.result.createObjectStore('values');
      request.onsuccess = () => {
        const look = (): void => {
          request.result.transaction('values').objectStore('values').get('key');
          for (const name of ['at rest, one', 'at rest, two']) {
            void navigator.locks.request(name, { ifAvailable: true, mode: 'shared' }, () => undefined);
          }
        };
        look();
        setInterval(look, 15_000);
        resolve();
      };
    }),
} satisfies Readonly<Record<string, () => unknown>>;

export type PartName = keyof typeof PARTS;

export const PART_NAMES = Object.keys(PARTS) as readonly PartName[]; // its own keys

export async function beginPart(tab: BenchTab, name: PartName): Promise<void> {
  await tab.run(PARTS[name]);
}
