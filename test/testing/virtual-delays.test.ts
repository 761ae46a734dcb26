/** The delays of `withAttempts` and `reconnect` in a simulated tab are in its time, with or without fake timers. */
import { type DriverContext, reconnect, withAttempts } from 'solotab';
import { createSimulatedBrowser, type SimulatedBrowser } from 'solotab/testing';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => void vi.useRealTimers());

/** A tab whose `start` fails so often and is tried again after a minute. */
function tabWithAttempts(browser: SimulatedBrowser, failures: number) {
  const attempts: number[] = [];
  const driver = withAttempts(
    {
      start: (_: undefined, { attempt }) => {
        attempts.push(attempt);
        if (attempt <= failures) throw new TypeError('Failed to fetch');
        return 'a session';
      },
      end: () => {},
    },
    { retry: { attempts: 9, minDelayMs: 60_000, maxDelayMs: 60_000 } },
  );
  const { coordinator } = browser.openTab({ driver, connectTimeoutMs: 3_600_000 });
  return { attempts, coordinator };
}

test.each([
  ['browser.advance', false, (browser: SimulatedBrowser, ms: number) => browser.advance(ms)],
  ['fake timers', true, (_: SimulatedBrowser, ms: number) => vi.advanceTimersByTimeAsync(ms)],
])('an attempt is made again once %s came to its time', async (_, hasFakes, move) => {
  if (hasFakes) vi.useFakeTimers();
  const browser = createSimulatedBrowser();
  const { attempts, coordinator } = tabWithAttempts(browser, 1);
  const started = coordinator.start();
  await browser.settle();
  await move(browser, 59_000);
  expect(attempts).toEqual([1]);
  await move(browser, 1_100);
  await expect(started).resolves.toBe('a session');
  expect(attempts).toEqual([1, 2]);
});

test('a call that is given up waits no longer, and leaves no timer', async () => {
  const browser = createSimulatedBrowser();
  const { attempts, coordinator } = tabWithAttempts(browser, 9);
  const started = coordinator.start();
  await browser.settle();
  expect(attempts).toEqual([1]);
  const canceled = coordinator.cancel();
  await expect(started).rejects.toMatchObject({ name: 'AbortError' });
  await canceled;
  await browser.advance(600_000);
  expect(attempts).toEqual([1]);
});

test('a connection is tried again in the time of its tab, also under withAttempts, and at once when it is online', async () => {
  const browser = createSimulatedBrowser();
  let context: DriverContext | undefined;
  const driver = withAttempts({
    start: (_: undefined, given) => {
      context = given;
      return 'first';
    },
    end: () => {},
  });
  const { coordinator } = browser.openTab({ driver, recovery: { windowMs: 3_600_000 } });
  await coordinator.start();
  let tries = 0;
  const connect = () => {
    tries++;
    if (tries < 4) throw new TypeError('Failed to fetch');
    return 'second';
  };
  const again = context && reconnect(context, connect, { minDelayMs: 60_000, maxDelayMs: 60_000 });
  await browser.settle();
  expect(tries).toBe(0);
  // The first one waits at random up to the least delay.
  for (let ms = 0; tries === 0 && ms < 60_000; ms += 1_000) await browser.advance(1_000);
  expect(tries).toBe(1);
  await browser.advance(58_900);
  expect(tries).toBe(1);
  await browser.advance(1_200);
  expect(tries).toBe(2);
  browser.setOnline(false);
  await browser.settle();
  expect(tries).toBe(2);
  browser.setOnline(true);
  await browser.settle();
  expect(tries).toBe(3);
  await browser.advance(60_100);
  await expect(again).resolves.toBe('second');
  expect(coordinator.session).toBe('second');
});
