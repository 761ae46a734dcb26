// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { browserPlatform } from '../../src/platform/browser';
import { openBrowserChannel } from '../../src/platform/channel';
import type { Channel } from '../../src/platform/platform';
import { openStorageChannel } from '../../src/platform/storage-channel';
import { channelContract } from './contracts/channel-contract';
import { ODD_NAMES } from './contracts/tab-context';
import { nodeSetting } from './node-world';

describe('the native channel', () => {
  // In Node, the name of a channel ends at its first NUL.
  const oddNames = ODD_NAMES.filter((name) => name !== '\0');
  channelContract({ ...nodeSetting({ openPlatform: browserPlatform }), oddNames });
});

describe('the channel through storage', () => {
  // All tabs share one window here; the package tells its own window as well.
  const openPlatform = () => ({ ...browserPlatform(), openChannel: openStorageChannel });
  channelContract(nodeSetting({ openPlatform }));
});

describe('where there is no native channel', () => {
  beforeEach(() => {
    vi.stubGlobal('BroadcastChannel', undefined);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('the one through storage is loaded, and carries messages from then on', async () => {
    const received: unknown[] = [];
    const [first, second] = [1, 2].map(() => openBrowserChannel('later', (message) => received.push(message)));
    await vi.waitFor(() => {
      first?.post('a message');
      expect(received).toContain('a message');
    });
    first?.close();
    second?.close();
  });

  test('one that is closed before it is loaded is never opened', async () => {
    const add = vi.spyOn(window, 'addEventListener');
    openBrowserChannel('later', () => undefined)?.close();
    await import('../../src/platform/storage-channel');
    await Promise.resolve();
    expect(add).not.toHaveBeenCalled();
  });
});

describe('when others use the same name', () => {
  const opened: Channel[] = [];
  const open = (): { readonly channel: Channel; readonly received: unknown[] } => {
    const received: unknown[] = [];
    const channel = openStorageChannel('solotab:1:scope', (message) => received.push(message));
    opened.push(channel);
    return { channel, received };
  };
  const uncaught = vi.fn();

  beforeEach(() => {
    uncaught.mockClear();
    process.on('uncaughtException', uncaught);
    process.on('unhandledRejection', uncaught);
    window.addEventListener('error', uncaught);
  });
  afterEach(() => {
    for (const channel of opened.splice(0)) channel.close();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    process.off('uncaughtException', uncaught);
    process.off('unhandledRejection', uncaught);
    window.removeEventListener('error', uncaught);
    localStorage.clear();
  });

  const garbage = [
    null,
    undefined,
    0,
    'text',
    [],
    {},
    { type: null },
    { type: 'internal', time: 1e300 },
    { type: 'constructor', time: 1e300 },
    { type: '__proto__', time: 1e300 },
    { type: 'hasOwnProperty', time: 1e300 },
  ];

  test('garbage in the storage is dropped, and the next message arrives', async () => {
    const [first, second] = [open(), open()];
    const values = ['', '{', 'null', '0', '[]', '"text"', '{"data":null}', null].concat(
      garbage.map((data) => JSON.stringify({ token: 'token', uuid: 'uuid', time: 1, data })),
    );
    for (const newValue of values) {
      const event = new StorageEvent('storage', { key: 'pubkey.broadcastChannel-solotab:1:scope', newValue });
      window.dispatchEvent(event);
    }
    window.dispatchEvent(new StorageEvent('storage', { key: null, newValue: null }));
    first.channel.post('after');
    await vi.waitFor(() => expect(second.received).toEqual(['after']));
    expect(first.received).toEqual([]);
    expect(uncaught).not.toHaveBeenCalled();
  });

  test('a clock that steps back loses no message', async () => {
    const [first, second] = [open(), open()];
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now - 3_600_000);
    first.channel.post('an hour ago');
    await vi.waitFor(() => expect(second.received).toEqual(['an hour ago']));
  });

  test('a storage that is full loses messages, without an error, and can be closed', async () => {
    const [first, second] = [open(), open()];
    const setItem = () => {
      throw new DOMException('Full.', 'QuotaExceededError');
    };
    const full = vi.spyOn(window, 'localStorage', 'get').mockReturnValue({ ...localStorage, setItem });
    first.channel.post('lost');
    await new Promise((resolve) => setTimeout(resolve));
    full.mockRestore();
    first.channel.post('after');
    await vi.waitFor(() => expect(second.received).toEqual(['after']));
    expect(uncaught).not.toHaveBeenCalled();
  });

  test('where the native channel is refused, storage serves; where both are, there is none', () => {
    const refuse = () => {
      throw new DOMException('Forbidden.', 'SecurityError');
    };
    vi.stubGlobal('BroadcastChannel', refuse);
    expect(openBrowserChannel('scope', () => undefined)?.carries).toBe('hints');
    vi.spyOn(window, 'localStorage', 'get').mockImplementation(refuse);
    expect(openBrowserChannel('scope', () => undefined)).toBeNull();
  });

  test('fifty channels opened and closed leave no listener', () => {
    const add = vi.spyOn(window, 'addEventListener');
    const remove = vi.spyOn(window, 'removeEventListener');
    for (let count = 0; count < 50; count += 1) openStorageChannel('scope', () => undefined).close();
    return vi.waitFor(() => expect(remove).toHaveBeenCalledTimes(add.mock.calls.length));
  });
});
