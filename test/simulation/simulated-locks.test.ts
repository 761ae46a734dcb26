import { expect, test } from 'vitest';
import type { HeldLock, LockRequest } from '../../src/platform/platform';
import type { SimulatedTab } from '../../src/testing/tab';
import { bareWorld } from './bare-world';

function ask(
  tab: SimulatedTab,
  when: LockRequest['when'] = 'queue',
  mode: LockRequest['mode'] = 'exclusive',
  signal?: AbortSignal,
) {
  const { locks } = tab.platform;
  if (!locks) throw new Error('There are no locks.');
  return locks.request('lock', { mode, when, ...(signal && { signal }) });
}

/** Where a promise stands. */
async function stateOf(promise: Promise<HeldLock | null>): Promise<'waiting' | 'granted' | 'refused'> {
  return Promise.race([
    promise.then((lock) => (lock ? ('granted' as const) : ('refused' as const))),
    Promise.resolve('waiting' as const).then(async (state) => {
      await null;
      await null;
      return state;
    }),
  ]);
}

test('an exclusive lock is granted to one tab after the other, shared ones together', async () => {
  const { world, openTab } = bareWorld();
  const [first, second, third] = [openTab(), openTab(), openTab()];
  const held = await ask(first);
  const waiting = [ask(second, 'queue', 'shared'), ask(third, 'queue', 'shared')];
  const last = ask(second);
  await world.settle();
  expect(await Promise.all([...waiting, last].map(stateOf))).toEqual(['waiting', 'waiting', 'waiting']);
  held?.release();
  await world.settle();
  expect(await Promise.all([...waiting, last].map(stateOf))).toEqual(['granted', 'granted', 'waiting']);
  for (const lock of waiting) (await lock)?.release();
  expect(await last).not.toBe(null);
});

test('a probe is answered at once', async () => {
  const { openTab } = bareWorld();
  const [first, second] = [openTab(), openTab()];
  const held = await ask(first, 'probe');
  expect(await ask(second, 'probe')).toBe(null);
  expect(await ask(second, 'probe', 'shared')).toBe(null);
  held?.release();
  expect(await ask(second, 'probe', 'shared')).not.toBe(null);
  expect(await ask(first, 'probe', 'shared')).not.toBe(null);
});

test('a request that is given up leaves the queue', async () => {
  const { world, openTab } = bareWorld();
  const [first, second, third] = [openTab(), openTab(), openTab()];
  const held = await ask(first);
  const control = new AbortController();
  const given = ask(second, 'queue', 'exclusive', control.signal);
  const next = ask(third);
  await world.settle();
  control.abort();
  expect(await given).toBe(null);
  held?.release();
  expect(await next).not.toBe(null);
});

test('a stolen lock is lost to its holder, whose release is then void', async () => {
  const { world, openTab } = bareWorld();
  const [first, second, third] = [openTab(), openTab(), openTab()];
  const held = await ask(first);
  const waiting = ask(third);
  expect(await ask(second, 'steal')).not.toBe(null);
  await held?.lost;
  held?.release();
  await world.settle();
  expect(await stateOf(waiting)).toBe('waiting');
});

test.each(['crash', 'close', 'reload'] as const)(
  '%s frees the locks of the page some milliseconds later',
  async (how) => {
    const { world, openTab } = bareWorld();
    const [first, second] = [openTab(), openTab()];
    await ask(first);
    const waiting = ask(second);
    await world.settle();
    const before = world.now;
    await first[how]();
    await waiting;
    expect(world.now - before).toBeGreaterThan(5);
    expect(world.now - before).toBeLessThan(60);
  },
);

test('stopped and frozen holders keep their locks', async () => {
  const { world, openTab } = bareWorld();
  const [first, second, third] = [openTab(), openTab(), openTab()];
  await ask(first);
  await first.stop();
  expect(await ask(second, 'probe')).toBe(null);
  await first.cont();
  await first.freeze();
  await world.advance(60_000);
  expect(await ask(third, 'probe')).toBe(null);
});

test('a frozen page that is first in a queue is granted the lock and starves the others', async () => {
  const { world, openTab } = bareWorld();
  const [first, second, third] = [openTab(), openTab(), openTab()];
  const held = await ask(first);
  void ask(second);
  await world.settle();
  const starving = ask(third);
  await second.freeze();
  held?.release();
  await world.advance(60_000);
  expect(await stateOf(starving)).toBe('waiting');
});

test('after a stop, queued messages run before the news that the lock was stolen', async () => {
  const { world, openTab } = bareWorld();
  const [first, second] = [openTab(), openTab()];
  const happened: string[] = [];
  const held = await ask(first);
  void held?.lost.then(() => happened.push('lost'));
  first.platform.openChannel('scope', () => happened.push('message'));
  const channel = second.platform.openChannel('scope', () => undefined);
  await first.stop();
  await ask(second, 'steal');
  await world.settle();
  channel?.post('late');
  await world.settle();
  expect(happened).toEqual([]);
  await first.cont();
  await world.settle();
  expect(happened).toEqual(['message', 'lost']);
});

test('chromium: a cached page keeps its lock from those who wait, and is thrown out by a new request', async () => {
  const { world, openTab } = bareWorld();
  const [first, second, third] = [openTab(), openTab(), openTab()];
  await ask(first);
  const waiting = ask(second);
  await world.settle();
  await first.navigateAway();
  await world.advance(15_000);
  expect(await stateOf(waiting)).toBe('waiting');
  expect(first.page.life).toBe('cached');
  expect(await ask(third, 'probe')).toBe(null);
  expect(first.page.life).toBe('gone');
  expect(await waiting).not.toBe(null);
});

test('chromium: a lock that was taken from a cached page is held as any other', async () => {
  const { openTab } = bareWorld();
  const [first, second, third] = [openTab(), openTab(), openTab()];
  await ask(first);
  await first.navigateAway();
  expect(await ask(second, 'probe')).not.toBe(null);
  expect(await ask(third, 'probe')).toBe(null);
});

test('firefox: a page that holds a lock is not cached', async () => {
  const { openTab } = bareWorld({ engine: 'firefox' });
  const [first, second] = [openTab(), openTab()];
  await ask(first);
  const { page } = first;
  await first.navigateAway();
  expect(page.life).toBe('gone');
  expect(await ask(second)).not.toBe(null);
  await first.goBack();
  expect(first.page).not.toBe(page);
});

test('webkit: a page that is cached loses its locks and is told once it is back', async () => {
  const { world, openTab } = bareWorld({ engine: 'webkit' });
  const [first, second] = [openTab(), openTab()];
  let lost = false;
  const held = await ask(first);
  void held?.lost.then(() => {
    lost = true;
  });
  await first.navigateAway();
  expect(await ask(second)).not.toBe(null);
  await world.settle();
  expect(lost).toBe(false);
  const { page } = first;
  await first.goBack();
  await world.settle();
  expect(first.page).toBe(page);
  expect(lost).toBe(true);
});
