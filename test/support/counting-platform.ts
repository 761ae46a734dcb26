/** A platform that counts what is asked of it. */
import type { Platform } from '../../src/platform/platform';

export interface Counts {
  transactions: number;
  reads: number;
  messages: number;
  lockRequests: number;
  timers: number;
}

export function countingPlatform(platform: Platform): { readonly platform: Platform; readonly counts: Counts } {
  const counts: Counts = { transactions: 0, reads: 0, messages: 0, lockRequests: 0, timers: 0 };
  return {
    counts,
    platform: {
      ...platform,
      openStore(scope) {
        const store = platform.openStore(scope);
        return (
          store && {
            ...store,
            transact: (step) => {
              counts.transactions += 1;
              return store.transact(step);
            },
            read: (options) => {
              counts.reads += 1;
              return store.read(options);
            },
          }
        );
      },
      openChannel(scope, receive) {
        const channel = platform.openChannel(scope, receive);
        return (
          channel && {
            ...channel,
            post: (message) => {
              counts.messages += 1;
              channel.post(message);
            },
          }
        );
      },
      locks: platform.locks && {
        ...platform.locks,
        request: (name, request) => {
          counts.lockRequests += 1;
          return platform.locks?.request(name, request) ?? Promise.resolve(null);
        },
      },
      clock: {
        ...platform.clock,
        after: (ms, callback) => {
          counts.timers += 1;
          return platform.clock.after(ms, callback);
        },
      },
    },
  };
}
