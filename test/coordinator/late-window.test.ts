/** A host that reconnects for longer than its window, and can't close that in time. */
import { expect, test } from 'vitest';
import { openSession } from '../support/world';

/** How often the store is looked at or written in `ms`, by every tab. */
async function looksIn(world: Awaited<ReturnType<typeof openSession>>['world'], ms: number): Promise<number> {
  let looks = 0;
  world.machine.watchers.push({
    onLook() {
      looks += 1;
    },
  });
  await world.advance(ms);
  return looks;
}

test('a host in a tab that was hidden for long is late to close its window: the others wait for it', async () => {
  const { world, a, b, c } = await openSession({ recovery: { by: 'same-tab', windowMs: 90_000 } });
  await a.hide();
  await world.advance(310_000);
  world.contextIn(a).reconnecting();
  await world.settle();
  // The window is over; the timers of the host come once a minute.
  await world.advance(91_000);
  expect([b, c].map(({ coordinator }) => coordinator.getSnapshot().phase)).toEqual(['recovering', 'recovering']);
  expect(await looksIn(world, 10_000)).toBeLessThan(20);
});

test('nor do they look again and again while the host does not run at all', async () => {
  const { world, a } = await openSession({ recovery: { by: 'same-tab', windowMs: 5_000 } });
  world.contextIn(a).reconnecting();
  await world.settle();
  await a.stop();
  await world.advance(6_000);
  expect(await looksIn(world, 10_000)).toBeLessThan(20);
});
