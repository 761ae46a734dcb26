/** Waiting for something that the record will say. */
import type { Platform } from '../platform/platform';
import type { Command } from '../session/command';
import type { SessionRecord } from '../session/record';
import type { Changes } from './changes';
import type { Ledger } from './ledger';

/**
 * A waiting call asks again this often: long against a message (2 ms), short against a person's patience. Or up to twice as often: each tab
 * draws its own wait, so that of a hundred that wait for the same one asks, and the others look and begin their wait anew.
 */
const ASK_AGAIN_MS = 250;

export interface UntilPorts extends Pick<Platform, 'clock' | 'random'> {
  readonly changes: Changes;
  record(): SessionRecord;
  isClosed(): boolean;
  /** Looks, and asks those who know more for `command`. */
  askAgain(command: Command): Promise<void>;
}

export function createUntil({ clock, random, changes, record, isClosed, askAgain }: UntilPorts): Ledger['until'] {
  return async (isTrue, ms, signal, command = { type: 'look' }) => {
    for (let left = ms; ; ) {
      if (isTrue(record())) return true;
      if (left <= 0 || isClosed() || signal?.aborted) return false;
      const began = clock.monotonic();
      const againMs = ASK_AGAIN_MS * (1 - random() / 2);
      const isLate = await changes.within(Math.max(1, Math.min(left, againMs)), signal);
      // A tab that slept meanwhile has not waited, and looks before it is over. A third of it all may pass at once: timers of a hidden page
      // come once in a second.
      const passed = clock.monotonic() - began;
      const most = Math.max(ASK_AGAIN_MS, ms / 3);
      left -= Math.min(passed, most);
      if (isLate && (left > 0 || passed > most)) await askAgain(command);
    }
  };
}
