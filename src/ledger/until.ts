/** Waiting for something that the record will say. */
import type { Platform } from '../platform/platform';
import type { Command } from '../session/command';
import type { SessionRecord } from '../session/record';
import type { Ledger } from './ledger';

/**
 * A waiting call asks again this often: long against a message (2 ms), short against a person's patience. Or up to twice as often: each tab
 * draws its own wait, so that of a hundred that wait for the same one asks, and the others look and begin their wait anew.
 */
const ASK_AGAIN_MS = 250;

export interface UntilPorts extends Pick<Platform, 'clock' | 'random'> {
  record(): SessionRecord;
  isClosed(): boolean;
  /** Looks, and asks those who know more for `command`. */
  askAgain(command: Command): Promise<void>;
}

export interface Until {
  readonly until: Ledger['until'];
  /** The record was read or written, or nobody need wait any longer. */
  wake(): void;
}

export function createUntil({ clock, random, record, isClosed, askAgain }: UntilPorts): Until {
  const waiting = new Set<() => void>();

  /** Resolves with false when all are woken or `signal` aborts, with true after `ms`. */
  function isLateAfter(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = (isLate: boolean): void => {
        cancel();
        waiting.delete(wakeOne);
        signal?.removeEventListener('abort', wakeOne);
        resolve(isLate);
      };
      const wakeOne = (): void => stop(false);
      const cancel = clock.after(ms, () => stop(true));
      waiting.add(wakeOne);
      signal?.addEventListener('abort', wakeOne);
    });
  }

  const until: Ledger['until'] = async (isTrue, ms, signal, command = { type: 'look' }) => {
    for (let left = ms; ; ) {
      if (isTrue(record())) return true;
      if (left <= 0 || isClosed() || signal?.aborted) return false;
      const began = clock.monotonic();
      const againMs = ASK_AGAIN_MS * (1 - random() / 2);
      const isLate = await isLateAfter(Math.max(1, Math.min(left, againMs)), signal);
      // A tab that slept meanwhile has not waited, and looks before it is over. A third of it all may pass at once: timers of a hidden page
      // come once in a second.
      const passed = clock.monotonic() - began;
      const most = Math.max(ASK_AGAIN_MS, ms / 3);
      left -= Math.min(passed, most);
      if (isLate && (left > 0 || passed > most)) await askAgain(command);
    }
  };
  const wake = (): void => {
    for (const one of waiting) one();
  };
  return { until, wake };
}
