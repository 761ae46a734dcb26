/**
 * A driver around a driver: checks and makes PINs, gets tokens, and tries again what may succeed the next time. It all
 * happens inside one call of the driver, so the session is `connecting` throughout, `connectTimeoutMs` bounds the whole,
 * and to give up the call gives up whatever it is just waiting for.
 */

import type {
  CommandsOn,
  DeclaredCommands,
  Driver,
  DriverContext,
  DriverMethods,
  InferredDriver,
  PreviousTerm,
} from '../driver';
import { outcomeOf } from '../host/outcome';
import { throwIfAborted, unlessAborted } from '../platform/abort';
import { consoleLogger } from '../platform/browser';
import { delayOf } from '../platform/delay';
import { randomBytes as browserRandomBytes } from '../platform/random';
import { backoffMs } from '../session/backoff';
import { SessionError } from '../session/errors';
import { check, checkDriver, checkMethods, warnOfUnknown } from '../session/misuse';
import { assertPinLength, DEFAULT_PIN_LENGTH, drawPin, normalizePin } from '../session/pin';
import type { Kind } from '../session/record';
import type { JoinOf, SessionOf, Shape, StartOf } from '../shape';
import { type AttemptContext, beginAttempt } from './attempt';
import { completePolicy, type RetryPolicy } from './backoff';
import { nextAttempt } from './next-attempt';

/** A call that can be retried. */
export type AttemptKind = Kind | 'resume';

/**
 * What a start does that gives no PIN. `none`: it goes without, because the service makes the PIN. `generated`: it gets a
 * new one, and another if that is in use (1010). `required`: it is refused with 1009.
 */
export type PinMode = 'none' | 'generated' | 'required';

/** A driver whose start, join and resume are told which attempt it is, and with which token and PIN. */
export type AttemptDriver<S extends Shape = Shape> = AttemptMethods<S> & DeclaredCommands<S>;

/** An attempts' driver that may lack commands which its shape declares. */
export interface AttemptMethods<S extends Shape = Shape> extends Omit<DriverMethods<S>, 'start' | 'join' | 'resume'> {
  start(request: StartOf<S>, context: AttemptContext<S>): SessionOf<S> | Promise<SessionOf<S>>;
  join?(request: JoinOf<S>, context: AttemptContext<S>): SessionOf<S> | Promise<SessionOf<S>>;
  resume?(previous: PreviousTerm<S>, context: AttemptContext<S>): SessionOf<S> | Promise<SessionOf<S>>;
}

/** What a token is for. */
export interface TokenCall {
  /** `refresh`: the driver asked for it, with a session that runs or is being connected. */
  readonly kind: AttemptKind | 'refresh';
  /** What `start()` or `join()` was given; with `resume` the previous term. */
  readonly request: unknown;
  /** 1 for the first attempt of a call, 2 for the next. */
  readonly attempt: number;
  /** Aborts when the token is no longer needed. */
  readonly signal: AbortSignal;
}

export interface AttemptOptions {
  /** Default `none`. A PIN that a request brings is checked (1008) and upper-cased in each mode, and never replaced. */
  readonly pin?: PinMode;
  /** Characters of a generated PIN, 1 to 10. Default 8. */
  readonly pinLength?: number;
  /** The property of a request, a plain object, that holds its PIN. Default `pin`. */
  readonly pinKey?: string;
  /**
   * Gets an access token. Called for each attempt, and whenever the driver asks for a fresh one by `context.freshToken()`; its result is
   * handed to the driver and nowhere else. A token that the service refuses (2001) is replaced once per call. If the function throws, or
   * gives no text, that is a 2001 too, at once; a `SessionError` stays what it is, and a failed fetch is a 1016.
   */
  readonly token?: (call: TokenCall) => string | Promise<string>;
  /**
   * Tries again after 1001, 1011, 1016, 9999 and an app's own codes: one policy for everything, or one each. By default a resume is tried
   * twice, a start or join once. A driver that knows better rejects with `new SessionError(code, { retryable: false })`.
   */
  readonly retry?: RetryPolicy | Readonly<Partial<Record<AttemptKind, RetryPolicy>>>;
  /** In [0, 1): spreads the delays. Default `Math.random`. */
  readonly random?: () => number;
  /** Resolves after so many milliseconds, or once the signal aborts. Default: a timer, or at once when the browser is online again. */
  readonly delay?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Where generated PINs come from. Default `crypto.getRandomValues`. */
  readonly randomBytes?: (count: number) => Uint8Array;
}

/** All there are: the type knows when one is missing here. */
export const ATTEMPT_OPTIONS: Readonly<Record<keyof AttemptOptions, true>> = {
  pin: true,
  pinLength: true,
  pinKey: true,
  token: true,
  retry: true,
  random: true,
  delay: true,
  randomBytes: true,
};

const PIN_MODES: readonly PinMode[] = ['none', 'generated', 'required'];

/**
 * A driver for `createCoordinator` that drives `driver` with PINs, tokens and retries. Throws a `TypeError` or `RangeError`
 * for a driver or options that make no sense; warns of an option that there is not.
 */
export function withAttempts<Session, Start, Join, Commands extends CommandsOn<Session>>(
  driver: InferredDriver<Session, Start, Join, Commands, AttemptContext>,
  options?: AttemptOptions,
): InferredDriver<Session, Start, Join, Commands>;
export function withAttempts<S extends Shape>(driver: AttemptDriver<S>, options?: AttemptOptions): Driver<S>;
export function withAttempts(driver: AttemptDriver, options: AttemptOptions = {}): Driver {
  const { pin: pinMode = 'none', pinLength: length = DEFAULT_PIN_LENGTH, pinKey = 'pin', token, retry } = options;
  const { random = Math.random, delay, randomBytes = browserRandomBytes } = options;
  checkDriver(driver);
  checkMethods('withAttempts', options, [], ['token', 'random', 'delay', 'randomBytes']);
  check(PIN_MODES.includes(pinMode), `withAttempts: pin must be one of ${PIN_MODES.join(', ')}.`);
  check(typeof pinKey === 'string' && pinKey !== '', "withAttempts: pinKey must be the name of a request's property.");
  assertPinLength(length);
  const policies = completePolicies(retry);
  warnOfUnknown('withAttempts', options, Object.keys(ATTEMPT_OPTIONS), consoleLogger());

  const pinOf = (request: unknown): unknown => (request as Record<string, unknown> | null | undefined)?.[pinKey];

  /** The request with its PIN checked and in upper case: the only thing that is decided before the claim. */
  function checkPin(kind: Kind, request: unknown): unknown {
    const given = pinOf(request);
    // A form's field that was left blank gives no PIN to start with. One to join by can't be blank.
    if (given === undefined || given === null || (given === '' && kind === 'start')) {
      if (kind === 'start' && pinMode === 'required') throw new SessionError(1009);
      return request;
    }
    const pin = normalizePin(given);
    return pin === given ? request : { ...(request as object), [pinKey]: pin };
  }

  async function freshToken(call: TokenCall): Promise<string | undefined> {
    if (!token) return undefined;
    // In a function of its own, so that one that throws at once and one that rejects are the same.
    // What the app said better stays: that its user must sign in (not `retryable`), or that the network failed.
    const asked = (async () => token(call))().catch((cause: unknown) => {
      throw SessionError.from(cause, 2001);
    });
    const got = await unlessAborted(asked, call.signal);
    if (typeof got !== 'string' || got === '') throw new SessionError(2001);
    return got;
  }

  async function run(
    kind: AttemptKind,
    request: unknown,
    call: DriverContext,
    act: (context: AttemptContext) => unknown,
  ): Promise<unknown> {
    const { attempts } = policies[kind];
    const wait = delay ?? delayOf(call);
    // What a resume has is no request.
    const givenPin = kind === 'resume' ? undefined : pinOf(request);
    const makesPin = kind === 'start' && pinMode === 'generated' && !givenPin;
    const draw = (): string => drawPin({ length, randomBytes });
    const means = { canRenewToken: token !== undefined, canRenewPin: makesPin, attempts };
    const spent = { freshTokens: 0, freshPins: 0, backOffs: 0 };
    let pin = makesPin ? draw() : typeof givenPin === 'string' && givenPin ? givenPin : undefined;
    // A session that is resumed is what the next attempt goes on with.
    const letGo = async (session: unknown): Promise<void> => {
      const outcome = await outcomeOf(() => driver[kind === 'resume' ? 'release' : 'end']?.(session, call));
      if (outcome.type === 'error')
        consoleLogger().error('solotab: what connected too late could not be let go of', outcome.error);
    };
    for (let attempt = 1; ; attempt += 1) {
      const { signal } = call;
      const accessToken = await freshToken({ kind, request, attempt, signal });
      throwIfAborted(signal);
      const refresh = (own: AbortSignal) => freshToken({ kind: 'refresh', request, attempt, signal: own });
      const { context, fail } = beginAttempt(call, { attempt, token: accessToken, pin }, refresh, letGo);
      try {
        return await act(context);
      } catch (cause) {
        fail();
        const error = SessionError.from(cause, kind === 'start' ? 1001 : 1011);
        const next = nextAttempt(error, spent, means);
        if (next === 'none') throw error;
        spent[next] += 1;
        if (next === 'freshPins') pin = draw();
        if (next === 'backOffs') await wait(backoffMs(spent.backOffs, policies[kind], random()), call.signal);
        if (call.signal.aborted) throw error;
      }
    }
  }

  const { join, resume, release, commands } = driver;
  return {
    prepare: (kind, request) => checkPin(kind, driver.prepare ? driver.prepare(kind, request) : request),
    start: (request, call) => run('start', request, call, (context) => driver.start(request, context)),
    // Only where the driver has them: without a resume a lost session is over.
    ...(join && {
      join: (request: unknown, call: DriverContext) =>
        run('join', request, call, (context) => join.call(driver, request, context)),
    }),
    ...(resume && {
      resume: (previous: PreviousTerm, call: DriverContext) =>
        run('resume', previous, call, (context) => resume.call(driver, previous, context)),
    }),
    ...(release && { release: (session: unknown, call: DriverContext) => release.call(driver, session, call) }),
    ...(commands && { commands }),
    end: (session, call) => driver.end(session, call),
  };
}

function completePolicies(retry: AttemptOptions['retry'] = {}): Record<AttemptKind, Required<RetryPolicy>> {
  // As an app without types may write it.
  const given: unknown = retry;
  check(
    typeof given === 'object' && given !== null,
    `withAttempts: retry must be { attempts: ${given} }, or one each: { start, join, resume }.`,
  );
  const isOne = 'attempts' in retry;
  const known = isOne ? ['attempts', 'minDelayMs', 'maxDelayMs'] : ['start', 'join', 'resume'];
  warnOfUnknown('retry', retry, known, consoleLogger());
  const { start, join, resume } = isOne ? { start: retry, join: retry, resume: retry } : retry;
  return {
    start: completePolicy(start ?? { attempts: 1 }),
    join: completePolicy(join ?? { attempts: 1 }),
    resume: completePolicy(resume ?? { attempts: 2 }),
  };
}
