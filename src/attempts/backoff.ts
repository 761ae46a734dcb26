/** When a failed attempt is made again. */
export interface RetryPolicy {
  /** Tries in all, the first one included: 1 means none again. */
  readonly attempts: number;
  /** Milliseconds to wait at least before another try. Default 500. */
  readonly minDelayMs?: number;
  /** Milliseconds to wait at most. Default 8,000. */
  readonly maxDelayMs?: number;
}

/** The policy with its defaults. Throws a `TypeError` where it makes no sense. */
export function completePolicy(policy: RetryPolicy): Required<RetryPolicy> {
  const { attempts, minDelayMs = 500, maxDelayMs = Math.max(8000, minDelayMs) } = policy;
  const sensible = minDelayMs >= 0 && maxDelayMs >= minDelayMs && maxDelayMs < 2 ** 31; // a timer takes no more
  if (!Number.isInteger(attempts) || attempts < 1 || !sensible) {
    throw new TypeError(
      'solotab: retry needs attempts, a whole number from 1, and 0 <= minDelayMs <= maxDelayMs < 2 ** 31.',
    );
  }
  return { attempts, minDelayMs, maxDelayMs };
}
