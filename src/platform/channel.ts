/**
 * The channel of a scope: the browser's own BroadcastChannel. Where there is none (Safari before 15.4) messages go through
 * localStorage, by the broadcast-channel package, which only such a browser loads.
 */
import { attempt } from './attempt';
import { channelName } from './names';
import type { Channel } from './platform';

/** Kept where every copy of solotab in this window sees it. */
const WINDOW = Symbol.for('solotab: window');

/** The channel of `scope`, or `null` where there is none. Nothing is called any more once it is closed. */
export function openBrowserChannel(
  scope: string,
  receive: (message: unknown) => void,
  onLate?: () => void,
): Channel | null {
  const name = channelName(scope);
  const native = attempt(() => nativeChannel(name, receive));
  return native ?? (attempt(() => localStorage) ? storageChannel(name, receive, onLate) : null);
}

/** The browser's own of that name. Throws where there is none. */
export function nativeChannel(name: string, receive: (message: unknown) => void): Channel {
  const channel = new BroadcastChannel(nameHere(name));
  channel.onmessage = ({ data }) => receive(data);
  return {
    carries: 'full',
    // It throws if the message can't be cloned or the channel is closed.
    post: (message) => void attempt(() => channel.postMessage(message)),
    close: () => channel.close(),
  };
}

/**
 * The windows of jsdom and happy-dom have the BroadcastChannel of Node, which reaches every thread of the process: test files in threads
 * would be tabs of one browser. There a channel ends at its window.
 */
function nameHere(name: string): string {
  const { prototype } = BroadcastChannel;
  // Node's has `unref`, and is an EventTarget of Node's, not of the window. A polyfill is none either, and is for all tabs.
  if (!('unref' in prototype) || prototype instanceof EventTarget) return name;
  const here = globalThis as { [WINDOW]?: number };
  here[WINDOW] ??= Math.random();
  return `${name}:${here[WINDOW]}`;
}

/** What is asked of it while the package is loaded waits for that. If it can't be loaded, every message is lost. */
function storageChannel(name: string, receive: (message: unknown) => void, onLate?: () => void): Channel {
  let isClosed = false;
  const opening = import('./storage-channel')
    .then(({ openStorageChannel }) => {
      const channel = openStorageChannel(name, receive);
      if (!isClosed) onLate?.();
      return channel;
    })
    .catch(() => null);
  return {
    carries: 'hints',
    post: (message) => void opening.then((channel) => channel?.post(message)),
    close() {
      isClosed = true;
      void opening.then((channel) => channel?.close());
    },
  };
}
