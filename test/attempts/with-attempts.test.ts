import { describe, expect, test, vi } from 'vitest';
import type { AttemptContext } from '../../src/attempts/attempt';
import { MAX_PIN_CONFLICTS } from '../../src/attempts/next-attempt';
import { type AttemptDriver, type AttemptOptions, withAttempts } from '../../src/attempts/with-attempts';
import { SessionError } from '../../src/session/errors';
import { PIN_ALPHABET } from '../../src/session/pin';
import { eventually } from '../support/eventually';
import { createFakeCall } from './fake-call';

interface Seen {
  readonly call: string;
  readonly request: unknown;
  readonly attempt: number;
  readonly token: string | undefined;
  readonly pin: string | undefined;
}

type Outcome = 'ok' | number | Error | ((context: AttemptContext) => unknown);

/** A driver whose calls end as listed, one after the other; then they succeed. */
function createScriptedDriver(...outcomes: Outcome[]) {
  const seen: Seen[] = [];
  const contexts: AttemptContext[] = [];
  const act =
    (call: string) =>
    async (request: unknown, context: AttemptContext): Promise<string> => {
      const { attempt, token, pin } = context;
      seen.push({ call, request, attempt, token, pin });
      contexts.push(context);
      const outcome = outcomes.shift() ?? 'ok';
      if (typeof outcome === 'function') await outcome(context);
      if (typeof outcome === 'number') throw new SessionError(outcome);
      if (outcome instanceof Error) throw outcome;
      return 'session';
    };
  const end = vi.fn();
  const driver: AttemptDriver<{ session: string }> = {
    start: act('start'),
    join: act('join'),
    resume: act('resume'),
    end,
  };
  return { driver, seen, contexts, end };
}

/** Waits without time; notes how long it would have been. */
function createInstantDelay() {
  const waited: number[] = [];
  return { waited, delay: async (ms: number): Promise<void> => void waited.push(ms) };
}

const previous = { kind: 'start', info: null, epoch: 6 } as const;

function refusalOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error instanceof SessionError ? error.code : error;
  }
}

describe('PINs, before anything happens', () => {
  const prepare = (options: AttemptOptions, kind: 'start' | 'join', request: unknown): unknown =>
    refusalOf(() => withAttempts(createScriptedDriver().driver, options).prepare?.(kind, request));

  test.each(['none', 'generated', 'required'] as const)(
    'a PIN is checked and upper-cased where the mode is %s',
    (pin) => {
      expect(prepare({ pin }, 'start', { pin: 'ab12', other: 1 })).toEqual({ pin: 'AB12', other: 1 });
      expect(prepare({ pin }, 'join', { pin: 'ab12' })).toEqual({ pin: 'AB12' });
      expect(prepare({ pin }, 'start', { pin: 'no good' })).toBe(1008);
      expect(prepare({ pin }, 'join', { pin: 'elevenchars' })).toBe(1008);
    },
  );

  test.each([undefined, null, {}, { pin: undefined }, { pin: null }, { pin: '' }])(
    'a start without a PIN (%j) is refused with 1009 only where one is required',
    (request) => {
      expect(prepare({ pin: 'required' }, 'start', request)).toBe(1009);
      expect(prepare({ pin: 'generated' }, 'start', request)).toBe(request);
      expect(prepare({}, 'start', request)).toBe(request);
    },
  );

  test('a join never needs a PIN, but a blank one is refused with 1008', () => {
    expect(prepare({ pin: 'required' }, 'join', { token: 'x' })).toEqual({ token: 'x' });
    expect(prepare({}, 'join', { pin: '' })).toBe(1008);
  });

  test('a request that needs no change is handed on as it is', () => {
    const request = { pin: 'AB12' };
    expect(prepare({}, 'start', request)).toBe(request);
  });

  test('the caller’s own request is not changed', () => {
    const request = Object.freeze({ pin: 'ab12' });
    expect(prepare({}, 'start', request)).not.toBe(request);
    expect(request.pin).toBe('ab12');
  });

  test('the driver prepares first, so that it may take the PIN from elsewhere', () => {
    const { driver } = createScriptedDriver();
    const renaming = { ...driver, prepare: () => ({ pin: 'from elsewhere' }) };
    expect(refusalOf(() => withAttempts(renaming).prepare?.('start', {}))).toBe(1008);
  });

  test('a PIN may be called otherwise in the app’s requests', async () => {
    const { driver, seen } = createScriptedDriver();
    const wrapped = withAttempts(driver, { pinKey: 'code', pin: 'required' });
    const request = wrapped.prepare?.('start', { code: 'ab' });
    await wrapped.start(request, createFakeCall().context);
    expect(seen).toMatchObject([{ request: { code: 'AB' }, pin: 'AB' }]);
  });
});

describe('PINs, while starting', () => {
  test('a generated PIN is made anew for each start, and told to the driver alone', async () => {
    const { driver, seen } = createScriptedDriver();
    const wrapped = withAttempts(driver, { pin: 'generated' });
    const call = createFakeCall();
    await wrapped.start({}, call.context);
    await wrapped.start({}, call.context);
    const [first, second] = seen.map(({ pin }) => pin);
    expect(first).toMatch(new RegExp(`^[${PIN_ALPHABET}]{8}$`));
    expect(second).not.toBe(first);
    expect(call.said).toEqual([]);
  });

  test('a generated PIN that is in use is replaced, at once', async () => {
    const { driver, seen } = createScriptedDriver(1010, 1010);
    const { delay, waited } = createInstantDelay();
    await withAttempts(driver, { pin: 'generated', pinLength: 10, delay }).start({}, createFakeCall().context);
    expect(new Set(seen.map(({ pin }) => pin)).size).toBe(3);
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(waited).toEqual([]);
  });

  test('after a handful of conflicts 1010 stands', async () => {
    const { driver, seen } = createScriptedDriver(...Array<number>(20).fill(1010));
    const started = withAttempts(driver, { pin: 'generated' }).start({}, createFakeCall().context);
    await expect(started).rejects.toMatchObject({ code: 1010 });
    expect(seen).toHaveLength(1 + MAX_PIN_CONFLICTS);
  });

  test('a PIN that the caller brought is never replaced', async () => {
    const { driver, seen } = createScriptedDriver(1010);
    const started = withAttempts(driver, { pin: 'generated' }).start({ pin: 'MINE' }, createFakeCall().context);
    await expect(started).rejects.toMatchObject({ code: 1010 });
    expect(seen).toMatchObject([{ pin: 'MINE' }]);
  });

  test('a join uses the PIN it was given and never makes one', async () => {
    const { driver, seen } = createScriptedDriver();
    const wrapped = withAttempts(driver, { pin: 'generated' });
    await wrapped.join?.({ pin: 'HERS' }, createFakeCall().context);
    await wrapped.join?.({}, createFakeCall().context);
    expect(seen.map(({ pin }) => pin)).toEqual(['HERS', undefined]);
  });
});

describe('tokens', () => {
  test('a token is got for each attempt', async () => {
    const { driver, seen } = createScriptedDriver(1016, 1016);
    let count = 0;
    const token = async (): Promise<string> => `token ${++count}`;
    const retry = { attempts: 3 };
    await withAttempts(driver, { token, retry, ...createInstantDelay() }).join?.({}, createFakeCall().context);
    expect(seen.map((each) => each.token)).toEqual(['token 1', 'token 2', 'token 3']);
  });

  test('a refused token is replaced once, at once; then 2001 stands', async () => {
    const { driver, seen } = createScriptedDriver(2001, 2001);
    const { delay, waited } = createInstantDelay();
    const token = vi.fn(() => 'stale');
    const started = withAttempts(driver, { token, delay, retry: { attempts: 9 } }).start({}, createFakeCall().context);
    await expect(started).rejects.toMatchObject({ code: 2001 });
    expect(token).toHaveBeenCalledTimes(2);
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(waited).toEqual([]);
  });

  test('without a way to get a fresh token 2001 stands at once', async () => {
    const { driver, seen } = createScriptedDriver(2001);
    await expect(withAttempts(driver).start({}, createFakeCall().context)).rejects.toMatchObject({ code: 2001 });
    expect(seen).toHaveLength(1);
  });

  const failure = new Error('the login is over');
  test.each([
    [
      'throws',
      () => {
        throw failure;
      },
    ],
    ['rejects', () => Promise.reject(failure)],
  ])(
    'a token function that %s is a 2001 with the failure as its cause, and the driver is not called',
    async (_, token) => {
      const { driver, seen } = createScriptedDriver();
      const started = withAttempts(driver, { token, retry: { attempts: 9 } }).start({}, createFakeCall().context);
      await expect(started).rejects.toMatchObject({ code: 2001, cause: failure });
      expect(seen).toEqual([]);
    },
  );

  test.each([
    ['that its user must sign in', new SessionError(2001, { retryable: false }), { code: 2001, retryable: false }],
    ['that the network failed', new TypeError('Failed to fetch'), { code: 1016, retryable: true }],
  ])('a token function that says %s is believed', async (_, failure, told) => {
    const { driver } = createScriptedDriver();
    const token = (): never => {
      throw failure;
    };
    await expect(withAttempts(driver, { token }).start({}, createFakeCall().context)).rejects.toMatchObject(told);
  });

  test.each([undefined, null, '', 42])('a token function that gives %j is a 2001', async (nothing) => {
    const { driver } = createScriptedDriver();
    const token = (): string => nothing as unknown as string; // as an app without types may do
    await expect(withAttempts(driver, { token }).start({}, createFakeCall().context)).rejects.toMatchObject({
      code: 2001,
    });
  });

  test('no token is said to the coordinator, which would store it and tell other tabs', async () => {
    const { driver } = createScriptedDriver(2001, 9999);
    const call = createFakeCall();
    const started = withAttempts(driver, { token: () => 'SECRET' }).start({}, call.context);
    const error: unknown = await Promise.resolve(started).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 9999 });
    expect(`${error}${JSON.stringify([error, call.said])}`).not.toContain('SECRET');
  });

  test('a call that is given up does not wait for its token', async () => {
    const { driver, seen } = createScriptedDriver();
    const call = createFakeCall();
    const started = withAttempts(driver, { token: () => new Promise(() => {}) }).start({}, call.context);
    call.abort();
    await expect(started).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([]);
  });

  test('a token that comes after the call was given up is not used', async () => {
    const { driver, seen } = createScriptedDriver();
    const call = createFakeCall();
    let give = (_: string): void => {};
    const token = (): Promise<string> =>
      new Promise((resolve) => {
        give = resolve;
      });
    const started = withAttempts(driver, { token }).start({}, call.context);
    call.abort();
    give('late');
    await expect(started).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([]);
  });
});

describe('retries', () => {
  test.each([1001, 1011, 1016, 9999])(
    '%d is tried again as often as the policy says, with growing pauses',
    async (code) => {
      const { driver, seen } = createScriptedDriver(code, code, code, code);
      const { delay, waited } = createInstantDelay();
      const retry = { attempts: 4, minDelayMs: 100, maxDelayMs: 500 };
      const started = withAttempts(driver, { retry, delay, random: () => 0.5 }).start({}, createFakeCall().context);
      await expect(started).rejects.toMatchObject({ code });
      expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
      expect(waited).toEqual([150, 250, 300]);
    },
  );

  test.each([1002, 1004, 1006, 1008, 1009, 1012, 1013, 1015, 1017])('%d is not tried again', async (code) => {
    const { driver, seen } = createScriptedDriver(code);
    await expect(
      withAttempts(driver, { retry: { attempts: 4 }, ...createInstantDelay() }).join?.({}, createFakeCall().context),
    ).rejects.toMatchObject({ code });
    expect(seen).toHaveLength(1);
  });

  test('by default a resume is tried twice, a start and a join once', async () => {
    const tries = async (call: 'start' | 'join' | 'resume'): Promise<number> => {
      const { driver, seen } = createScriptedDriver(...Array<number>(9).fill(1016));
      const wrapped = withAttempts(driver, createInstantDelay());
      const { context } = createFakeCall();
      const made = call === 'resume' ? wrapped.resume?.(previous, context) : wrapped[call]?.({}, context);
      await expect(made).rejects.toMatchObject({ code: 1016 });
      return seen.length;
    };
    expect([await tries('start'), await tries('join'), await tries('resume')]).toEqual([1, 1, 2]);
  });

  test('each kind of call can have its own policy', async () => {
    const { driver, seen } = createScriptedDriver(1016, 1016, 1016);
    const wrapped = withAttempts(driver, { retry: { join: { attempts: 3 } }, ...createInstantDelay() });
    await expect(wrapped.start({}, createFakeCall().context)).rejects.toMatchObject({ code: 1016 });
    await wrapped.join?.({}, createFakeCall().context);
    expect(seen.map(({ call, attempt }) => `${call} ${attempt}`)).toEqual(['start 1', 'join 1', 'join 2', 'join 3']);
  });

  test('what is no error of the catalogue counts as 1001 on start and 1011 on join and resume, and keeps its cause', async () => {
    const broken = new Error('anything');
    const { driver } = createScriptedDriver(broken, broken, broken, broken);
    const wrapped = withAttempts(driver, createInstantDelay());
    const { context } = createFakeCall();
    await expect(wrapped.start({}, context)).rejects.toMatchObject({ code: 1001, cause: broken });
    await expect(wrapped.join?.({}, context)).rejects.toMatchObject({ code: 1011, cause: broken });
    await expect(wrapped.resume?.(previous, context)).rejects.toMatchObject({ code: 1011, cause: broken });
  });

  test('a driver that throws instead of rejecting is retried all the same', async () => {
    const { driver, seen } = createScriptedDriver();
    let thrown = false;
    const throwing: AttemptDriver<{ session: string }> = {
      ...driver,
      start(request, context) {
        if (thrown) return driver.start(request, context);
        thrown = true;
        throw new Error('at once');
      },
    };
    await withAttempts(throwing, { retry: { attempts: 2 }, ...createInstantDelay() }).start(
      {},
      createFakeCall().context,
    );
    expect(seen.map(({ attempt }) => attempt)).toEqual([2]);
  });

  test('giving the call up ends a pause at once, and nothing is tried again', async () => {
    const { driver, seen } = createScriptedDriver(1016);
    const call = createFakeCall();
    const retry = { attempts: 5, minDelayMs: 3_600_000, maxDelayMs: 3_600_000 };
    const started = withAttempts(driver, { retry }).start({}, call.context); // the real timer: an hour
    await eventually(() => expect(seen).toHaveLength(1));
    call.abort();
    await expect(started).rejects.toMatchObject({ code: 1016 });
    expect(seen).toHaveLength(1);
  });

  test('a call that is given up before its driver was called does not call it', async () => {
    const { driver, seen } = createScriptedDriver();
    const { context, abort } = createFakeCall();
    const started = withAttempts(driver).start({}, context);
    abort();
    await expect(started).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([]);
  });

  test('an attempt that fails because the call was given up is the last', async () => {
    const call = createFakeCall();
    const { driver, seen } = createScriptedDriver((context) => {
      call.abort();
      expect(context.signal.aborted).toBe(true);
      throw new Error('given up');
    });
    const started = withAttempts(driver, { retry: { attempts: 5 }, ...createInstantDelay() }).start({}, call.context);
    await expect(started).rejects.toMatchObject({ code: 1001 });
    expect(seen).toHaveLength(1);
  });
});

describe('what an attempt may say', () => {
  test('an attempt speaks to all tabs as the driver does without retries', async () => {
    const { driver, contexts } = createScriptedDriver();
    const call = createFakeCall();
    await withAttempts(driver).start({}, call.context);
    const [context] = contexts;
    context?.publish({ id: 1 });
    context?.emit('agent_joined', { name: 'Kim' });
    context?.error('broken');
    context?.reconnecting();
    context?.reconnected();
    context?.ended('agent left');
    expect(call.said).toEqual([
      ['publish', { id: 1 }],
      ['emit', 'agent_joined', { name: 'Kim' }],
      ['error', 'broken'],
      ['reconnecting'],
      ['reconnected'],
      ['ended', 'agent left'],
    ]);
    call.setInfo({ id: 1 });
    expect(context).toMatchObject({ epoch: 7, info: { id: 1 } });
  });

  test('a failed attempt can not end or disturb the one that followed', async () => {
    const { driver, contexts } = createScriptedDriver(1016);
    const call = createFakeCall();
    await withAttempts(driver, { retry: { attempts: 2 }, ...createInstantDelay() }).start({}, call.context);
    const [failed, active] = contexts;
    expect([failed?.signal.aborted, active?.signal.aborted]).toEqual([true, false]);
    failed?.ended('the socket of the first attempt closed, late');
    failed?.error('late');
    failed?.publish('late');
    expect(call.said).toEqual([]);
    active?.ended();
    expect(call.said).toEqual([['ended']]);
  });

  test('a session’s signal still aborts after it was connected', async () => {
    const { driver, contexts } = createScriptedDriver();
    const call = createFakeCall();
    await withAttempts(driver).start({}, call.context);
    call.abort();
    expect(contexts[0]?.signal.aborted).toBe(true);
  });

  test('failed attempts leave no listener on the call’s signal', async () => {
    const { driver } = createScriptedDriver(1016, 1016);
    const call = createFakeCall();
    const added = vi.spyOn(call.context.signal, 'addEventListener');
    const removed = vi.spyOn(call.context.signal, 'removeEventListener');
    const options = { token: () => 'token', retry: { attempts: 3, minDelayMs: 0, maxDelayMs: 0 } };
    await withAttempts(driver, options).start({}, call.context);
    const left = added.mock.calls.filter(([, listener]) => !removed.mock.calls.some(([, gone]) => gone === listener));
    expect(left).toHaveLength(1); // the link to the attempt that succeeded
  });
});

describe('the driver underneath', () => {
  test('is asked for nothing it can not do: without resume a lost session stays lost', () => {
    const { driver } = createScriptedDriver();
    const { resume: _, ...unable } = driver;
    expect(withAttempts(unable)).not.toHaveProperty('resume');
    expect(withAttempts(unable)).not.toHaveProperty('release');
    expect(withAttempts({ ...driver, release: () => {} })).toHaveProperty('release');
  });

  test('ends and releases with the call’s own context', async () => {
    const { driver, end } = createScriptedDriver();
    const release = vi.fn();
    const wrapped = withAttempts({ ...driver, release });
    const { context } = createFakeCall();
    await wrapped.end('session', context);
    await wrapped.release?.('session', context);
    expect(end).toHaveBeenCalledWith('session', context);
    expect(release).toHaveBeenCalledWith('session', context);
  });

  test('may be an object with methods that need their this', async () => {
    class Methodical implements AttemptDriver<{ session: string }> {
      readonly #name = 'mine';
      start(): string {
        return this.#name;
      }
      join(): string {
        return this.#name;
      }
      resume(): string {
        return this.#name;
      }
      release(): void {
        this.#name.trim();
      }
      end(): void {
        this.#name.trim();
      }
    }
    const wrapped = withAttempts(new Methodical());
    const { context } = createFakeCall();
    expect([await wrapped.start({}, context), await wrapped.resume?.(previous, context)]).toEqual(['mine', 'mine']);
    expect(() => [wrapped.release?.('mine', context), wrapped.end('mine', context)]).not.toThrow();
  });

  test.each(['start', 'end'] as const)('is refused at once if it has no %s', (method) => {
    const { driver } = createScriptedDriver();
    const broken = { ...driver, [method]: undefined } as unknown as typeof driver; // as an app without types may do
    expect(() => withAttempts(broken)).toThrow(TypeError);
  });

  test('may have no join, and then has none here either', () => {
    const { join: _, ...driver } = createScriptedDriver().driver;
    expect(withAttempts(driver)).not.toHaveProperty('join');
  });

  test('gets no options that make no sense', () => {
    const { driver } = createScriptedDriver();
    expect(() => withAttempts(driver, { pinLength: 11 })).toThrow(RangeError);
    expect(() => withAttempts(driver, { retry: { start: { attempts: 0 } } })).toThrow(TypeError);
  });

  test.each<[string, object, string]>([
    ['a PIN mode that there is not', { pin: 'generate' }, 'pin must be one of none, generated, required'],
    ['a pinKey that is no name', { pinKey: 7 }, 'pinKey must be the name'],
    ['a token that is no function', { token: 'abc' }, 'withAttempts.token must be a function'],
    ['a delay that is no function', { delay: 500 }, 'withAttempts.delay must be a function'],
    ['a number of retries', { retry: 3 }, 'retry must be { attempts: 3 }, or one each'],
    ['a number of retries for one call', { retry: { start: 3 } }, 'retry needs attempts'],
  ])('throws a TypeError for %s, and says what to write', (_, options, message) => {
    const { driver } = createScriptedDriver();
    expect(() => withAttempts(driver, options)).toThrow(TypeError);
    expect(() => withAttempts(driver, options)).toThrow(message);
  });

  test.each<[string, object, string]>([
    ['an option', { retries: 3 }, "withAttempts has no option 'retries', only pin, pinLength, pinKey, token, retry"],
    ['a kind of call', { retry: { begin: { attempts: 3 } } }, "retry has no option 'begin', only start, join, resume"],
    [
      'a delay',
      { retry: { attempts: 3, delay: 5 } },
      "retry has no option 'delay', only attempts, minDelayMs, maxDelayMs",
    ],
  ])('warns of %s that there is not', (_, options, message) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { driver } = createScriptedDriver();
    withAttempts(driver, options);
    expect(warn.mock.calls).toEqual([[expect.stringContaining(message)]]);
    warn.mockRestore();
  });

  test('warns of nothing that is as it should be', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { driver } = createScriptedDriver();
    withAttempts(driver);
    withAttempts(driver, { pin: 'generated', pinLength: 4, retry: { join: { attempts: 2, minDelayMs: 1 } } });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});
