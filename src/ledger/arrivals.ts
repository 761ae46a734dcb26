/** What came over the channel is told in order, each message once the look that it asks for is done. */
export interface Arrivals {
  /** Runs `tell` after `look`; without one, after what came before. */
  add(look: Promise<void> | undefined, tell: () => void): void;
  /** Something came and is not told yet: what a look found missing may be in it. */
  isWaiting(): boolean;
}

export function createArrivals(): Arrivals {
  let last = Promise.resolve();
  let waiting = 0;
  return {
    add(look = last, tell) {
      waiting += 1;
      last = look.then(() => {
        waiting -= 1;
        tell();
      });
    },
    isWaiting: () => waiting > 0,
  };
}
