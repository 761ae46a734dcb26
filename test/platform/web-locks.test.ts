import { afterEach, expect, test, vi } from 'vitest';
import { webLocks } from '../../src/platform/web-locks';

type Grant = (lock: object | null) => Promise<void> | undefined;

afterEach(() => {
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

test('WebKit rejects the request of a page that goes to the cache: a lock that was held is lost, one that was not is an error', async () => {
  const { locks, requests } = stubLocks();
  const dropped = new DOMException('The page is cached.', 'AbortError');
  const holding = locks.request('name', { mode: 'exclusive', when: 'queue' });
  const waiting = locks.request('name', { mode: 'exclusive', when: 'queue' });
  requests[0]?.grant({});
  const held = await holding;
  for (const { reject } of requests) reject(dropped);
  await held?.lost;
  await expect(waiting).rejects.toBe(dropped);
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
  await vi.waitFor(() => expect(ended).toBe(true));
});
