/** Calls of a driver that come to another end than they should: hung up as it connects, gone or cut off while it resumes, and `end` in `end`. */
import type { Coordinator, DriverContext } from 'solotab';
import { expect, test } from 'vitest';
import { deferred, follow, hear, look, openSession, openWorld } from '../support/world';

test('a session that the other side ends in the turn in which it connects is over, with its reason', async () => {
  const { world, a, b } = await openWorld({
    driver: {
      start(_: unknown, context: DriverContext) {
        void Promise.resolve().then(() => context.ended('hung up'));
        // What is said twice has happened once, as it was said first.
        void Promise.resolve().then(() => context.ended('and again'));
        return { id: 1 };
      },
      end: () => undefined,
    } as never,
  });
  const heard = hear(b);
  follow(a.coordinator.start());
  await world.advance(1_000);
  expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
  expect(heard).toEqual(['session_started', 'session_ended hung up']);
});

test('what ends while it is resumed is over at once, with the driver’s reason, and no attempt is made again', async () => {
  let resumes = 0;
  const { world, a, b } = await openWorld({
    driver: {
      start: () => ({ id: 1 }),
      resume(_: unknown, context: DriverContext) {
        resumes += 1;
        context.ended('agent left');
        return new Promise(() => undefined);
      },
      end: () => undefined,
    } as never,
  });
  await a.coordinator.start();
  await world.settle();
  const heard = hear(b);
  await a.reload();
  await world.advance(5_000);
  expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
  expect([resumes, heard]).toEqual([1, ['session_ended agent left']]);
});

test('a resume that its own tab cuts off by a reload has not failed: it is tried as often as it is reloaded', async () => {
  let resumes = 0;
  const { world, a } = await openWorld({
    driver: {
      start: () => ({ id: 1 }),
      resume: () => {
        resumes += 1;
        return resumes > 4 ? { id: 2 } : new Promise(() => undefined);
      },
      end: () => undefined,
    } as never,
  });
  await a.coordinator.start();
  for (let reload = 1; reload <= 5; reload += 1) {
    await a.reload();
    await world.advance(1_000);
    expect(resumes).toBe(reload);
  }
  expect(look(a)).toBe('active host');
});

test('a driver whose end calls end of its coordinator, and waits for it, is done within two seconds', async () => {
  const tabs: Coordinator[] = [];
  const { world, a } = await openWorld({
    driver: { start: () => ({ id: 1 }), end: () => tabs[0]?.end() } as never,
  });
  tabs.push(a.coordinator as unknown as Coordinator);
  await a.coordinator.start();
  const ended = follow(a.coordinator.end());
  await world.advance(2_000);
  expect([ended.outcome, look(a)]).toEqual(['done', 'idle none']);
});

test('a coordinator that is closed while it ends what it was resuming ends it once', async () => {
  const ended: unknown[] = [];
  const resumed = deferred<object>();
  const { a, world } = await openWorld({
    driver: {
      start: () => ({}),
      resume: () => resumed.promise,
      end: (session: unknown) => ended.push(session),
    } as never,
  });
  await a.coordinator.start();
  await a.crash();
  await a.reload();
  await world.settle();
  expect(look(a)).toBe('connecting host');
  follow(a.coordinator.end());
  await world.settle();
  const closed = a.coordinator.close();
  await world.settle();
  resumed.reject(new Error('given up'));
  await closed;
  await world.advance(60_000);
  expect(ended).toEqual([null]);
});

test('a page that was left while it ended a session that it was resuming ends it when it is back, and no other tab does once more', async () => {
  const { world, a, b, c } = await openSession({ browser: { faults: { ignoreAborts: 1, hangEnds: 1 } } });
  await a.crash();
  follow(b.coordinator.resume());
  await world.settle();
  follow(b.coordinator.end());
  await world.settle();
  expect(look(c)).toBe('ending follower');
  await c.stop();
  await b.navigateAway();
  await world.fail(b);
  await b.goBack();
  await c.cont();
  await world.settle();
  expect(world.network.requests).toEqual(['start', 'resume', 'end']);
  expect([b, c].map(look)).toEqual(['idle none', 'idle none']);
});

test('where the session is in no store, a page that was left while it ended it ends it when it is back: nobody else does', async () => {
  const { world, a, b, tabs } = await openWorld({ browser: { faults: { ignoreAborts: 1 } } });
  for (const tab of tabs) tab.setStore('fails');
  follow(a.coordinator.start());
  await world.advance(1_000);
  await world.connect(a);
  follow(b.coordinator.takeOver());
  await world.advance(1_000);
  follow(b.coordinator.end());
  await world.settle();
  await b.navigateAway();
  await world.fail(b);
  await b.goBack();
  await world.settle();
  expect(world.network.requests).toEqual(['start', 'release', 'resume', 'end']);
  expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
});

test('a session whose window is over as its page comes back from the cache is ended, also if the report that says so was held up meanwhile', async () => {
  const { a, b, c, world } = await openSession({ driver: 'auto', recovery: { by: 'none', windowMs: 20_000 } });
  await Promise.all([b.crash(), c.crash()]);
  world.contextIn(a).reconnecting();
  await world.settle();
  Object.assign(world.faults, { delayTransactions: 1 });
  world.contextIn(a).emit('note');
  await world.advance(20);
  await a.navigateAway();
  Object.assign(world.faults, { delayTransactions: 0 });
  await world.advance(60_000);
  await a.goBack();
  await world.settle();
  expect(look(a)).toBe('idle none');
  expect(world.network.requests.at(-1)).toBe('end');
});

test('a session whose window is over while its host reconnects is ended before that host looks again: its page may be left meanwhile', async () => {
  const { a, world } = await openSession({ driver: 'auto', recovery: { windowMs: 20_000 } });
  world.contextIn(a).reconnecting();
  await world.settle();
  Object.assign(world.faults, { delayTransactions: 1 });
  const isLeft = new Promise<void>((resolve) => {
    a.coordinator.subscribe(() => resolve(a.reload()));
  });
  await world.advance(21_000);
  await isLeft;
  expect(world.network.requests).toEqual(['start', 'end']);
});

test('a session whose host was frozen before it learned that it is active is not ended, but resumed, if that was written', async () => {
  const { a, b, c, world } = await openWorld({ driver: 'manual', recovery: { by: 'any-tab' } });
  await Promise.all([b.crash(), c.crash()]);
  follow(a.coordinator.start());
  await world.settle();
  Object.assign(world.faults, { delayTransactions: 1 });
  for (const attempt of world.network.attempts) attempt.connect();
  while (world.network.live.size === 0) await world.step();
  await a.freeze();
  await a.wake();
  await world.settle();
  expect(world.network.requests).toEqual(['start', 'release', 'resume']);
});

test('a session that reconnects, and whose page is frozen as its driver emits, is ended when its window is over as it wakes', async () => {
  const { world, a, b, c } = await openSession({ recovery: { windowMs: 10_000 } });
  const context = world.contextIn(a);
  context.reconnecting();
  await world.settle();
  await Promise.all([b.stop(), c.stop()]);
  context.emit('note');
  await a.freeze();
  await world.advance(30_000);
  await Promise.all([a.wake(), b.cont(), c.cont()]);
  await world.advance(60_000);
  expect(world.network.sessions.map(({ state }) => state)).toEqual(['ended']);
});
