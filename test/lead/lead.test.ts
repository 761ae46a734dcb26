import { createElection, lead } from 'solotab/election';
import { createSimulatedBrowser, type SimulatedBrowser, type SimulatedTab, type TabOptions } from 'solotab/testing';
import { expect, test } from 'vitest';
import type { Lead } from '../../src/lead/candidate';
import { createElectionOn, type LeadOptions, leadOn } from '../../src/lead/on-platform';
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { deferred, follow, simpleDriver } from '../support/world';

test('in a worker lead() is refused at once, also while a page leads, and an election there never leads', async () => {
  const world = createSimulatedBrowser();
  const page = createElectionOn(world.openTab({ bare: true }).platform, 'work');
  await world.settle();
  expect(page.isLeader).toBe(true);
  const { platform } = world.openTab({ bare: true, worker: true });
  const refused = follow(leadOn(platform, 'work', () => 'led'));
  const election = createElectionOn(platform, 'work');
  await world.settle();
  expect([refused.outcome, election.isLeader]).toEqual([9999, false]);
  await page.close();
  await world.advance(60_000);
  expect(election.isLeader).toBe(false);
  await election.close();
});

/** Candidates in the tabs of one browser, each with a body that waits. Notes who leads. */
function arena(world: SimulatedBrowser = createSimulatedBrowser()) {
  /** Bodies that run in pages that can run. */
  const running = new Set<Candidate>();
  const began: Candidate[] = [];
  const candidates: Candidate[] = [];

  function stand(tab: SimulatedTab, options: LeadOptions = {}) {
    const { page } = tab;
    const end = deferred<string>();
    const candidate = {
      tab,
      end,
      given: undefined as Lead | undefined,
      call: follow(
        leadOn(
          tab.platform,
          'work',
          async (given) => {
            for (const other of running) {
              const isThere = other.page.awake && !other.given?.signal.aborted;
              if (isThere) world.violate(`${page.name} leads while ${other.page.name} does`);
            }
            candidate.given = given;
            running.add(candidate);
            began.push(candidate);
            try {
              return await end.promise;
            } finally {
              running.delete(candidate);
            }
          },
          options,
        ),
      ),
      page,
    };
    candidates.push(candidate);
    return candidate;
  }
  return {
    world,
    began,
    candidates,
    stand,
    open: (options: TabOptions = {}) => world.openTab({ bare: true, ...options }),
    /** Those whose body runs and was not told to stop. */
    leaders: () => [...running].filter(({ page, given }) => page.awake && !given?.signal.aborted),
  };
}

interface Candidate {
  readonly tab: SimulatedTab;
  readonly page: SimulatedTab['page'];
  readonly given: Lead | undefined;
  readonly end: ReturnType<typeof deferred<string>>;
  readonly call: ReturnType<typeof follow<string>>;
}

/** Two tabs, the first of which leads. */
async function openPair(options: TabOptions = {}, next: LeadOptions = {}) {
  const all = arena();
  const [tab, other] = [all.open(options), all.open(options)];
  const leader = all.stand(tab);
  await all.world.advance(500);
  const waiting = all.stand(other, next);
  await all.world.advance(500);
  expect(all.leaders()).toEqual([leader]);
  return { ...all, tab, leader, waiting };
}

test('of five tabs that stand at once one leads, and each leads once the one before has settled', async () => {
  const { world, began, leaders, open, stand } = arena();
  for (let count = 0; count < 5; count++) stand(open());
  for (let turn = 1; turn <= 5; turn++) {
    await world.settle();
    expect(leaders()).toHaveLength(1);
    expect(began).toHaveLength(turn);
    began[turn - 1]?.end.resolve(`turn ${turn}`);
  }
  await world.settle();
  expect(began.map(({ call }) => call.value)).toEqual(['turn 1', 'turn 2', 'turn 3', 'turn 4', 'turn 5']);
  const epochs = began.map(({ given }) => given?.epoch ?? 0);
  expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
});

test('once all bodies have settled no timer, no lock and no work is left', async () => {
  const { world, leader, waiting } = await openPair();
  leader.end.resolve('');
  await world.settle();
  waiting.end.resolve('');
  await world.settle();
  await world.advance(60_000);
  expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
});

test('two calls in one page count as two tabs, and nobody is warned', async () => {
  const { world, leaders, open, stand } = arena();
  const tab = open();
  const [first, second] = [stand(tab), stand(tab)];
  await world.settle();
  const [leader] = leaders();
  expect(leaders()).toHaveLength(1);
  leader?.end.resolve('');
  await world.settle();
  expect(leaders()).toEqual([leader === first ? second : first]);
  expect(world.timeline()).not.toContain('warning');
});

test('a body that throws rejects its call with just that, and the next one leads', async () => {
  const { world, leader, waiting, leaders } = await openPair();
  const error = new Error('mine');
  leader.end.reject(error);
  await world.settle();
  expect(leader.call.error).toBe(error);
  expect(leaders()).toEqual([waiting]);
  expect(world.timeline()).not.toMatch(/session_error|error:/);
});

test('a body that throws or returns in the turn in which it began is as good as any', async () => {
  const world = createSimulatedBrowser();
  const tab = world.openTab({ bare: true, hidden: true });
  const thrown = follow(
    leadOn(tab.platform, 'work', () => {
      throw new RangeError('at once');
    }),
  );
  const returned = follow(leadOn(tab.platform, 'work', () => 'at once'));
  await world.settle();
  expect(thrown.outcome).toBe('RangeError');
  expect(returned.value).toBe('at once');
});

test.each(['crash', 'close', 'reload'] as const)(
  'the next one leads when what the leader’s tab does is: %s',
  async (how) => {
    const { world, tab, waiting, leaders, leader } = await openPair();
    await tab[how]();
    await world.settle();
    expect(leaders()).toEqual([waiting]);
    expect(leader.given?.epoch).toBeLessThan(waiting.given?.epoch ?? 0);
  },
);

test('a page that was reloaded stands again behind those who waited', async () => {
  const { world, tab, waiting, leaders, stand } = await openPair();
  await tab.reload();
  const again = stand(tab);
  await world.settle();
  const [first, second] = leaders()[0] === waiting ? [waiting, again] : [again, waiting];
  expect(leaders()).toEqual([first]);
  first.end.resolve('');
  await world.settle();
  expect(leaders()).toEqual([second]);
});

test.each([
  ['frozen', 'freeze', 'wake'],
  ['in the back/forward cache', 'navigateAway', 'goBack'],
] as const)('a leader whose page was %s finds its signal aborted and its call rejected', async (_, sleep, wake) => {
  const { world, tab, leader, waiting, leaders } = await openPair();
  await tab[sleep]();
  await world.settle();
  expect(leaders()).toEqual([waiting]);
  await tab[wake]();
  await world.settle();
  expect(leader.given?.signal.aborted).toBe(true);
  expect(leader.given?.signal.reason).toMatchObject({ name: 'AbortError' });
  expect(leader.call.error).toMatchObject({ name: 'AbortError' });
  expect(leaders()).toEqual([waiting]);
});

test.each([
  ['frozen', 'freeze', 'wake'],
  ['in the back/forward cache', 'navigateAway', 'goBack'],
] as const)(
  'who waits goes on waiting after its page was %s, and leads if the lead became free',
  async (_, sleep, wake) => {
    for (const endsMeanwhile of [true, false]) {
      const { world, leader, waiting, leaders } = await openPair();
      await waiting.tab[sleep]();
      await world.settle();
      if (endsMeanwhile) leader.end.resolve('');
      await world.settle();
      await waiting.tab[wake]();
      await world.settle();
      leader.end.resolve('');
      await world.settle();
      expect(leaders()).toEqual([waiting]);
    }
  },
);

test('a page that is left in the middle of its claim neither leads nor asks, and stands again when it is back', async () => {
  for (let steps = 0; steps < 40; steps++) {
    const { world, open, stand, leaders } = arena(createSimulatedBrowser({ automatic: false, seed: steps + 1 }));
    const candidate = stand(open());
    for (let step = 0; step < steps; step++) await world.step();
    const led = candidate.given !== undefined;
    // As in the moment between the event and the cache: the page still runs.
    candidate.page.tell('hide');
    await world.advance(5_000);
    expect(leaders()).toEqual([]);
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
    candidate.page.tell('show');
    await world.advance(20_000);
    if (led) expect(candidate.call.error).toMatchObject({ name: 'AbortError' });
    else expect(leaders()).toEqual([candidate]);
  }
});

test('who gives up while it waits is rejected with the reason of its signal, and never leads', async () => {
  const control = new AbortController();
  const { world, leader, waiting, leaders } = await openPair({}, { signal: control.signal });
  const reason = new Error('no longer');
  control.abort(reason);
  await world.settle();
  expect(waiting.call.error).toBe(reason);
  leader.end.resolve('');
  await world.settle();
  expect(leaders()).toEqual([]);
  expect(waiting.given).toBeUndefined();
});

test('a call whose signal is aborted already does nothing', async () => {
  const { world, open, stand } = arena();
  const { call } = stand(open(), { signal: AbortSignal.abort('before') });
  await world.settle();
  expect(call.error).toBe('before');
  expect(world.recordOf('lead:work')).toBeUndefined();
});

test('a leader that gives up is rejected at once, and the next one begins when its body has settled', async () => {
  const { world, open, stand, leaders } = arena();
  const control = new AbortController();
  const leader = stand(open(), { signal: control.signal });
  await world.advance(500);
  const waiting = stand(open());
  await world.advance(500);
  const reason = new Error('enough');
  control.abort(reason);
  await world.settle();
  expect(leader.given?.signal.reason).toBe(reason);
  expect(leader.call.error).toBe(reason);
  await world.advance(120_000);
  expect(waiting.given).toBeUndefined();
  leader.end.resolve('too late');
  await world.settle();
  expect(leaders()).toEqual([waiting]);
});

test('whenever a leader gives up, nobody begins before its body has settled', async () => {
  for (let steps = 0; steps < 40; steps++) {
    const { world, open, stand, leaders } = arena(createSimulatedBrowser({ automatic: false, seed: steps + 1 }));
    const control = new AbortController();
    const leader = stand(open(), { signal: control.signal });
    const waiting = stand(open());
    for (let step = 0; step < steps; step++) await world.step();
    if (waiting.given) continue;
    control.abort();
    await world.advance(40_000);
    expect(leader.call.error).toMatchObject({ name: 'AbortError' });
    expect(waiting.given === undefined).toBe(leader.given !== undefined);
    leader.end.resolve('');
    await world.advance(20_000);
    expect(leaders()).toEqual([waiting]);
  }
});

test('a body that gives up in the turn in which it began is waited for too', async () => {
  const { world, open, stand, leaders } = arena();
  const control = new AbortController();
  const end = deferred();
  const body = (): Promise<void> => {
    control.abort();
    return end.promise;
  };
  const call = follow(leadOn(open().platform, 'work', body, { signal: control.signal }));
  await world.settle();
  const waiting = stand(open());
  await world.advance(60_000);
  expect(call.error).toMatchObject({ name: 'AbortError' });
  expect(waiting.given).toBeUndefined();
  end.resolve();
  await world.settle();
  expect(leaders()).toEqual([waiting]);
});

test.each([
  ['without locks', { locks: false }],
  ['with locks that are never answered', { locks: 'silent' }],
  ['without a store', { store: false }],
  ['without a channel', { channel: false }],
] as const)('%s one leads at a time too, and the next one when its tab crashed', async (_, capabilities) => {
  const { world, began, leaders, open, stand } = arena();
  for (let count = 0; count < 3; count++) stand(open({ capabilities }));
  await world.advance(30_000);
  expect(leaders()).toHaveLength(1);
  began[0]?.end.resolve('');
  await world.advance(30_000);
  expect(began).toHaveLength(2);
  await began[1]?.tab.crash();
  await world.advance(60_000);
  expect(began).toHaveLength(3);
  expect(leaders()).toHaveLength(1);
});

test('by force the lead is taken from a leader that is stopped, which finds itself fenced when it goes on', async () => {
  const { world, tab, leader, waiting, leaders } = await openPair({}, { force: true });
  await tab.stop();
  await world.advance(20_000);
  expect(leaders()).toEqual([waiting]);
  await tab.cont();
  await world.settle();
  expect(leader.call.error).toMatchObject({ name: 'AbortError' });
  expect(leader.given?.signal.aborted).toBe(true);
  expect(waiting.call.outcome).toBe('pending');
});

test('without force a leader that is stopped is waited for', async () => {
  const { world, tab, waiting, leader, leaders } = await openPair();
  await tab.stop();
  await world.advance(120_000);
  expect(waiting.given).toBeUndefined();
  await tab.cont();
  await world.settle();
  expect(leaders()).toEqual([leader]);
});

test('by force nothing is taken from a leader that answers: its body is waited for, however long it takes', async () => {
  const { world, leader, waiting, leaders } = await openPair({}, { force: true });
  await world.advance(600_000);
  expect(leaders()).toEqual([leader]);
  expect(leader.given?.signal.aborted).toBe(false);
  leader.end.resolve('done');
  await world.settle();
  expect(leader.call.value).toBe('done');
  expect(leaders()).toEqual([waiting]);
});

test('who asked by force and went away leaves the leader its lead, and the others their turn', async () => {
  const { world, leader, waiting, leaders, open, stand } = await openPair({}, { force: true });
  const third = stand(open());
  await world.advance(5_000);
  await waiting.tab.crash();
  await world.advance(5_000);
  expect(leaders()).toEqual([leader]);
  leader.end.resolve('done');
  await world.advance(20_000);
  expect(leader.call.value).toBe('done');
  expect(leaders()).toEqual([third]);
});

test('of three that force a stopped leader one leads', async () => {
  const { world, tab, open, stand, leaders, candidates } = await openPair({}, { force: true });
  for (let count = 0; count < 2; count++) stand(open(), { force: true });
  await tab.stop();
  await world.advance(60_000);
  expect(leaders()).toHaveLength(1);
  await tab.cont();
  await world.advance(10_000);
  expect(leaders()).toHaveLength(1);
  for (const { end } of candidates) end.resolve('');
  await world.advance(60_000);
  expect(candidates.slice(1).map(({ call }) => call.outcome)).toEqual(['done', 'done', 'done']);
});

test.each(['chromium', 'firefox', 'webkit'] as const)(
  'fifty hand-offs in all ways that %s has, and never two bodies at once',
  async (engine) => {
    const { world, open, stand, leaders, began } = arena(createSimulatedBrowser({ seed: 7, engine }));
    for (let count = 0; count < 5; count++) stand(open());
    for (let turn = 0; turn < 50; turn++) {
      await world.advance(2_000);
      const [leader] = leaders();
      expect(leaders(), world.timeline()).toHaveLength(1);
      if (!leader) break;
      const { tab, end } = leader;
      if (turn % 5 === 1) end.reject(new Error('mine'));
      else if (turn % 5 === 2) await tab.crash();
      else if (turn % 5 === 3) await tab.reload();
      else if (turn % 5 === 4) await tab.navigateAway();
      await world.advance(turn % 3);
      end.resolve('');
      if (tab.state === 'away') await tab.goBack();
      stand(tab.state === 'open' ? tab : open());
    }
    expect(began.length).toBeGreaterThanOrEqual(50);
  },
);

test('who stands again as soon as it lost the lead to the cache does so when its page is back', async () => {
  const { world, open } = arena();
  const tab = open();
  const calls: string[] = [];
  const standForEver = async (): Promise<void> => {
    while (calls.length < 9) {
      calls.push('stands');
      const body = ({ signal }: Lead) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      await leadOn(tab.platform, 'work', body).catch(() => undefined);
    }
  };
  void standForEver();
  await world.settle();
  await tab.navigateAway();
  await world.settle();
  expect(calls).toEqual(['stands']);
  await tab.goBack();
  await world.settle();
  expect(calls).toEqual(['stands', 'stands']);
});

test('who forces the lead does so again after its own page was frozen', async () => {
  const { world, tab, waiting, leaders } = await openPair({}, { force: true });
  await waiting.tab.freeze();
  await world.settle();
  await waiting.tab.wake();
  await tab.stop();
  await world.advance(30_000);
  expect(leaders()).toEqual([waiting]);
});

test('wherever a tab is stopped on its way to the lead, another leads by force, and still only one when it goes on', async () => {
  for (let steps = 0; steps < 60; steps++) {
    const { world, open, stand, leaders } = arena(createSimulatedBrowser({ automatic: false, seed: steps + 1 }));
    const tab = open();
    stand(tab);
    for (let step = 0; step < steps; step++) await world.step();
    void tab.stop();
    await world.advance(1);
    const other = stand(open(), { force: true });
    await world.advance(60_000);
    // Before a claim is confirmed nobody can force it.
    const isClaiming = JSON.stringify(world.recordOf('lead:work')).includes('"phase":"connecting"');
    expect(leaders()).toEqual(isClaiming ? [] : [other]);
    void tab.cont();
    await world.advance(60_000);
    expect(leaders()).toHaveLength(1);
  }
});

test('a leader that somebody ends by a coordinator is told, and its body waited for', async () => {
  const { world, leader, waiting, leaders } = await openPair();
  const { driver } = simpleDriver();
  const ended = follow(createCoordinatorOn(waiting.tab.platform, { name: 'lead:work', driver }).end());
  await world.advance(20_000);
  expect(leader.call.error).toMatchObject({ name: 'AbortError' });
  expect([ended.outcome, waiting.given]).toEqual(['pending', undefined]);
  leader.end.resolve('');
  await world.settle();
  expect(leaders()).toEqual([waiting]);
});

test('by force it does not ask again and again for what a newer version of solotab has stored', async () => {
  const { world, open, stand, leaders } = arena();
  world.putRecord({ version: 1_000 }, 'lead:work');
  stand(open(), { force: true });
  await world.advance(60_000);
  expect(leaders()).toEqual([]);
  expect(world.machine.scheduler.steps).toBeLessThan(200);
});

test.each(['', undefined, 7])('a name that is %j is refused', async (name) => {
  const { platform } = createSimulatedBrowser().openTab({ bare: true });
  await expect(leadOn(platform, name as string, () => 'led')).rejects.toThrow(TypeError);
  expect(() => createElectionOn(platform, name as string)).toThrow(TypeError);
});

test('on a server nobody leads', async () => {
  await expect(lead('work', () => 1)).rejects.toMatchObject({
    code: 9999,
    message: expect.stringContaining('browser'),
  });
  const election = createElection('work');
  await election.close();
  expect(election.isLeader).toBe(false);
});
