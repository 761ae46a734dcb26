import { expect, test } from 'vitest';
import type { SimulatedTab } from '../../src/testing/tab';
import { bareWorld } from './bare-world';

function listen(tab: SimulatedTab): { readonly heard: unknown[]; post(message: unknown): void; close(): void } {
  const heard: unknown[] = [];
  const channel = tab.platform.openChannel('scope', (message) => heard.push(message));
  if (!channel) throw new Error('There is no channel.');
  return { heard, post: (message) => channel.post(message), close: () => channel.close() };
}

const hundred = Array.from({ length: 100 }, (_, index) => index);

test('a message reaches every other tab, in order, as a copy', async () => {
  const { world, openTab } = bareWorld();
  const [first, second, third] = [openTab(), openTab(), openTab()].map(listen);
  const message = { list: [1] };
  first?.post(message);
  message.list.push(2);
  for (const number of hundred) first?.post(number);
  await world.settle();
  expect(first?.heard).toEqual([]);
  expect(second?.heard).toEqual([{ list: [1] }, ...hundred]);
  expect(third?.heard).toEqual([{ list: [1] }, ...hundred]);
  expect(second?.heard[0]).not.toBe(third?.heard[0]);
});

test('what can’t be cloned is not sent, and a closed channel neither sends nor hears', async () => {
  const { world, openTab } = bareWorld();
  const [first, second] = [listen(openTab()), listen(openTab())];
  first.post(() => 1);
  second.post('before');
  second.close();
  second.post('after');
  first.post('too late');
  await world.settle();
  expect(first.heard).toEqual(['before']);
  expect(second.heard).toEqual([]);
});

test('messages are lost, doubled and overtake each other as the faults say', async () => {
  const { world, openTab } = bareWorld({ faults: { loseMessages: 0.2, duplicateMessages: 0.2, reorderMessages: 0.5 } });
  const [first, second] = [listen(openTab()), listen(openTab())];
  for (const number of hundred) first.post(number);
  await world.settle();
  const heard = second.heard as number[];
  expect(new Set(heard).size).toBeLessThan(95);
  expect(heard.length).toBeGreaterThan(new Set(heard).size);
  expect(heard).not.toEqual([...heard].sort((a, b) => a - b));
});

test('delayed messages keep their order', async () => {
  const { world, openTab } = bareWorld({ faults: { delayMessages: 0.3, longestDelayMs: 5_000 } });
  const [first, second] = [listen(openTab()), listen(openTab())];
  for (const number of hundred) first.post(number);
  await world.settle();
  expect(second.heard).toEqual(hundred);
  expect(world.now).toBeGreaterThan(2_000);
});

test('a frozen page hears, a stopped one hears later', async () => {
  const { world, openTab } = bareWorld();
  const [sender, frozen, stopped] = [openTab(), openTab(), openTab()];
  const [from, inFrozen, inStopped] = [listen(sender), listen(frozen), listen(stopped)];
  await frozen.freeze();
  await stopped.stop();
  from.post('hello');
  await world.settle();
  expect(inFrozen.heard).toEqual(['hello']);
  expect(inStopped.heard).toEqual([]);
  await stopped.cont();
  await world.settle();
  expect(inStopped.heard).toEqual(['hello']);
});

test.each([
  ['chromium', 'gone'],
  ['firefox', 'gone'],
  ['webkit', 'cached'],
] as const)('%s: after a message a cached page is %s', async (engine, life) => {
  const { world, openTab } = bareWorld({ engine });
  const [sender, away] = [openTab(), openTab()];
  const [from, to] = [listen(sender), listen(away)];
  const { page } = away;
  await away.navigateAway();
  expect(page.life).toBe('cached');
  from.post('hello');
  await world.settle();
  expect(page.life).toBe(life);
  await away.goBack();
  await world.settle();
  expect(to.heard).toEqual([]);
});

test('what a page posts as it is closed arrives', async () => {
  const { world, openTab } = bareWorld();
  const [first, second] = [openTab(), openTab()];
  const [from, to] = [listen(first), listen(second)];
  first.platform.lifecycle.listen(() => from.post('goodbye'), new AbortController().signal);
  await first.close();
  await world.settle();
  expect(to.heard).toEqual(['goodbye']);
});
