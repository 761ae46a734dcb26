/** Small stand-ins for the ports, for parts that need no whole browser. Time stands still until a test lets it pass. */
import type { Clock, HeldLock, Logger } from '../../src/platform/platform';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export interface FakeClock extends Clock {
  /** How many timers are set. */
  readonly pending: number;
  /** Lets time pass, with every timer at its time, and whatever follows from it at once. */
  advance(ms: number): Promise<void>;
  /** The page is stopped meanwhile: its timers are late. They run with the next `advance`. */
  sleep(ms: number): void;
}

export function fakeClock(startAt = 1_700_000_000_000): FakeClock {
  const timers = new Set<Timer>();
  let elapsed = 0;

  async function advance(ms: number): Promise<void> {
    const end = elapsed + ms;
    for (;;) {
      await flush();
      const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      timers.delete(next);
      elapsed = Math.max(elapsed, next.at);
      next.callback();
    }
    elapsed = end;
    await flush();
  }

  return {
    get pending() {
      return timers.size;
    },
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    after(ms, callback) {
      const timer = { at: elapsed + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance,
    sleep(ms) {
      elapsed += ms;
    },
  };
}

/** Until nothing more follows from what has happened. */
export function flush(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export interface FakeLogger extends Logger {
  readonly lines: string[];
}

/** Keeps what is logged: `warn: …`. */
export function fakeLogger(): FakeLogger {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  return { lines, debug: write('debug'), warn: write('warn'), error: write('error') };
}

export interface FakeLock extends HeldLock {
  readonly isReleased: boolean;
  steal(): void;
}

export function fakeLock(): FakeLock {
  let isReleased = false;
  let steal = (): void => undefined;
  const lost = new Promise<void>((resolve) => {
    steal = resolve;
  });
  return {
    lost,
    steal: () => steal(),
    release() {
      isReleased = true;
    },
    get isReleased() {
      return isReleased;
    },
  };
}
