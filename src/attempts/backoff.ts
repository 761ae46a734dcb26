import type { Bounds } from '../session/backoff';
import { check } from '../session/misuse';

/** When a failed attempt is made again. */
export interface RetryPolicy {
  /** Tries in all, the first one included: 1 means none again. */
  readonly attempts: number;
  /** Milliseconds to wait at least before another try. Default 500. */
  readonly minDelayMs?: number;
  /** Milliseconds to wait at most. Default 8,000. */
  readonly maxDelayMs?: number;
}

/** The bounds of the delays with their defaults. Throws a `TypeError` where they make no sense. */
export function completeBounds(
  name: string,
  { minDelayMs = 500, maxDelayMs = Math.max(8000, minDelayMs) }: Partial<Bounds>,
): Bounds {
  const isSensible = minDelayMs >= 0 && maxDelayMs >= minDelayMs && maxDelayMs < 2 ** 31; // a timer takes no more
  check(isSensible, `${name} needs 0 <= minDelayMs <= maxDelayMs < 2 ** 31.`);
  return { minDelayMs, maxDelayMs };
}

/** The policy with its defaults. Throws a `TypeError` where it makes no sense. */
export function completePolicy({ attempts, ...bounds }: RetryPolicy): Required<RetryPolicy> {
  check(Number.isInteger(attempts) && attempts >= 1, 'retry needs attempts, a whole number from 1.');
  return { attempts, ...completeBounds('retry', bounds) };
}
