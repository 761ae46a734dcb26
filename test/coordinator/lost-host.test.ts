import type { RecoveryPolicy } from 'solotab';
import type { SimulatedTab } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { follow, hear, look, openSession, openWorld, phasesSeenBy } from '../support/world';

/** How a tab is lost, and whether it comes back by itself as the document that may resume. */
const WAYS: Readonly<Record<string, (tab: SimulatedTab) => Promise<unknown>>> = {
  'is closed': (tab) => tab.close(),
  crashes: (tab) => tab.crash(),
  'is navigated away': (tab) => tab.navigateAway(),
  'is frozen': (tab) => tab.freeze(),
  'closes its coordinator': (tab) => tab.coordinator.close(),
};

describe.each(Object.entries(WAYS))('when the tab that has the session %s', (_, lose) => {
  const outcomes: readonly [RecoveryPolicy, others: string, events: readonly string[], requests: readonly string[]][] =
    [
      ['same-tab', 'recovering follower', [], ['start']],
      ['manual', 'recovering follower', [], ['start']],
      ['none', 'idle none', ['session_ended host-lost'], ['start']],
    ];

  test.each(outcomes)('%s: the others see it at once: %s', async (by, others, events, requests) => {
    const { a, b, c, world } = await openSession({ driver: 'auto', recovery: { by } });
    const { epoch } = b.coordinator.getSnapshot();
    const lost: unknown[] = [];
    for (const { coordinator } of [b, c]) coordinator.on('host_lost', (event) => lost.push(event));
    const heard = [hear(b), hear(c)];
    const before = world.now;
    await lose(a);
    await world.settle();
    expect([b, c].map(look)).toEqual([others, others]);
    expect(heard).toEqual([events, events]);
    expect(lost).toEqual(Array(2).fill({ epoch, hostTabId: a.coordinator.tabId }));
    expect(world.network.requests.filter((call) => call !== 'release' && call !== 'end')).toEqual(requests);
    expect(world.now - before).toBeLessThan(100);
  });

  test('any-tab: exactly one other tab goes on, under a higher epoch, and the others follow it', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto', recovery: { by: 'any-tab' } });
    const { epoch } = a.coordinator.getSnapshot();
    const heard = [hear(b), hear(c)];
    await lose(a);
    await world.settle();
    expect([look(b), look(c)].sort()).toEqual(['active follower', 'active host']);
    expect(heard).toEqual([['session_resumed'], ['session_resumed']]);
    expect(world.network.requests.filter((call) => call === 'resume')).toHaveLength(1);
    const [live] = [...world.network.live].filter(({ page }) => page.awake && page !== a.page);
    // The loss opens an epoch, and so does the tab that goes on.
    expect(live?.context.epoch).toBe(epoch + 2);
  });

  test('without driver.resume the session is over at once: host-lost', async () => {
    const { a, b, world } = await openSession({ driver: 'auto', resumable: false });
    const heard = hear(b);
    await lose(a);
    await world.settle();
    expect(look(b)).toBe('idle none');
    expect(heard).toEqual(['session_ended host-lost']);
    await expect(b.coordinator.start()).resolves.toBeDefined();
  });

  test('nobody resumes: after the window it is over, with 1011 in every tab, and start works again', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto', recovery: { windowMs: 60_000 } });
    const heard = [hear(b), hear(c)];
    await lose(a);
    await world.advance(59_000);
    expect(look(b)).toBe('recovering follower');
    await expect(b.coordinator.start()).rejects.toMatchObject({ code: 1002 });
    await world.advance(2_000);
    expect([b, c].map(look)).toEqual(['idle none', 'idle none']);
    const told = ['session_error 1011', 'session_ended recovery-expired'];
    expect(heard).toEqual([['session_error 1002', ...told], told]);
    await expect(b.coordinator.start()).resolves.toBeDefined();
  });

  test('a person goes on with it in another tab', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto' });
    await lose(a);
    await world.settle();
    await expect(b.coordinator.resume()).resolves.toBeDefined();
    await world.settle();
    expect([b, c].map(look)).toEqual(['active host', 'active follower']);
  });

  test.each(['end', 'cancel'] as const)(
    'a person gives it up in another tab by %s: its driver ends what no tab has',
    async (call) => {
      const { a, b, c, world } = await openSession({ driver: 'auto' });
      const { epoch } = a.coordinator.getSnapshot();
      const heard = hear(c);
      await lose(a);
      await world.settle();
      await b.coordinator[call]();
      await world.settle();
      expect([b, c].map(look)).toEqual(['idle none', 'idle none']);
      expect(heard).toEqual(['session_ended ended']);
      // The loss opened an epoch, and so did the tab that ended it.
      expect(world.network.calls.filter(({ call: name }) => name === 'end')).toMatchObject([
        { page: 'B', epoch: epoch + 2 },
      ]);
    },
  );

  test.each(['start', 'resume'] as const)(
    'while it connects, the attempt is over: host-lost, and another tab may start',
    async () => {
      const { a, b, c, world } = await openWorld();
      const heard = hear(c);
      const started = follow(a.coordinator.start());
      await world.settle();
      await lose(a);
      await world.settle();
      expect(heard).toEqual(['session_ended host-lost']);
      const next = follow(b.coordinator.start());
      await world.connect(b);
      expect(next.outcome).toBe('done');
      expect(started.outcome).not.toBe('done');
    },
  );
});

describe('a host that is reloaded', () => {
  test('goes on by itself; the others see recovering meanwhile, and are refused with 1002', async () => {
    const { a, b, c, world } = await openSession();
    const seen = phasesSeenBy(c);
    const heard = hear(c);
    await a.reload();
    await world.settle();
    await expect(b.coordinator.start()).rejects.toMatchObject({ code: 1002 });
    await world.connect(a);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(world.network.requests).toEqual(['start', 'resume']);
    expect(heard).toEqual(['session_resumed']);
    expect(seen.filter((phase) => phase !== 'recovering')).toEqual(['active', 'connecting', 'active']);
    expect(a.page.name).toBe('A2');
  });

  test('ten times over goes on ten times', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    for (let time = 0; time < 10; time++) {
      await a.reload();
      await world.settle();
      expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    }
    expect(world.network.live.size).toBe(1);
  });

  test('after a crash goes on as well', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    await a.crash();
    await world.advance(5_000);
    await a.reload();
    await world.settle();
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  });

  test('after the window finds an idle scope and resumes nothing', async () => {
    const { a, b, world } = await openSession({ driver: 'auto', recovery: { windowMs: 10_000 } });
    await a.crash();
    await world.advance(11_000);
    await a.reload();
    await world.settle();
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
    expect(world.network.requests).toEqual(['start', 'end']);
  });

  test('and its duplicate with the same sessionStorage: one resumes, the copy does not, whichever comes first', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { a, world } = await openSession({ driver: 'auto', browser: { seed } });
      const copy = a.duplicate();
      await world.settle();
      expect(look(copy)).toBe('active follower');
      await Promise.all([a.reload(), copy.reload()]);
      await world.settle();
      expect([look(a), look(copy)].sort()).toEqual(['active follower', 'active host']);
      expect(world.network.requests.filter((call) => call === 'resume')).toHaveLength(1);
    }
  });

  test('a duplicate of a live host neither resumes nor takes the right to from it', async () => {
    const { a, world } = await openSession({ driver: 'auto' });
    const copy = a.duplicate();
    await world.settle();
    await a.crash();
    await world.settle();
    expect(look(copy)).toBe('recovering follower');
    await a.reload();
    await world.settle();
    expect([a, copy].map(look)).toEqual(['active host', 'active follower']);
  });

  test('a duplicate whose original hands the session over while it is asked does not resume it if the move fails', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { a, b, world } = await openSession({ driver: 'auto', browser: { seed } });
      Object.assign(world.faults, { loseMessages: 0.4, failConnects: 1 });
      const moved = follow(b.coordinator.takeOver());
      await world.advance(2);
      const copy = a.duplicate();
      await world.advance(900);
      Object.assign(world.faults, { loseMessages: 0, failConnects: 0 });
      await world.advance(5_000);
      expect(moved.outcome).not.toBe('done');
      expect([a, b, copy].map(look)).toEqual(['active host', 'active follower', 'active follower']);
    }
  });

  test('a duplicate whose original dies while it is asked passes for its reload', async () => {
    const { a, world } = await openSession({ driver: 'auto' });
    const copy = a.duplicate();
    await a.stop();
    await world.advance(500);
    await a.crash();
    await world.settle();
    expect(look(copy)).toBe('active host');
    expect(world.network.requests).toEqual(['start', 'resume']);
  });

  test('a duplicate that could not ask its original before that died passes for its reload, and is the only one that goes on', async () => {
    const { a, world } = await openSession({ driver: 'auto' });
    const copy = a.duplicate();
    await copy.stop();
    await a.crash();
    await copy.cont();
    await world.settle();
    await a.reload();
    await world.settle();
    expect([a, copy].map(look)).toEqual(['active follower', 'active host']);
    expect(world.network.requests).toEqual(['start', 'resume']);
  });

  test.each(['manual', 'any-tab'] as const)('by %s does as the policy says', async (by) => {
    const { a, world } = await openSession({ driver: 'auto', recovery: { by } });
    await a.reload();
    await world.settle();
    expect(world.network.requests.filter((call) => call === 'resume')).toHaveLength(by === 'manual' ? 0 : 1);
  });
});

describe('the attempts of one loss', () => {
  test('by itself are two: then it is over, and every tab is told 1011 once', async () => {
    const { a, b, world } = await openSession({ recovery: { attempts: 2 } });
    const heard = hear(b);
    await a.reload();
    await world.fail(a);
    await world.advance(2_000);
    await world.fail(a);
    expect(look(b)).toBe('idle none');
    expect(heard).toEqual([
      'session_error 1016',
      'session_error 1016',
      'session_error 1011',
      'session_ended recovery-expired',
    ]);
    await world.advance(10_000);
    expect(world.network.requests).toEqual(['start', 'resume', 'resume', 'end']);
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
  });

  test('a resume by a person that fails rejects with 1011 and its cause, and counts', async () => {
    const { a, b, world } = await openSession({ recovery: { by: 'manual', attempts: 1 } });
    await a.crash();
    await world.settle();
    const cause = new Error('gone');
    const resumed = follow(b.coordinator.resume());
    await world.fail(b, cause);
    expect(resumed.error).toMatchObject({ code: 1011, cause, local: false });
    expect(look(b)).toBe('idle none');
  });

  test('are forgotten once the session was active again', async () => {
    const { a, world } = await openSession({ recovery: { attempts: 2 } });
    for (let loss = 0; loss < 3; loss++) {
      await a.reload();
      await world.fail(a);
      await world.advance(2_000);
      await world.connect(a);
      expect(look(a)).toBe('active host');
    }
  });
});

describe('a clock that jumps', () => {
  test.each([-3_600_000, 3_600_000])(
    'by %i ms in one follower can neither hold the session nor change the window of the others by itself',
    async (ms) => {
      const { a, b, c, world } = await openSession({ driver: 'auto', recovery: { windowMs: 60_000 } });
      await a.crash();
      await world.settle();
      b.jumpClock(ms);
      await world.advance(61_000);
      expect([b, c].map(look)).toEqual(['idle none', 'idle none']);
    },
  );

  test('back in every tab does not hold the session beyond the window', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto', recovery: { windowMs: 60_000 } });
    await a.crash();
    await world.settle();
    for (const tab of [b, c]) tab.jumpClock(-86_400_000);
    await world.advance(61_000);
    expect([b, c].map(look)).toEqual(['idle none', 'idle none']);
  });

  test('while the session is active changes nothing', async () => {
    const { tabs, world } = await openSession();
    for (const tab of tabs) tab.jumpClock(86_400_000);
    await world.advance(60_000);
    expect(tabs.map(look)).toEqual(['active host', 'active follower', 'active follower']);
  });
});

describe('a host that comes back', () => {
  test('from being frozen, before anyone took over, goes on as after a reload: its old session is released first', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    const { signal } = world.contextIn(a);
    await a.freeze();
    await world.advance(10_000);
    await a.wake();
    await world.settle();
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(world.network.requests).toEqual(['start', 'release', 'resume']);
    expect(signal.aborted).toBe(true);
    expect(world.network.live.size).toBe(1);
  });

  test('from the back/forward cache, before anyone took over, goes on too', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    await a.navigateAway();
    await world.advance(5_000);
    expect(a.page.life).toBe('cached');
    await a.goBack();
    await world.settle();
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(world.network.live.size).toBe(1);
  });

  test.each(['freeze', 'navigateAway'] as const)(
    'after %s, when another tab has gone on, lets go of its session without ending it, and follows',
    async (leave) => {
      const { a, b, world } = await openSession({ driver: 'auto' });
      const heard = hear(a);
      await a[leave]();
      await world.settle();
      await b.coordinator.resume();
      await (leave === 'freeze' ? a.wake() : a.goBack());
      await world.settle();
      expect([a, b].map(look)).toEqual(['active follower', 'active host']);
      expect(world.network.requests).toEqual(['start', 'resume', 'release']);
      expect(heard).toContain('session_ended superseded');
      expect(world.network.live.size).toBe(1);
    },
  );

  test('after the window in which it reconnected, and nobody else was there, the session is ended at the service', async () => {
    const { a, b, c, world } = await openSession({ driver: 'auto', recovery: { by: 'manual', windowMs: 30_000 } });
    await Promise.all([b.coordinator.close(), c.coordinator.close()]);
    world.contextIn(a).reconnecting();
    await world.settle();
    await a.freeze();
    await world.advance(40_000);
    await a.wake();
    await world.advance(5_000);
    expect(look(a)).toBe('idle none');
    expect(world.network.requests).toEqual(['start', 'release', 'end']);
  });

  test('after the session was ended meanwhile, ends what it still has', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    await a.freeze();
    await world.settle();
    await b.coordinator.end();
    await a.wake();
    await world.settle();
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
    expect(world.network.requests).toEqual(['start', 'end', 'end']);
    expect(world.network.live.size).toBe(0);
  });

  test('after the next session has begun meanwhile, ends the old one and leaves the new one alone', async () => {
    const { a, b, world } = await openSession({ driver: 'auto', recovery: { by: 'none' } });
    await a.freeze();
    await world.settle();
    await b.coordinator.start();
    await a.wake();
    await world.settle();
    expect([a, b].map(look)).toEqual(['active follower', 'active host']);
    // The tab that found it lost, whichever came first, ends it at the service, and the one that wakes lets go of what it has.
    expect(world.network.calls.map(({ call, page }) => `${call} ${page}`)).toEqual([
      'start A',
      expect.stringMatching(/^end [BC]$/),
      'start B',
      'end A',
    ]);
    expect([...world.network.live].map(({ page }) => page.name)).toEqual(['B']);
  });
});

test.each(['chromium', 'firefox', 'webkit'] as const)(
  'in %s a page with an idle or a following coordinator is restored from the cache and works on',
  async (engine) => {
    const { a, b, c, world } = await openSession({ driver: 'auto', browser: { engine } });
    await b.navigateAway();
    await world.settle();
    world.contextIn(a).publish(1);
    await world.advance(60_000);
    await b.goBack();
    await world.settle();
    expect(b.page.name).toBe('B');
    expect(b.coordinator.getSnapshot()).toMatchObject({ phase: 'active', role: 'follower', info: 1 });
    await b.coordinator.end();
    expect(look(c)).toBe('idle none');
    await c.navigateAway();
    await world.advance(60_000);
    await c.goBack();
    await world.settle();
    expect(c.page.name).toBe('C');
    await expect(c.coordinator.start()).resolves.toBeDefined();
  },
);

describe.each(['freeze', 'navigateAway'] as const)('a page that is left by %s', (leave) => {
  test.each(['a', 'b'] as const)('in tab %s holds no lock, waits for none and sets no timer', async (name) => {
    const opened = await openSession({ driver: 'auto', recovery: { by: 'manual' } });
    const { world } = opened;
    const { page } = opened[name];
    expect(world.locks.claims.some((claim) => claim.page === page)).toBe(true);
    await opened[name][leave]();
    await world.settle();
    expect(world.locks.claims.filter((claim) => claim.page === page)).toEqual([]);
    expect(page.timers.size).toBe(0);
  });

  test('while its claim is under way leaves the way free for another tab', async () => {
    const opened = await openWorld({ driver: 'auto' });
    const { a, b, world } = opened;
    for (let ms = 0; ms < 6; ms += 0.5) {
      const { page } = a;
      const started = follow(a.coordinator.start());
      await world.advance(ms);
      await a[leave]();
      await world.settle();
      const next = follow(b.coordinator.start());
      await world.advance(5_000);
      // Its session was connected already, and recovers; or it never came to be.
      expect(next.outcome).toBe(look(b).startsWith('recovering') ? 1002 : 'done');
      await b.coordinator.end();
      await (leave === 'freeze' ? a.wake() : a.goBack());
      await world.settle();
      // A page that was thrown out of the cache has taken its call with it.
      if (a.page === page) expect(started.outcome).not.toBe('pending');
      expect(world.network.live.size).toBe(0);
    }
  });
});

test('a person who resumes while their tab does so by itself, and another one is first, is told as any other', async () => {
  let refused = 0;
  for (let ms = 0; ms < 20; ms += 0.5) {
    const browser = { automatic: false };
    const { a, c, world } = await openSession({
      browser,
      driver: 'auto',
      publishes: true,
      recovery: { by: 'any-tab' },
    });
    void a.close();
    await world.advance(ms);
    const heard = hear(c);
    const resumed = follow(c.coordinator.resume());
    await world.advance(5_000);
    if (resumed.outcome === 'done') continue;
    refused += 1;
    expect(heard, `${ms} ms after it was lost`).toContain(`session_error ${resumed.outcome}`);
  }
  expect(refused).toBeGreaterThan(0);
});
