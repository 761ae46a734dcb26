import type { Driver, DriverContext, PreviousTerm, Shape } from 'solotab';
import { SessionError } from 'solotab';
import { describe, expect, test } from 'vitest';
import { deferred, follow, hear, look, openBare, openSession, openWorld } from '../support/world';

type AnyDriver = Driver;
const QUIET: AnyDriver = { start: () => 'session', join: () => 'session', end: () => undefined };

type Then = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void;

/** A function that returns what is no promise and behaves a little like one. */
const thenable = (then: Then) => () => Object.fromEntries([['then', then]]) as never;

const openWith = (driver: Partial<AnyDriver>) => openWorld<Shape>({ driver: { ...QUIET, ...driver } });

test('a driver gets the request as it is, and its session is what the call resolves with', async () => {
  const seen: unknown[] = [];
  const session = { socket: () => undefined };
  const { a } = await openWith({
    start: (request, { epoch, info }) => {
      seen.push(request, epoch, info);
      return session;
    },
  });
  const request = { token: () => 'never cloned' };
  await expect(a.coordinator.start(request)).resolves.toBe(session);
  expect(seen).toEqual([request, a.coordinator.getSnapshot().epoch, null]);
  expect(seen[0]).toBe(request);
});

test('start and join of a driver keep their this', async () => {
  class Own implements AnyDriver {
    readonly calls: string[] = [];
    start() {
      this.calls.push('start');
    }
    join() {
      this.calls.push('join');
    }
    end() {
      this.calls.push('end');
    }
  }
  const driver = new Own();
  const { a } = await openWorld<Shape>({ driver });
  await a.coordinator.start();
  await a.coordinator.end();
  await a.coordinator.join();
  await a.coordinator.end();
  expect(driver.calls).toEqual(['start', 'end', 'join', 'end']);
});

describe('a driver whose start', () => {
  const boo = new Error('boo');
  const TOKEN_INVALID = { code: 2001, exception: 'TOKEN_INVALID' };
  const CLOSED = { code: 1006, reason: '', wasClean: false };
  const fails: readonly [string, () => unknown, number, unknown][] = [
    [
      'throws',
      () => {
        throw boo;
      },
      1001,
      boo,
    ],
    ['rejects', () => Promise.reject(boo), 1001, boo],
    ['rejects with nothing', () => Promise.reject(), 1001, undefined],
    ['rejects with null', () => Promise.reject(null), 1001, null],
    ['rejects with a text', () => Promise.reject('no'), 1001, 'no'],
    ['rejects with a code and its exception', () => Promise.reject(TOKEN_INVALID), 2001, TOKEN_INVALID],
    ['rejects with a bare code, which could be anybody’s', () => Promise.reject({ code: 2001 }), 1001, { code: 2001 }],
    ['rejects with a closed socket', () => Promise.reject(CLOSED), 1016, CLOSED],
    [
      'throws a lost network',
      () => {
        throw new TypeError('Failed to fetch');
      },
      1016,
      expect.any(TypeError),
    ],
    [
      'throws an AbortError of its own',
      () => {
        throw new DOMException('no', 'AbortError');
      },
      1001,
      expect.any(DOMException),
    ],
    [
      'is a thenable that throws',
      thenable(() => {
        throw boo;
      }),
      1001,
      boo,
    ],
    [
      'is a thenable that rejects twice',
      thenable((_, reject) => {
        reject(boo);
        reject(new Error('again'));
      }),
      1001,
      boo,
    ],
  ];

  test.each(fails)(
    '%s: the call rejects with it, every tab is told of it, and the scope is free',
    async (_, start, code, cause) => {
      let epoch = 0;
      const { a, b, world } = await openBare({
        ...QUIET,
        start: (_request, context) => {
          epoch = context.epoch;
          return start();
        },
      });
      const heard = [hear(a), hear(b)];
      const started = follow(a.coordinator.start());
      await world.settle();
      expect(started.error).toBeInstanceOf(SessionError);
      expect(started.error).toMatchObject({ code, local: false, tabId: a.coordinator.tabId, epoch, seq: 1, cause });
      expect(heard).toEqual([[`session_error ${code}`], [`session_error ${code}`]]);
      expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
      // What every tab is told has the same facts as the rejection, and not the cause.
      const { lastError } = b.coordinator.getSnapshot();
      expect(lastError).toEqual((started.error as SessionError).toJSON());
      expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
    },
  );

  test('fails with a SessionError: its own texts and facts are kept', async () => {
    const { a } = await openWith({
      start: () => {
        throw new SessionError(1010, { message: 'Taken.', suggestedAction: 'Choose another.', retryable: false });
      },
    });
    await expect(a.coordinator.start()).rejects.toMatchObject({
      code: 1010,
      message: 'Taken.',
      suggestedAction: 'Choose another.',
      retryable: false,
    });
  });

  test('is a thenable that never settles and one that resolves twice: the first counts', async () => {
    const { a } = await openWith({
      start: thenable((resolve) => {
        resolve(1);
        resolve(2);
      }),
    });
    await expect(a.coordinator.start()).resolves.toBe(1);
  });

  test('resolves with nothing has a session all the same: it is ended like any other', async () => {
    const { a, world } = await openWith({ start: () => undefined });
    await a.coordinator.start();
    expect(look(a)).toBe('active host');
    await a.coordinator.end();
    expect(world.network.requests).toEqual(['start', 'end']);
  });

  test('reports the end before it is connected: the attempt has failed, and what connects all the same is ended', async () => {
    const gate = deferred<string>();
    const { a, world } = await openWith({
      start: (_, context) => {
        context.ended('closed');
        return gate.promise;
      },
    });
    const started = follow(a.coordinator.start());
    await world.settle();
    expect(started.outcome).toBe(1001);
    expect(look(a)).toBe('idle none');
    gate.resolve('late');
    await world.settle();
    expect(world.network.requests).toEqual(['start', 'end']);
  });

  test('emits and publishes before it is connected: every tab hears it, in order', async () => {
    const { a, b, world } = await openWith({
      start: (_, context) => {
        context.publish({ pin: 'A1' });
        context.emit('pincode_updated');
        return 'session';
      },
    });
    const heard = hear(b, 'pincode_updated');
    await a.coordinator.start();
    await world.settle();
    expect(heard).toEqual(['pincode_updated', 'session_started']);
    expect(b.coordinator.getSnapshot().info).toEqual({ pin: 'A1' });
  });

  test('calls the coordinator itself: refused, not deadlocked', async () => {
    const inner: unknown[] = [];
    const opened = await openWith({
      start: async () => {
        for (const call of ['start', 'join', 'resume', 'takeOver'] as const) {
          inner.push(await opened.a.coordinator[call]().catch((error: { code: unknown }) => error.code));
        }
        return 'session';
      },
      resume: () => 'session',
    });
    await opened.a.coordinator.start();
    expect(inner).toEqual([1002, 1002, 1002, 1002]);
  });
});

describe('a driver whose end', () => {
  const boo = new Error('boo');
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw boo;
      },
    ],
    ['rejects', () => Promise.reject(boo)],
    ['rejects with nothing', () => Promise.reject()],
  ])('%s does not keep the scope: a 9999 is told, and end resolves', async (_, end) => {
    const { a, b, world } = await openBare({ ...QUIET, end: end as () => void });
    const heard = hear(b);
    await a.coordinator.start();
    await a.coordinator.end();
    await world.settle();
    expect(heard).toEqual(['session_started', 'session_error 9999', 'session_ended ended']);
    expect(world.timeline()).toContain('driver.end() failed');
  });

  test('ends the coordinator’s session itself is no endless loop', async () => {
    const opened = await openWith({ end: () => opened.a.coordinator.end() });
    await opened.a.coordinator.start();
    const ended = follow(opened.a.coordinator.end());
    await opened.world.advance(120_000);
    expect(ended.outcome).toBe('done');
    expect(look(opened.b)).toBe('idle none');
  });

  test('calls its context meanwhile is heard: the term is not over yet', async () => {
    const { a, b, world } = await openWith({ end: (_, context) => context.emit('goodbye') });
    const heard = hear(b, 'goodbye');
    await a.coordinator.start();
    await a.coordinator.end();
    await world.settle();
    expect(heard).toEqual(['session_started', 'goodbye', 'session_ended ended']);
  });
});

describe('a context, once the session is over in its tab,', () => {
  const calls: readonly [keyof DriverContext, (context: DriverContext) => void][] = [
    ['emit', (context) => context.emit('note')],
    ['error', (context) => context.error(new Error('late'))],
    ['publish', (context) => context.publish({ late: true })],
    ['ended', (context) => context.ended()],
    ['reconnecting', (context) => context.reconnecting()],
    ['reconnected', (context) => context.reconnected()],
  ];

  test.each(calls)('ignores %s with a warning, and the next session is untouched', async (name, call) => {
    const { a, b, world } = await openSession();
    const context = world.contextIn(a);
    await a.coordinator.end();
    const started = b.coordinator.start();
    await world.connect(b);
    await started;
    const before = world.recordOf();
    const heard = hear(b, 'note');
    call(context);
    await world.settle();
    expect(heard).toEqual([]);
    expect(world.recordOf()).toEqual(before);
    expect(world.timeline()).toContain(`context.${name}() was ignored: its session is over in this tab.`);
    expect(context.signal.aborted).toBe(true);
  });

  test('is deaf after an attempt that failed as well', async () => {
    const { a, b, world } = await openWorld();
    follow(a.coordinator.start());
    await world.settle();
    const [attempt] = world.network.attempts;
    await world.fail(a);
    const heard = hear(b, 'note');
    attempt?.context.emit('note');
    attempt?.context.ended();
    await world.settle();
    expect(heard).toEqual([]);
    expect(attempt?.context.signal.aborted).toBe(true);
  });
});

describe('what a driver says of its own connection', () => {
  test('ended: the session is over in every tab, with the driver’s reason, and its end is not called', async () => {
    const { a, b, c, world } = await openSession();
    const heard = [a, b, c].map((tab) => hear(tab));
    const context = world.contextIn(a);
    context.ended('agent-left');
    context.ended('again');
    await world.settle();
    expect(heard).toEqual(Array(3).fill(['session_ended agent-left']));
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
    expect(world.network.requests).toEqual(['start']);
    expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
  });

  test('reconnecting and reconnected: recovering everywhere meanwhile, the host unchanged', async () => {
    const { a, b, world } = await openSession();
    const { epoch } = b.coordinator.getSnapshot();
    const heard = hear(b);
    world.contextIn(a).reconnecting();
    await world.settle();
    expect([a, b].map(look)).toEqual(['recovering host', 'recovering follower']);
    world.contextIn(a).reconnected();
    await world.settle();
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
    expect(heard).toEqual(['session_reconnecting', 'session_resumed']);
    expect(b.coordinator.getSnapshot().epoch).toBe(epoch);
    expect(world.network.requests).toEqual(['start']);
  });

  test('reconnecting for longer than the window: the session is over, in the host too, and its driver ends it', async () => {
    const { a, b, world } = await openSession({ recovery: { windowMs: 10_000 } });
    const heard = [hear(a), hear(b)];
    const { signal } = world.contextIn(a);
    world.contextIn(a).reconnecting();
    await world.advance(11_000);
    expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
    expect(heard[1]).toEqual(['session_reconnecting', 'session_error 1011', 'session_ended recovery-expired']);
    expect(heard[0]?.slice(0, 3)).toEqual(heard[1]);
    expect(signal.aborted).toBe(true);
    expect(world.network.requests).toEqual(['start', 'end']);
    expect(world.network.live.size).toBe(0);
  });

  test('each twice is as good as once', async () => {
    const { a, b, world } = await openSession();
    const heard = hear(b);
    const context = world.contextIn(a);
    for (const say of [context.reconnecting, context.reconnecting, context.reconnected, context.reconnected]) say();
    await world.settle();
    expect(heard).toEqual(['session_reconnecting', 'session_resumed']);
  });
});

test('what it publishes is seen by every tab and by its own context at once, as a copy', async () => {
  const { a, b, world } = await openSession();
  const context = world.contextIn(a);
  const info = { pin: 'A1' };
  context.publish(info);
  expect(context.info).toEqual(info);
  info.pin = 'changed';
  await world.settle();
  expect(context.info).toEqual({ pin: 'A1' });
  expect([a, b].map(({ coordinator }) => coordinator.getSnapshot().info)).toEqual([{ pin: 'A1' }, { pin: 'A1' }]);
  await b.coordinator.end();
  expect(b.coordinator.getSnapshot().info).toBeNull();
});

test('a resuming driver is told the kind, what was published and the epoch of the former term', async () => {
  const told: PreviousTerm[] = [];
  const { a, b, world } = await openWith({
    join: (_, context) => context.publish({ id: 7 }),
    resume: (previous, context) => {
      told.push(previous);
      return context.info;
    },
    release: () => undefined,
  });
  await a.coordinator.join();
  const { epoch } = a.coordinator.getSnapshot();
  await expect(b.coordinator.takeOver()).resolves.toEqual({ id: 7 });
  await world.settle();
  expect(told).toEqual([{ kind: 'join', info: { id: 7 }, epoch }]);
  expect(b.coordinator.getSnapshot().epoch).toBe(epoch + 1);
});

test('who wakes when another session has begun ends its own by what that one had published', async () => {
  const ended: unknown[] = [];
  const { world, a, b } = await openWith({
    start: (request, context) => context.publish(request),
    resume: () => 'session',
    end: (_, { info }) => void ended.push(info),
  });
  await a.coordinator.start('one');
  // What it resumes was published by the page before it.
  await a.reload();
  await world.advance(1_000);
  await a.stop();
  follow(b.coordinator.takeOver({ force: true }));
  await world.advance(5_000);
  await b.coordinator.end();
  await b.coordinator.start('two');
  await a.cont();
  await world.settle();
  expect(ended).toEqual(['one', 'one']);
});

test('a driver that neither lets go nor ends in time is asked to end once, by a page that is hidden too', async () => {
  const calls: string[] = [];
  const never = (name: string) => () => {
    calls.push(name);
    return new Promise<void>(() => undefined);
  };
  const { world, a, b } = await openWorld<Shape>({
    driver: { ...QUIET, resume: () => 'session', release: never('release'), end: never('end') },
    connectTimeoutMs: 5_000,
  });
  await a.coordinator.start();
  await a.hide();
  follow(b.coordinator.takeOver());
  await world.advance(100);
  expect(calls).toEqual(['release']);
  follow(a.coordinator.end());
  await world.advance(30_000);
  expect(calls).toEqual(['release', 'end']);
  expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
});

test.each(['end', 'takeOver'] as const)(
  'a connection that is back while the driver lets go, as by %s, is nothing more to let go of',
  async (name) => {
    const given: unknown[] = [];
    const done = deferred();
    const contexts: DriverContext[] = [];
    const letGo = (call: string) => (session: unknown) => {
      given.push([call, session]);
      return done.promise;
    };
    const { world, a, b } = await openWith({
      start: (_, context) => {
        contexts.push(context);
        return 'first';
      },
      resume: () => 'second',
      ...{ release: letGo('release'), end: letGo('end') },
    });
    await a.coordinator.start();
    contexts[0]?.reconnecting();
    await world.settle();
    const called = follow<unknown>(b.coordinator[name]());
    await world.settle();
    contexts[0]?.reconnected();
    await world.settle();
    done.resolve();
    await world.advance(1_000);
    expect(called.outcome).toBe('done');
    expect(given).toEqual([[name === 'end' ? 'end' : 'release', 'first']]);
  },
);
