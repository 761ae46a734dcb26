import { type Delay, delayBy } from '../platform/delay';
import type { Platform } from '../platform/platform';

/** What `delay` is in a browser, in the tab of this platform: in virtual time, and over as soon as the tab hears that it is online. */
export function delayOn({ clock, lifecycle }: Pick<Platform, 'clock' | 'lifecycle'>): Delay {
  return delayBy(clock.after, (done, over) =>
    lifecycle.listen((event) => {
      if (event === 'network' && lifecycle.isOnline()) done();
    }, over),
  );
}
