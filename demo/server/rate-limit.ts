export interface RateLimitOptions {
  readonly calls: number;
  readonly perMs: number;
  now(): number;
}

/** At most `calls` per `perMs` and key, over a sliding window. A call that is not allowed does not count. */
export function createRateLimit({ calls, perMs, now }: RateLimitOptions) {
  const recent = new Map<string, number[]>();
  return {
    allows(key: string): boolean {
      const times = (recent.get(key) ?? []).filter((at) => at > now() - perMs);
      const allowed = times.length < calls;
      if (allowed) times.push(now());
      recent.set(key, times);
      return allowed;
    },
  };
}
