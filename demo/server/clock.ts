/** Time, handed in, so that tests have their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. Does not step back. */
  now(): number;
  /** Calls back after `ms`. Returns the function that calls it off. */
  wake(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wake(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
