/** A platform that knows what of it is in use: what a coordinator opened, and has not closed. */
import type { Platform } from '../../src/platform/platform';

export interface OpenThings {
  stores: number;
  channels: number;
  lifecycleListeners: number;
}

export function watchedPlatform(platform: Platform, open: OpenThings, signals: AbortSignal[]): Platform {
  const closing = (name: keyof OpenThings, close: () => void): (() => void) => {
    open[name] += 1;
    let isOpen = true;
    return () => {
      if (isOpen) open[name] -= 1;
      isOpen = false;
      close();
    };
  };
  return {
    ...platform,
    openStore(scope) {
      const store = platform.openStore(scope);
      return store && { ...store, close: closing('stores', () => store.close()) };
    },
    openChannel(scope, receive, onLate) {
      const channel = platform.openChannel(scope, receive, onLate);
      return channel && { ...channel, close: closing('channels', () => channel.close()) };
    },
    lifecycle: {
      ...platform.lifecycle,
      listen(listener, signal) {
        open.lifecycleListeners += 1;
        signal.addEventListener('abort', () => {
          open.lifecycleListeners -= 1;
        });
        // As long as its coordinator lives: what hangs on it is never collected.
        signals.push(signal);
        platform.lifecycle.listen(listener, signal);
      },
    },
  };
}
