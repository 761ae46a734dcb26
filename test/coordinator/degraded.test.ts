import { type Capabilities, createSimulatedBrowser } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { NEWER } from '../support/records';
import { follow, hear, look, openSession, openWorld, simpleDriver } from '../support/world';

/** What a browser may lack, and whether its tabs can still exclude each other. */
const BROWSERS: Readonly<Record<string, readonly [Capabilities, 'exclusive' | 'best-effort']>> = {
  'everything works': [{}, 'exclusive'],
  'there are no locks': [{ locks: false }, 'exclusive'],
  'there is no store': [{ store: false }, 'exclusive'],
  'the store fails': [{ store: 'fails' }, 'exclusive'],
  'the store hangs': [{ store: 'hangs' }, 'exclusive'],
  'there is no channel': [{ channel: false }, 'exclusive'],
  'the channel carries hints only': [{ channel: 'hints' }, 'exclusive'],
  'there are neither store nor locks': [{ store: false, locks: false }, 'best-effort'],
};

/** For calls that have to wait for timers. */
const LONG_MS = 20_000;

describe.each(Object.entries(BROWSERS))('where %s', (_, [capabilities, guarantee]) => {
  const options = { driver: 'auto', capabilities } as const;

  test('one tab starts, the others are refused, and any tab ends', async () => {
    const { a, b, world } = await openWorld(options);
    await world.advance(LONG_MS);
    const started = follow(a.coordinator.start());
    await world.advance(LONG_MS);
    expect(started.outcome).toBe('done');
    const refused = [follow(b.coordinator.start()), follow(a.coordinator.join())];
    await world.advance(LONG_MS);
    expect(refused.map(({ outcome }) => outcome)).toEqual([1004, 1004]);
    const ended = follow(b.coordinator.end());
    await world.advance(LONG_MS);
    expect(ended.outcome).toBe('done');
    expect(world.network.requests).toEqual(['start', 'end']);
    const next = follow(b.coordinator.start());
    await world.advance(LONG_MS);
    expect(next.outcome).toBe('done');
  });

  test('a follower that ends the session, and then wants one, has a new one', async () => {
    const { a, b, world } = await openWorld(options);
    await world.advance(LONG_MS);
    const started = follow(a.coordinator.start());
    await world.advance(LONG_MS);
    const ended = follow(b.coordinator.end());
    const wanted = follow(b.coordinator.ensure());
    await world.advance(LONG_MS);
    expect([started, ended, wanted].map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
    expect(look(b)).toBe('active host');
  });

  test('the guarantee is said', async () => {
    const { a, world } = await openWorld(options);
    await world.advance(LONG_MS);
    expect(a.coordinator.getSnapshot().guarantee).toBe(guarantee);
  });

  test('whenUnsafe: refuse refuses a start only without a guarantee', async () => {
    const { a, world } = await openWorld({ ...options, whenUnsafe: 'refuse' });
    await world.advance(LONG_MS);
    const started = follow(a.coordinator.start());
    await world.advance(LONG_MS);
    expect(started.outcome).toBe(guarantee === 'exclusive' ? 'done' : 9999);
  });

  test('a host that crashes keeps nobody waiting for ever', async () => {
    const { a, b, world } = await openWorld({ ...options, recovery: { windowMs: 30_000 } });
    await world.advance(LONG_MS);
    follow(a.coordinator.start());
    await world.advance(LONG_MS);
    await a.crash();
    await world.advance(60_000);
    await b.show();
    const started = follow(b.coordinator.start());
    await world.advance(LONG_MS);
    expect(started.outcome).toBe('done');
  });

  test('a session moves to the tab that takes it over', async () => {
    const { a, b, c, world } = await openWorld(options);
    await world.advance(LONG_MS);
    follow(a.coordinator.start());
    await world.advance(LONG_MS);
    for (const [index, to] of [b, c, a, b, c, a].entries()) {
      const taken = follow(to.coordinator.takeOver());
      await world.advance(LONG_MS);
      expect([index, taken.outcome]).toEqual([index, 'done']);
    }
    expect(look(a)).toBe('active host');
  });

  test('events reach the other tabs, in order', async () => {
    const { a, b, world } = await openWorld(options);
    await world.advance(LONG_MS);
    // A tab that can be told nothing has to know that there is something to look at.
    follow(a.coordinator.start());
    await world.advance(1_000);
    await b.hide();
    await b.show();
    await world.advance(1_000);
    const heard = hear(b, 'one', 'two');
    world.contextIn(a).emit('one');
    world.contextIn(a).error({ code: 1016, exception: 'NETWORK_ERROR' });
    world.contextIn(a).emit('two');
    await world.advance(LONG_MS);
    expect(heard).toEqual(['one', 'session_error 1016', 'two']);
  });
});

describe('a store', () => {
  test('whose connection is lost in mid-life is opened again', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    a.loseConnection();
    b.loseConnection();
    await world.settle();
    await expect(b.coordinator.start()).rejects.toMatchObject({ code: 1004 });
    await b.coordinator.end();
    expect(look(a)).toBe('idle none');
  });

  test('that fails in one tab in mid-life does not let that tab start a second session', async () => {
    const { b, world } = await openSession({ driver: 'auto' });
    b.setStore('fails');
    const refused = follow(b.coordinator.start());
    await world.advance(LONG_MS);
    expect(refused.outcome).toBe(1004);
  });

  test('that fails in the host’s tab in mid-life keeps its session, and the others may end it', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    a.setStore('fails');
    world.contextIn(a).emit('note');
    await world.advance(1_000);
    expect(look(a)).toBe('active host');
    const refused = follow(b.coordinator.start());
    await world.advance(LONG_MS);
    expect(refused.outcome).toBe(1004);
    const ended = follow(b.coordinator.end());
    await world.advance(60_000);
    expect(ended.outcome).toBe('done');
    expect(world.network.live.size).toBe(0);
  });

  test('that fails as another tab sleeps costs that tab none of the events that were stored before', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto', capabilities: { locks: false } });
    const heard = hear(c);
    await c.stop();
    world.faults.loseMessages = 1;
    await a.coordinator.end();
    await b.hide();
    await b.show();
    world.heal();
    b.setStore('fails');
    const started = follow(b.coordinator.start());
    await world.advance(LONG_MS);
    expect(started.outcome).toBe('done');
    await c.cont();
    await world.advance(LONG_MS);
    expect([b, c].map(look)).toEqual(['active host', 'active follower']);
    expect(heard).toEqual(['session_ended ended', 'session_started']);
  });

  test('that works again tells the others of the session that its tab had meanwhile', async () => {
    const { a, b, world } = await openWorld({ driver: 'auto' });
    a.setStore('fails');
    world.faults.loseMessages = 1;
    follow(a.coordinator.start());
    await world.advance(LONG_MS);
    world.heal();
    expect([a, b].map(look)).toEqual(['active host', 'idle none']);
    a.setStore('works');
    await world.advance(2 * LONG_MS);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  });

  test('that is not there leaves no tab the host of what it left, also if it was busy when it came back', async () => {
    const browser = { automatic: false };
    const { a, b, world } = await openWorld({ driver: 'auto', capabilities: { store: false }, browser });
    await world.advance(1_000);
    follow(a.coordinator.start());
    await world.advance(1_000);
    await a.navigateAway();
    follow(b.coordinator.resume());
    await world.advance(1_000);
    await a.goBack();
    await world.advance(1);
    follow(a.coordinator.start());
    follow(a.coordinator.cancel());
    await world.advance(1_000);
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
  });

  test('that was wiped while a session is active is written anew by its host', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    const { epoch } = a.coordinator.getSnapshot();
    world.wipeStorage();
    const refused = follow(b.coordinator.start());
    await world.advance(LONG_MS);
    expect(refused.outcome).toBe(1004);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(world.recordOf()).toMatchObject({ phase: 'active', epoch });
  });
});

test('a host that is connected says so again if its record was written anew by a tab that had not heard of it', async () => {
  const { a, b, world } = await openWorld({ capabilities: { locks: false } });
  follow(a.coordinator.start());
  await world.settle();
  await b.stop();
  await world.connect(a);
  world.putRecord(null);
  // As another tab would, that read the record before the host was connected.
  const refused = follow(b.coordinator.start());
  await b.cont();
  await world.advance(LONG_MS);
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  expect(refused.outcome).toBe(1004);
});

describe('a record that is no record', () => {
  /** Higher than any clock. */
  const HIGH = 2 ** 50;
  const GARBAGE: readonly unknown[] = [7, 'garbage', [], { version: 1, phase: 'idle' }, { version: 1, epoch: HIGH }];

  test.each(GARBAGE)('%o is not taken for an idle one while a host lives: it writes its own anew', async (garbage) => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    world.putRecord(garbage);
    const refused = follow(b.coordinator.start());
    await world.advance(LONG_MS);
    expect(refused.outcome).toBe(1004);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(world.recordOf()).toMatchObject({ phase: 'active', hostTabId: a.coordinator.tabId });
  });

  test.each(GARBAGE)(
    '%o is replaced where nobody is alive, under an epoch above its own and by the clock',
    async (garbage) => {
      const { a, world } = await openWorld({ driver: 'auto' });
      world.putRecord(garbage);
      const { clock } = a.platform;
      const before = clock.now();
      await a.coordinator.start();
      const { epoch } = a.coordinator.getSnapshot();
      expect(world.recordOf()).toMatchObject({ phase: 'active', epoch });
      if (Object(garbage).epoch === HIGH) return expect(epoch).toBe(HIGH + 1);
      expect(epoch).toBeGreaterThanOrEqual(before);
      expect(epoch).toBeLessThanOrEqual(clock.now());
    },
  );

  test('of a newer version is left alone and counts as busy', async () => {
    const { a, b, world } = await openWorld({ driver: 'auto' });
    world.putRecord(NEWER);
    for (const call of ['start', 'join'] as const) {
      const refused = follow(a.coordinator[call]());
      await world.advance(LONG_MS);
      expect(refused.outcome).toBe(1004);
    }
    const late = world.openTab();
    await world.settle();
    expect([b, late].map((tab) => tab.coordinator.getSnapshot().role)).not.toContain('host');
    expect(world.recordOf()).toEqual(NEWER);
    expect(world.network.requests).toEqual([]);
  });
});

test('a start whose locks break while it waits for the seat goes on without them', async () => {
  const { a, b, world } = await openWorld({ driver: 'auto' });
  // As a tab that was stopped in the middle of its claim.
  await a.platform.locks?.request('solotab:simulated:seat', { mode: 'exclusive', when: 'probe' });
  const started = follow(b.coordinator.start());
  await world.advance(100);
  b.setLocks('taken');
  await world.advance(10_000);
  expect(started.error).toBeUndefined();
  expect(look(b)).toBe('active host');
});

test.each(['at once', 'in some milliseconds'])(
  'two tabs with neither store nor locks start in one millisecond, with drivers that connect %s: one session is left',
  async (when) => {
    const { world, a, b } = await openWorld({
      browser: { automatic: false, faults: { ignoreAborts: 1 } },
      capabilities: { store: false, locks: false },
      driver: when === 'at once' ? simpleDriver().driver : 'auto',
    });
    await world.advance(500);
    for (const { coordinator } of [a, b]) follow(coordinator.start());
    await world.advance(1_000);
    expect([world.network.live.size, world.network.sessions.filter(({ state }) => state === 'live').length]).toEqual([
      1, 1,
    ]);
  },
);

test('a coordinator that is closed while its store fails in its start takes no session from others', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto', browser: { automatic: false } });
  const heard = hear(b);
  a.setStore('fails');
  const given = follow(a.coordinator.start());
  await world.advance(20);
  follow(a.coordinator.close());
  const started = follow(b.coordinator.start());
  await world.advance(5_000);
  expect([given.outcome, started.outcome]).toEqual([11, 'done']);
  expect([heard, look(b)]).toEqual([['session_started'], 'active host']);
});

test('a tab whose store hangs as it starts does not take the session from the tab that started meanwhile', async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const world = createSimulatedBrowser({ seed });
    const tabs = [1, 2, 3].map(() => world.openTab({ driver: 'auto' }));
    tabs[0]?.setStore('hangs');
    const started = tabs.map(({ coordinator }) => follow(coordinator.start()));
    await world.advance(LONG_MS);
    expect(world.network.requests, `seed ${seed}`).toEqual(['start']);
    const outcomes = started.map(({ outcome }) => outcome).sort();
    expect([1002, 1004], `seed ${seed}`).toEqual(expect.arrayContaining(outcomes.slice(0, 2)));
    expect(outcomes[2], `seed ${seed}`).toBe('done');
  }
});
