import { SessionError } from 'solotab';
import { createSimulatedBrowser, type SimulatedBrowser, type SimulatedTab, type TabOptions } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { deferred, follow, hear, look, openWorld, simpleDriver } from '../support/world';

/** The codes of these `DOMException`s. */
const [ABORTED, INVALID_STATE] = [20, 11];

const down = (): Error => new TypeError('Failed to fetch');
const refusedForGood = (): SessionError => new SessionError(2001, { retryable: false });

/** The attempt that waits fails, in whichever tab it is. */
async function failOne(world: SimulatedBrowser, tabs: readonly SimulatedTab[], error: unknown): Promise<SimulatedTab> {
  await world.settle();
  const [attempt] = world.network.attempts;
  const tab = tabs.find(({ page }) => page === attempt?.page);
  if (!tab) throw new Error('Nothing is connecting.');
  await world.fail(tab, error);
  return tab;
}

/** Each tab wants a session. */
const ensureIn = (tabs: readonly SimulatedTab[], options?: { readonly signal: AbortSignal }) =>
  tabs.map(({ coordinator }) => follow(coordinator.ensure(undefined, options)));

test('of all tabs that want a session one starts it, and it is there for all of them', async () => {
  const { world, tabs, a } = await openWorld();
  const heard = tabs.map((tab) => hear(tab));
  const wanted = ensureIn(tabs);
  await world.settle();
  expect(wanted.map(({ outcome }) => outcome)).toEqual(['pending', 'pending', 'pending']);
  await world.connect(a);
  expect(wanted.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
  expect(world.network.requests).toEqual(['start']);
  expect(heard).toEqual(Array(3).fill(['session_started']));
});

test('a tab that wants a session follows the one that is there', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto' });
  await a.coordinator.start();
  await b.coordinator.ensure();
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  expect(world.network.requests).toEqual(['start']);
});

test('it waits for an attempt of another tab, and makes its own when that has failed', async () => {
  const { world, a, b } = await openWorld();
  follow(a.coordinator.start());
  await world.settle();
  const wanted = follow(b.coordinator.ensure());
  await world.fail(a, down());
  expect(wanted.outcome).toBe('pending');
  await world.advance(2_000);
  await world.connect(b);
  expect(wanted.outcome).toBe('done');
});

test('a session that is lost for good is started again, by a tab that is left', async () => {
  const { world, tabs, a, b, c } = await openWorld({ driver: 'auto', recovery: { by: 'none' } });
  ensureIn(tabs);
  await world.settle();
  expect(look(a)).toBe('active host');
  await a.crash();
  await world.settle();
  await world.advance(1_000);
  expect([b, c].map(look).sort()).toEqual(['active follower', 'active host']);
  expect(world.network.requests.filter((call) => call === 'start')).toHaveLength(2);
});

test('while the service is down fifty tabs make one attempt at a time, later and later, and only what failed is told', async () => {
  const world = createSimulatedBrowser();
  const starts: number[] = [];
  let connecting = 0;
  const driver = {
    async start() {
      starts.push(world.now);
      connecting += 1;
      expect(connecting).toBe(1);
      await Promise.resolve();
      connecting -= 1;
      throw down();
    },
    end: () => undefined,
  };
  const tabs = Array.from({ length: 50 }, () => world.openTab({ driver } as never));
  await world.settle();
  const heard = hear(tabs[49] as SimulatedTab);
  const wanted = ensureIn(tabs);
  for (let minute = 0; minute < 10; minute += 1) await world.advance(60_000);
  const pauses = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
  // One, two, four seconds and so on at most; a minute between two in the end, half of it at random.
  expect(starts.length).toBeGreaterThan(10);
  expect(starts.length).toBeLessThan(40);
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(1_000);
    expect(pause).toBeLessThan(Math.min(60_000, 1_000 * 2 ** (index + 1)) + 500);
  }
  expect(heard).toEqual(starts.map(() => 'session_error 1016'));
  expect(wanted.every(({ outcome }) => outcome === 'pending')).toBe(true);
}, 60_000);

test('nothing is tried while the browser is offline, and at once when it is online again', async () => {
  const { world, tabs } = await openWorld();
  world.setOnline(false);
  ensureIn(tabs);
  await world.advance(60_000);
  expect(world.network.requests).toEqual([]);
  world.setOnline(true);
  await failOne(world, tabs, down());
  world.setOnline(false);
  await world.advance(100);
  world.setOnline(true);
  await world.settle();
  expect(world.network.requests).toEqual(['start', 'start']);
}, 30_000);

describe.each(['end', 'cancel'] as const)('a person calls %s()', (call) => {
  test('between two attempts: every tab that waits stops, also one that slept', async () => {
    const { world, tabs, b, c } = await openWorld();
    const wanted = ensureIn(tabs);
    await failOne(world, tabs, down());
    await c.freeze();
    await b.coordinator[call]();
    await world.settle();
    expect(wanted.slice(0, 2).map(({ outcome }) => outcome)).toEqual([ABORTED, ABORTED]);
    await world.advance(300_000);
    await c.wake();
    await world.settle();
    await world.advance(300_000);
    expect(wanted[2]?.outcome).toBe(ABORTED);
    expect(world.network.requests).toEqual(['start']);
  });

  test('while one connects: none tries again', async () => {
    const { world, tabs, b } = await openWorld();
    const wanted = ensureIn(tabs);
    await world.settle();
    await b.coordinator[call]();
    await world.advance(300_000);
    expect(wanted.map(({ outcome }) => outcome)).toEqual([ABORTED, ABORTED, ABORTED]);
    expect(world.network.requests.filter((request) => request === 'start')).toHaveLength(1);
  });
});

test.each(['end', 'cancel'] as const)(
  '%s() in the very instant in which an attempt fails: nobody tries again',
  async (call) => {
    for (let offsetMs = -3; offsetMs <= 3; offsetMs += 0.2) {
      const { world, tabs, b } = await openWorld();
      const wanted = ensureIn(tabs);
      await world.settle();
      const fail = (): void => {
        for (const attempt of world.network.attempts) attempt.fail(down());
      };
      const stop = (): void => void follow(b.coordinator[call]());
      const [first, second] = offsetMs < 0 ? [stop, fail] : [fail, stop];
      first();
      await world.advance(Math.abs(offsetMs));
      second();
      await world.advance(300_000);
      expect(
        wanted.map(({ outcome }) => outcome),
        `${offsetMs} ms`,
      ).toEqual([ABORTED, ABORTED, ABORTED]);
      expect(world.network.requests.filter((request) => request === 'start')).toHaveLength(1);
    }
  },
);

test('end() of the session that was wanted: nobody starts another one', async () => {
  const { world, tabs, b } = await openWorld({ driver: 'auto' });
  const wanted = ensureIn(tabs);
  await world.settle();
  await b.coordinator.end();
  await world.advance(300_000);
  expect(wanted.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
  expect(world.network.requests).toEqual(['start', 'end']);
  const again = follow(b.coordinator.ensure());
  await world.settle();
  expect([again.outcome, look(b)]).toEqual(['done', 'active host']);
});

test('what is wanted in the tab that is ending its session for another tab is started once that is over', async () => {
  const ends = deferred<void>();
  const { world, a, b } = await openWorld(simpleDriver({ end: () => ends.promise }));
  await a.coordinator.start();
  const ended = follow(b.coordinator.end());
  await world.settle();
  const wanted = follow(a.coordinator.ensure());
  await world.settle();
  ends.resolve();
  await world.settle();
  await world.advance(10);
  expect([ended.outcome, wanted.outcome]).toEqual(['done', 'done']);
  expect(world.network.requests).toEqual(['start', 'end', 'start']);
});

test('the driver says that it is over: nobody starts another one', async () => {
  const { world, tabs, a } = await openWorld({ driver: 'auto' });
  ensureIn(tabs);
  await world.settle();
  world.contextIn(a).ended('hung up');
  await world.advance(300_000);
  expect(tabs.map(look)).toEqual(Array(3).fill('idle none'));
  expect(world.network.requests.filter((request) => request === 'start')).toHaveLength(1);
});

test('a failure that would come again: one attempt, and every tab that waits rejects with it', async () => {
  const { world, tabs, a } = await openWorld();
  const wanted = ensureIn(tabs);
  const { coordinator } = await failOne(world, tabs, refusedForGood());
  await world.advance(300_000);
  expect(wanted.map(({ outcome }) => outcome)).toEqual([2001, 2001, 2001]);
  expect(world.network.requests).toEqual(['start']);
  expect(wanted[2]?.error).toMatchObject({ local: false, tabId: coordinator.tabId, retryable: false });
  // What failed before a wish was made does not count for it.
  const again = follow(a.coordinator.ensure());
  await world.connect(a);
  expect(again.outcome).toBe('done');
});

test('a tab loaded while others wait for the next attempt waits with them', async () => {
  const { world, tabs } = await openWorld();
  ensureIn(tabs);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await failOne(world, tabs, down());
    if (attempt < 4) while ([...world.network.attempts].length === 0) await world.step();
  }
  const before = world.network.requests.length;
  const late = world.openTab();
  const wanted = follow(late.coordinator.ensure());
  await world.settle();
  expect([wanted.outcome, world.network.requests.length]).toEqual(['pending', before]);
});

test('its signal ends the wish of one tab, with the reason, and the session of that tab goes on', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto', recovery: { by: 'none' } });
  const stop = new AbortController();
  await a.coordinator.ensure(undefined, { signal: stop.signal });
  const reason = new Error('no longer needed');
  stop.abort(reason);
  await world.settle();
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  const aborted = new AbortController();
  aborted.abort(reason);
  await expect(b.coordinator.ensure(undefined, { signal: aborted.signal })).rejects.toBe(reason);
  await a.crash();
  await world.advance(60_000);
  expect(look(b)).toBe('idle none');
});

test('whenever its signal aborts, it rejects with the reason', async () => {
  const reason = new Error('no longer needed');
  for (let ms = 0; ms < 8; ms += 0.1) {
    const { world, a } = await openWorld();
    const stop = new AbortController();
    const wanted = follow(a.coordinator.ensure(undefined, { signal: stop.signal }));
    await world.advance(ms);
    stop.abort(reason);
    await world.settle();
    expect([wanted.error, look(a)], `${ms} ms`).toEqual([reason, 'idle none']);
  }
});

test('its signal gives up the attempt that the tab was making for it', async () => {
  const { world, a } = await openWorld();
  const stop = new AbortController();
  const wanted = follow(a.coordinator.ensure(undefined, { signal: stop.signal }));
  await world.settle();
  stop.abort(new Error('no longer needed'));
  await world.settle();
  expect([wanted.outcome, look(a)]).toEqual(['Error', 'idle none']);
});

test('a tab that may not host by itself leaves it to the others, and can be told to start all the same', async () => {
  const world = createSimulatedBrowser();
  let mayHost = false;
  const tab = world.openTab({ driver: 'auto', canHost: () => mayHost });
  await world.settle();
  const wanted = follow(tab.coordinator.ensure());
  await world.advance(10_000);
  expect([wanted.outcome, look(tab)]).toEqual(['pending', 'idle none']);
  await tab.coordinator.start();
  expect(wanted.outcome).toBe('done');
  await tab.coordinator.end();
  mayHost = true;
  await tab.coordinator.ensure();
  expect(look(tab)).toBe('active host');
});

test('a wish for which nobody may start a session yet ends as a person ends, in whichever tab', async () => {
  const world = createSimulatedBrowser();
  const [tab, other] = [world.openTab({ canHost: () => false }), world.openTab()];
  await world.settle();
  const wanted = follow(tab.coordinator.ensure());
  await world.settle();
  await other.coordinator.end();
  await world.settle();
  expect(wanted.outcome).toBe(ABORTED);
});

test('a coordinator that is closed wants nothing, and says so', async () => {
  const { world, a } = await openWorld();
  const wanted = follow(a.coordinator.ensure());
  await world.settle();
  await a.coordinator.close();
  await world.settle();
  expect(wanted.outcome).toBe(INVALID_STATE);
  await expect(a.coordinator.ensure()).rejects.toMatchObject({ name: 'InvalidStateError' });
});

test('a request that the driver refuses before anything happens rejects, and no tab is told', async () => {
  const { driver } = simpleDriver();
  const prepare = (): never => {
    throw new SessionError(1009);
  };
  const world = createSimulatedBrowser();
  const tab = world.openTab({ driver: { ...(driver as object), prepare } as never });
  await world.settle();
  const heard = hear(tab as never);
  const wanted = follow(tab.coordinator.ensure());
  await world.settle();
  expect([wanted.outcome, heard]).toEqual([1009, []]);
});

test('a tab that was cached while it tried goes on wanting when it is back', async () => {
  const { world, a, b } = await openWorld();
  const wanted = follow(a.coordinator.ensure());
  await world.settle();
  await a.navigateAway();
  await world.settle();
  expect(look(b)).toBe('idle none');
  await a.goBack();
  await world.settle();
  await world.advance(5_000);
  await world.connect(a);
  expect(wanted.outcome).toBe('done');
});

test('the wish is stored, and nothing of what was asked for', async () => {
  const { world, a } = await openWorld();
  follow(a.coordinator.ensure({ token: 'secret' } as never));
  await world.fail(a, down());
  expect(JSON.stringify(world.recordOf())).not.toContain('secret');
  expect(world.recordOf()).toMatchObject({ isWanted: true, failures: { count: 1 } });
});

test('a driver that waits is not called again for another wish of the same tab', async () => {
  const { world, a } = await openWorld();
  const [first, second] = [follow(a.coordinator.ensure()), follow(a.coordinator.ensure())];
  await world.connect(a);
  expect([first.outcome, second.outcome]).toEqual(['done', 'done']);
  expect(world.network.requests).toEqual(['start']);
});

test('of a hidden and a visible tab the visible one starts the session, also if the hidden one wanted it first', async () => {
  const { world, a } = await openWorld();
  const hidden = world.openTab({ hidden: true });
  await world.settle();
  ensureIn([hidden, a]);
  await world.settle();
  expect([...world.network.attempts].map(({ page }) => page === a.page)).toEqual([true]);
});

test('ensure() starts a session once canHost says yes', async () => {
  let can = false;
  const options: TabOptions = { driver: 'auto', canHost: () => can };
  const world = createSimulatedBrowser();
  const tab = world.openTab(options);
  await world.settle();
  const wanted = follow(tab.coordinator.ensure());
  await world.advance(1_000);
  can = true;
  await world.advance(16_000);
  expect(wanted.outcome).toBe('done');
});
