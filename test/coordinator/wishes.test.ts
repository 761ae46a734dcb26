/** The fine print of `ensure()`: what happens as it is called, after a refusal, and once a wish is over. */
import { getEventListeners } from 'node:events';
import { SessionError } from 'solotab';
import { createSimulatedBrowser } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import type { SessionRecord } from '../../src/session/record';
import { openBlockable } from '../support/blockable';
import { deferred, follow, look, openSession, openWorld, simpleDriver } from '../support/world';

/** The codes of these `DOMException`s. */
const [ABORTED, INVALID_STATE] = [20, 11];

const starts = (requests: readonly string[]): number => requests.filter((request) => request === 'start').length;

test('a coordinator that is closed while ensure() looks for a session rejects, and starts none', async () => {
  const { world, a } = await openWorld({ driver: 'auto' });
  const wanted = follow(a.coordinator.ensure());
  const closed = follow(a.coordinator.close());
  await world.advance(5_000);
  expect([wanted.outcome, closed.outcome]).toEqual([INVALID_STATE, 'done']);
  expect(world.network.requests).toEqual([]);
});

test('a signal that aborts while ensure() looks for a session rejects with its reason, and none is started', async () => {
  const { world, a } = await openWorld({ driver: 'auto' });
  const stop = new AbortController();
  const wanted = follow(a.coordinator.ensure(undefined, { signal: stop.signal }));
  const reason = new Error('no longer needed');
  stop.abort(reason);
  await world.advance(5_000);
  expect(wanted.error).toBe(reason);
  expect(world.network.requests).toEqual([]);
});

test('a signal that aborts while ensure() notes the wish rejects, and none is started', async () => {
  const { world, a } = await openWorld({ driver: 'auto', browser: { automatic: false } });
  const stop = new AbortController();
  const wanted = follow(a.coordinator.ensure(undefined, { signal: stop.signal }));
  // Its transaction is under way, which takes longer.
  await world.advance(0.1);
  stop.abort();
  await world.advance(5_000);
  expect(wanted.outcome).toBe(ABORTED);
  expect(world.network.requests).toEqual([]);
});

test('once the session is ended for all, the signal that was given to ensure() is let go of', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto' });
  const { signal } = new AbortController();
  const wanted = follow(a.coordinator.ensure(undefined, { signal }));
  await world.settle();
  expect([wanted.outcome, getEventListeners(signal, 'abort').length > 0]).toEqual(['done', true]);
  await b.coordinator.end();
  await world.settle();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a wish that was given up is not made good by the next one: what that one asks for is asked of the driver', async () => {
  const requests: unknown[] = [];
  const start = (request: unknown, { signal }: { readonly signal: AbortSignal }): Promise<never> => {
    requests.push(request);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const { world, a } = await openWorld(simpleDriver({ start }));
  const stop = new AbortController();
  const first = follow(a.coordinator.ensure('first' as never, { signal: stop.signal }));
  await world.settle();
  stop.abort();
  await world.settle();
  const second = follow(a.coordinator.ensure('second' as never));
  await world.advance(5_000);
  expect([first.outcome, second.outcome, requests]).toEqual([ABORTED, 'pending', ['first', 'second']]);
});

test('a driver that can’t prepare now is asked again a second later, and not without end in one moment', async () => {
  const { driver } = simpleDriver();
  const times: number[] = [];
  const world = createSimulatedBrowser();
  const prepare = (): void => {
    times.push(world.now);
    if (times.length < 4) throw new SessionError(1016);
  };
  const tab = world.openTab({ driver: { ...(driver as object), prepare } as never });
  await world.settle();
  const wanted = follow(tab.coordinator.ensure());
  await world.advance(10_000);
  expect([wanted.outcome, times.length]).toEqual(['done', 4]);
  for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeGreaterThan(999);
});

test('while another tab blocks the store, a tab that wants a session tries once a second', async () => {
  const { world, coordinator, asked, block } = await openBlockable();
  const wanted = follow(coordinator.ensure());
  block(true);
  await world.advance(1_500);
  const before = asked();
  await world.advance(10_000);
  expect(asked() - before).toBeLessThanOrEqual(11);
  block(false);
  await world.advance(1_500);
  expect([wanted.outcome, coordinator.getSnapshot().phase]).toEqual(['done', 'active']);
});

test('a tab that was second starts the next session as soon as the first one is lost', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto', recovery: { by: 'none' } });
  const wanted = [a, b].map(({ coordinator }) => follow(coordinator.ensure()));
  await world.settle();
  expect(wanted.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
  const [host, other] = look(a) === 'active host' ? [a, b] : [b, a];
  await host.crash();
  await world.advance(200);
  expect(look(other)).toBe('active host');
});

test('what failed for good in another tab is said in the words of the tab that wanted it', async () => {
  const { world, a, b } = await openWorld({ describe: (code) => ({ message: `Fehler ${code}` }) });
  const wanted = [a, b].map(({ coordinator }) => follow(coordinator.ensure()));
  await world.settle();
  for (const attempt of world.network.attempts) attempt.fail(new SessionError(2001, { retryable: false }));
  await world.settle();
  expect(wanted.map(({ error }) => (error as Error).message)).toEqual(['Fehler 2001', 'Fehler 2001']);
});

test('a tab that still lets go of a lost session starts none, so a person who calls start() there is not refused', async () => {
  const ends = deferred<void>();
  const { world, a } = await openWorld({ ...simpleDriver({ end: () => ends.promise }), recovery: { by: 'none' } });
  const wanted = follow(a.coordinator.ensure());
  await world.settle();
  await a.freeze();
  await world.advance(5_000);
  expect(world.recordOf()).toMatchObject({ phase: 'idle' });
  await a.wake();
  await world.advance(500);
  const started = follow(a.coordinator.start());
  await world.advance(100);
  expect([started.outcome, look(a)]).toEqual(['pending', 'idle none']);
  ends.resolve();
  await world.advance(2_000);
  expect([wanted.outcome, started.outcome, look(a)]).toEqual(['done', 'done', 'active host']);
});

test('that a session is wanted is written once, however many tabs want it', async () => {
  const { world, tabs, a } = await openWorld();
  world.setOnline(false);
  follow(a.coordinator.ensure());
  await world.settle();
  const before = world.recordOf();
  expect(before).toMatchObject({ isWanted: true });
  for (const { coordinator } of tabs) follow(coordinator.ensure());
  await world.advance(1_000);
  expect(world.recordOf()).toEqual(before);
});

test('end() with no session and nothing wanted writes nothing, also after one that ended a wish', async () => {
  const { world, a, b } = await openWorld();
  world.setOnline(false);
  const wanted = follow(a.coordinator.ensure());
  await world.settle();
  await b.coordinator.end();
  await world.settle();
  expect(wanted.outcome).toBe(ABORTED);
  const before = world.recordOf();
  await b.coordinator.end();
  await a.coordinator.cancel();
  await world.settle();
  expect(world.recordOf()).toEqual(before);
});

test('end() ends a wish also if the record was lost since, with an end from before the wish, and the clock was set back', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto' });
  follow(a.coordinator.ensure());
  await world.settle();
  await b.coordinator.end();
  await world.settle();
  follow(b.coordinator.ensure());
  await world.settle();
  const record = world.recordOf() as SessionRecord;
  world.putRecord({ ...record, stops: 0, revision: record.revision + 1 });
  a.jumpClock(-3_600_000);
  await world.advance(30_000);
  expect(look(b)).toBe('active host');
  await a.coordinator.end();
  await world.advance(10_000);
  expect([look(a), world.network.live.size]).toEqual(['idle none', 0]);
});

test('who wants a session after an end does not wait for what failed before it', async () => {
  const { world, a } = await openWorld();
  follow(a.coordinator.ensure());
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    while ([...world.network.attempts].length === 0) await world.step();
    await world.fail(a, new TypeError('Failed to fetch'));
  }
  await a.coordinator.end();
  const before = starts(world.network.requests);
  const again = follow(a.coordinator.ensure());
  await world.advance(1_100);
  expect(starts(world.network.requests)).toBe(before + 1);
  await world.connect(a);
  expect(again.outcome).toBe('done');
});

describe.each(['the host', 'another tab'] as const)('while %s ends the session', (who) => {
  test('what a third tab wants since then is tried once that is over, and is not ended with it', async () => {
    const ends = deferred<void>();
    const connects = deferred<object>();
    let begun = 0;
    const start = (_: unknown, { signal }: { readonly signal: AbortSignal }): unknown => {
      begun += 1;
      if (begun === 1) return {};
      return new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        connects.promise.then(resolve);
      });
    };
    const { world, a, b, c } = await openWorld(simpleDriver({ start, end: () => ends.promise }));
    await a.coordinator.start();
    const ended = follow((who === 'the host' ? a : b).coordinator.end());
    await world.settle();
    const wanted = follow(c.coordinator.ensure());
    await world.advance(300);
    ends.resolve();
    await world.advance(1_000);
    expect([ended.outcome, wanted.outcome, look(c)]).toEqual(['done', 'pending', 'connecting host']);
    connects.resolve({});
    await world.settle();
    expect([wanted.outcome, look(c)]).toEqual(['done', 'active host']);
    expect(world.recordOf()).toMatchObject({ isWanted: true });
  });
});

test.each(['end', 'forget'] as const)('what is wanted after %s() in the same tab is not ended by it', async (stop) => {
  const { world, a } = await openWorld({ driver: 'auto' });
  await a.coordinator.start();
  const stopped = follow(a.coordinator[stop]());
  const wanted = follow(a.coordinator.ensure());
  await world.advance(5_000);
  expect([stopped.outcome, wanted.outcome, look(a)]).toEqual(['done', 'done', 'active host']);
  expect(world.network.requests).toEqual(['start', 'end', 'start']);
});

test('what a tab wants as it wakes is not ended by what was ended while it slept, also if it cancels at the same time', async () => {
  const { world, a, b } = await openSession();
  await b.freeze();
  follow(a.coordinator.end());
  await world.advance(5_000);
  void b.wake();
  const canceled = follow(b.coordinator.cancel());
  const wanted = follow(b.coordinator.ensure());
  await world.settle();
  await world.connect(b);
  expect([canceled.outcome, wanted.outcome, look(b)]).toEqual(['done', 'done', 'active host']);
});

test('a wish that waits for the end of a session in its tab can be given up', async () => {
  const { world, a } = await openWorld({ driver: 'auto' });
  await a.coordinator.start();
  world.faults.hangEnds = 1;
  follow(a.coordinator.end());
  const stop = new AbortController();
  const wanted = follow(a.coordinator.ensure(undefined, { signal: stop.signal }));
  await world.advance(100);
  stop.abort();
  await world.settle();
  expect(wanted.outcome).toBe(ABORTED);
});

test.each(['end', 'cancel', 'forget'] as const)(
  'without a store %s() ends what was wanted while another tab had the session',
  async (stop) => {
    const options = { driver: 'auto', recovery: { by: 'none' }, capabilities: { store: false } } as const;
    const { world, a, b, c } = await openWorld(options);
    follow(a.coordinator.start());
    await world.advance(1_000);
    follow(b.coordinator.ensure());
    await world.advance(1_000);
    world.setOnline(false);
    await a.crash();
    await world.advance(1_000);
    follow(c.coordinator[stop]());
    await world.advance(1_000);
    world.setOnline(true);
    await world.advance(10_000);
    expect([b, c].map(look)).toEqual(['idle none', 'idle none']);
  },
);

test('a prepare that is broken is told to whoever wants a session, and is not called again', async () => {
  const broken = new TypeError('undefined is not a function');
  let calls = 0;
  const prepare = (): never => {
    calls += 1;
    throw broken;
  };
  const { world, a } = await openWorld({ driver: { start: () => undefined, end: () => undefined, prepare } as never });
  const wanted = follow(a.coordinator.ensure());
  await world.advance(60_000);
  expect([wanted.error, calls]).toEqual([broken, 1]);
});

describe.each(['end', 'cancel', 'forget'] as const)(
  'what is wanted before %s() in the same turn is ended by it',
  (name) => {
    test('where there is no session', async () => {
      const { world, a } = await openWorld({ driver: 'auto' });
      const wanted = follow(a.coordinator.ensure());
      const ended = follow(a.coordinator[name]());
      await world.advance(5_000);
      expect([wanted.outcome, ended.outcome, look(a)]).toEqual([ABORTED, 'done', 'idle none']);
      expect(world.network.requests).toEqual([]);
    });

    test('as the page loads', async () => {
      const { world } = await openWorld({ driver: 'auto' });
      const tab = world.openTab({ driver: 'auto' });
      const wanted = follow(tab.coordinator.ensure());
      const ended = follow(tab.coordinator[name]());
      await world.advance(5_000);
      expect([wanted.outcome, ended.outcome, look(tab)]).toEqual([ABORTED, 'done', 'idle none']);
    });
  },
);

test('wanted and ended twice in one turn, no session is left', async () => {
  const { world, a } = await openWorld({ driver: 'auto' });
  const call = () => [follow(a.coordinator.ensure()), follow(a.coordinator.end())];
  const calls = [...call(), ...call()];
  await world.advance(5_000);
  expect(calls.map(({ outcome }) => outcome)).toEqual([ABORTED, 'done', ABORTED, 'done']);
  expect(look(a)).toBe('idle none');
});

test.each(['end', 'forget'] as const)(
  'what is wanted in the turn of a %s() that waits for a blocked store is wanted on',
  async (name) => {
    const { world, coordinator, block } = await openBlockable();
    block(true);
    follow(coordinator[name]());
    const wanted = follow(coordinator.ensure());
    await world.advance(30_000);
    expect(wanted.outcome).toBe('pending');
    block(false);
    await world.advance(30_000);
    expect(wanted.outcome).toBe('done');
  },
);

test('a driver may want the next session as it ends one, and wait for it', async () => {
  const sessions: number[] = [];
  const wanted: unknown[] = [];
  const driver = {
    start: () => sessions.push(1),
    end: async () => {
      if (wanted.length === 0) wanted.push(await a.coordinator.ensure());
    },
  };
  const { world, a } = await openWorld({ driver: driver as never, connectTimeoutMs: 5_000 });
  await a.coordinator.start();
  const ended = follow(a.coordinator.end());
  await world.advance(20_000);
  expect([ended.outcome, sessions.length, look(a)]).toEqual(['done', 2, 'active host']);
});

describe.each(['end', 'cancel', 'forget'] as const)(
  'ensure() in a tab whose own end() is under way, and %s() since',
  (call) => {
    test.each(['a', 'b', 'c'] as const)('in tab %s: wants none any more', async (who) => {
      const ended = deferred();
      const opened = await openWorld({ driver: simpleDriver({ end: () => ended.promise }).driver });
      const { world, a, b } = opened;
      await a.coordinator.start();
      follow(b.coordinator.end());
      await world.advance(100);
      const wanted = follow(b.coordinator.ensure());
      await world.advance(100);
      const last = follow(opened[who].coordinator[call]());
      await world.advance(100);
      ended.resolve();
      await world.advance(60_000);
      expect([wanted.outcome, last.outcome, look(a)]).toEqual([ABORTED, 'done', 'idle none']);
    });
  },
);
