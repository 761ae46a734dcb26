/** The simulated browser beside the fake timers of a test runner: whichever is moved, both move. */
import type { SimulatedBrowser } from 'solotab/testing';
import { createSimulatedBrowser } from 'solotab/testing';
import { afterEach, describe, expect, test, vi } from 'vitest';

const TWO_MINUTES = 120_000;

afterEach(() => void vi.useRealTimers());

/** A session whose tab crashed: two minutes later it is over. */
async function crashedSession(browser: SimulatedBrowser) {
  const [first, second] = [browser.openTab({ driver: 'auto' }), browser.openTab({ driver: 'auto' })];
  await first.coordinator.start();
  const reasons: string[] = [];
  second.coordinator.on('session_ended', ({ reason }) => reasons.push(reason));
  await first.crash();
  await browser.settle();
  expect(second.coordinator.getSnapshot().phase).toBe('recovering');
  return reasons;
}

const movers: readonly [string, (browser: SimulatedBrowser, ms: number) => Promise<unknown>][] = [
  ['vi.advanceTimersByTimeAsync', (_, ms) => vi.advanceTimersByTimeAsync(ms)],
  ['browser.advance', (browser, ms) => browser.advance(ms)],
  [
    'vi.advanceTimersByTime, which waits for no promise',
    async (browser, ms) => {
      vi.advanceTimersByTime(ms);
      await browser.settle();
    },
  ],
];

describe.each(movers)('%s', (_, move) => {
  test.each([
    ['before the browser was made', true],
    ['after it was made', false],
  ])('moves tabs and fake timers that were installed %s', async (_when, isBefore) => {
    if (isBefore) vi.useFakeTimers();
    const browser = createSimulatedBrowser();
    if (!isBefore) vi.useFakeTimers();
    const reasons = await crashedSession(browser);
    const toast = vi.fn();
    setTimeout(toast, TWO_MINUTES);
    const [began, beganAt] = [Date.now(), browser.now];

    await move(browser, TWO_MINUTES - 10_000);
    expect([reasons, toast.mock.calls.length]).toEqual([[], 0]);
    await move(browser, 10_000);
    expect(toast).toHaveBeenCalledTimes(1);
    await browser.settle();
    expect(reasons).toEqual(['recovery-expired']);
    expect(Date.now() - began).toBe(TWO_MINUTES);
    expect(browser.now - beganAt).toBeGreaterThanOrEqual(TWO_MINUTES);
    expect(browser.now - beganAt).toBeLessThan(TWO_MINUTES + 1_000);
  });
});

test('fake timers that were installed in the midst of a test move the tabs from the next call on', async () => {
  const browser = createSimulatedBrowser();
  const reasons = await crashedSession(browser);
  vi.useFakeTimers();
  await browser.settle();
  await vi.advanceTimersByTimeAsync(TWO_MINUTES);
  await browser.settle();
  expect(reasons).toEqual(['recovery-expired']);
});

test('tabs and fake timers take their turns in the order of time', async () => {
  vi.useFakeTimers();
  const browser = createSimulatedBrowser();
  const { platform } = browser.openTab({ bare: true });
  await browser.settle();
  const order: string[] = [];
  const note = (what: string) => () => void order.push(`${what} at ${Math.round(browser.now)}`);
  for (const ms of [30, 10, 50]) platform.clock.after(ms, note('tab'));
  for (const ms of [40, 20]) setTimeout(note('app'), ms);
  // What an app does in its own timer is under way at once, and its timers go from there.
  setTimeout(() => platform.clock.after(10, note('tab, asked by the app,')), 22);
  await vi.advanceTimersByTimeAsync(60);
  expect(order).toEqual([
    'tab at 10',
    'app at 20',
    'tab at 30',
    'tab, asked by the app, at 32',
    'app at 40',
    'tab at 50',
  ]);
});

test('all that follows from a timer of a tab has happened before the next fake timer', async () => {
  vi.useFakeTimers();
  const browser = createSimulatedBrowser();
  const { platform } = browser.openTab({ bare: true });
  await browser.settle();
  let steps = 0;
  const step = (): void => {
    steps++;
    if (steps < 2_000) platform.clock.after(0, step);
  };
  platform.clock.after(10, step);
  const seen: number[] = [];
  setTimeout(() => seen.push(steps), 11);
  await vi.advanceTimersByTimeAsync(11);
  expect(seen).toEqual([2_000]);
});

test('a run with fake timers is the same each time', async () => {
  vi.useFakeTimers();
  const timelines: string[] = [];
  for (let run = 0; run < 2; run++) {
    const browser = createSimulatedBrowser({ seed: 3 });
    const tabs = [browser.openTab({ driver: 'auto' }), browser.openTab({ driver: 'auto' })];
    // Not awaited: the time that this takes is real.
    const started = tabs.map(({ coordinator }) => coordinator.ensure());
    await vi.advanceTimersByTimeAsync(5_000);
    await Promise.all(started);
    await tabs[0]?.crash();
    await vi.advanceTimersByTimeAsync(30_000);
    timelines.push(browser.timeline());
  }
  expect(timelines[0]?.split('\n').length).toBeGreaterThan(5);
  expect(timelines[1]).toBe(timelines[0]);
});

test('a date that is set meanwhile moves no tab', async () => {
  vi.useFakeTimers();
  const browser = createSimulatedBrowser();
  const reasons = await crashedSession(browser);
  vi.setSystemTime(new Date(2040, 1, 1));
  await vi.advanceTimersByTimeAsync(TWO_MINUTES / 2);
  await browser.settle();
  expect(reasons).toEqual([]);
  await vi.advanceTimersByTimeAsync(TWO_MINUTES / 2);
  await browser.settle();
  expect(reasons).toEqual(['recovery-expired']);
});

test('timers that were cleared all at once are set again', async () => {
  vi.useFakeTimers();
  const browser = createSimulatedBrowser();
  const reasons = await crashedSession(browser);
  vi.clearAllTimers();
  await browser.advance(TWO_MINUTES);
  await browser.settle();
  expect(reasons).toEqual(['recovery-expired']);
});

test('the tabs go on by themselves where real timers are back', async () => {
  vi.useFakeTimers();
  const browser = createSimulatedBrowser();
  const reasons = await crashedSession(browser);
  await vi.advanceTimersByTimeAsync(TWO_MINUTES / 2);
  const before = browser.now;
  vi.useRealTimers();
  await browser.settle();
  expect(browser.now).toBeGreaterThanOrEqual(before);
  await browser.advance(TWO_MINUTES / 2);
  await browser.settle();
  expect(reasons).toEqual(['recovery-expired']);
});

test('a browser that only does what it is told is not moved by fake timers, and moves none', async () => {
  vi.useFakeTimers();
  const browser = createSimulatedBrowser({ automatic: false });
  const toast = vi.fn();
  setTimeout(toast, 10);
  browser.openTab();
  await browser.advance(1_000);
  expect([toast.mock.calls.length, vi.getTimerCount(), browser.now]).toEqual([0, 1, 1_000]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(browser.now).toBe(1_000);
});

test('fake timers may be there before anything is imported', async () => {
  vi.useFakeTimers();
  vi.resetModules();
  const { createSimulatedBrowser: createFreshBrowser } = await import('solotab/testing');
  const browser = createFreshBrowser();
  const reasons = await crashedSession(browser);
  await vi.advanceTimersByTimeAsync(TWO_MINUTES);
  await browser.settle();
  expect(reasons).toEqual(['recovery-expired']);
});
