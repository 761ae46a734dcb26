/** The bounds of a wait, in milliseconds. */
export interface Bounds {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * Milliseconds before try number `retry + 1`, at random between the least delay and a bound that doubles with each retry:
 * clients that failed together, because a server went down, don't come back together. So that they don't begin together
 * either, the first try (`retry` 0) waits at random up to the least delay. `random` is in [0, 1).
 */
export function backoffMs(retry: number, { minDelayMs, maxDelayMs }: Bounds, random: number): number {
  if (retry === 0) return random * minDelayMs;
  const bound = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(retry, 31));
  return minDelayMs + random * (bound - minDelayMs);
}
