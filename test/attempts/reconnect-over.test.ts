/** A driver whose connection broke connects again by `reconnect`. */
import { type DriverContext, reconnect } from 'solotab';
import { expect, test } from 'vitest';
import { flush } from '../support/fakes';
import { deferred, follow, look, openWorld } from '../support/world';

/** A context that keeps what it is told, and delays that end when the test says so. */
function setUp() {
  const told: string[] = [];
  const waits: { readonly ms: number; readonly end: () => void }[] = [];
  const over = new AbortController();
  const context = {
    signal: over.signal,
    reconnecting: () => void told.push('reconnecting'),
    reconnected: (session?: unknown) => void told.push(`reconnected ${session}`),
    error: (error: unknown) => void told.push(`error ${(error as { code: number }).code}`),
    ended: (reason?: string) => void told.push(`ended ${reason}`),
  };
  const options = {
    ...{ minDelayMs: 100, maxDelayMs: 1_000, random: () => 0.5 },
    delay: (ms: number) => new Promise<void>((end) => waits.push({ ms, end })),
  };
  return { told, waits, over, context, options };
}

test('it is tried until it is connected, at longer and longer intervals, and every tab is told of both', async () => {
  const { told, waits, context, options } = setUp();
  let tries = 0;
  const connect = (): string => {
    tries += 1;
    if (tries < 4) throw new TypeError('Failed to fetch');
    return 'two';
  };
  const call = follow(reconnect(context, connect, options));
  for (let wait = 0; wait < 3; wait += 1) {
    await flush();
    expect([waits.length, tries]).toEqual([wait + 1, wait + 1]);
    waits[wait]?.end();
  }
  await flush();
  expect([call.value, told]).toEqual(['two', ['reconnecting', 'reconnected two']]);
  expect(waits.map(({ ms }) => ms)).toEqual([150, 250, 450]);
});

test('once the session is over nothing is connected any more', async () => {
  const { told, waits, over, context, options } = setUp();
  let tries = 0;
  const connect = (): never => {
    tries += 1;
    throw new TypeError('Failed to fetch');
  };
  const call = follow(reconnect(context, connect, options));
  await flush();
  over.abort();
  for (const { end } of waits) end();
  await flush();
  expect([call.outcome, call.value, tries, told]).toEqual(['done', undefined, 1, ['reconnecting']]);
  // Nor is anything begun for a session that was over before.
  expect(await reconnect(context, connect, options)).toBeUndefined();
  expect([tries, told]).toEqual([1, ['reconnecting']]);
});

test('what is connected just after the session was over is handed to the driver, which lets go of it', async () => {
  const { told, over, context, options } = setUp();
  const connected = deferred<string>();
  const call = follow(reconnect(context, () => connected.promise, options));
  over.abort();
  connected.resolve('late');
  await flush();
  expect([call.outcome, call.value, told]).toEqual(['done', undefined, ['reconnecting', 'reconnected late']]);
});

test('a failure that would come again ends the session, with that error', async () => {
  const { told, waits, context, options } = setUp();
  const token = { code: 2001, exception: 'TOKEN_INVALID' };
  const gone = Object.assign(new Error(), { code: 1006, exception: 'SESSION_JOIN_PIN_NOT_FOUND' });
  const call = follow(reconnect(context, () => Promise.reject(gone), options));
  await flush();
  expect([call.outcome, told]).toEqual(['done', ['reconnecting', 'error 1006', 'ended recovery-failed']]);
  // With a fresh token it could be tried again.
  void reconnect(context, () => Promise.reject(token), options);
  await flush();
  expect(waits).toHaveLength(1);
});

test('while a driver connects again somebody ends the session: no socket is opened after that, and none is left open', async () => {
  const opened: string[] = [];
  const closed: unknown[] = [];
  let lose = (): void => undefined;
  const { world, a, b } = await openWorld({
    driver: {
      start(_: unknown, context: DriverContext) {
        lose = () => {
          const open = (): never => {
            opened.push('socket');
            throw new TypeError('Failed to fetch');
          };
          void reconnect(context, open, {
            delay: (ms) => new Promise((done) => a.platform.clock.after(ms, done)),
          });
        };
        return 'one';
      },
      end: (session: unknown) => void closed.push(session),
    } as never,
  });
  await a.coordinator.start();
  lose();
  await world.advance(10_000);
  const before = opened.length;
  expect(look(b)).toBe('recovering follower');
  await b.coordinator.end();
  await world.advance(120_000);
  expect([before > 2, opened.length - before, closed]).toEqual([true, 0, ['one']]);
  expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
});
