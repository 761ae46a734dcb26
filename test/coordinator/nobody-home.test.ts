/** Every tab is gone while a session is live, and somebody comes back later. */
import { expect, test } from 'vitest';
import { follow, look, openSession } from '../support/world';

const HOUR_MS = 3_600_000;

test.each(['quit', 'crash'] as const)(
  'hours after the browser was gone (%s) a start is granted at once, and the old session was ended at the service',
  async (how) => {
    const { world } = await openSession({ driver: 'auto' });
    await world.quit(how);
    await world.advance(5 * HOUR_MS);
    const tab = world.openTab({ driver: 'auto' });
    const started = follow(tab.coordinator.start());
    await world.settle();
    expect([started.outcome, look(tab)]).toEqual(['done', 'active host']);
    expect(world.network.requests).toEqual(['start', 'end', 'start']);
    expect(world.network.live.size).toBe(1);
  },
);

test.each(['quit', 'crash'] as const)(
  'a browser that restores its tabs the next day (%s) resumes nothing: the session is over, and says so',
  async (how) => {
    const { world, a } = await openSession({ driver: 'auto' });
    await world.quit(how);
    await world.advance(24 * HOUR_MS);
    await world.restore();
    await world.settle();
    expect(look(a)).toBe('idle none');
    expect(a.coordinator.getSnapshot().lastError).toMatchObject({ code: 1011 });
    expect(world.network.requests).toEqual(['start', 'end']);
  },
);

test('a browser that is back within the window goes on', async () => {
  const { world, a } = await openSession({ driver: 'auto' });
  await world.quit('quit');
  await world.advance(30_000);
  await world.restore();
  await world.settle();
  expect(look(a)).toBe('active host');
  expect(world.network.requests).toEqual(['start', 'resume']);
});

test('a host that crashed is gone before the next tab is ready: nobody ever sees its session', async () => {
  const { world, a, b, c } = await openSession({ driver: 'auto', recovery: { by: 'none' } });
  for (const tab of [b, c]) await tab.close();
  await a.crash();
  await world.advance(100);
  const tab = world.openTab({ driver: 'auto', recovery: { by: 'none' } });
  await tab.coordinator.ready;
  expect(look(tab)).toBe('idle none');
});
