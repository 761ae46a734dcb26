import {
  type AttemptContext,
  type DriverContext,
  type ReconnectOptions,
  reconnect,
  SessionError,
  withAttempts,
} from 'solotab';
import { describe, expect, test, vi } from 'vitest';
import { OWN_DELAY } from '../../src/platform/delay';
import { deferred, follow, hear, look, openWorld } from '../support/world';
import { createFakeCall } from './fake-call';

const FAST: ReconnectOptions = { delay: () => Promise.resolve() };

/** A socket that can be told apart, and is open until its driver lets go of it. */
interface Socket {
  readonly name: string;
  isOpen: boolean;
}

async function openSockets(recovery: { readonly windowMs?: number } = {}) {
  const sockets: Socket[] = [];
  const contexts: DriverContext[] = [];
  const openSocket = (): Socket => {
    const socket = { name: `socket ${sockets.length + 1}`, isOpen: true };
    sockets.push(socket);
    return socket;
  };
  const connect = (_: unknown, context: DriverContext): Socket => {
    contexts.push(context);
    return openSocket();
  };
  const close = (socket: Socket | null): void => {
    if (socket) socket.isOpen = false;
  };
  const driver = { start: connect, resume: connect, release: close, end: close };
  const opened = await openWorld({ driver: driver as never, recovery: { by: 'manual', ...recovery } });
  await opened.a.coordinator.start();
  await opened.world.settle();
  const [context] = contexts;
  if (!context) throw new Error('The driver was not called.');
  return { ...opened, context, sockets, openSocket, open: () => sockets.filter(({ isOpen }) => isOpen) };
}

test('the new connection takes the place of the one that broke, for all that is done with the session', async () => {
  const { a, b, world, context, sockets, openSocket, open } = await openSockets();
  const heard = hear(b);
  let tries = 0;
  const connect = async (): Promise<Socket> => {
    tries += 1;
    if (tries < 3) throw new TypeError('Failed to fetch');
    return openSocket();
  };
  (sockets[0] as Socket).isOpen = false;
  const socket = await reconnect(context, connect, FAST);
  await world.settle();
  expect(socket).toMatchObject({ name: 'socket 2' });
  expect(a.coordinator.session).toBe(socket);
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  expect(heard).toEqual(['session_reconnecting', 'session_resumed']);
  await a.coordinator.end();
  expect(open()).toEqual([]);
});

test('all tabs see that it is under way', async () => {
  const { a, b, world, context } = await openSockets();
  void reconnect(context, () => new Promise(() => undefined), FAST);
  await world.settle();
  expect([a, b].map(look)).toEqual(['recovering host', 'recovering follower']);
});

describe('a session that is over before it is connected again leaves nothing open', () => {
  const ways = {
    'ended by another tab': async ({ b, world }) => {
      const ended = b.coordinator.end();
      await world.settle();
      await ended;
    },
    'not connected within the recovery window': ({ world }) => world.advance(5_000),
    'of a coordinator that is closed': ({ a }) => a.coordinator.close(),
    'of a page that goes into the cache': ({ a }) => a.navigateAway(),
  } satisfies Record<string, (opened: Awaited<ReturnType<typeof openSockets>>) => Promise<unknown>>;

  test.each(Object.entries(ways))('%s', async (_, happen) => {
    const opened = await openSockets({ windowMs: 4_000 });
    const { world, context, openSocket, open } = opened;
    const late = deferred<Socket>();
    const done = reconnect(context, () => late.promise, FAST);
    await world.settle();
    await happen(opened);
    await world.settle();
    late.resolve(openSocket());
    expect(await done).toBeUndefined();
    await world.settle();
    // What a cached page had it lets go of when it is back.
    expect(open().filter(({ name }) => name !== 'socket 1')).toEqual([]);
  });

  test('and its connect is not called again', async () => {
    const { b, world, context } = await openSockets();
    const connect = vi.fn(async () => {
      throw new TypeError('Failed to fetch');
    });
    const second = deferred();
    const delay = () => (connect.mock.calls.length === 0 ? Promise.resolve() : second.promise);
    const done = reconnect(context, connect, { delay });
    await world.settle();
    await b.coordinator.end();
    second.resolve();
    expect(await done).toBeUndefined();
    expect(connect).toHaveBeenCalledTimes(1);
  });
});

test('while the driver still ends the old connection, a new one that comes is ended too', async () => {
  const ended = deferred();
  const closed: unknown[] = [];
  const contexts: DriverContext[] = [];
  const driver = {
    start: (_: unknown, context: DriverContext) => contexts.push(context),
    async end(session: unknown) {
      closed.push(session);
      if (session !== 'late') await ended.promise;
    },
  };
  const { a, world } = await openWorld({ driver: driver as never });
  await a.coordinator.start();
  const late = deferred<string>();
  const done = reconnect(contexts[0] as DriverContext, () => late.promise, FAST);
  await world.settle();
  const over = a.coordinator.end();
  await world.settle();
  late.resolve('late');
  await done;
  ended.resolve();
  await over;
  expect(closed).toEqual([1, 'late']);
});

test('a connection that breaks because the driver closes it is not connected again', async () => {
  const connects: string[] = [];
  const driver = {
    start: (_: unknown, context: DriverContext) => ({
      close: () => reconnect(context, () => connects.push('again'), FAST),
    }),
    end: (session: { close(): Promise<unknown> } | null) => void session?.close(),
  };
  const { a, b, world } = await openWorld({ driver: driver as never });
  await a.coordinator.start();
  const heard = hear(b);
  await a.coordinator.end();
  await world.settle();
  expect([connects, heard.includes('session_reconnecting')]).toEqual([[], false]);
});

test('an error that would come again ends the session, and every tab hears it and why', async () => {
  const { b, world, context } = await openSockets();
  const heard = hear(b);
  const connect = (): never => {
    throw new SessionError(2001, { retryable: false });
  };
  expect(await reconnect(context, connect, FAST)).toBeUndefined();
  await world.settle();
  expect(heard).toEqual(['session_reconnecting', 'session_error 2001', 'session_ended recovery-failed']);
});

test('the first try waits for less than the least delay, and the delays after it are between their bounds, and double', async () => {
  const { context, openSocket } = await openSockets();
  const delays: number[] = [];
  let tries = 0;
  await reconnect(
    context,
    () => {
      tries += 1;
      if (tries < 6) throw new TypeError('Failed to fetch');
      return openSocket();
    },
    { minDelayMs: 100, maxDelayMs: 1_000, random: () => 0.5, delay: async (ms) => void delays.push(ms) },
  );
  // And then whether it holds.
  expect(delays).toEqual([50, 150, 250, 450, 550, 550, 1_000]);
});

test('a service that accepts and then closes is tried ever more rarely, until a connection has held', async () => {
  const { world, context, openSocket } = await openSockets();
  const HELD_MS = 8_000;
  const delays: number[] = [];
  let held = deferred();
  const delay = async (ms: number): Promise<void> => {
    if (ms === HELD_MS) return held.promise;
    delays.push(ms);
  };
  const again = () => reconnect(context, openSocket, { random: () => 0.5, delay });
  for (let times = 0; times < 6; times += 1) await again();
  expect(delays).toEqual([250, 750, 1_250, 2_250, 4_250, 4_250]);
  held.resolve();
  await world.settle();
  held = deferred();
  await again();
  await again();
  expect(delays.slice(6)).toEqual([250, 750]);
});

test('a delay that rejects as the session ends harms nobody', async () => {
  const { a, world, context, openSocket } = await openSockets();
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const delay = (ms: number, signal: AbortSignal): Promise<void> =>
    ms < 8_000
      ? Promise.resolve()
      : new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  expect(await reconnect(context, openSocket, { delay })).toMatchObject({ name: 'socket 2' });
  const waiting = reconnect(context, openSocket, { delay, minDelayMs: 10_000, random: () => 0.9 });
  await Promise.all([a.coordinator.end(), world.settle()]);
  expect(await waiting).toBeUndefined();
  await new Promise((resolve) => setTimeout(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test('without a delay of its own it waits by a timer, and not at all once the browser is online again', async () => {
  const { context, openSocket } = await openSockets();
  const listeners = new Set<() => void>();
  vi.stubGlobal(
    'addEventListener',
    (type: string, listener: () => void) => type === 'online' && listeners.add(listener),
  );
  vi.stubGlobal('removeEventListener', (_: string, listener: () => void) => listeners.delete(listener));
  let tries = 0;
  const done = reconnect(
    // As in a real tab, which has no time of its own.
    Object.create(context, { [OWN_DELAY]: { value: undefined } }) as DriverContext,
    () => {
      tries += 1;
      if (tries === 1) throw new TypeError('Failed to fetch');
      return openSocket();
    },
    { minDelayMs: 1_000_000, maxDelayMs: 1_000_000 },
  );
  // Before the first try, and before the next.
  for (const made of [0, 1]) {
    await vi.waitUntil(() => listeners.size > 0 && tries === made);
    for (const listener of listeners) listener();
  }
  expect(await done).toMatchObject({ name: 'socket 2' });
  // It waits whether the new one holds.
  for (const listener of listeners) listener();
  expect(listeners.size).toBe(0);
  vi.unstubAllGlobals();
});

test('what can not be meant is refused at the call', async () => {
  const { context } = await openSockets();
  await expect(reconnect(context, undefined as never)).rejects.toThrow(TypeError);
  await expect(reconnect(context, () => 1, { minDelayMs: 5, maxDelayMs: 1 })).rejects.toThrow('minDelayMs');
});

test('for a term that is over nothing is said, and nothing connected', async () => {
  const call = createFakeCall();
  call.abort();
  const connect = vi.fn(() => 'socket');
  await expect(reconnect(call.context, connect, FAST)).resolves.toBeUndefined();
  expect([call.said, connect.mock.calls]).toEqual([[], []]);
});

test('a try that fails because the session is over is no error', async () => {
  const call = createFakeCall();
  const connect = () => {
    call.abort();
    throw new SessionError(1011, { retryable: false });
  };
  await expect(reconnect(call.context, connect, FAST)).resolves.toBeUndefined();
  expect(call.said).toEqual([['reconnecting']]);
});

/** A driver that has something to do between its socket and its session, as to sign in. Its socket breaks meanwhile. */
function breaksEarly(reopen: () => string | Promise<string> = () => 'second') {
  const open = new Set<string>();
  const hello = deferred();
  const driver = {
    async start(_: unknown, context: DriverContext) {
      const connect = async (): Promise<string> => {
        const socket = await reopen();
        open.add(socket);
        return socket;
      };
      void reconnect(context, connect, FAST);
      await hello.promise;
      return 'first';
    },
    end: (socket: string | null) => void open.delete(String(socket)),
  };
  return { driver, hello, open };
}

describe('a connection that breaks before start is done', () => {
  test.each([false, true])('is replaced, and nothing is left open (withAttempts: %s)', async (isWrapped) => {
    const { driver, hello, open } = breaksEarly();
    const { a, world } = await openWorld({ driver: (isWrapped ? withAttempts(driver) : driver) as never });
    const started = follow(a.coordinator.start());
    await world.settle();
    hello.resolve();
    await world.settle();
    expect([started.value, a.coordinator.session]).toEqual(['second', 'second']);
    await a.coordinator.end();
    expect([...open]).toEqual([]);
  });

  test('and is restored as the attempt is given up leaves nothing open', async () => {
    const { driver, hello, open } = breaksEarly();
    const { a, world } = await openWorld({ driver: driver as never });
    follow(a.coordinator.start());
    await world.settle();
    follow(a.coordinator.cancel());
    await world.settle();
    hello.resolve();
    await world.settle();
    expect([[...open], look(a)]).toEqual([[], 'idle none']);
  });

  test('is shown as recovering once start is done, if it is not restored by then', async () => {
    const { driver, hello } = breaksEarly(() => new Promise(() => undefined));
    const { a, b, world } = await openWorld({ driver: driver as never });
    follow(a.coordinator.start());
    await world.settle();
    hello.resolve();
    await world.settle();
    expect([a, b].map(look)).toEqual(['recovering host', 'recovering follower']);
  });

  test('or while the session is being stored: start() resolves with what replaced it', async () => {
    const driver = {
      async start(_: unknown, context: DriverContext) {
        setTimeout(() => reconnect(context, () => 'second', FAST));
        return 'first';
      },
      end: () => undefined,
    };
    const { a, world } = await openWorld({ driver: driver as never, browser: { automatic: false } });
    const started = follow(a.coordinator.start());
    while (started.outcome === 'pending') {
      await new Promise((resolve) => setTimeout(resolve));
      await world.step();
    }
    expect([started.value, a.coordinator.session]).toEqual(['second', 'second']);
  });
});

test.each(['start', 'resume'] as const)('what a failed attempt to %s connects too late is let go of', async (kind) => {
  const gone: string[] = [];
  const [late, failed] = [deferred<string>(), deferred()];
  const connect = async (_: unknown, context: AttemptContext): Promise<string> => {
    if (context.attempt === 2) return 'next';
    void reconnect(context, () => late.promise, FAST);
    await failed.promise;
    throw new SessionError(1016);
  };
  const letGo = (call: string) => (socket: unknown) => void gone.push(`${call} ${socket}`);
  const driver = withAttempts(
    {
      ...{ start: kind === 'start' ? connect : () => 'first', resume: connect },
      ...{ release: letGo('release'), end: letGo('end') },
    },
    { retry: { attempts: 2 } },
  );
  const { a, b, world } = await openWorld({ driver: driver as never });
  const started = follow<unknown>(a.coordinator.start());
  await world.settle();
  const connected = kind === 'start' ? started : follow<unknown>(b.coordinator.takeOver());
  await world.settle();
  gone.length = 0;
  failed.resolve();
  await world.advance(5_000);
  expect(connected.value).toBe('next');
  late.resolve('late');
  await world.settle();
  expect(gone).toEqual([`${kind === 'resume' ? 'release' : 'end'} late`]);
});
