/** What an app handed in, checked and completed. */
import { RECOVERY_POLICIES, type Recovery } from './session/record';
import type { CoordinatorOptions, Driver } from './types';

/** As the SDK recovers a session after a refresh: within two minutes, in two attempts. */
const DEFAULT_RECOVERY: Recovery = { by: 'same-tab', windowMs: 120_000, attempts: 2 };
const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;

export interface Settings<Session, Request> {
  readonly name: string;
  readonly driver: Driver<Session, Request>;
  readonly recovery: Recovery;
  readonly connectTimeoutMs: number;
  readonly refusesUnsafe: boolean;
}

/** Throws a `TypeError` that says what is wrong, at the call and not later. */
export function checkOptions<Session, Request>(
  options: CoordinatorOptions<Session, Request>,
): Settings<Session, Request> {
  const { name, driver, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, whenUnsafe = 'allow' } = options ?? {};
  check(
    typeof name === 'string' && name !== '',
    'name must be a text that is not empty: tabs with the same name share one session.',
  );
  check(
    typeof driver === 'object' && driver !== null,
    'driver must be an object with the functions start, join and end.',
  );
  for (const method of ['start', 'join', 'end'] as const) {
    check(typeof driver[method] === 'function', `driver.${method} must be a function.`);
  }
  for (const method of ['prepare', 'resume', 'release'] as const) {
    const given = driver[method];
    check(given === undefined || typeof given === 'function', `driver.${method} must be a function, or left out.`);
  }
  const recovery = { ...DEFAULT_RECOVERY, ...options.recovery };
  check(RECOVERY_POLICIES.includes(recovery.by), `recovery.by must be one of ${RECOVERY_POLICIES.join(', ')}.`);
  check(isPositive(recovery.windowMs), 'recovery.windowMs must be a number of milliseconds above 0.');
  check(Number.isSafeInteger(recovery.attempts) && recovery.attempts >= 0, 'recovery.attempts must be a whole number.');
  check(isPositive(connectTimeoutMs), 'connectTimeoutMs must be a number of milliseconds above 0.');
  check(whenUnsafe === 'allow' || whenUnsafe === 'refuse', "whenUnsafe must be 'allow' or 'refuse'.");
  // Nothing can be recovered by a driver that can't resume.
  const by = driver.resume && recovery.attempts > 0 ? recovery.by : 'none';
  return { name, driver, recovery: { ...recovery, by }, connectTimeoutMs, refusesUnsafe: whenUnsafe === 'refuse' };
}

function isPositive(ms: unknown): boolean {
  return typeof ms === 'number' && Number.isFinite(ms) && ms > 0;
}

function check(isRight: boolean, message: string): void {
  if (!isRight) throw new TypeError(`createCoordinator: ${message}`);
}
