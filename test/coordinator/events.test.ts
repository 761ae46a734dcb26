import { type DriverContext, SessionError } from 'solotab';
import { describe, expect, test } from 'vitest';
import type { Watcher } from '../../src/testing/machine';
import { follow, hear, hearNumbers, look, openBare, openSession, openWorld } from '../support/world';

const LARGE = 'x'.repeat(40 * 1024);

/** Payloads of an event type as a tab hears them. */
function payloads(tab: { readonly coordinator: { on: CallableFunction } }, type = 'note'): unknown[] {
  const heard: unknown[] = [];
  tab.coordinator.on(type, ({ payload, tooLarge, missed }: Record<string, unknown>) =>
    heard.push(tooLarge ? 'too large' : missed ? [payload, `missed ${missed}`] : payload),
  );
  return heard;
}

describe('an event of a driver', () => {
  test('is heard in every tab, the host’s included, once and with the same number', async () => {
    const { tabs, a, world } = await openSession();
    const { epoch } = a.coordinator.getSnapshot();
    const heard = tabs.map((tab) => hearNumbers(tab, 'agent_joined'));
    const got: unknown[] = [];
    for (const { coordinator } of tabs) coordinator.on('agent_joined', (event) => got.push(event));
    world.contextIn(a).emit('agent_joined', { name: 'Kim' });
    await world.settle();
    expect(heard).toEqual(Array(3).fill([`agent_joined ${epoch}:2`]));
    const [first] = got;
    expect(first).toEqual({
      ...{ type: 'agent_joined', epoch, seq: 2, tabId: a.coordinator.tabId },
      ...{ at: expect.any(Number), payload: { name: 'Kim' } },
    });
    expect(got).toEqual([first, first, first]);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a map', new Map([['a', new Set([1])]])],
    ['a date', new Date(5)],
    ['bytes', new Uint8Array([1, 2])],
    ['a big integer', 10n],
    ['something that refers to itself', Object.assign([], { length: 0 })],
  ])('may carry %s', async (_, payload) => {
    const { b, a, world } = await openSession();
    const heard = payloads(b);
    world.contextIn(a).emit('note', payload);
    await world.settle();
    expect(heard).toEqual([payload]);
  });

  test.each<[string, unknown]>([
    ['a function', () => undefined],
    ['an object with a function', { deep: [{ call: () => undefined }] }],
    ['a symbol', Symbol('no')],
    ['a promise', Promise.resolve()],
  ])(
    'that carries %s is refused at the call with a DataCloneError that names it, and the session goes on',
    async (_, payload) => {
      const { a, b, world } = await openSession();
      const heard = hear(b, 'note');
      const context = world.contextIn(a);
      expect(() => context.emit('note', payload)).toThrow(
        expect.objectContaining({ name: 'DataCloneError', message: expect.stringContaining("'note'") }),
      );
      expect(() => context.publish(payload)).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
      context.emit('note', 'next');
      await world.settle();
      expect(heard).toEqual(['note']);
      expect(look(b)).toBe('active follower');
      expect(b.coordinator.getSnapshot().info).toBeNull();
    },
  );

  test.each([
    'session_error',
    'session_started',
    'session_joined',
    'session_resumed',
    'session_reconnecting',
    'session_ended',
    'statechange',
    'host_lost',
  ])('can’t be called %s: a TypeError', async (type) => {
    const { a, b, world } = await openSession();
    const heard = hear(b);
    expect(() => world.contextIn(a).emit(type)).toThrow(TypeError);
    await world.settle();
    expect(heard).toEqual([]);
  });

  test.each([undefined, '', 7, null, {}])('needs a type that is a text: %s is none', async (type) => {
    const { a, world } = await openSession();
    expect(() => world.contextIn(a).emit(type as never)).toThrow(TypeError);
  });

  test.each(['constructor', '__proto__', 'toString'])('may be called %s', async (type) => {
    const { a, b, world } = await openSession();
    const heard = payloads(b, type);
    world.contextIn(a).emit(type, 1);
    await world.settle();
    expect(heard).toEqual([1]);
  });

  test('is sent as it was when it was emitted', async () => {
    const { a, b, world } = await openSession();
    const heard = [payloads(a), payloads(b)];
    const payload = { count: 1 };
    world.contextIn(a).emit('note', payload);
    payload.count = 2;
    await world.settle();
    expect(heard).toEqual([[{ count: 1 }], [{ count: 1 }]]);
  });
});

describe('an error that a driver reports', () => {
  test.each<[string, unknown, number]>([
    ['with a code and its exception', { code: 1016, exception: 'NETWORK_ERROR' }, 1016],
    ['with a bare code, which could be anybody’s', { code: 1016 }, 9999],
    ['without one', new Error('no'), 9999],
    ['that is nothing', undefined, 9999],
  ])('%s is told to every tab, becomes the last error, and the session goes on', async (_, error, code) => {
    const { tabs, a, world } = await openSession();
    const heard = tabs.map((tab) => hear(tab));
    world.contextIn(a).error(error);
    await world.settle();
    expect(heard).toEqual(Array(3).fill([`session_error ${code}`]));
    for (const tab of tabs) {
      expect(tab.coordinator.getSnapshot()).toMatchObject({
        phase: 'active',
        lastError: { code, local: false, tabId: a.coordinator.tabId },
      });
    }
  });

  test('shows no text of its own to other tabs: it might hold a secret', async () => {
    const { a, world } = await openSession();
    const seen: unknown[] = [];
    world.machine.watchers.push({
      onPost: (_page, _scope, message) => void seen.push(message),
      onCommit: ({ after, journal }) => void seen.push(after, journal),
    } satisfies Watcher);
    const pair = { code: 2001, exception: 'TOKEN_INVALID' };
    world.contextIn(a).error(Object.assign(new Error('token=SECRET'), pair, { suggestedAction: 'SECRET' }));
    await world.settle();
    expect(JSON.stringify(seen)).toContain('2001');
    expect(JSON.stringify(seen)).not.toContain('SECRET');
  });

  test('is told to subscribers as a new snapshot, in each tab once', async () => {
    const { a, b, world } = await openSession();
    await world.settle();
    const told: (number | undefined)[] = [];
    for (const { coordinator } of [a, b]) {
      coordinator.subscribe(() => told.push(coordinator.getSnapshot().lastError?.code));
    }
    world.contextIn(a).error({ code: 1016, exception: 'NETWORK_ERROR' });
    await world.settle();
    expect(told).toEqual([1016, 1016]);
  });

  test('is the last error until the next start is granted', async () => {
    const { a, b, world } = await openSession();
    world.contextIn(a).error({ code: 1016, exception: 'NETWORK_ERROR' });
    await b.coordinator.end();
    expect(b.coordinator.getSnapshot().lastError?.code).toBe(1016);
    follow(b.coordinator.start());
    await world.settle();
    expect([a, b].map(({ coordinator }) => coordinator.getSnapshot().lastError)).toEqual([null, null]);
  });
});

test('events, errors and changes of state are heard in the order in which they happened', async () => {
  const { tabs, a, world } = await openSession();
  const heard = tabs.map((tab) => hear(tab, 'one', 'two'));
  const context = world.contextIn(a);
  context.emit('one');
  context.error({ code: 1016, exception: 'NETWORK_ERROR' });
  context.reconnecting();
  context.emit('two');
  context.publish(1);
  context.reconnected();
  context.emit('one');
  context.ended('closed');
  await world.settle();
  const order = [
    'one',
    'session_error 1016',
    'session_reconnecting',
    'two',
    'session_resumed',
    'one',
    'session_ended closed',
  ];
  expect(heard).toEqual([order, order, order]);
});

test('a request and a token in it are never stored and never sent', async () => {
  const { a, b, world } = await openWorld();
  const seen: unknown[] = [];
  world.machine.watchers.push({
    onPost: (_page, _scope, message) => void seen.push(message),
    onCommit: ({ after, journal }) => void seen.push(after, journal),
  } satisfies Watcher);
  const started = a.coordinator.start({ token: 'SECRET' });
  await world.connect(a);
  await started;
  await b.coordinator.end();
  expect(seen.length).toBeGreaterThan(0);
  expect(JSON.stringify(seen)).not.toContain('SECRET');
});

describe('a late tab', () => {
  test('gets the present snapshot with the last error, and no replay', async () => {
    const { a, world } = await openSession();
    const context = world.contextIn(a);
    const { epoch } = context;
    context.publish({ pin: 'A1' });
    context.error({ code: 1016, exception: 'NETWORK_ERROR' });
    context.emit('note', 1);
    await world.settle();
    const late = world.openTab();
    const heard = hear(late, 'note');
    await late.coordinator.ready;
    expect(late.coordinator.getSnapshot()).toMatchObject({
      ...{ phase: 'active', role: 'follower', kind: 'start', hostTabId: a.coordinator.tabId, epoch },
      ...{ info: { pin: 'A1' }, lastError: { code: 1016 }, guarantee: 'exclusive' },
    });
    await world.advance(60_000);
    expect(heard).toEqual([]);
    context.emit('note', 2);
    await world.settle();
    expect(heard).toEqual(['note']);
  });
});

describe('a tab that was not told', () => {
  const lost = { loseMessages: 1 } as const;

  test('catches up when it is shown', async () => {
    const { a, b, world } = await openSession();
    const heard = payloads(b);
    Object.assign(world.faults, lost);
    for (let count = 1; count <= 5; count++) world.contextIn(a).emit('note', count);
    await world.settle();
    expect(heard).toEqual([]);
    await b.show();
    await b.hide();
    await b.show();
    await world.settle();
    expect(heard).toEqual([1, 2, 3, 4, 5]);
  });

  test('catches up within the watchdog’s time, even if every message is lost', async () => {
    const { a, b, c, world } = await openSession();
    const heard = [payloads(b), payloads(c)];
    Object.assign(world.faults, lost);
    world.contextIn(a).emit('note', 1);
    await world.advance(20_000);
    expect(heard).toEqual([[1], [1]]);
  });

  test('catches up with the next event it hears of', async () => {
    const { a, b, world } = await openSession();
    const heard = payloads(b);
    Object.assign(world.faults, lost);
    world.contextIn(a).emit('note', 1);
    await world.settle();
    world.heal();
    world.contextIn(a).emit('note', 2);
    await world.settle();
    expect(heard).toEqual([1, 2]);
  });

  test('because it was stopped hears everything that waited for it', async () => {
    const { a, b, world } = await openSession();
    const heard = payloads(b);
    await b.stop();
    for (let count = 1; count <= 100; count++) world.contextIn(a).emit('note', count);
    await world.settle();
    expect(heard).toEqual([]);
    await b.cont();
    await world.settle();
    expect(heard).toEqual(Array.from({ length: 100 }, (_, index) => 1 + index));
  });

  test('because it was frozen hears what the journal holds, and how many it does not', async () => {
    const { a, b, world } = await openSession();
    const heard = payloads(b);
    await b.freeze();
    for (let count = 1; count <= 100; count++) world.contextIn(a).emit('note', count);
    await world.settle();
    expect(heard).toEqual([]);
    await b.wake();
    await world.settle();
    expect(heard).toHaveLength(64);
    expect(heard[0]).toEqual([37, 'missed 36']);
    expect(heard.slice(1)).toEqual(Array.from({ length: 63 }, (_, index) => 38 + index));
  });

  test('because it was in the cache hears it when it is back', async () => {
    const { a, b, world } = await openSession();
    const heard = payloads(b);
    await b.navigateAway();
    world.contextIn(a).emit('note', 1);
    await world.settle();
    await b.goBack();
    await world.settle();
    expect(b.page.name).toBe('B');
    expect(heard).toEqual([1]);
  });
});

describe('a payload of more than 64 kB', () => {
  test('is heard by every tab that is awake, and by one that slept as too large', async () => {
    const { a, b, c, world } = await openSession();
    const heard = [payloads(a), payloads(b), payloads(c)];
    await c.freeze();
    world.contextIn(a).emit('note', LARGE);
    world.contextIn(a).emit('note', 'small');
    await world.settle();
    await c.wake();
    await world.settle();
    expect(heard).toEqual([
      [LARGE, 'small'],
      [LARGE, 'small'],
      ['too large', 'small'],
    ]);
  });

  test('is not stored', async () => {
    const { a, world } = await openSession();
    const stored: string[] = [];
    world.machine.watchers.push({
      onCommit: ({ after, journal }) => void stored.push(JSON.stringify([after, journal])),
    } satisfies Watcher);
    world.contextIn(a).emit('note', LARGE);
    await world.settle();
    expect(stored.length).toBeGreaterThan(0);
    expect(Math.max(...stored.map(({ length }) => length))).toBeLessThan(4_000);
  });
});

describe('a flood of 10,000 events', () => {
  async function flood(emit: (context: DriverContext) => void | Promise<void>) {
    const { a, b, world } = await openSession();
    const heard = [payloads(a), payloads(b)];
    let [transactions, messages] = [0, 0];
    world.machine.watchers.push({
      onCommit: () => void transactions++,
      onPost: () => void messages++,
    } satisfies Watcher);
    await emit(world.contextIn(a));
    await world.settle();
    return { heard, transactions, messages };
  }

  const expected = Array.from({ length: 10_000 }, (_, index) => index);

  test('in one turn keeps its order, and costs two transactions and some twenty messages', async () => {
    const { heard, transactions, messages } = await flood((context) => {
      for (const index of expected) context.emit('note', index);
    });
    expect(heard).toEqual([expected, expected]);
    expect(transactions).toBeLessThanOrEqual(2);
    expect(messages).toBeLessThanOrEqual(25);
  });

  test('over 100 turns keeps its order, and costs no more transactions than the store finds time for', async () => {
    const { heard, transactions } = await flood(async (context) => {
      for (const index of expected) {
        context.emit('note', index);
        if (index % 100 === 99) await null;
      }
    });
    expect(heard).toEqual([expected, expected]);
    expect(transactions).toBeLessThanOrEqual(4);
  });
});

describe('messages that come from no host', () => {
  test.each<[string, unknown]>([
    ['garbage', 'garbage'],
    ['nothing', null],
    [
      'events of a forger',
      {
        version: 1,
        type: 'events',
        term: 'forged',
        entries: [{ type: 'note', epoch: 1, seq: 2, tabId: 'x', at: 0, payload: 'forged' }],
      },
    ],
    [
      'events of an epoch to come',
      {
        version: 1,
        type: 'events',
        term: 'forged',
        entries: [{ type: 'note', epoch: 9, seq: 2, tabId: 'x', at: 0, payload: 'forged' }],
      },
    ],
    [
      'a record of a forger that says it is stored',
      { version: 1, type: 'state', record: { phase: 'idle' }, entries: [], isStored: true },
    ],
    ['a bye for another term', { version: 1, type: 'bye', term: 'forged' }],
    [
      'a list of events with holes',
      { version: 1, type: 'events', term: 'forged', entries: Object.assign([], { length: 3 }) },
    ],
  ])('%s are not heard, throw nothing, and hold up nothing', async (_, message) => {
    const { a, b, world } = await openSession();
    const heard = payloads(b);
    const forger = world.openTab({ bare: true }).platform.openChannel('simulated', () => undefined);
    forger?.post(message);
    await world.settle();
    world.contextIn(a).emit('note', 'true');
    await world.settle();
    expect(heard).toEqual(['true']);
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  });

  test('a bye for the present term that nobody said: the host, which lives, goes on', async () => {
    const { a, b, world } = await openSession({ driver: 'auto' });
    const { term } = world.recordOf() as { term: string };
    const forger = world.openTab({ bare: true }).platform.openChannel('simulated', () => undefined);
    forger?.post({ version: 1, type: 'bye', term });
    await world.advance(5_000);
    expect(world.network.live.size).toBe(1);
    expect([look(a), look(b)].map((seen) => seen.split(' ')[0])).toEqual(['active', 'active']);
  });
});

describe('the last words of a host', () => {
  const BROKEN = new SessionError(1016);

  test.each([{}, { channel: 'hints' }, { channel: false }] as const)(
    'in the turn of close() reach every tab, also one that slept, %o',
    async (capabilities) => {
      const { a, b, c, world } = await openSession({ capabilities });
      const heard = [hear(b), hear(c)];
      await b.freeze();
      world.contextIn(a).error(BROKEN);
      follow(a.coordinator.close());
      await world.advance(30_000);
      await b.wake();
      await world.advance(30_000);
      for (const events of heard) expect(events).toContain('session_error 1016');
    },
  );

  test('reach every tab, also if a listener closes the coordinator because of them', async () => {
    const { a, b, world } = await openSession();
    const heard = hear(b);
    a.coordinator.on('session_error', () => void a.coordinator.close());
    await b.freeze();
    world.contextIn(a).error(BROKEN);
    await world.advance(1_000);
    await b.wake();
    await world.advance(1_000);
    expect(heard).toContain('session_error 1016');
  });

  test('in the turn of context.ended() come before the end', async () => {
    const { a, b, world } = await openSession();
    const heard = [hear(a), hear(b)];
    const context = world.contextIn(a);
    context.ended('closed');
    context.error(BROKEN);
    await world.advance(1_000);
    expect(heard).toEqual(Array(2).fill(['session_error 1016', 'session_ended closed']));
  });

  test('while the end is being written are ignored with a warning', async () => {
    const warnings: string[] = [];
    const logger = { error: () => undefined, warn: (message: string) => void warnings.push(message) };
    const { a, b, world } = await openSession({ logger, browser: { automatic: false } });
    const heard = [hear(a), hear(b)];
    const context = world.contextIn(a);
    context.ended('closed');
    await world.advance(0.1);
    context.error(BROKEN);
    await world.advance(1_000);
    expect(heard).toEqual(Array(2).fill(['session_ended closed']));
    expect(warnings).toEqual([expect.stringMatching(/was ignored/)]);
  });
});

test('statechange is told in order, also if a listener replaces the session', async () => {
  let context: { reconnected(session: object): void } | undefined;
  const driver = {
    start: (_: unknown, given: { reconnected(session: object): void }) => {
      context = given;
      return {};
    },
    end: () => undefined,
  };
  const { a, world } = await openBare(driver as never);
  const { coordinator } = a;
  let isFirst = true;
  coordinator.on('statechange', ({ phase }) => {
    if (phase !== 'active' || !isFirst) return;
    isFirst = false;
    context?.reconnected({});
  });
  const areCurrent: boolean[] = [];
  coordinator.on('statechange', (now) => areCurrent.push(now === coordinator.getSnapshot()));
  await coordinator.start();
  await world.settle();
  expect(areCurrent.pop()).toBe(true);
});
