import { createSimulatedBrowser } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import type { SessionRecord } from '../../src/session/record';
import { deferred, follow, hear, look, openSession, openWorld, phasesSeenBy, rejects } from '../support/world';

const CONNECT_TIMEOUT_MS = 30_000;

test.each(['start', 'join'] as const)(
  '%s() that is given up after a time, by AbortSignal.timeout(), rejects with what that says',
  async (call) => {
    const { a, world } = await openWorld();
    const heard = hear(a);
    const control = new AbortController();
    const started = follow(a.coordinator[call](undefined, { signal: control.signal }));
    await world.settle();
    const reason = new DOMException('The operation timed out.', 'TimeoutError');
    control.abort(reason);
    await world.settle();
    expect(started.error).toBe(reason);
    expect(heard).toEqual(['session_ended canceled']);
  },
);

describe.each(['a', 'b'] as const)('cancel or end in tab %s while tab a connects', (who) => {
  test.each(['cancel', 'end'] as const)('%s gives the attempt up in every tab', async (call) => {
    const opened = await openWorld();
    const { a, b, world } = opened;
    const seen = phasesSeenBy(b);
    const heard = [hear(a), hear(b)];
    const started = follow(a.coordinator.start());
    await world.settle();

    await opened[who].coordinator[call]();
    await world.settle();

    expect(started.error).toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual(['idle', 'connecting', 'canceling', 'idle']);
    expect(heard).toEqual([['session_ended canceled'], ['session_ended canceled']]);
    // Nothing was connected, so there is nothing to end.
    expect(world.network.requests).toEqual(['start']);
    expect([...world.network.attempts]).toEqual([]);
  });

  test('a driver that connects all the same has its session ended at once', async () => {
    const opened = await openWorld({ browser: { faults: { ignoreAborts: 1 } } });
    const { a, b, world } = opened;
    const started = follow(a.coordinator.start());
    await world.settle();
    const canceled = follow(opened[who].coordinator.cancel());
    await world.settle();
    expect(look(b)).toBe('canceling follower');
    expect(canceled.outcome).toBe('pending');

    await world.connect(a);

    expect(started.error).toMatchObject({ name: 'AbortError' });
    expect(canceled.outcome).toBe('done');
    expect(world.network.requests).toEqual(['start', 'end']);
    expect(world.network.live.size).toBe(0);
    expect(look(b)).toBe('idle none');
  });

  test('a driver that never lets go does not keep the scope: it is over after the time limit', async () => {
    const opened = await openWorld({ browser: { faults: { ignoreAborts: 1 } } });
    const { a, c, world } = opened;
    follow(a.coordinator.start());
    await world.settle();
    const canceled = follow(opened[who].coordinator.cancel());
    await world.advance(CONNECT_TIMEOUT_MS + 1_000);
    expect(canceled.outcome).toBe('done');
    expect(look(c)).toBe('idle none');
    // It comes at last, and is ended.
    await world.connect(a);
    expect(world.network.requests).toEqual(['start', 'end']);
  });
});

test.each(['cancel', 'end'] as const)(
  'a driver that connects before its tab has heard of another tab’s %s has its session ended at once, by that tab',
  async (call) => {
    const { world, a, b } = await openWorld({ browser: { faults: { loseMessages: 1 } } });
    const started = follow(a.coordinator.start());
    await world.settle();
    const given = follow(b.coordinator[call]());
    while ((world.recordOf() as SessionRecord).phase === 'connecting') await world.step();
    await world.connect(a);
    await world.advance(1_000);
    expect(started.error).toMatchObject({ name: 'AbortError' });
    expect([given.outcome, look(a)]).toEqual(['done', 'idle none']);
    expect(world.network.calls).toMatchObject([
      { page: 'A', call: 'start' },
      { page: 'A', call: 'end', isOrphan: false },
    ]);
  },
);

describe.each(['a', 'b'] as const)('end in tab %s of a session that tab a has', (who) => {
  test('ends it in every tab, once', async () => {
    const opened = await openSession();
    const { a, b, c, world } = opened;
    const seen = phasesSeenBy(c);
    const heard = [a, b, c].map((tab) => hear(tab));
    await Promise.all([opened[who].coordinator.end(), opened[who].coordinator.end()]);
    await world.settle();
    expect(seen).toEqual(['active', 'ending', 'idle']);
    expect(heard).toEqual([['session_ended ended'], ['session_ended ended'], ['session_ended ended']]);
    expect(world.network.requests).toEqual(['start', 'end']);
  });

  test.each(['failEnds', 'hangEnds'] as const)(
    'goes on to idle though its driver fails to (%s), and every tab is told of a 9999',
    async (fault) => {
      const opened = await openSession();
      const { b, c, world } = opened;
      world.faults[fault] = 1;
      const heard = hear(c);
      const ended = follow(opened[who].coordinator.end());
      await world.advance(CONNECT_TIMEOUT_MS + 1_000);
      expect(ended.outcome).toBe('done');
      expect(heard).toEqual(['session_error 9999', 'session_ended ended']);
      expect(look(b)).toBe('idle none');
      expect(b.coordinator.getSnapshot().lastError).toMatchObject({ code: 9999, local: false });
      expect(follow(b.coordinator.start()).outcome).toBe('pending');
    },
  );
});

test.each(['cancel', 'end'] as const)('%s is a no-op where there is no session', async (call) => {
  const { a, world } = await openWorld();
  await a.coordinator[call]();
  expect(world.recordOf()).toBeUndefined();
});

test.each(['a', 'b'] as const)('cancel in tab %s leaves an active session alone', async (who) => {
  const opened = await openSession();
  await opened[who].coordinator.cancel();
  await opened.world.settle();
  expect([opened.a, opened.b].map(look)).toEqual(['active host', 'active follower']);
});

test.each(['cancel', 'end'] as const)(
  '%s from all tabs at once gives up once, and settles everywhere',
  async (call) => {
    const { a, tabs, world } = await openWorld();
    follow(a.coordinator.start());
    await world.settle();
    const heard = hear(a);
    await Promise.all(tabs.map(({ coordinator }) => coordinator[call]()));
    expect(tabs.map(look)).toEqual(['idle none', 'idle none', 'idle none']);
    expect(heard).toEqual(['session_ended canceled']);
  },
);

test.each(['cancel', 'end'] as const)('%s right after start, in the same turn, leaves nothing behind', async (call) => {
  const { a, b, world } = await openWorld();
  const started = follow(a.coordinator.start());
  await a.coordinator[call]();
  await world.settle();
  expect(started.error).toMatchObject({ name: 'AbortError' });
  expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
  expect(world.network.live.size).toBe(0);
  expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
});

describe('a signal', () => {
  const reason = new Error('The user went elsewhere.');

  test('that is aborted already: nothing happens at all', async () => {
    const { a, world } = await openWorld();
    for (const call of ['start', 'join', 'resume', 'takeOver'] as const) {
      await expect(
        a.coordinator[call](
          ...(call === 'start' || call === 'join'
            ? [{}, { signal: AbortSignal.abort(reason) }]
            : ([{ signal: AbortSignal.abort(reason) }] as never[])),
        ),
      ).rejects.toBe(reason);
    }
    expect(world.recordOf()).toBeUndefined();
    expect(world.network.requests).toEqual([]);
  });

  test('that aborts before anything was claimed leaves the way free: the next call in the same turn is granted', async () => {
    const { a, world } = await openWorld({ driver: 'auto' });
    const control = new AbortController();
    const first = follow(a.coordinator.start(undefined, { signal: control.signal }));
    control.abort(new Error('Rendered anew.'));
    const second = follow(a.coordinator.start());
    await world.settle();
    expect([first.error, second.outcome]).toEqual([new Error('Rendered anew.'), 'done']);
    expect([look(a), world.network.requests]).toEqual(['active host', ['start']]);
  });

  test('that aborts while the claim is written: the next call of the tab waits for that, and no tab takes its host for dead', async () => {
    const outcomes = new Set<unknown>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const { a, b, world } = await openWorld({ driver: 'auto', browser: { seed }, capabilities: { locks: false } });
      Object.assign(world.faults, { delayTransactions: 0.5, longestDelayMs: 60 });
      const heard = hear(b, 'host_lost');
      const controls = [new AbortController(), new AbortController()] as const;
      const first = follow(a.coordinator.start(undefined, { signal: controls[0].signal }));
      await world.advance((seed * 7) % 60);
      controls[0].abort();
      const second = follow(a.coordinator.start(undefined, { signal: controls[1].signal }));
      if (seed % 2 === 0) controls[1].abort();
      await world.advance(30_000);
      outcomes.add(second.outcome);
      expect([first.outcome, second.outcome], `seed ${seed}`).not.toContain('pending');
      expect(heard.join(), `seed ${seed}`).not.toContain('lost');
      expect(world.network.live.size).toBe(look(a) === 'active host' ? 1 : 0);
    }
    expect([...outcomes]).toEqual(expect.arrayContaining(['done', 20]));
  });

  test('gives up an attempt, with its own reason; the tabs see canceling until the driver has let go', async () => {
    const { a, b, world } = await openWorld({ browser: { faults: { ignoreAborts: 1 } } });
    const control = new AbortController();
    const heard = hear(b);
    const started = follow(a.coordinator.start(undefined, { signal: control.signal }));
    await world.settle();
    control.abort(reason);
    await world.settle();
    expect(started.error).toBe(reason);
    expect([a, b].map(look)).toEqual(['canceling host', 'canceling follower']);
    await world.fail(a);
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
    expect(heard).toEqual(['session_ended canceled']);
    expect(a.coordinator.getSnapshot().lastError).toBeNull();
  });

  test.each(Array.from({ length: 12 }, (_, index) => index / 2))(
    'that aborts %f ms after the call leaves nothing behind',
    async (ms) => {
      const { a, b, world } = await openWorld();
      const control = new AbortController();
      const started = follow(a.coordinator.start(undefined, { signal: control.signal }));
      world.machine.scheduler.work(ms, () => control.abort(reason));
      await world.settle();
      await world.advance(1_000);
      expect(started.error).toBe(reason);
      expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
      expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
      expect(world.network.live.size).toBe(0);
    },
  );

  test('that aborts after the session is connected changes nothing', async () => {
    const { a, world } = await openWorld();
    const control = new AbortController();
    const started = a.coordinator.start(undefined, { signal: control.signal });
    await world.connect(a);
    await started;
    control.abort(reason);
    await world.settle();
    expect(look(a)).toBe('active host');
    expect(world.contextIn(a).signal.aborted).toBe(false);
  });

  test('gives up a resume: the session goes back to where it can be resumed', async () => {
    const { a, b, c, world } = await openSession();
    await a.crash();
    await world.settle();
    const control = new AbortController();
    const resumed = follow(b.coordinator.resume({ signal: control.signal }));
    await world.settle();
    expect(look(c)).toBe('connecting follower');
    control.abort(reason);
    await world.settle();
    expect(resumed.error).toBe(reason);
    expect(look(c)).toBe('recovering follower');
  });

  test('is not the driver’s: its own tells it of everything', async () => {
    const { a, world } = await openWorld();
    const control = new AbortController();
    follow(a.coordinator.start(undefined, { signal: control.signal }));
    await world.settle();
    const [attempt] = world.network.attempts;
    control.abort(reason);
    expect(attempt?.context.signal.aborted).toBe(true);
    expect(attempt?.context.signal.reason).toBe(reason);
  });
});

describe('an attempt that takes longer than connectTimeoutMs', () => {
  test.each([
    ['start', 1001],
    ['join', 1011],
  ] as const)('%s fails with %i in every tab, and the scope is free', async (call, code) => {
    const { a, b, world } = await openWorld({ connectTimeoutMs: 5_000 });
    const heard = [hear(a), hear(b)];
    const attempt = follow(a.coordinator[call]());
    await world.advance(4_900);
    expect(attempt.outcome).toBe('pending');
    await world.advance(200);
    expect(attempt.outcome).toBe(code);
    expect(attempt.error).toMatchObject({ local: false, tabId: a.coordinator.tabId });
    expect(heard).toEqual([[`session_error ${code}`], [`session_error ${code}`]]);
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
    expect(b.coordinator.getSnapshot().lastError).toMatchObject({ code });
  });

  test('aborts the driver’s signal, and a session that comes too late is ended at once', async () => {
    const { a, b, world } = await openWorld({ connectTimeoutMs: 5_000, browser: { faults: { ignoreAborts: 1 } } });
    follow(a.coordinator.start());
    await world.settle();
    const [attempt] = world.network.attempts;
    await world.advance(5_100);
    expect(attempt?.context.signal.aborted).toBe(true);
    const next = follow(b.coordinator.start());
    await world.settle();
    await world.connect(a);
    await world.connect(b);
    expect(next.outcome).toBe('done');
    expect(world.network.requests).toEqual(['start', 'start', 'end']);
    expect([...world.network.live].map(({ page }) => page.name)).toEqual(['B']);
  });

  test('a resume fails with 1011, and the session recovers on', async () => {
    const { a, b, c, world } = await openSession({ connectTimeoutMs: 5_000 });
    await a.crash();
    await world.settle();
    const resumed = follow(b.coordinator.resume());
    await world.advance(5_100);
    expect(resumed.outcome).toBe(1011);
    expect(look(c)).toBe('recovering follower');
  });
});

test('a call that is given up leaves no listener on its signal', async () => {
  const { a, world } = await openWorld({ driver: 'auto' });
  const { signal } = new AbortController();
  let attached = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    attached += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    attached -= 1;
    remove(...args);
  };
  await a.coordinator.start(undefined, { signal });
  await world.settle();
  expect(attached).toBe(0);
});

test('end resolves once the session is over, and not before', async () => {
  const gate = deferred();
  const world = createSimulatedBrowser();
  const open = () =>
    world.openTab({
      driver: { start: () => ({ id: 's', epoch: 1 }), join: () => ({ id: 's', epoch: 1 }), end: () => gate.promise },
    });
  const [a, b] = [open(), open()];
  await a.coordinator.start();
  const ended = [follow(a.coordinator.end()), follow(b.coordinator.end())];
  await world.advance(20_000);
  expect(ended.map(({ outcome }) => outcome)).toEqual(['pending', 'pending']);
  gate.resolve();
  await world.settle();
  expect(ended.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
});

test('an attempt that is given up by close rejects, and its session is not left over', async () => {
  const { a, b, world } = await openWorld({ browser: { faults: { ignoreAborts: 1 } } });
  const started = a.coordinator.start();
  await world.settle();
  const rejected = rejects(started, 'AbortError');
  await a.coordinator.close();
  await world.connect(a);
  await rejected;
  expect(world.network.requests).toEqual(['start', 'end']);
  expect(look(b)).toBe('idle none');
});

test.each(['closed', 'left, and back from the cache'])(
  'what connects after cancel() in a page that is %s is ended once',
  async (how) => {
    const { a, world } = await openWorld({ browser: { faults: { ignoreAborts: 1 } } });
    follow(a.coordinator.start());
    await world.settle();
    follow(a.coordinator.cancel());
    await world.settle();
    if (how === 'closed') await a.coordinator.close();
    else {
      await a.navigateAway();
      await a.goBack();
    }
    await world.settle();
    await world.connect(a);
    expect(world.network.requests).toEqual(['start', 'end']);
  },
);

test('end() in a page that is gone before it told anybody is carried out once a tab is loaded', async () => {
  const { a, b, c, world } = await openSession({ driver: 'auto', browser: { automatic: false } });
  world.faults.loseMessages = 1;
  follow(b.coordinator.end());
  while ((world.recordOf() as SessionRecord).phase !== 'ending') await world.step();
  const loaded = b.reload();
  world.heal();
  await loaded;
  await world.advance(1_000);
  expect([a, b, c].map(look)).toEqual(['idle none', 'idle none', 'idle none']);
  expect(world.network.requests).toEqual(['start', 'end']);
});
