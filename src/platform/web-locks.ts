/** Locks over the Web Locks API: Chrome 69, Firefox 96, Safari 15.4, secure contexts only. */
import { attempt } from './attempt';
import type { Locks } from './platform';

/** The locks of this browser, or `null` where it has none. They can exist and fail, as in a sandboxed frame: then a request rejects. */
export function webLocks(): Locks | null {
  if (!attempt(() => navigator.locks)) return null;
  return {
    request(name, { mode, when, signal }) {
      return new Promise((resolve, reject) => {
        let lose: (() => void) | undefined;
        const hold = (lock: Lock | null): Promise<void> | undefined => {
          if (!lock || signal?.aborted) {
            resolve(null);
            return undefined;
          }
          const lost = new Promise<void>((resolveLost) => {
            lose = resolveLost;
          });
          return new Promise((release) => resolve({ release, lost }));
        };
        const options: LockOptions = { mode, ifAvailable: when === 'probe', steal: when === 'steal' };
        // The API refuses a signal beside `ifAvailable` and `steal`: neither waits.
        if (signal && when === 'queue') options.signal = signal;
        // Chromium does not hear of a signal that is aborted in the same turn as the first request of a page: the request stays
        // in its queue, and its promise is never settled. So `null` comes from here, and a late grant is given back.
        signal?.addEventListener('abort', () => resolve(null));
        navigator.locks.request(name, options, hold).catch((error: unknown) => {
          // Rejected while held: stolen, or dropped by WebKit as the page went into the back/forward cache.
          if (lose) lose();
          else if (signal?.aborted) resolve(null);
          else reject(error);
        });
      });
    },
  };
}
