/**
 * The channel of a scope, over the broadcast-channel package: native where the browser has it, else through localStorage
 * (Safari before 15.4). Never through the package's IndexedDB method, which polls.
 *
 * The package trusts what arrives: it throws in its handler on whatever another script sends under the same name. It drops
 * what is stamped older than its listener, which is everything for a while after the clock stepped back. And it leaves a
 * failed post as an unhandled rejection. So its method is wrapped, and all three are dealt with below it.
 */
import { type BroadcastMethod, BroadcastChannel as PackageChannel } from 'broadcast-channel';
import { attempt } from './attempt';
import type { Channel } from './platform';

type Type = 'native' | 'localstorage';

/** The channel of `scope`, or `null` where there is none. `receive` is not called any more once it is closed. */
export function openBrowserChannel(scope: string, receive: (message: unknown) => void): Channel | null {
  const open = (type: Type) => attempt(() => openPackageChannel(`solotab:1:${scope}`, type, receive));
  return open('native') ?? open('localstorage');
}

function openPackageChannel(name: string, type: Type, receive: (message: unknown) => void): Channel {
  /** Hides from the package's listener what is not JSON of the right shape. */
  const guard = (event: StorageEvent): void => {
    if (event.key !== `pubkey.broadcastChannel-${name}`) return;
    if (!attempt(() => isEnvelope(JSON.parse(event.newValue ?? '').data))) event.stopImmediatePropagation();
  };
  const release = (): void => window.removeEventListener('storage', guard);
  // Before the package's own: Chromium calls the listeners of a window in this order, those that capture as well.
  // Not for the native one: Chromium takes a millisecond to listen.
  if (type === 'localstorage') window.addEventListener('storage', guard);
  let channel: PackageChannel<unknown>;
  try {
    channel = new PackageChannel(name, { type });
  } catch (error) {
    release();
    throw error;
  }
  // The package keeps the method of each channel in this field, and exports it nowhere; its declarations leave it out.
  const wrapped = channel as unknown as { method: BroadcastMethod };
  const { method } = wrapped;
  wrapped.method = {
    ...method,
    microSeconds: () => 0,
    onMessage: (state, callback) =>
      method.onMessage(state, (message: unknown) => {
        if (isEnvelope(message)) callback({ ...message, time: 0 });
      }),
    // Tried before, because the storage method writes in a later task, where nobody could catch what it throws.
    postMessage: async (state, message) =>
      attempt(() => type === 'native' || (JSON.stringify(message) && method.canBeUsed())) &&
      method.postMessage(state, message).catch(() => undefined),
  };
  channel.onmessage = receive;
  return {
    carries: type === 'native' ? 'full' : 'hints',
    post(message) {
      if (!channel.isClosed) channel.postMessage(message);
    },
    close() {
      channel.close();
      release();
    },
  };
}

/** What the package itself sends. */
function isEnvelope(value: unknown): value is object {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'message';
}
