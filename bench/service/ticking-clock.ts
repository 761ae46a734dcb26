import { createMacrotask } from '../../src/testing/macrotask';

/** Virtual time in ticks: what is due within one happens together, so that millions of waits take seconds. */
export interface TickingClock {
  readonly now: number;
  /** What `reconnect` and `withAttempts` take as their `delay`. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs one tick, and everything that follows from it. */
  tick(): Promise<void>;
}

export function createTickingClock(tickMs: number): TickingClock {
  const macrotask = createMacrotask();
  const due = new Map<number, Set<() => void>>();
  let ticks = 0;
  return {
    get now() {
      return ticks * tickMs;
    },
    delay(ms, signal) {
      const at = ticks + Math.max(1, Math.round(ms / tickMs));
      return new Promise((resolve) => {
        const waiting = due.get(at) ?? new Set();
        due.set(at, waiting);
        const done = (): void => {
          waiting.delete(done);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        waiting.add(done);
        signal?.addEventListener('abort', done);
        if (signal?.aborted) done();
      });
    },
    async tick() {
      ticks += 1;
      for (const done of due.get(ticks) ?? []) done();
      due.delete(ticks);
      await new Promise<void>((resolve) => macrotask(resolve));
    },
  };
}
