/**
 * The channel of a scope: the browser's own BroadcastChannel. Where there is none (Safari before 15.4) messages go through
 * localStorage, by the broadcast-channel package, which only such a browser loads.
 */
import { attempt } from './attempt';
import type { Channel } from './platform';

/** The channel of `scope`, or `null` where there is none. `receive` is not called any more once it is closed. */
export function openBrowserChannel(scope: string, receive: (message: unknown) => void): Channel | null {
  const name = `solotab:1:${scope}`;
  return attempt(() => nativeChannel(name, receive)) ?? (attempt(() => localStorage) && laterChannel(name, receive));
}

function nativeChannel(name: string, receive: (message: unknown) => void): Channel {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => receive(data);
  return {
    carries: 'full',
    // What can't be cloned was refused before; a message that is lost all the same is asked for again.
    post: (message) => void attempt(() => channel.postMessage(message)),
    close: () => channel.close(),
  };
}

/** What is posted before the package is there is lost, as any message may be. If it can't be loaded there is no channel. */
function laterChannel(name: string, receive: (message: unknown) => void): Channel {
  let channel: Channel | undefined;
  let isClosed = false;
  import('./storage-channel').then(
    ({ openStorageChannel }) => {
      if (!isClosed) channel = attempt(() => openStorageChannel(name, receive)) ?? undefined;
    },
    () => undefined,
  );
  return {
    carries: 'hints',
    post: (message) => channel?.post(message),
    close() {
      isClosed = true;
      channel?.close();
    },
  };
}
