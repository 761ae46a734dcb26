import { afterEach, describe, expect, test, vi } from 'vitest';
import { webLocks } from '../../src/platform/web-locks';
import { eventually } from '../support/eventually';

type Grant = (lock: object | null) => Promise<void> | undefined;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A lock manager that leaves it to the test how each request ends. */
function stubLocks() {
  const requests: { options: LockOptions; grant: Grant; reject(error: unknown): void }[] = [];
  vi.stubGlobal('navigator', {
    locks: {
      request: (_name: string, options: LockOptions, grant: Grant) =>
        new Promise((_, reject) => requests.push({ options, grant, reject })),
    },
  });
  const locks = webLocks();
  if (!locks) throw new Error('There are no locks.');
  return { locks, requests };
}

test('there are no locks where the browser has none, or where to look for them is forbidden', () => {
  vi.stubGlobal('navigator', {});
  expect(webLocks()).toBeNull();
  vi.stubGlobal('navigator', {
    get locks() {
      throw new DOMException('Forbidden.', 'SecurityError');
    },
  });
  expect(webLocks()).toBeNull();
  vi.stubGlobal('navigator', undefined);
  expect(webLocks()).toBeNull();
});

test('locks that are there and fail reject, whether they throw or reject', async () => {
  const refused = new DOMException('Forbidden in a sandboxed frame.', 'SecurityError');
  vi.stubGlobal('navigator', { locks: { request: () => Promise.reject(refused) } });
  await expect(webLocks()?.request('name', { mode: 'shared', when: 'queue' })).rejects.toBe(refused);
  const request = () => {
    throw refused;
  };
  vi.stubGlobal('navigator', { locks: { request } });
  await expect(webLocks()?.request('name', { mode: 'shared', when: 'queue' })).rejects.toBe(refused);
});

test('a signal goes only where it may: not beside a probe or a steal', () => {
  const { locks, requests } = stubLocks();
  const { signal } = new AbortController();
  for (const when of ['queue', 'probe', 'steal'] as const) locks.request('name', { mode: 'exclusive', when, signal });
  expect(requests.map(({ options }) => options.signal)).toEqual([signal, undefined, undefined]);
  expect(requests.map(({ options }) => [options.ifAvailable, options.steal])).toEqual([
    [false, false],
    [true, false],
    [false, true],
  ]);
});

test('Chromium’s first request does not hear its signal: it is given up all the same, and a late grant is given back', async () => {
  const { locks, requests } = stubLocks();
  const aborter = new AbortController();
  const given = locks.request('name', { mode: 'shared', when: 'queue', signal: aborter.signal });
  aborter.abort();
  expect(await given).toBeNull();
  expect(requests[0]?.grant({})).toBeUndefined();
});

test('WebKit rejects the request of a page that goes to the cache: a lock that was held is lost', async () => {
  const { locks, requests } = stubLocks();
  const holding = locks.request('name', { mode: 'exclusive', when: 'queue' });
  requests[0]?.grant({});
  const held = await holding;
  requests[0]?.reject(new DOMException('The page is cached.', 'AbortError'));
  await held?.lost;
  expect(requests).toHaveLength(1);
});

describe('a request that is rejected because the page falls asleep', () => {
  const asleep = new Error('The provided callback is no longer runnable.');

  test('is made again when it is awake', async () => {
    vi.useFakeTimers();
    const { locks, requests } = stubLocks();
    const holding = locks.request('name', { mode: 'exclusive', when: 'probe' });
    requests[0]?.reject(asleep);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests).toHaveLength(2);
    requests[1]?.grant({});
    expect(await holding).not.toBeNull();
  });

  test('is given up once it was given up meanwhile', async () => {
    vi.useFakeTimers();
    const { locks, requests } = stubLocks();
    const aborter = new AbortController();
    const waiting = locks.request('name', { mode: 'shared', when: 'queue', signal: aborter.signal });
    aborter.abort();
    requests[0]?.reject(asleep);
    expect(await waiting).toBeNull();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(requests).toHaveLength(1);
  });

  test('is an error if it always is', async () => {
    vi.useFakeTimers();
    const { locks, requests } = stubLocks();
    const failed = expect(locks.request('name', { mode: 'exclusive', when: 'probe' })).rejects.toBe(asleep);
    for (let tries = 0; tries < 10; tries += 1) {
      for (const { reject } of requests) reject(asleep);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    await failed;
  });
});

test('a lock is held until it is released', async () => {
  const { locks, requests } = stubLocks();
  const holding = locks.request('name', { mode: 'exclusive', when: 'queue' });
  let ended = false;
  requests[0]?.grant({})?.then(() => {
    ended = true;
  });
  const held = await holding;
  expect(ended).toBe(false);
  held?.release();
  await eventually(() => expect(ended).toBe(true));
});

test('locks that are not those of other pages any more are abandoned for every coordinator of the page', () => {
  const { locks } = stubLocks();
  expect(webLocks()).not.toBeNull();
  locks.abandon();
  expect(webLocks()).toBeNull();
});
