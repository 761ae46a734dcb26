/** The adapters in old and hostile browsers: what init scripts take away or break, strangers on the same origin, strange places. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './support/chromium';
import { launchFirefox } from './support/firefox';
import {
  FAILING_INDEXEDDB,
  FAILING_LOCKS,
  FORBIDDEN_INDEXEDDB,
  HANGING_INDEXEDDB,
  NO_BROADCAST_CHANNEL,
  NO_CHANNEL,
  NO_INDEXEDDB,
  NO_LOCKS,
  NO_SESSION_STORAGE,
  NO_STRUCTURED_CLONE,
  THROWING_BROADCAST_CHANNEL,
  THROWING_INDEXEDDB,
} from './support/init-scripts';
import type { EnginePage, Tab, TestBrowser } from './support/tab';
import { launchWebKit } from './support/webkit';

/** What each port is like in a page; runs in the page. */
async function examine(): Promise<Record<string, string>> {
  const { platform } = window.contractTab;
  const outcome = (asked: Promise<unknown> | undefined): Promise<string> =>
    asked
      ? asked.then(
          () => 'works',
          (error: unknown) => (error instanceof Error ? error.name : 'DOMException'),
        )
      : Promise.resolve('none');
  const store = platform.openStore('examined');
  const channel = platform.openChannel('examined', () => undefined);
  platform.tabStorage.set('key', 'value');
  const cloned = (() => {
    try {
      platform.clone({ run: () => undefined });
      return 'anything';
    } catch (error) {
      return (error as Error).name;
    }
  })();
  return {
    store: await outcome(store?.transact(() => ({ write: { record: 1 }, result: null }))),
    locks: await outcome(platform.locks?.request('examined', { mode: 'shared', when: 'probe' })),
    channel: channel?.carries ?? 'none',
    tabStorage: platform.tabStorage.get('key') ?? 'none',
    cloned,
  };
}

const COMPLETE = { store: 'works', locks: 'works', channel: 'full', tabStorage: 'value', cloned: 'DataCloneError' };

runAdapters('Chromium', launchChromium);
runAdapters('Firefox', launchFirefox);
runAdapters('WebKitGTK', launchWebKit);

function runAdapters<Page extends EnginePage>(name: string, launch: () => Promise<TestBrowser<Page>>): void {
  describe(name, () => {
    let browser: TestBrowser<Page>;
    const opened: Tab<Page>[] = [];
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser.close());
    const open = async (initScript?: string): Promise<Tab<Page>> => {
      const tab = await browser.openPage({ script: 'platform', initScript });
      opened.push(tab);
      return tab;
    };
    const closeAll = async (): Promise<void> => {
      for (const tab of opened.splice(0)) {
        expect(await tab.evaluate(() => window.problems)).toEqual([]);
        await tab.close();
      }
    };

    test.each([
      ['everything', '', COMPLETE],
      ['no locks', NO_LOCKS, { ...COMPLETE, locks: 'none' }],
      ['locks that fail', FAILING_LOCKS, { ...COMPLETE, locks: 'SecurityError' }],
      ['no IndexedDB', NO_INDEXEDDB, { ...COMPLETE, store: 'none' }],
      ['a forbidden IndexedDB', FORBIDDEN_INDEXEDDB, { ...COMPLETE, store: 'none' }],
      ['an IndexedDB that throws', THROWING_INDEXEDDB, { ...COMPLETE, store: 'SecurityError' }],
      ['an IndexedDB that fails', FAILING_INDEXEDDB, { ...COMPLETE, store: 'UnknownError' }],
      ['an IndexedDB that hangs', HANGING_INDEXEDDB, { ...COMPLETE, store: 'Error' }],
      ['no BroadcastChannel', NO_BROADCAST_CHANNEL, { ...COMPLETE, channel: 'hints' }],
      ['a BroadcastChannel that throws', THROWING_BROADCAST_CHANNEL, { ...COMPLETE, channel: 'hints' }],
      ['no channel at all', NO_CHANNEL, { ...COMPLETE, channel: 'none' }],
      ['no sessionStorage', NO_SESSION_STORAGE, { ...COMPLETE, tabStorage: 'none' }],
      ['no structuredClone', NO_STRUCTURED_CLONE, COMPLETE],
    ])('with %s', async (_, initScript, expected) => {
      const tab = await open(initScript);
      expect(await tab.evaluate(examine)).toEqual(expected);
      await closeAll();
    });

    test.each([
      ['the native channel', ''],
      ['the channel through storage', NO_BROADCAST_CHANNEL],
    ])('strangers and a clock that stepped back do no harm to %s', async (_, initScript) => {
      const [first, second] = [await open(initScript), await open(initScript)];
      for (const tab of [first, second]) await tab.evaluate(() => void window.contractTab.channel('hostile'));
      await second.evaluate(() => {
        const now = Date.now();
        Date.now = () => now - 3_600_000;
      });
      await first.evaluate(() => {
        const garbage = [
          null,
          1,
          'text',
          [],
          {},
          { type: 'constructor', time: 1e300 },
          { type: 'internal', time: 1e300 },
        ];
        const stranger = new window.realBroadcastChannel('solotab:1:hostile');
        for (const data of garbage) {
          stranger.postMessage(data);
          localStorage.setItem(
            'pubkey.broadcastChannel-solotab:1:hostile',
            JSON.stringify({ token: 't', uuid: 'u', data }),
          );
          localStorage.setItem('pubkey.broadcastChannel-solotab:1:hostile', String(data));
        }
        localStorage.removeItem('pubkey.broadcastChannel-solotab:1:hostile');
        window.contractTab.channel('hostile').post('from the first');
      });
      await second.evaluate(() => window.contractTab.channel('hostile').post('an hour ago'));
      const received = (tab: Tab<Page>): Promise<readonly unknown[]> =>
        tab.evaluate(async () => {
          const { until, received: heard } = window.contractTab;
          const ours = (): unknown[] =>
            heard('hostile').filter((message) => typeof message === 'string' && message.includes(' '));
          await until(() => ours().length > 0);
          return ours();
        });
      // The native channel hands on what others post; whoever listens parses it.
      expect((await received(second)).at(-1)).toBe('from the first');
      expect((await received(first)).at(-1)).toBe('an hour ago');
      for (const tab of [first, second]) expect(await tab.evaluate(() => window.problems)).toEqual([]);
      await closeAll();
    });

    test('in a sandboxed frame, what is forbidden is missing or rejects, and nothing is uncaught', async () => {
      const report = `addEventListener('load', async () => {
        const examined = await (${examine})();
        parent.postMessage({ examined, problems: window.problems }, '*');
      });`;
      const frame = browser.server.page({ script: 'platform', initScript: report });
      const tab = await open();
      const { examined, problems } = await tab.evaluate(
        (address) =>
          new Promise<{ examined: Record<string, string>; problems: string[] }>((resolve) => {
            window.addEventListener('message', ({ data }) => resolve(data));
            const element = document.createElement('iframe');
            element.setAttribute('sandbox', 'allow-scripts');
            element.src = address;
            document.documentElement.append(element);
          }),
        frame,
      );
      console.log(name, 'in a sandboxed frame:', examined);
      expect(problems).toEqual([]);
      expect(examined).toMatchObject({ tabStorage: 'none', cloned: 'DataCloneError' });
      expect(examined.store).not.toBe('works');
      expect(examined.locks).not.toBe('works');
      await closeAll();
    });

    test('a page that has its store open and hears of its life comes back from the cache', async () => {
      const tab = await open();
      // Firefox never caches a page that holds a lock or waits for one as it is left, whatever the page does then.
      const cachesLocks = browser.engine.name !== 'firefox';
      await tab.evaluate(async (withLock) => {
        const { platform, store, channel, note } = window.contractTab;
        await store('cached').transact(() => ({ write: { record: 'before' }, result: null }));
        const held = withLock && (await platform.locks?.request('cached', { mode: 'exclusive', when: 'queue' }));
        channel('cached');
        platform.lifecycle.listen((event) => {
          note(event);
          if (event !== 'hide') return;
          if (held) held.release();
          channel('cached').close();
        }, new AbortController().signal);
      }, cachesLocks);
      await tab.leave();
      await tab.page.back();
      const [notes, record] = await tab.evaluate(async () => {
        const { until, notes: heard, store } = window.contractTab;
        await until(() => heard.includes('show'));
        return [heard, (await store('cached').read({ journal: false })).record];
      });
      expect(notes).toContain('hide');
      expect(record).toBe('before');
      await closeAll();
    });
  });
}

describe('plain http in Chromium', () => {
  test('there are no locks, and everything else works', async () => {
    const browser = await launchChromium();
    const address = browser.server.page({ script: 'platform' }).replace('127.0.0.1', 'insecure.test');
    const page = await browser.engine.open(address);
    const examined = JSON.parse(await page.evaluate(`(${examine})().then(JSON.stringify)`));
    expect(examined).toEqual({ ...COMPLETE, locks: 'none' });
    await browser.close();
  });
});
