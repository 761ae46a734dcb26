/** A test that awaits what can not come by itself hangs: it is told what it waits for. */
import { createSimulatedBrowser } from 'solotab/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const warn = vi.spyOn(console, 'warn');
const told = (): string => warn.mock.calls.flat().join('\n');
const isTold = () => vi.waitUntil(() => warn.mock.calls.length > 0);

beforeEach(() => void warn.mockReset());
afterEach(() => void vi.useRealTimers());

test('for a driver that the test plays', async () => {
  const browser = createSimulatedBrowser({ hintAfterMs: 20 });
  const tab = browser.openTab();
  const started = tab.coordinator.start();
  await isTold();
  expect(told()).toBe(
    "solotab/testing: nothing happens any more, and these calls wait: start() in tab A. The driver of tab A waits for browser.connect(tab) or browser.fail(tab), or for its tab to have the driver 'auto'.",
  );
  await browser.connect(tab);
  await started;
});

test.each([
  ['real timers', false],
  ['fake timers', true],
])('for virtual time, under %s', async (_, hasFakes) => {
  if (hasFakes) vi.useFakeTimers();
  const browser = createSimulatedBrowser({ hintAfterMs: 20 });
  const [first, second] = [browser.openTab({ driver: 'auto' }), browser.openTab({ driver: 'auto' })];
  await first.coordinator.start();
  await first.crash();
  await browser.settle();
  const called = second.coordinator.call('mute').catch((error: unknown) => error);
  await isTold();
  expect(told()).toMatch(
    /these calls wait: call\(\) in tab B\. Time passes by browser\.advance\(ms\), or by fake timers of your test runner; the next timer of a tab is due in \d+ ms\.$/,
  );
  await browser.advance(31_000);
  await expect(called).resolves.toMatchObject({ code: 1002 });
});

test('for a driver of the app, which waits for a timer of the test runner', async () => {
  vi.useFakeTimers();
  const browser = createSimulatedBrowser({ hintAfterMs: 20 });
  const tab = browser.openTab({
    driver: { start: () => new Promise((resolve) => setTimeout(resolve, 5_000)), end: () => {} },
  });
  const started = tab.coordinator.start();
  await isTold();
  expect(told()).toMatch(/start\(\) in tab A\. The driver of tab A has not answered\. Time passes by browser\.advance/);
  await browser.advance(5_000);
  await started;
});

test('once, and not of what is answered, goes on or is of a test that is over', async () => {
  const browser = createSimulatedBrowser({ hintAfterMs: 20 });
  const [first, second] = [browser.openTab({ driver: 'auto' }), browser.openTab()];
  await first.coordinator.start();
  await first.coordinator.end();
  const state = vi.spyOn(expect, 'getState').mockReturnValue({ currentTestName: 'an earlier test' } as never);
  const left = second.coordinator.start();
  state.mockRestore();
  const silent = createSimulatedBrowser({ hintAfterMs: Number.POSITIVE_INFINITY });
  const other = silent.openTab().coordinator.start();
  // Another browser that is told later than these would be.
  const last = createSimulatedBrowser({ hintAfterMs: 80 });
  const tab = last.openTab();
  const started = tab.coordinator.start();
  await isTold();
  await browser.settle();
  expect(warn).toHaveBeenCalledTimes(1);
  expect(told()).toContain('start() in tab A.');
  await last.connect(tab);
  await started;
  for (const call of [left, other]) call.catch(() => undefined);
});
