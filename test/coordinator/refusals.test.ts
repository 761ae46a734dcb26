import type { SessionErrorEvent, Shape } from 'solotab';
import { createSimulatedBrowser, type SimulatedTab } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { countingPlatform } from '../support/counting-platform';
import {
  deferred,
  follow,
  hearNumbers,
  look,
  openSession,
  openWorld,
  simpleDriver,
  type World,
} from '../support/world';

/** How the scope gets into each phase, with the session in the first tab. */
const INTO: Readonly<Record<string, () => Promise<World>>> = {
  connecting: async () => {
    const opened = await openWorld();
    follow(opened.a.coordinator.start());
    await opened.world.settle();
    return opened;
  },
  active: () => openSession(),
  reconnecting: async () => {
    const opened = await openSession();
    opened.world.contextIn(opened.a).reconnecting();
    await opened.world.settle();
    return opened;
  },
  canceling: async () => {
    const opened = await openWorld({ browser: { faults: { ignoreAborts: 1 } } });
    follow(opened.a.coordinator.start());
    await opened.world.settle();
    follow(opened.a.coordinator.cancel());
    await opened.world.settle();
    return opened;
  },
  ending: async () => {
    const opened = await openSession();
    opened.world.faults.hangEnds = 1;
    follow(opened.a.coordinator.end());
    await opened.world.settle();
    return opened;
  },
  recovering: async () => {
    const opened = await openSession();
    await opened.a.crash();
    await opened.world.settle();
    return opened;
  },
};

describe('while the session is', () => {
  const table: readonly [phase: keyof typeof INTO, code: number, resumeCode: number | null][] = [
    ['connecting', 1002, 1002],
    ['active', 1004, 1004],
    ['reconnecting', 1002, 1002],
    ['canceling', 1017, 1017],
    ['ending', 1017, 1017],
    ['recovering', 1002, null],
  ];
  const cells = table.flatMap(([phase, code, resumeCode]) =>
    (['a', 'b'] as const).flatMap((who) =>
      (['start', 'join', 'resume'] as const)
        .filter((call) => (call !== 'resume' || resumeCode !== null) && !(phase === 'recovering' && who === 'a'))
        .map((call) => ({ phase, who, call, code: call === 'resume' ? resumeCode : code })),
    ),
  );

  test.each(cells)(
    '$phase, $call in tab $who is refused with $code, in this tab alone, and reaches no driver',
    async ({ phase, who, call, code }) => {
      const opened = await (INTO[phase] as () => Promise<World>)();
      const { world } = opened;
      const before = look(opened.b);
      const requests = [...world.network.requests];
      const [caller, other] = who === 'a' ? [opened.a, opened.b] : [opened.b, opened.c];
      const heard = hearNumbers(caller);
      const heardElsewhere = hearNumbers(other);

      const refused = follow(caller.coordinator[call]());
      await world.settle();

      expect(refused.outcome).toBe(code);
      expect(refused.error).toMatchObject({ local: true, tabId: caller.coordinator.tabId, seq: null });
      expect(heard).toEqual([`session_error ${code} local`]);
      expect(heardElsewhere).toEqual([]);
      expect(world.network.requests).toEqual(requests);
      expect(look(opened.b)).toBe(before);
    },
  );

  test('idle, there is nothing to resume or to take over: 1011', async () => {
    const { a, world } = await openWorld();
    for (const call of ['resume', 'takeOver'] as const) {
      await expect(a.coordinator[call]()).rejects.toMatchObject({ code: 1011, local: true });
    }
    expect(world.network.requests).toEqual([]);
  });

  test('without its tab, who would start another one is told so, and what to do', async () => {
    const { b } = await (INTO.recovering as () => Promise<World>)();
    await expect(b.coordinator.start()).rejects.toMatchObject({
      code: 1002,
      message: 'The session in this browser has lost its tab.',
      suggestedAction: 'Go on with it here, or end it first.',
    });
  });

  test('without its tab, a tab that slept all the time is told so too', async () => {
    const { a, b, world } = await openWorld({ driver: 'auto', capabilities: { channel: false } });
    await b.freeze();
    await a.coordinator.start();
    await a.crash();
    await world.advance(40_000);
    void b.wake();
    await expect(b.coordinator.start()).rejects.toMatchObject({
      message: 'The session in this browser has lost its tab.',
    });
  });

  test('active and its driver can’t resume, it can neither be resumed nor taken over: 1011', async () => {
    const { b, world } = await openSession({ resumable: false });
    for (const call of ['resume', 'takeOver'] as const) {
      await expect(b.coordinator[call]()).rejects.toMatchObject({ code: 1011, retryable: false });
    }
    expect(world.network.requests).toEqual(['start']);
  });
});

test('a refusal as an event is the same as the one that is thrown, and plain data', async () => {
  const { b } = await openSession();
  const events: SessionErrorEvent[] = [];
  b.coordinator.on('session_error', (event) => events.push(event));
  const error = await b.coordinator.start().catch((reason) => reason);
  expect(events).toEqual([error.toJSON()]);
  expect(structuredClone(events[0])).toEqual(events[0]);
});

test('a refusal does not become the last error of the session', async () => {
  const { b } = await openSession();
  await expect(b.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  expect(b.coordinator.getSnapshot().lastError).toBeNull();
});

test('twelve tabs start at one instant: one wins, eleven are refused with 1002 or 1004, one request is made', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = createSimulatedBrowser({ seed });
    const tabs = Array.from({ length: 12 }, () => world.openTab({ driver: 'auto' }));
    const calls = tabs.map(({ coordinator }) => follow(coordinator.start()));
    await world.settle();
    const outcomes = calls.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 1002 || outcome === 1004)).toHaveLength(11);
    expect(world.network.requests).toEqual(['start']);
  }
});

test('await a.end(), then b.start(): never refused, a hundred times', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { a, b, world } = await openSession({ driver: 'auto', browser: { seed } });
    await a.coordinator.end();
    await expect(b.coordinator.start()).resolves.toBeDefined();
    expect(world.network.requests).toEqual(['start', 'end', 'start']);
  }
});

test('await a.start(), then b.start(): always refused, a hundred times', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const { b } = await openSession({ driver: 'auto', browser: { seed } });
    await expect(b.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  }
});

describe('a call rests on a proof that the host lives', () => {
  test.each([
    ['with locks', true, 500],
    ['without locks', false, 4_000],
  ])('%s: one that was left behind by a crash never refuses a start', async (_, locks, patienceMs) => {
    const capabilities = { locks };
    const { a, b, c, world } = await openSession({ driver: 'auto', resumable: false, capabilities });
    for (const tab of [b, c]) await tab.close();
    await a.crash();
    const fresh = world.openTab({ driver: 'auto', resumable: false, capabilities });
    const started = follow(fresh.coordinator.start());
    await world.advance(patienceMs);
    expect(started.outcome).toBe('done');
  });

  test('a refusal says what is stored, also to a tab that was told nothing of it', async () => {
    const { world, a, b } = await openWorld();
    follow(a.coordinator.start());
    await world.settle();
    world.faults.loseMessages = 1;
    await world.connect(a);
    await world.settle();
    expect(look(b)).toBe('connecting follower');
    await expect(b.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  });

  test('without locks a live host is believed, and a start is refused soon', async () => {
    const { b, world } = await openSession({ capabilities: { locks: false } });
    const refused = follow(b.coordinator.start());
    await world.advance(500);
    expect(refused.outcome).toBe(1004);
  });
});

describe('a double click', () => {
  /** Two tabs with counted platforms and drivers that connect when they are told to. */
  async function openCounted() {
    const world = createSimulatedBrowser();
    const tab = world.openTab({ bare: true });
    const { platform, counts } = countingPlatform(tab.platform);
    const gate = deferred<object>();
    const { driver } = simpleDriver({ start: () => gate.promise });
    const coordinator = createCoordinatorOn<{ session: object }>(platform, { name: 'support', driver });
    await world.settle();
    return { world, coordinator, counts, gate };
  }

  test('in the same turn is refused before any I/O, and the first call goes on', async () => {
    const clickTimes = async (clicks: number) => {
      const { coordinator, counts, world, gate } = await openCounted();
      const calls = Array.from({ length: clicks }, () => follow(coordinator.start()));
      for (let turn = 0; turn < 5; turn++) await null;
      const soon = calls.map(({ outcome }) => outcome);
      gate.resolve({});
      await world.settle();
      return { soon, outcomes: calls.map(({ outcome }) => outcome), counts };
    };
    const [single, double] = [await clickTimes(1), await clickTimes(3)];
    expect(single.outcomes).toEqual(['done']);
    expect(double.soon).toEqual(['pending', 1002, 1002]);
    expect(double.outcomes).toEqual(['done', 1002, 1002]);
    expect(double.counts).toEqual(single.counts);
  });

  test.each([
    ['while it connects', 1002],
    ['once it is connected', 1004],
  ] as const)('%s costs no transaction, no message, no lock and no timer', async (_, code) => {
    const { coordinator, counts, world, gate } = await openCounted();
    const first = follow(coordinator.start());
    await world.settle();
    if (code === 1004) {
      gate.resolve({});
      await world.settle();
      expect(first.outcome).toBe('done');
    }
    const before = { ...counts };
    for (const call of ['start', 'join', 'resume'] as const) {
      const refused = follow(coordinator[call]());
      for (let turn = 0; turn < 5; turn++) await null;
      expect(refused.outcome).toBe(call === 'resume' ? 1011 : code);
    }
    await world.settle();
    expect(counts).toEqual(before);
  });
});

describe('what a driver prepares', () => {
  function openPreparing(prepare: (kind: string, request: unknown) => unknown) {
    const seen: unknown[] = [];
    const world = createSimulatedBrowser();
    const driver = {
      prepare,
      start: (request: unknown) => void seen.push(request),
      join: (request: unknown) => void seen.push(request),
      end: () => undefined,
    };
    const tab: SimulatedTab<Shape> = world.openTab<Shape>({ driver });
    return { world, tab, seen };
  }

  test('is what start and join get', async () => {
    const { tab, seen } = openPreparing((kind, request) => `${kind} ${request}`);
    await tab.coordinator.start('one');
    await tab.coordinator.end();
    await tab.coordinator.join('two');
    expect(seen).toEqual(['start one', 'join two']);
  });

  test('refuses the call in this tab alone, before anything happens', async () => {
    const { SessionError } = await import('solotab');
    const { tab, world, seen } = openPreparing(() => {
      throw new SessionError(1008);
    });
    const heard = hearNumbers(tab);
    await expect(tab.coordinator.start('x')).rejects.toMatchObject({
      code: 1008,
      local: true,
      tabId: tab.coordinator.tabId,
    });
    expect([heard, seen, world.recordOf()]).toEqual([['session_error 1008 local'], [], undefined]);
  });

  test('keeps the cause of its refusal for the caller, and tells it to no listener', async () => {
    const { SessionError } = await import('solotab');
    const cause = new Error('the form was left blank');
    const { tab } = openPreparing(() => {
      throw new SessionError(1009, { cause });
    });
    const events: unknown[] = [];
    tab.coordinator.on('session_error', (event) => events.push(event));
    await expect(tab.coordinator.start('x')).rejects.toMatchObject({ code: 1009, cause });
    expect(events).toEqual([expect.not.objectContaining({ cause })]);
  });

  test('may fail in any other way: the call rejects with just that', async () => {
    const { tab } = openPreparing(() => {
      throw new RangeError('bug');
    });
    await expect(tab.coordinator.start('x')).rejects.toThrow(RangeError);
  });
});
