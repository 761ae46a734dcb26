/** What a call comes to, and what its error says: where it happened, and whether the other tabs were told. */
import { type DriverContext, SessionError } from 'solotab';
import { createSimulatedBrowser } from 'solotab/testing';
import { expect, test } from 'vitest';
import { follow, hear, openSession, openWorld } from '../support/world';

test('takeOver() in the tab that has the session obeys a signal that is aborted', async () => {
  const { a } = await openSession();
  const reason = new Error('given up');
  await expect(a.coordinator.takeOver({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('takeOver() after close() rejects, also while the last words of the driver are stored', async () => {
  const { a, world } = await openSession();
  world.contextIn(a).emit('note');
  const closed = follow(a.coordinator.close());
  const taken = follow(a.coordinator.takeOver());
  await world.advance(5_000);
  expect([closed.outcome, taken.error]).toMatchObject(['done', { name: 'InvalidStateError' }]);
});

test('resume() after close() rejects as every other call, also while the tab resumes by itself', async () => {
  const { a, world } = await openSession();
  await a.reload();
  await world.advance(100);
  void a.coordinator.close();
  await expect(a.coordinator.resume()).rejects.toMatchObject({ name: 'InvalidStateError' });
});

test('the SessionError of a refused command says where and when it happened, as that of a refused start does', async () => {
  const { a, world } = await openWorld();
  const { tabId } = a.coordinator;
  const called = follow(a.coordinator.call('any' as never));
  await world.settle();
  expect(called.error).toMatchObject({ code: 1011, local: true, tabId, at: expect.any(Number) });
  expect(called.error).not.toMatchObject({ at: 0 });
});

test.each([1, 2, 3, 4])(
  'an attempt that fails in the moment in which another tab cancels it rejects with an error that was told, or as given up (%i)',
  async (seed) => {
    const outcomes = new Set<unknown>();
    for (let ms = 0; ms < 6; ms += 0.25) {
      const { a, b, world } = await openWorld({ connectTimeoutMs: 1_000, browser: { seed } });
      const heard = hear(b);
      const started = follow(a.coordinator.start());
      await world.settle();
      const since = [...world.network.connecting][0]?.since ?? 0;
      await world.advance(since + 1_000 - ms - world.now);
      const canceled = follow(b.coordinator.cancel());
      await world.advance(10_000);
      expect(canceled.outcome).toBe('done');
      outcomes.add(started.outcome);
      if (started.outcome !== 1001) continue;
      expect([ms, heard]).toEqual([ms, ['session_error 1001']]);
      expect(started.error).toMatchObject({ seq: expect.any(Number) });
    }
    expect([...outcomes].sort()).toEqual([1001, 20]);
  },
);

/** As that of an SDK that has one connection for all. */
test('an attempt that is given up, and connects all the same, is ended also if its session is null', async () => {
  const world = createSimulatedBrowser();
  const done: string[] = [];
  const driver = {
    async start(): Promise<null> {
      await new Promise<void>((resolve) => world.machine.scheduler.timer(500, resolve));
      done.push('connected');
      return null;
    },
    end: () => {
      done.push('ended');
    },
  };
  const { coordinator } = world.openTab({ driver });
  await world.settle();
  const started = follow(coordinator.start());
  await world.advance(100);
  const canceled = follow(coordinator.cancel());
  await world.advance(10_000);
  expect([started.outcome, canceled.outcome, done]).toEqual([20, 'done', ['connected', 'ended']]);
});

test.each([9999, 1001] as const)(
  '%i, which the driver tells as its attempt fails, does not pass for that failure, if another tab cancels it',
  async (first) => {
    const world = createSimulatedBrowser();
    const driver = {
      async start(_: unknown, context: DriverContext): Promise<never> {
        await new Promise<void>((resolve) => world.machine.scheduler.timer(1_000, resolve));
        context.error(new SessionError(first));
        throw new SessionError(1001);
      },
      end: () => undefined,
    };
    const outcomes = new Set<unknown>();
    for (let ms = 0; ms < 6; ms += 0.25) {
      const [a, b] = [world.openTab({ driver }), world.openTab({ driver })];
      await world.settle();
      const heard = hear(b);
      const started = follow(a.coordinator.start());
      await world.settle();
      await world.advance(1_000 - ms);
      follow(b.coordinator.cancel());
      await world.advance(10_000);
      outcomes.add(started.outcome);
      const failures = heard.filter((event) => event === 'session_error 1001').length - (first === 1001 ? 1 : 0);
      expect(failures > 0).toBe(started.outcome === 1001);
      await Promise.all([a.close(), b.close()]);
    }
    expect([...outcomes].sort()).toEqual([1001, 20]);
  },
);
