/** Those that wait for the record to be read or written. */
import type { Clock } from '../platform/platform';

export interface Changes {
  /** The record was read or written, or nobody need wait any longer. */
  tell(): void;
  /** Resolves with false when that is told or `signal` aborts, with true after `ms`. */
  within(ms: number, signal: AbortSignal | undefined): Promise<boolean>;
}

export function createChanges(clock: Clock): Changes {
  const waiting = new Set<() => void>();
  return {
    tell() {
      for (const wake of waiting) wake();
    },
    within: (ms, signal) =>
      new Promise((resolve) => {
        const stop = (isLate: boolean): void => {
          cancel();
          waiting.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve(isLate);
        };
        const wake = (): void => stop(false);
        const cancel = clock.after(ms, () => stop(true));
        waiting.add(wake);
        signal?.addEventListener('abort', wake);
      }),
  };
}
