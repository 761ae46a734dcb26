import type { Delay } from '../platform/delay';
import type { Platform } from '../platform/platform';

/** What `delay` is in a browser, in the tab of this platform: in virtual time, and over as soon as the tab hears that it is online. */
export function delayOn({ clock, lifecycle }: Pick<Platform, 'clock' | 'lifecycle'>): Delay {
  return (ms, signal) =>
    new Promise((resolve) => {
      const over = new AbortController();
      const done = (): void => {
        cancel();
        over.abort();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.after(ms, done);
      signal.addEventListener('abort', done);
      lifecycle.listen((event) => {
        if (event === 'network' && lifecycle.isOnline()) done();
      }, over.signal);
      if (signal.aborted) done();
    });
}
