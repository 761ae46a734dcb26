export interface RateLimitOptions {
  readonly calls: number;
  readonly perMs: number;
  now(): number;
}

/**
 * At most `calls` per `perMs` and key, over a sliding window. A call that is not allowed does not count. Whoever has not called
 * for that long is forgotten.
 */
export function createRateLimit({ calls, perMs, now }: RateLimitOptions) {
  /** The key that called last comes last. */
  const recent = new Map<string, number[]>();

  function forget(): void {
    for (const [key, times] of recent) {
      if ((times.at(-1) ?? 0) > now() - perMs) return;
      recent.delete(key);
    }
  }

  return {
    allows(key: string): boolean {
      forget();
      const times = (recent.get(key) ?? []).filter((at) => at > now() - perMs);
      if (times.length >= calls) return false;
      times.push(now());
      recent.delete(key);
      recent.set(key, times);
      return true;
    },
    get size() {
      return recent.size;
    },
  };
}
