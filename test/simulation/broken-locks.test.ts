import { expect, test } from 'vitest';
import type { LockRequest } from '../../src/platform/platform';
import type { SimulatedTab } from '../../src/testing/tab';
import { bareWorld } from './bare-world';

const WAYS = ['probe', 'queue', 'steal'] as const;

function ask(tab: Pick<SimulatedTab, 'platform'>, when: LockRequest['when'], signal?: AbortSignal): Promise<string> {
  const { locks } = tab.platform;
  if (!locks) throw new Error('There are no locks.');
  return locks
    .request('lock', { mode: 'exclusive', when, ...(signal && { signal }) })
    .then((lock) => (lock ? 'granted' : 'refused'));
}

/** What became of each way to ask after an hour. */
async function answers(tab: SimulatedTab, world: { advance(ms: number): Promise<void> }): Promise<string[]> {
  const asked = WAYS.map((when) => ask(tab, when));
  await world.advance(3_600_000);
  return Promise.all(asked.map((answer) => Promise.race([answer, Promise.resolve().then(() => 'waiting')])));
}

test('silent locks answer nobody, from the moment at which they break', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  tab.setLocks('silent');
  expect(await answers(tab, world)).toEqual(['waiting', 'waiting', 'waiting']);
});

test('locks that are said to be taken refuse whoever does not wait, and keep waiting whoever does', async () => {
  const { world, openTab } = bareWorld();
  const tab = openTab();
  tab.setLocks('taken');
  expect(await answers(tab, world)).toEqual(['refused', 'waiting', 'refused']);
});

test.each(['silent', 'taken'] as const)('locks can be %s from load on, in a frame too', async (locks) => {
  const { world } = bareWorld();
  const tab = world.openTab({ bare: true, capabilities: { locks } });
  const asked = [ask(tab, 'queue'), ask(tab.openFrame(), 'queue')];
  await world.advance(60_000);
  expect(await Promise.race([...asked, Promise.resolve().then(() => 'waiting')])).toBe('waiting');
  expect(world.locks.claims).toEqual([]);
});

test.each(['silent', 'taken'] as const)('a request to %s locks that is given up is answered at once', async (locks) => {
  const { openTab } = bareWorld();
  const tab = openTab();
  tab.setLocks(locks);
  const control = new AbortController();
  const asked = ask(tab, 'queue', control.signal);
  control.abort();
  expect(await asked).toBe('refused');
});

test('locks that break under a page leave it what it holds and what it waits for, and may work again', async () => {
  const { world, openTab } = bareWorld();
  const [tab, other] = [openTab(), openTab()];
  const held = await tab.platform.locks?.request('lock', { mode: 'exclusive', when: 'probe' });
  const waiting = ask(other, 'queue');
  await world.settle();
  for (const each of [tab, other]) each.setLocks('silent');
  held?.release();
  expect(await waiting).toBe('granted');
  tab.setLocks('work');
  expect(await ask(tab, 'probe')).toBe('refused');
});

test('one tab with broken locks leaves the others theirs', async () => {
  const { openTab } = bareWorld();
  const [broken, first, second] = [openTab(), openTab(), openTab()];
  broken.setLocks('taken');
  expect(await ask(broken, 'probe')).toBe('refused');
  expect(await ask(first, 'probe')).toBe('granted');
  expect(await ask(second, 'probe')).toBe('refused');
});
