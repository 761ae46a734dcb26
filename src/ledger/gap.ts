/** What this tab was not told is read from the journal, again and again: whoever sent an event may not have stored it yet. */
import type { Platform } from '../platform/platform';
import type { Position } from '../session/events';
import type { Inbox } from './inbox';

/** Until the first look at the journal for an event that another tab has sent and not stored yet: it does so after 2 ms. */
const FIRST_MS = 5;

/** Between two looks for it. */
const AGAIN_MS = 100;

export interface GapPorts extends Pick<Platform, 'clock'> {
  readonly inbox: Inbox;
  /** Looks at record and journal, and tells the inbox. */
  refresh(): Promise<void>;
}

export interface Gap {
  /** Looks at the journal as long as it has more, or an event waits for one before it. `isStored`: what is missing is in a store. */
  close(record: Position, isStored: boolean): void;
  stop(): void;
}

export function createGap({ clock, inbox, refresh }: GapPorts): Gap {
  let cancel: (() => void) | undefined;
  let ms = FIRST_MS;

  function stop(): void {
    cancel?.();
    cancel = undefined;
    ms = FIRST_MS;
  }

  return {
    stop,
    close(record, isStored) {
      if (!inbox.isWaiting()) stop();
      const isBehind = inbox.isBehind(record);
      // It is stored: at once, also where a timer is set, which a hidden page may get a second late.
      if (isBehind && isStored) return void refresh();
      if (cancel || !(isBehind || inbox.isWaiting())) return;
      cancel = clock.after(ms, () => {
        cancel = undefined;
        void refresh();
      });
      ms = AGAIN_MS;
    },
  };
}
