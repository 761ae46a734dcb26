import { SessionError } from 'solotab';
import { describe, expect, test } from 'vitest';
import { follow, hear, look, openSession, openWorld, phasesSeenBy } from '../support/world';

const SILENCE_MS = 3_000;

describe('takeOver', () => {
  test('moves the session: the old tab releases it, then the new one resumes it under the next epoch', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto' });
    const { signal, epoch } = world.contextIn(a);
    const heard = [hear(a), hear(b), hear(c)];
    const session = await b.coordinator.takeOver();
    await world.settle();
    expect([a, b, c].map(look)).toEqual(['active follower', 'active host', 'active follower']);
    expect(world.network.calls).toMatchObject([
      { call: 'start', page: 'A', epoch },
      { call: 'release', page: 'A', epoch },
      { call: 'resume', page: 'B', epoch: epoch + 1 },
    ]);
    expect([...world.network.live]).toMatchObject([{ session }]);
    expect(signal.aborted).toBe(true);
    expect(heard[1]).toEqual(['session_resumed']);
    expect(heard[2]).toEqual(['session_resumed']);
    expect(heard[0]).toContain('session_resumed');
  });

  test('in the tab that has the session already is just that session', async () => {
    const { a, session, world } = await openSession();
    await expect(a.coordinator.takeOver()).resolves.toBe(session);
    expect(world.network.requests).toEqual(['start']);
  });

  test('back and forth, fifty times, never makes two live sessions', async () => {
    const { tabs, a, world } = await openSession({ driver: 'auto' });
    const { epoch } = a.coordinator.getSnapshot();
    for (let turn = 1; turn <= 50; turn++) {
      const tab = tabs[turn % 3];
      await tab?.coordinator.takeOver();
      await world.settle();
      expect(world.network.live.size).toBe(1);
    }
    expect(tabs.map(({ coordinator }) => coordinator.getSnapshot().epoch)).toEqual(Array(3).fill(epoch + 50));
  });

  test('by two tabs at once: each gets it or is refused, and one has it in the end', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { tabs, b, c, world } = await openSession({ driver: 'auto', browser: { seed } });
      const calls = [follow(b.coordinator.takeOver()), follow(c.coordinator.takeOver())];
      await world.advance(60_000);
      expect(calls.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'done' && outcome !== 1002)).toEqual(
        [],
      );
      expect(calls.some(({ outcome }) => outcome === 'done')).toBe(true);
      expect(tabs.map(look).filter((seen) => seen === 'active host')).toHaveLength(1);
      expect(world.network.live.size).toBe(1);
    }
  });

  test.each([
    ['connecting', 1002],
    ['canceling', 1017],
  ] as const)('while %s is refused with %i', async (phase, code) => {
    const { a, b, world } = await openWorld({ browser: { faults: { ignoreAborts: 1 } } });
    follow(a.coordinator.start());
    await world.settle();
    if (phase === 'canceling') follow(a.coordinator.cancel());
    await world.settle();
    await expect(b.coordinator.takeOver()).rejects.toMatchObject({ code, local: true });
  });

  test('of a session that recovers is a resume', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    await a.crash();
    await world.settle();
    await b.coordinator.takeOver();
    expect(look(b)).toBe('active host');
  });

  test('from a host that reconnects works as well', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    world.contextIn(a).reconnecting();
    await world.settle();
    await b.coordinator.takeOver();
    await world.settle();
    expect([a, b].map(look)).toEqual(['active follower', 'active host']);
    expect(world.network.requests).toEqual(['start', 'release', 'resume']);
  });

  test('from a host whose release fails goes on', async () => {
    const { b, world } = await openSession({ driver: 'auto', browser: { faults: { failEnds: 1 } } });
    await b.coordinator.takeOver();
    await world.settle();
    expect(look(b)).toBe('active host');
  });

  test('from a host whose release hangs goes on after its time limit', async () => {
    const { b, world } = await openSession({ driver: 'auto', connectTimeoutMs: 5_000 });
    world.faults.hangEnds = 1;
    const taken = follow(b.coordinator.takeOver());
    await world.advance(15_000);
    expect(taken.outcome).toBe('done');
    expect(look(b)).toBe('active host');
  });
});

test.each([
  ['is over with its host', { by: 'none' }, ['start A', 'release A', 'end A']],
  ['goes on elsewhere', { by: 'any-tab' }, ['start A', 'release A', 'resume C']],
] as const)(
  'a session that %s is not forgotten if that closes while its driver lets go of it',
  async (_, recovery, requests) => {
    const { a, b, world } = await openSession({ driver: 'auto', recovery });
    world.faults.hangEnds = 1;
    const taken = follow(b.coordinator.takeOver());
    await world.advance(100);
    expect(world.network.requests).toEqual(['start', 'release']);
    world.faults.hangEnds = 0;
    await a.coordinator.close();
    await world.advance(30_000);
    expect(taken.outcome).not.toBe('pending');
    expect(world.network.calls.map(({ call, page }) => `${call} ${page}`)).toEqual(requests);
  },
);

describe('a take-over whose driver fails', () => {
  test('leads back to recovering, and the old tab goes on by itself', async () => {
    const { a, b, c, world } = await openSession();
    const seen = phasesSeenBy(c);
    const taken = follow(b.coordinator.takeOver());
    await world.settle();
    await world.fail(b);
    expect(taken.outcome).toBe(1016);
    await world.advance(2_000);
    await world.connect(a);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(seen).toContain('recovering');
    expect(world.network.requests).toEqual(['start', 'release', 'resume', 'resume']);
  });

  test('by manual recovery leaves it to a person, in any tab', async () => {
    const { a, b, c, world } = await openSession({ recovery: { by: 'manual' } });
    follow(b.coordinator.takeOver());
    await world.settle();
    await world.fail(b);
    await world.advance(5_000);
    expect([a, b, c].map(look)).toEqual(Array(3).fill('recovering follower'));
    const resumed = follow(a.coordinator.resume());
    await world.connect(a);
    expect(resumed.outcome).toBe('done');
  });

  test('because the new tab dies in it leads back to recovering too', async () => {
    const { a, b, world } = await openSession();
    follow(b.coordinator.takeOver());
    await world.settle();
    await b.crash();
    await world.settle();
    await world.advance(2_000);
    await world.connect(a);
    expect(look(a)).toBe('active host');
  });

  test('because its caller gave it up leads back to recovering', async () => {
    const { a, b, world } = await openSession();
    const control = new AbortController();
    const taken = follow(b.coordinator.takeOver({ signal: control.signal }));
    await world.settle();
    const reason = new Error('changed my mind');
    control.abort(reason);
    await world.settle();
    expect(taken.error).toBe(reason);
    await world.advance(2_000);
    await world.connect(a);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  });
});

test.each([
  ['its signal', 'Error'],
  ['close()', 'InvalidStateError'],
])('a take-over that is given up by %s before the host has let go leaves the session where it is', async (by, name) => {
  const { a, b, c, world } = await openSession();
  await a.stop();
  const control = new AbortController();
  const taken = follow(b.coordinator.takeOver({ signal: control.signal }));
  await world.advance(500);
  if (by === 'close()') void b.coordinator.close();
  else control.abort(new Error('changed my mind'));
  await world.settle();
  expect(taken.error).toMatchObject({ name });
  await a.cont();
  await world.advance(1_000);
  expect([a, c].map(look)).toEqual(['active host', 'active follower']);
  expect(world.network.requests).toEqual(['start']);
});

/** The second tab ends a session that it takes over and whose driver does not come back. */
async function openEnding() {
  const opened = await openSession({ driver: 'auto', connectTimeoutMs: 5_000 });
  const { b, world } = opened;
  world.faults.hangConnects = 1;
  world.faults.ignoreAborts = 1;
  const taken = follow(b.coordinator.takeOver());
  await world.settle();
  expect(look(b)).toBe('connecting host');
  const ended = follow(b.coordinator.end());
  await world.settle();
  return { ...opened, taken, ended };
}

describe('a host that is stopped', () => {
  test('and does not answer: takeOver is refused with 1004, and the session stays where it is', async () => {
    const { a, b, world } = await openSession();
    await a.stop();
    const taken = follow(b.coordinator.takeOver());
    await world.advance(SILENCE_MS + 1_000);
    expect(taken.outcome).toBe(1004);
    await a.cont();
    await world.advance(1_000);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(world.network.requests).toEqual(['start']);
  });

  test('loses the session to takeOver by force; when it wakes it releases it, is told superseded, and has written nothing', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto' });
    const heard = [hear(a), hear(c)];
    const { signal } = world.contextIn(a);
    await a.stop();
    const taken = follow(b.coordinator.takeOver({ force: true }));
    await world.advance(5_000);
    expect(taken.outcome).toBe('done');
    const stored = world.recordOf();
    await a.cont();
    await world.settle();
    expect([a, b, c].map(look)).toEqual(['active follower', 'active host', 'active follower']);
    expect(world.recordOf()).toEqual(stored);
    expect(signal.aborted).toBe(true);
    expect(world.network.requests).toEqual(['start', 'resume', 'release']);
    expect(heard[0]?.filter((event) => event.includes('superseded'))).toEqual(['session_ended superseded']);
    expect(heard[1]).toEqual(['session_resumed']);
    expect(world.network.live.size).toBe(1);
  });

  test.each([{}, { store: false }])('and is taken over by two tabs at once: one gets it, %o', async (capabilities) => {
    const { a, b, c, world } = await openWorld({ driver: 'auto', capabilities });
    await world.advance(1_000);
    follow(a.coordinator.start());
    await world.advance(1_000);
    await a.stop();
    const calls = [b, c].map(({ coordinator }) => follow(coordinator.takeOver({ force: true })));
    await world.advance(5_000);
    expect(calls.map(({ outcome }) => outcome).sort()).toEqual([1002, 'done']);
  });

  test('goes to the tab that insists, also if another asked after it and gave up', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto' });
    await a.stop();
    const insisting = follow(b.coordinator.takeOver({ force: true }));
    await world.advance(100);
    const asking = follow(c.coordinator.takeOver());
    await world.advance(2 * SILENCE_MS + 1_000);
    expect([insisting, asking].map(({ outcome }) => outcome)).toEqual(['done', 1004]);
  });

  test.each([{}, { store: false }])(
    'hands over to a tab that sleeps by then: it does not wake as host, %o',
    async (has) => {
      const { a, b, c, world } = await openWorld({ driver: 'auto', capabilities: has });
      await world.advance(1_000);
      follow(a.coordinator.start());
      await world.advance(1_000);
      await a.stop();
      const taken = follow(b.coordinator.takeOver());
      await world.advance(100);
      await b.stop();
      await a.cont();
      await world.advance(100);
      expect([a, c].map(look)).toEqual(['connecting follower', 'connecting follower']);
      follow(c.coordinator.end());
      await world.advance(5_000);
      follow(c.coordinator.start());
      await world.advance(1_000);
      await b.cont();
      await world.advance(1_000);
      // It asks again, and is handed the session that there is now.
      expect(taken.outcome).toBe('done');
      expect(world.network.calls.map(({ call, page }) => `${call} ${page}`)).toEqual([
        ...['start A', 'release A', 'end C', 'start C'],
        ...['release C', 'resume B'],
      ]);
    },
  );

  test('as soon as the session was handed to it looks again when it wakes, and does not act on that', async () => {
    const { a, b, c, world } = await openWorld({ driver: 'auto', browser: { automatic: false } });
    follow(a.coordinator.start());
    await world.advance(1_000);
    const taken = follow(b.coordinator.takeOver());
    while (look(b) !== 'connecting host') await world.step();
    await b.stop();
    follow(c.coordinator.end());
    await world.advance(5_000);
    const next = follow(c.coordinator.start());
    await world.advance(1_000);
    const calls = world.network.calls.length;
    await b.cont();
    while (taken.outcome === 'pending' && world.network.calls.length === calls) await world.step();
    expect(next.outcome).toBe('done');
    expect(world.network.calls[calls]).toMatchObject({ call: 'release', page: 'C' });
  });

  test('with an active session is left alone by cancel, which settles', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto' });
    await a.stop();
    const canceled = follow(b.coordinator.cancel());
    await world.advance(5_000);
    expect(canceled.outcome).toBe('done');
    expect(look(c)).toBe('active follower');
  });

  test('is ended by another tab within five seconds, which may then start; when it wakes its driver ends what it had', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    const heard = hear(a);
    const { signal } = world.contextIn(a);
    await a.stop();
    const ended = follow(b.coordinator.end());
    await world.advance(5_000);
    expect(ended.outcome).toBe('done');
    await b.coordinator.start();
    const stored = world.recordOf();
    await world.advance(2_000);
    await a.cont();
    await world.settle();
    expect([a, b].map(look)).toEqual(['active follower', 'active host']);
    expect(world.recordOf()).toEqual(stored);
    expect(signal.aborted).toBe(true);
    expect(world.network.calls.map(({ call, page }) => `${call} ${page}`)).toEqual([
      'start A',
      'end B',
      'start B',
      'end A',
    ]);
    expect(heard.filter((event) => event.startsWith('session_ended'))).toEqual(['session_ended ended']);
    expect([...world.network.live].map(({ page }) => page.name)).toEqual(['B']);
  });

  test('while it ends a session that it could not connect does not end again, when it wakes, what another tab ended', async () => {
    const { a, b, c, world, taken, ended } = await openEnding();
    await b.stop();
    const endedElsewhere = follow(c.coordinator.end());
    await world.advance(4_000);
    expect(endedElsewhere.outcome).toBe('done');
    await world.advance(10_000);
    await b.cont();
    await world.advance(1_000);
    expect(taken.error).toMatchObject({ name: 'AbortError' });
    expect(ended.outcome).toBe('done');
    expect([a, b, c].map(look)).toEqual(['idle none', 'idle none', 'idle none']);
    expect(world.network.calls.map(({ call, page }) => `${call} ${page}`)).toEqual([
      ...['start A', 'release A', 'resume B'],
      'end C',
    ]);
  });

  test.each([0, 5, 10])(
    'leaves a session that it was ending to whoever sees first that its page was left, %d ms before the others',
    async (ms) => {
      const { a, b, c, world, taken, ended } = await openEnding();
      for (const tab of [a, c]) await tab.stop();
      await b.navigateAway();
      await world.advance(10_000);
      await b.goBack();
      await world.advance(ms);
      for (const tab of [a, c]) await tab.cont();
      await world.advance(10_000);
      expect(taken.error).toMatchObject({ name: 'AbortError' });
      expect(ended.outcome).not.toBe('pending');
      expect([a, b, c].map(look)).toEqual(['idle none', 'idle none', 'idle none']);
      expect(world.network.requests).toEqual(['start', 'release', 'resume', 'end']);
    },
  );

  test('while it connects is canceled by another tab within five seconds', async () => {
    const { a, b, world } = await openWorld();
    const started = follow(a.coordinator.start());
    await world.settle();
    await a.stop();
    const canceled = follow(b.coordinator.cancel());
    await world.advance(5_000);
    expect(canceled.outcome).toBe('done');
    expect(look(b)).toBe('idle none');
    await a.cont();
    await world.settle();
    expect(started.error).toMatchObject({ name: 'AbortError' });
    expect(look(a)).toBe('idle none');
    expect(world.network.live.size).toBe(0);
  });

  test('keeps its session if nobody asks for it, for however long', async () => {
    const { a, b, world } = await openSession();
    await a.stop();
    await world.advance(600_000);
    expect(look(b)).toBe('active follower');
    await a.cont();
    await world.settle();
    expect(look(a)).toBe('active host');
  });

  test('what its driver says after it was fenced reaches nobody', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto' });
    const context = world.contextIn(a);
    await a.stop();
    const taken = follow(b.coordinator.takeOver({ force: true }));
    await world.advance(5_000);
    expect(taken.outcome).toBe('done');
    const heard = hear(c, 'note');
    const stored = world.recordOf();
    // Before the news of the lost lock and of the new record have come to it.
    a.page.deliver('message', () => {
      context.emit('note', 'late');
      context.publish('late');
      context.error({ code: 1016, exception: 'NETWORK_ERROR' });
      context.ended('late');
    });
    await a.cont();
    await world.advance(5_000);
    expect(heard).toEqual([]);
    expect(world.recordOf()).toEqual(stored);
    expect([look(a), look(b)]).toEqual(['active follower', 'active host']);
  });
});

describe('without locks', () => {
  const capabilities = { locks: false };

  test('a host that crashed is found by the challenge, and its session recovers', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto', capabilities });
    await a.crash();
    await world.advance(40_000);
    expect([b, c].map(look)).toEqual(['recovering follower', 'recovering follower']);
  });

  test.each([0, 1_000, 3_500, 5_000, 9_900, 61_000])(
    'a host that crashed %d ms after its start is noticed within eight seconds, and nobody has to call',
    async (livedMs) => {
      const { a, b, c, world } = await openSession({ driver: 'auto', capabilities, recovery: { by: 'manual' } });
      await world.advance(livedMs);
      await a.crash();
      await world.advance(8_000);
      expect([b, c].map(look)).toEqual(['recovering follower', 'recovering follower']);
    },
  );

  test('a host that crashed while every tab is hidden is noticed within nine seconds: timers come once a second there', async () => {
    const { a, b, c, tabs, world } = await openSession({ driver: 'auto', capabilities, recovery: { by: 'manual' } });
    for (const tab of tabs) await tab.hide();
    await world.advance(10_300);
    await a.crash();
    await world.advance(9_000);
    expect([b, c].map(look)).toEqual(['recovering follower', 'recovering follower']);
  });

  test('a host with many followers is asked by one of them at a time', async () => {
    const { world } = await openSession({ driver: 'auto', capabilities });
    for (let count = 0; count < 30; count += 1) world.openTab({ driver: 'auto', capabilities });
    await world.settle();
    const questions = (): number => (world.recordOf() as { asked: number }).asked;
    const before = questions();
    await world.advance(60_000);
    const asked = questions() - before;
    // Every three to four seconds; without the draw it would be some 450.
    expect(asked).toBeGreaterThanOrEqual(14);
    expect(asked).toBeLessThanOrEqual(40);
  });

  test('a host that lives answers every challenge, for hours', async () => {
    const { a, b, world } = await openSession({ driver: 'auto', capabilities });
    await world.advance(3 * 3_600_000);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(world.network.requests).toEqual(['start']);
  });

  test('the session moves all the same', async () => {
    const { a, b, world } = await openSession({ driver: 'auto', capabilities });
    const taken = follow(b.coordinator.takeOver());
    await world.advance(1_000);
    expect(taken.outcome).toBe('done');
    expect([a, b].map(look)).toEqual(['active follower', 'active host']);
  });

  test('a stopped host is fenced, wakes, and does no harm', async () => {
    const { a, b, world } = await openSession({ driver: 'auto', capabilities });
    await a.stop();
    const ended = follow(b.coordinator.end());
    await world.advance(8_000);
    expect(ended.outcome).toBe('done');
    await a.cont();
    await world.advance(1_000);
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
    expect(world.network.live.size).toBe(0);
  });
});

test('a session that reconnects, and is moved to a tab that can not go on with it, is not over', async () => {
  const { a, b, world } = await openSession();
  world.contextIn(a).reconnecting();
  await world.settle();
  const moved = follow(b.coordinator.takeOver());
  await world.settle();
  await world.fail(b, new SessionError(1012, { retryable: false }));
  await world.advance(1_000);
  expect(moved.outcome).toBe(1012);
  expect([a, b].map(look)).not.toContain('idle none');
  expect(world.network.sessions.map(({ state }) => state)).toEqual(['live']);
});

test('a host that wakes as its session is taken by force leaves the seat to whoever took it', async () => {
  for (let ms = 3_015; ms < 3_023; ms += 0.1) {
    const { world, a, b } = await openSession({ driver: 'auto', recovery: { by: 'none' } });
    await a.stop();
    const taken = follow(b.coordinator.takeOver({ force: true }));
    await world.advance(ms);
    await a.cont();
    await world.advance(20_000);
    expect([taken.outcome, look(b), world.network.live.size], `${ms} ms`).toEqual(['done', 'active host', 1]);
  }
});
