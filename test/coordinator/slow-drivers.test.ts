/** What happens while a driver takes its time to let go of a session. */
import type { Driver } from 'solotab';
import { describe, expect, test } from 'vitest';
import { deferred, follow, hear, look, openWorld } from '../support/world';

/** A session in the first tab, and what the drivers of all tabs were called for, in order. `release` and `end` take as long as a test likes. */
async function openSlow(options: Parameters<typeof openWorld>[0] = {}) {
  const calls: string[] = [];
  const [released, ended] = [deferred(), deferred()];
  let sessions = 0;
  let reconnecting = (): void => undefined;
  const driver: Driver = {
    start(_, context) {
      calls.push('start');
      reconnecting = () => context.reconnecting();
      return ++sessions;
    },
    resume() {
      calls.push('resume');
      return ++sessions;
    },
    async release(session) {
      calls.push(`release ${session}`);
      await released.promise;
      calls.push('released');
    },
    async end(session) {
      calls.push(`end ${session}`);
      await ended.promise;
    },
  };
  const opened = await openWorld({ ...options, driver: driver as never });
  await opened.a.coordinator.start();
  await opened.world.settle();
  return { ...opened, calls, released, ended, reconnecting: () => reconnecting() };
}

test('a page that is back from the cache resumes once it has let go of its old session, also for a person', async () => {
  const { world, a, calls, released } = await openSlow();
  await a.navigateAway();
  await a.goBack();
  const resumed = follow(a.coordinator.resume());
  await world.advance(1_000);
  expect([resumed.outcome, calls]).toEqual(['pending', ['start', 'release 1']]);
  released.resolve();
  await world.advance(2_000);
  expect([look(a), calls]).toEqual(['active host', ['start', 'release 1', 'released', 'resume']]);
});

describe('while a host lets go of a session for another tab', () => {
  test('somebody ends it: it is ended by that host, and over once its driver is done', async () => {
    const { world, b, c, calls, released, ended } = await openSlow();
    const moved = follow(b.coordinator.takeOver());
    await world.settle();
    const over = follow(c.coordinator.end());
    await world.settle();
    released.resolve();
    await world.advance(1_000);
    expect([over.outcome, look(c)]).toEqual(['pending', 'ending follower']);
    expect(calls).toEqual(['start', 'release 1', 'released', 'end null']);
    ended.resolve();
    await world.advance(1_000);
    expect([over.outcome, look(b), moved.outcome]).toEqual(['done', 'idle none', 1017]);
    expect(calls).toHaveLength(4);
  });

  test('its recovery window ends: that host ends it', async () => {
    const { world, b, c, calls, released, ended, reconnecting } = await openSlow({ recovery: { windowMs: 10_000 } });
    const heard = hear(c);
    reconnecting();
    await world.advance(5_000);
    follow(b.coordinator.takeOver());
    await world.advance(15_000);
    expect([look(c), heard.at(-1)]).toEqual(['idle none', 'session_ended recovery-expired']);
    released.resolve();
    ended.resolve();
    await world.advance(5_000);
    expect(calls).toEqual(['start', 'release 1', 'released', 'end null']);
  });

  test.each([
    ['another tab had it since', true],
    ['it was taken for dead', false],
  ])('and is stopped, and %s: it ends what is over once, as any tab does that finds it', async (_, locks) => {
    const options = { recovery: { windowMs: 20_000 }, capabilities: { locks } };
    const { world, a, b, c, calls, released, ended } = await openSlow(options);
    ended.resolve();
    follow(b.coordinator.takeOver());
    await world.settle();
    await a.stop();
    await b.close();
    const witness = world.openTab();
    if (locks) follow(c.coordinator.takeOver({ force: true }));
    await world.advance(10_000);
    await c.crash();
    await world.advance(1_000);
    expect(look(witness)).toMatch('recovering');
    await witness.stop();
    await world.advance(30_000);
    released.resolve();
    await a.cont();
    await world.advance(5_000);
    expect(look(a)).toBe('idle none');
    expect(calls.filter((call) => call.startsWith('end'))).toEqual(['end null']);
  });
});
