// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { browserPlatform } from '../../src/platform/browser';
import { openBrowserChannel } from '../../src/platform/channel';
import type { Channel } from '../../src/platform/platform';
import { eventually } from '../support/eventually';
import { channelContract } from './contracts/channel-contract';
import { ODD_NAMES } from './contracts/tab-context';
import { nodeSetting } from './node-world';

const RealBroadcastChannel = BroadcastChannel;

/** Where the package stores what it sends. */
const STORAGE_KEY = 'pubkey.broadcastChannel-solotab:1:scope';

describe('the native channel', () => {
  // In Node, the name of a channel ends at its first NUL.
  const oddNames = ODD_NAMES.filter((name) => name !== '\0');
  channelContract({ ...nodeSetting({ openPlatform: browserPlatform }), oddNames });
});

describe('the channel through storage', () => {
  beforeEach(() => {
    vi.stubGlobal('BroadcastChannel', undefined);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });
  // All tabs share one window here; the package tells its own window as well.
  channelContract(nodeSetting({ openPlatform: browserPlatform }));
});

describe('when others use the same name', () => {
  const opened: Channel[] = [];
  const open = (channels = { openBrowserChannel }): { readonly channel: Channel; readonly received: unknown[] } => {
    const received: unknown[] = [];
    const channel = channels.openBrowserChannel('scope', (message) => received.push(message));
    if (!channel) throw new Error('There is no channel.');
    opened.push(channel);
    return { channel, received };
  };
  /** Two channels that hear each other: the package is loaded. */
  const openThroughStorage = async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    const both = [open(), open()] as const;
    both[0].channel.post('loaded');
    await eventually(() => expect(both[1].received).toEqual(['loaded']));
    both[1].received.length = 0;
    return both;
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
    vi.doUnmock('../../src/platform/storage-channel');
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

  test('the native channel hands over what it is sent: whoever opens it looks at it', async () => {
    // As in a browser, whose channels are of its window and not of Node.
    vi.stubGlobal('EventTarget', Object.getPrototypeOf(BroadcastChannel));
    const [first, second] = [open(), open()];
    const stranger = new RealBroadcastChannel('solotab:1:scope');
    for (const message of garbage) stranger.postMessage(message);
    await eventually(() => expect(first.received).toHaveLength(garbage.length));
    await eventually(() => expect(second.received.at(-1)).toEqual(garbage.at(-1)));
    stranger.close();
    expect(uncaught).not.toHaveBeenCalled();
    vi.unstubAllGlobals();
  });

  test('garbage in the storage is dropped, and the next message arrives', async () => {
    const [first, second] = await openThroughStorage();
    const values = ['', '{', 'null', '0', '[]', '"text"', '{"data":null}', null].concat(
      garbage.map((data) => JSON.stringify({ token: 'token', uuid: 'uuid', time: 1, data })),
    );
    for (const newValue of values) {
      window.dispatchEvent(new StorageEvent('storage', { key: STORAGE_KEY, newValue }));
    }
    window.dispatchEvent(new StorageEvent('storage', { key: null, newValue: null }));
    first.channel.post('after');
    await eventually(() => expect(second.received).toEqual(['after']));
    expect(first.received).toEqual([]);
    expect(uncaught).not.toHaveBeenCalled();
  });

  test('what another tab stores is heard, however far its clock is behind', async () => {
    const [, { received }] = await openThroughStorage();
    const time = (Date.now() - 3_600_000) * 1_000;
    const newValue = JSON.stringify({ token: 't', uuid: 'u', data: { type: 'message', time, data: 'an hour ago' } });
    window.dispatchEvent(new StorageEvent('storage', { key: STORAGE_KEY, newValue }));
    expect(received).toEqual(['an hour ago']);
  });

  test('what is stored is heard by other tabs, however far their clocks are ahead', async () => {
    const [{ channel }] = await openThroughStorage();
    localStorage.clear();
    channel.post('now');
    await eventually(() => expect(localStorage.getItem(STORAGE_KEY)).toContain('"time":0,'));
  });

  test('a storage that is full loses messages, without an error, and can be closed', async () => {
    const [first, second] = await openThroughStorage();
    const setItem = vi.fn(() => {
      throw new DOMException('Full.', 'QuotaExceededError');
    });
    const full = vi.spyOn(window, 'localStorage', 'get').mockReturnValue({ ...localStorage, setItem });
    first.channel.post('lost');
    await eventually(() => expect(setItem).toHaveBeenCalled());
    full.mockRestore();
    first.channel.post('after');
    await eventually(() => expect(second.received).toEqual(['after']));
    expect(uncaught).not.toHaveBeenCalled();
  });

  test('where the native channel is refused, storage serves; where both are, there is none', () => {
    const refuse = () => {
      throw new DOMException('Forbidden.', 'SecurityError');
    };
    vi.stubGlobal('BroadcastChannel', refuse);
    expect(open().channel.carries).toBe('hints');
    vi.spyOn(window, 'localStorage', 'get').mockImplementation(refuse);
    expect(openBrowserChannel('scope', () => undefined)).toBeNull();
  });

  test('a package that can’t be loaded is no channel: messages are lost, without an error', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    vi.resetModules();
    const asked = vi.fn();
    vi.doMock('../../src/platform/storage-channel', () => {
      asked();
      throw new Error('The network is gone.');
    });
    const { channel } = open(await import('../../src/platform/channel'));
    channel.post('lost');
    await eventually(() => expect(asked).toHaveBeenCalled());
    channel.post('lost');
    channel.close();
    await new Promise((resolve) => setTimeout(resolve));
    expect(uncaught).not.toHaveBeenCalled();
  });

  test('what is posted while the package is loaded is sent when it is there', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    const [first, second] = [open(), open()];
    first.channel.post('early');
    first.channel.post('next');
    await eventually(() => expect(second.received).toEqual(['early', 'next']));
  });

  test('a tab is told once it hears, since what was sent while the package was loaded is lost to it', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    const [onLate, onLateClosed] = [vi.fn(), vi.fn()];
    const channel = openBrowserChannel('scope', () => undefined, onLate);
    openBrowserChannel('scope', () => undefined, onLateClosed)?.close();
    expect(onLate).not.toHaveBeenCalled();
    await eventually(() => expect(onLate).toHaveBeenCalledOnce());
    channel?.close();
    expect(onLateClosed).not.toHaveBeenCalled();
  });

  test('a browser that has a channel of its own does not load the package', async () => {
    vi.resetModules();
    const asked = vi.fn();
    vi.doMock('../../src/platform/storage-channel', () => {
      asked();
      return {};
    });
    const channels = await import('../../src/platform/channel');
    const [first, second] = [open(channels), open(channels)];
    first.channel.post('hello');
    await eventually(() => expect(second.received).toEqual(['hello']));
    expect(asked).not.toHaveBeenCalled();
  });

  test('a native message is posted in the turn in which it is given', () => {
    const post = vi.spyOn(RealBroadcastChannel.prototype, 'postMessage');
    open().channel.post('now');
    expect(post).toHaveBeenCalledWith('now');
  });

  test('fifty channels opened and closed leave no listener', async () => {
    await openThroughStorage();

    const add = vi.spyOn(window, 'addEventListener');
    const remove = vi.spyOn(window, 'removeEventListener');
    for (let count = 0; count < 50; count += 1) openBrowserChannel('scope', () => undefined)?.close();
    await eventually(() => expect(remove).toHaveBeenCalledTimes(100));
    expect(add).toHaveBeenCalledTimes(100);
  });
});
