/** `withAttempts` under real coordinators, in a simulated browser. */
import { describe, expect, test } from 'vitest';
import type { AttemptContext } from '../../src/attempts/attempt';
import { type AttemptOptions, withAttempts } from '../../src/attempts/with-attempts';
import { SessionError } from '../../src/session/errors';
import { createSimulatedBrowser, type SimulatedBrowser } from '../../src/testing';

interface Wish {
  readonly pin?: string;
}

interface Wishes {
  session: string;
  start: Wish | undefined;
  join: Wish | undefined;
}

/** A tab whose sessions fail with `codes`, one after the other, and then connect. */
function openTab(world: SimulatedBrowser, codes: number[], options: AttemptOptions = {}, connectTimeoutMs = 30_000) {
  const attempts: number[] = [];
  const connect = async (_: unknown, { attempt }: AttemptContext): Promise<string> => {
    attempts.push(attempt);
    const code = codes.shift();
    if (code !== undefined) throw new SessionError(code);
    return 'session';
  };
  const tab = world.openTab<Wishes>({
    connectTimeoutMs,
    driver: withAttempts<Wishes>(
      { start: connect, join: connect, resume: connect, end: () => {} },
      {
        random: () => 0,
        delay: (ms, signal) =>
          new Promise((resolve) => {
            tab.platform.clock.after(ms, resolve);
            signal.addEventListener('abort', () => resolve());
          }),
        ...options,
      },
    ),
  });
  return { tab, attempts };
}

const retry = { attempts: 5, minDelayMs: 1_000, maxDelayMs: 1_000 };

describe('a call with retries', () => {
  test('is connecting in every tab until one attempt succeeds, and no failed attempt is told', async () => {
    const world = createSimulatedBrowser();
    const { tab, attempts } = openTab(world, [1016, 9999], { retry });
    const other = world.openTab();
    const heard: string[] = [];
    for (const type of ['session_error', 'session_started']) other.coordinator.on(type, () => heard.push(type));
    const started = tab.coordinator.start();
    await world.advance(1_500);
    expect(attempts).toEqual([1, 2]);
    expect(other.coordinator.getSnapshot().phase).toBe('connecting');
    await world.advance(1_500);
    await expect(started).resolves.toBe('session');
    await world.settle();
    expect(heard).toEqual(['session_started']);
  });

  test('is canceled at once from any tab, in the middle of a pause', async () => {
    const world = createSimulatedBrowser();
    const { tab, attempts } = openTab(world, [1016], { retry: { ...retry, minDelayMs: 20_000, maxDelayMs: 20_000 } });
    const other = world.openTab();
    const started = tab.coordinator.start();
    started.catch(() => {});
    await world.settle();
    const before = world.now;
    await other.coordinator.cancel();
    expect(world.now - before).toBeLessThan(1_000);
    await expect(started).rejects.toMatchObject({ name: 'AbortError' });
    await world.advance(60_000);
    expect(attempts).toEqual([1]);
    expect(other.coordinator.getSnapshot().phase).toBe('idle');
  });

  test('takes no longer than connectTimeoutMs in all', async () => {
    const world = createSimulatedBrowser();
    const { tab, attempts } = openTab(
      world,
      Array<number>(99).fill(1016),
      { retry: { ...retry, attempts: 99 } },
      3_500,
    );
    const started = tab.coordinator.start();
    started.catch(() => {});
    await world.advance(10_000);
    await expect(started).rejects.toMatchObject({ code: 1001 });
    expect(attempts).toEqual([1, 2, 3, 4]);
  });
});

describe('a call with a bad PIN', () => {
  test.each([
    [{ pin: 'no good' }, 1008],
    [{}, 1009],
  ] as const)('%j is refused with %d in its own tab, before it is anyone’s business', async (wish, code) => {
    const world = createSimulatedBrowser();
    const { tab, attempts } = openTab(world, [], { pin: 'required' });
    const other = world.openTab();
    const told: unknown[] = [];
    other.coordinator.on('session_error', (event) => told.push(event));
    const refusal: unknown = await tab.coordinator.start(wish).catch((error: unknown) => error);
    await world.settle();
    expect(refusal).toBeInstanceOf(SessionError);
    expect(refusal).toMatchObject({ code, local: true });
    expect([told, attempts]).toEqual([[], []]);
    expect(tab.coordinator.getSnapshot().epoch).toBe(0);
  });
});
