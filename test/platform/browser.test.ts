import { afterEach, describe, expect, test, vi } from 'vitest';
import { browserPlatform } from '../../src/platform/browser';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('without a window', () => {
  test('everything is missing or does nothing', () => {
    const platform = browserPlatform();
    expect(platform.isBrowser).toBe(false);
    expect(platform.openStore('scope')).toBeNull();
    expect(platform.locks).toBeNull();
    expect(platform.openChannel('scope', () => undefined)).toBeNull();
    expect(platform.lifecycle.isVisible()).toBe(false);
    platform.lifecycle.listen(() => undefined, new AbortController().signal);
    platform.tabStorage.set('key', 'value');
    expect(platform.tabStorage.get('key')).toBeNull();
  });
});

test('a worker is told by what only workers have, also where it pretends to be a page', () => {
  expect(browserPlatform()).toMatchObject({ isBrowser: false, isPage: false });
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('document', {});
  vi.stubGlobal('navigator', { userAgent: 'a browser' });
  expect(browserPlatform()).toMatchObject({ isBrowser: true, isPage: true });
  vi.stubGlobal('importScripts', () => undefined);
  // It can look and be told, and has nothing that others could wait for.
  expect(browserPlatform()).toMatchObject({ isBrowser: true, isPage: false, locks: null });
  vi.stubGlobal('indexedDB', {});
  expect(browserPlatform().openStore('scope')).not.toBeNull();
});

describe('in every environment', () => {
  test('ids are 128 bits long and differ', () => {
    const { randomId } = browserPlatform();
    const ids = Array.from({ length: 1_000 }, randomId);
    expect(new Set(ids).size).toBe(1_000);
    const zeros = vi.spyOn(crypto, 'getRandomValues');
    randomId();
    expect(zeros.mock.calls[0]?.[0]?.byteLength).toBe(16);
  });

  test('a clone is a copy, and what can’t be cloned is refused', () => {
    const { clone } = browserPlatform();
    const value = { list: [new Date(5)] };
    expect(clone(value)).toEqual(value);
    expect(clone(value)).not.toBe(value);
    expect(() => clone({ run: () => undefined })).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
  });

  test('without structuredClone, what can’t be cloned is refused all the same', () => {
    vi.stubGlobal('structuredClone', undefined);
    const { clone } = browserPlatform();
    const value = { list: [new Date(5)] };
    expect(clone(value)).toBe(value);
    expect(() => clone({ run: () => undefined })).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
  });

  test('where there is nothing to check a clone with, as in jsdom, every value is taken as it is', () => {
    vi.stubGlobal('structuredClone', undefined);
    vi.stubGlobal('MessageChannel', undefined);
    const { clone } = browserPlatform();
    const value = { list: [new Date(5)] };
    expect(clone(value)).toBe(value);
  });

  test('a timer that is longer than a browser can count does not fire at once', () => {
    vi.useFakeTimers();
    const { clock } = browserPlatform();
    const callback = vi.fn();
    const cancel = clock.after(Number.MAX_SAFE_INTEGER, callback);
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(callback).not.toHaveBeenCalled();
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the clock that can’t step never goes back, whatever the date does', () => {
    const { clock } = browserPlatform();
    const before = clock.monotonic();
    vi.spyOn(Date, 'now').mockReturnValue(5);
    expect(clock.now()).toBe(5);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  test('warnings and errors go to the console, and debugging does not', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { logger } = browserPlatform();
    logger.warn('careful', 1);
    logger.error('broken', 2);
    expect(warn).toHaveBeenCalledWith('careful', 1);
    expect(error).toHaveBeenCalledWith('broken', 2);
    expect(logger.debug).toBeUndefined();
  });
});
