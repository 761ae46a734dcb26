import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { delay } from '../../src/platform/delay';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a delay is over after its time', async () => {
  const { signal } = new AbortController();
  let over = false;
  const waiting = delay(1_000, signal).then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(over).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(over).toBe(true);
});

test('a delay that is given up is over at once and leaves no timer', async () => {
  const controller = new AbortController();
  const waiting = delay(1_000, controller.signal);
  expect(vi.getTimerCount()).toBe(1);
  controller.abort();
  await waiting;
  expect(vi.getTimerCount()).toBe(0);
});

test('a delay with a signal that has aborted already does not begin', async () => {
  const controller = new AbortController();
  controller.abort();
  await delay(1_000, controller.signal);
  expect(vi.getTimerCount()).toBe(0);
});

test('a delay leaves no listener on its signal', async () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  const waiting = delay(1, signal);
  await vi.advanceTimersByTimeAsync(1);
  await waiting;
  expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener));
});
