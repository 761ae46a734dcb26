import { createCoordinator, type SessionSnapshot } from 'solotab';
import { createSimulatedBrowser } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { countingPlatform } from '../support/counting-platform';
import {
  type Followed,
  follow,
  hear,
  look,
  openSession,
  openWorld,
  rejects,
  simpleDriver,
  type World,
} from '../support/world';

describe('createCoordinator throws a TypeError at once', () => {
  const driver = { start: () => 1, join: () => 1, end: () => undefined };
  test.each<[string, unknown, RegExp]>([
    ['without options', undefined, /name/],
    ['without a name', { driver }, /name/],
    ['with an empty name', { name: '', driver }, /name/],
    ['with a name that is no text', { name: 7, driver }, /name/],
    ['without a driver', { name: 'x' }, /driver/],
    ['with a driver that is null', { name: 'x', driver: null }, /driver/],
    ['with a driver that is a function', { name: 'x', driver: () => undefined }, /driver/],
    ['with a driver without start', { name: 'x', driver: { ...driver, start: undefined } }, /driver\.start/],
    ['with a driver without join', { name: 'x', driver: { ...driver, join: 'join' } }, /driver\.join/],
    ['with a driver without end', { name: 'x', driver: { ...driver, end: null } }, /driver\.end/],
    ['with a resume that is no function', { name: 'x', driver: { ...driver, resume: true } }, /driver\.resume/],
    ['with a release that is no function', { name: 'x', driver: { ...driver, release: {} } }, /driver\.release/],
    ['with a prepare that is no function', { name: 'x', driver: { ...driver, prepare: 1 } }, /driver\.prepare/],
    ['with an unknown recovery policy', { name: 'x', driver, recovery: { by: 'magic' } }, /recovery\.by/],
    ['with a window of nothing', { name: 'x', driver, recovery: { windowMs: 0 } }, /windowMs/],
    ['with an endless window', { name: 'x', driver, recovery: { windowMs: Number.POSITIVE_INFINITY } }, /windowMs/],
    ['with half an attempt', { name: 'x', driver, recovery: { attempts: 0.5 } }, /attempts/],
    ['with attempts below zero', { name: 'x', driver, recovery: { attempts: -1 } }, /attempts/],
    ['with a time limit of nothing', { name: 'x', driver, connectTimeoutMs: 0 }, /connectTimeoutMs/],
    ['with a time limit that is no number', { name: 'x', driver, connectTimeoutMs: '30' }, /connectTimeoutMs/],
    ['with an unknown whenUnsafe', { name: 'x', driver, whenUnsafe: 'maybe' }, /whenUnsafe/],
  ])('%s, and says what is wrong', (_, options, message) => {
    expect(() => createCoordinator(options as never)).toThrow(TypeError);
    expect(() => createCoordinator(options as never)).toThrow(message);
  });
});

describe('without a browser, as in server rendering,', () => {
  const { driver } = simpleDriver();

  test('a coordinator is idle, is ready, and refuses what needs a browser', async () => {
    const coordinator = createCoordinator({ name: 'support', driver });
    await coordinator.ready;
    expect(coordinator.getSnapshot()).toMatchObject({ phase: 'idle', role: 'none', epoch: 0 });
    await expect(coordinator.start()).rejects.toMatchObject({ code: 9999, local: true });
    await coordinator.end();
    await coordinator.cancel();
    await coordinator.close();
  });
});

describe('a snapshot', () => {
  test('of a scope that nobody used is idle', async () => {
    const { a } = await openWorld();
    expect(a.coordinator.getSnapshot()).toEqual({
      ...{ phase: 'idle', role: 'none', kind: null, hostTabId: null, epoch: 0, since: null },
      ...{ info: null, lastError: null, guarantee: 'exclusive' },
    });
  });

  test('is the same object until something changed, however often the store is looked at', async () => {
    const { a, b, world } = await openSession();
    world.contextIn(a).publish({ list: [1, 2] });
    world.contextIn(a).error({ code: 1016, exception: 'NETWORK_ERROR' });
    await world.settle();
    const before = [a, b].map(({ coordinator }) => coordinator.getSnapshot());
    const changes: SessionSnapshot[] = [];
    for (const { coordinator } of [a, b]) coordinator.on('statechange', (snapshot) => changes.push(snapshot));
    await a.show();
    for (const tab of [a, b]) {
      await tab.hide();
      await tab.show();
    }
    world.contextIn(a).emit('note', 1);
    await expect(b.coordinator.start()).rejects.toMatchObject({ code: 1004 });
    await world.advance(60_000);
    const after = [a, b].map(({ coordinator }) => coordinator.getSnapshot());
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect(changes).toEqual([]);
  });

  test('can’t be changed', async () => {
    const { a } = await openSession();
    expect(() => Object.assign(a.coordinator.getSnapshot(), { phase: 'idle' })).toThrow(TypeError);
  });

  test('keeps the identity of what was published and of the last error when something else changes', async () => {
    const { a, b, world } = await openSession();
    world.contextIn(a).publish({ pin: 'A1' });
    world.contextIn(a).error({ code: 1016, exception: 'NETWORK_ERROR' });
    await world.settle();
    const { info, lastError } = b.coordinator.getSnapshot();
    world.contextIn(a).reconnecting();
    await world.settle();
    expect(b.coordinator.getSnapshot().phase).toBe('recovering');
    expect(b.coordinator.getSnapshot().info).toBe(info);
    expect(b.coordinator.getSnapshot().lastError).toBe(lastError);
  });

  test('of each tab says who hosts and since when', async () => {
    const { a, b } = await openSession();
    const [first, second] = [a, b].map(({ coordinator }) => coordinator.getSnapshot());
    expect(first).toEqual({ ...second, role: 'host' });
    expect(second).toMatchObject({
      role: 'follower',
      kind: 'start',
      hostTabId: a.coordinator.tabId,
      since: expect.any(Number),
    });
  });

  test('is read anew by subscribers: each change is told once, after getSnapshot has it', async () => {
    const { a, b, world } = await openWorld();
    const seen: string[] = [];
    const stop = b.coordinator.subscribe(() => seen.push(b.coordinator.getSnapshot().phase));
    follow(a.coordinator.start());
    await world.connect(a);
    world.faults.hangEnds = 1;
    follow(a.coordinator.end());
    await world.advance(31_000);
    expect(seen.filter((phase, index) => phase !== seen[index - 1])).toEqual([
      'connecting',
      'active',
      'ending',
      'idle',
    ]);
    stop();
    const { length } = seen;
    follow(a.coordinator.start());
    await world.settle();
    expect(seen).toHaveLength(length);
  });
});

describe('listeners', () => {
  test('one that throws is reported to the logger, and harms neither the others nor the session', async () => {
    const { a, b, world } = await openSession();
    b.coordinator.on('note', () => {
      throw new Error('boo');
    });
    b.coordinator.subscribe(() => {
      throw new Error('boo');
    });
    const heard = hear(b, 'note');
    world.contextIn(a).emit('note');
    world.contextIn(a).publish(1);
    await world.settle();
    expect(heard).toEqual(['note']);
    expect(world.timeline()).toContain("a listener of 'note' threw");
    expect(world.timeline()).toContain("a listener of 'statechange' threw");
    expect(look(b)).toBe('active follower');
  });

  test('one that closes the coordinator while an event is delivered is the last to hear', async () => {
    const { a, b, c, world } = await openSession();
    b.coordinator.on('note', () => void b.coordinator.close());
    const heard = [hear(b, 'note'), hear(c, 'note')];
    for (let count = 0; count < 3; count++) world.contextIn(a).emit('note');
    await world.settle();
    expect(heard).toEqual([[], ['note', 'note', 'note']]);
    expect(look(a)).toBe('active host');
  });

  test('one in the host that closes the coordinator while the session starts leaves nothing behind', async () => {
    const { a, b, world } = await openWorld({ driver: 'auto', recovery: { by: 'none' } });
    a.coordinator.on('session_started', () => void a.coordinator.close());
    const started = follow(a.coordinator.start());
    await world.settle();
    await world.advance(60_000);
    expect(started.outcome).not.toBe('pending');
    expect(look(b)).toBe('idle none');
    expect(world.network.live.size).toBe(0);
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
  });

  test('one that ends the session as it starts is fine', async () => {
    const { a, b, world } = await openWorld({ driver: 'auto' });
    b.coordinator.on('session_started', () => void b.coordinator.end());
    await a.coordinator.start();
    await world.settle();
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
    expect(world.network.requests).toEqual(['start', 'end']);
  });

  test.each<[string, (opened: World) => unknown]>([
    ['end() in its tab', ({ a }) => a.coordinator.end()],
    ['end() in another tab', ({ b }) => b.coordinator.end()],
    ['its driver', ({ a, world }) => world.contextIn(a).ended('agent-left')],
  ])('one in the host that starts again when the session was ended by %s is granted', async (_, end) => {
    const opened = await openSession({ driver: 'auto' });
    const { a, world } = opened;
    let again: Followed<unknown> | undefined;
    a.coordinator.on('session_ended', () => {
      again = follow(a.coordinator.start());
    });
    await end(opened);
    await world.settle();
    expect(again?.outcome).toBe('done');
    expect(look(a)).toBe('active host');
  });

  test('one that starts again when the start has failed is granted', async () => {
    const { a, world } = await openWorld();
    let again: Followed<unknown> | undefined;
    a.coordinator.on('session_error', ({ local }) => {
      if (!local) again ??= follow(a.coordinator.start());
    });
    follow(a.coordinator.start());
    await world.fail(a);
    await world.connect(a);
    expect(again?.outcome).toBe('done');
  });

  test('one that starts when it sees an idle scope is granted', async () => {
    const { a, world } = await openSession({ driver: 'auto' });
    let again: Followed<unknown> | undefined;
    a.coordinator.subscribe(() => {
      if (a.coordinator.getSnapshot().phase === 'idle') again ??= follow(a.coordinator.start());
    });
    await a.coordinator.end();
    await world.settle();
    expect(again?.outcome).toBe('done');
  });

  test('a signal ends the listening, and so does the function that on returns', async () => {
    const { a, b, world } = await openSession();
    const heard: string[] = [];
    const control = new AbortController();
    b.coordinator.on('note', () => heard.push('signal'), { signal: control.signal });
    const stop = b.coordinator.on('note', () => heard.push('function'));
    world.contextIn(a).emit('note');
    await world.settle();
    control.abort();
    stop();
    world.contextIn(a).emit('note');
    await world.settle();
    expect(heard).toEqual(['signal', 'function']);
  });
});

describe('a coordinator that was closed', () => {
  test.each(['start', 'join', 'resume', 'takeOver', 'cancel', 'end'] as const)(
    'rejects %s with an InvalidStateError',
    async (call) => {
      const { a, world } = await openWorld();
      await a.coordinator.close();
      await rejects(a.coordinator[call](), 'InvalidStateError');
      expect(world.recordOf()).toBeUndefined();
    },
  );

  test('hears nothing, holds nothing, waits for nothing; closing it again is fine', async () => {
    const { a, b, world } = await openSession();
    const heard = hear(b, 'note');
    await Promise.all([b.coordinator.close(), b.coordinator.close()]);
    await b.coordinator.close();
    world.contextIn(a).emit('note');
    await a.coordinator.end();
    await world.settle();
    expect(heard).toEqual([]);
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
  });

  test('writes nothing any more: a claim that a slow store comes to only then begins no session', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { a, world } = await openWorld({ driver: 'auto', browser: { seed } });
      Object.assign(world.faults, { delayTransactions: 1, longestDelayMs: 5_000 });
      const started = follow(a.coordinator.start());
      await world.advance(1);
      await a.coordinator.close();
      await world.advance(10_000);
      expect(started.error).toMatchObject({ name: 'InvalidStateError' });
      expect(JSON.stringify(world.recordOf() ?? 'none')).not.toContain('connecting');
    }
  });

  test('before it was ready is closed all the same, and ready resolves', async () => {
    const world = createSimulatedBrowser();
    const tab = world.openTab();
    await Promise.all([tab.coordinator.close(), tab.coordinator.ready]);
    await world.settle();
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
  });

  test.each(['dispose', 'asyncDispose'] as const)('by Symbol.%s is closed', async (name) => {
    const { a } = await openWorld();
    if (name === 'dispose') a.coordinator[Symbol.dispose]();
    else await a.coordinator[Symbol.asyncDispose]();
    await rejects(a.coordinator.start(), 'InvalidStateError');
  });

  test('while another tab’s call waits for its session lets that call go on', async () => {
    const { a, b, world } = await openSession({ driver: 'auto', recovery: { by: 'none' } });
    const ended = follow(b.coordinator.end());
    await a.coordinator.close();
    await world.settle();
    expect(ended.outcome).toBe('done');
    expect(look(b)).toBe('idle none');
    expect(world.network.live.size).toBe(0);
  });
});

describe('two coordinators in one document', () => {
  test('count as two tabs: the second is refused, follows, and may end', async () => {
    const world = createSimulatedBrowser();
    const tab = world.openTab({ bare: true });
    const open = () => ({
      coordinator: createCoordinatorOn(tab.platform, { name: 'x', driver: simpleDriver().driver }),
    });
    const [first, second] = [open(), open()];
    expect(first.coordinator.tabId).not.toBe(second.coordinator.tabId);
    const heard = [hear(first), hear(second)];
    await first.coordinator.start();
    await expect(second.coordinator.start()).rejects.toMatchObject({ code: 1004 });
    expect([first, second].map(look)).toEqual(['active host', 'active follower']);
    await second.coordinator.end();
    await world.settle();
    expect(heard[0]).toEqual(['session_started', 'session_ended ended']);
    // Its own refusal may come before the news of what it was refused for.
    expect(heard[1]).toContain('session_error 1004');
    expect(heard[1]?.filter((event) => event !== 'session_error 1004')).toEqual(heard[0]);
  });

  test('with different names know nothing of each other', async () => {
    const world = createSimulatedBrowser();
    const tab = world.openTab({ bare: true });
    const open = (name: string) => ({
      coordinator: createCoordinatorOn(tab.platform, { name, driver: simpleDriver().driver }),
    });
    const [first, second] = [open('x'), open('y')];
    await first.coordinator.start();
    await second.coordinator.start();
    expect([first, second].map(look)).toEqual(['active host', 'active host']);
  });

  test('one after the other, as React’s StrictMode makes them: the second works as if it were the first', async () => {
    const world = createSimulatedBrowser();
    const tab = world.openTab({ bare: true });
    const open = () => ({
      coordinator: createCoordinatorOn(tab.platform, { name: 'x', driver: simpleDriver().driver }),
    });
    const first = open();
    void first.coordinator.close();
    const second = open();
    await second.coordinator.start();
    await world.settle();
    expect(look(second)).toBe('active host');
    await second.coordinator.end();
    await world.settle();
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
  });
});

describe('free at rest:', () => {
  async function openCounted() {
    const world = createSimulatedBrowser();
    const open = () => {
      const counted = countingPlatform(world.openTab({ bare: true }).platform);
      const { driver } = simpleDriver();
      return {
        ...counted,
        coordinator: createCoordinatorOn(counted.platform, { name: 'x', driver }),
      };
    };
    const [a, b] = [open(), open()];
    await world.settle();
    return { world, a, b };
  }

  test('an idle coordinator has read once, and then neither waits, writes, sends nor locks', async () => {
    const { world, a, b } = await openCounted();
    await world.advance(24 * 3_600_000);
    for (const { counts } of [a, b]) {
      expect(counts).toEqual({ transactions: 0, reads: 1, messages: 0, lockRequests: 0, timers: 0 });
    }
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
  });

  test('after a session nothing is left either', async () => {
    const { world, a, b } = await openCounted();
    await a.coordinator.start();
    await b.coordinator.end();
    await world.settle();
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
    const before = [{ ...a.counts }, { ...b.counts }];
    await world.advance(24 * 3_600_000);
    expect([a.counts, b.counts]).toEqual(before);
  });

  test('with an active session each tab looks every 15 seconds, and its host writes once a minute', async () => {
    const { world, a, b } = await openCounted();
    await a.coordinator.start();
    await world.settle();
    const before = [{ ...a.counts }, { ...b.counts }];
    const seconds = 3_600;
    await world.advance(1_000 * seconds);
    [a, b].forEach(({ counts }, index) => {
      const { reads = 0, timers = 0, transactions = 0, messages } = before[index] ?? {};
      expect(counts.messages).toBe(messages);
      expect(counts.transactions - transactions).toBe(index === 0 ? seconds / 60 - 1 : 0);
      expect(counts.reads - reads).toBeLessThanOrEqual(seconds / 10);
      expect(counts.timers - timers).toBeLessThanOrEqual(seconds / 4);
    });
    expect(world.pending.timers).toBe(3);
  });
});
