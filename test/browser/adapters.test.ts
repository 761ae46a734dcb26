/** The adapters in old and hostile browsers: what init scripts take away or break, strangers on the same origin, strange places. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually';
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

/** An hour, before the page does anything. */
const CLOCK_BEHIND = 'const { now } = Date; Date.now = () => now() - 3_600_000;';

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
      ['an IndexedDB that hangs', HANGING_INDEXEDDB, { ...COMPLETE, store: 'OpenTimeoutError' }],
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
    ])('strangers and a clock that is behind do no harm to %s', async (_, initScript) => {
      const [first, second] = [await open(initScript), await open(`${initScript}\n${CLOCK_BEHIND}`)];
      for (const tab of [first, second]) await tab.evaluate(() => void window.contractTab.channel('hostile'));
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
      });
      const post = (tab: Tab<Page>, text: string): Promise<void> =>
        tab.evaluate((it) => window.contractTab.channel('hostile').post(it), text);
      const last = (tab: Tab<Page>): Promise<unknown> =>
        tab.evaluate(() => {
          const { received } = window.contractTab;
          return received('hostile')
            .filter((message) => typeof message === 'string' && message.includes(' '))
            .at(-1);
        });
      // The native channel hands on what others post; whoever listens parses it. A browser may still be connecting the two when the first posts.
      for (const [from, to, text] of [
        [first, second, 'from the first'],
        [second, first, 'an hour ago'],
      ] as const) {
        await eventually(async () => {
          await post(from, text);
          expect(await last(to)).toBe(text);
        });
      }
      for (const tab of [first, second]) expect(await tab.evaluate(() => window.problems)).toEqual([]);
      await closeAll();
    });

    test('a frame keeps its own values in the storage of the tab, however deep it is', async () => {
      const { server } = browser;
      const inFrame = `addEventListener('load', () => {
        const { tabStorage } = window.contractTab.platform;
        const found = tabStorage.get('key');
        tabStorage.set('key', 'of a frame');
        top.postMessage({ found, kept: tabStorage.get('key') }, '*');
      });`;
      const frame = server.page({ script: 'platform', initScript: inFrame });
      const nest = `addEventListener('load', () => {
        const element = document.createElement('iframe');
        element.src = ${JSON.stringify(frame)};
        document.documentElement.append(element);
      });`;
      const sameOrigin = server.page({ script: 'platform', initScript: nest });
      const otherOrigin = sameOrigin.replace('127.0.0.1', 'localhost');
      const tab = await open();
      const heard = await tab.evaluate(
        async (addresses) => {
          const { tabStorage } = window.contractTab.platform;
          const next = (): Promise<unknown> =>
            new Promise((resolve) => {
              window.addEventListener('message', ({ data }) => resolve(data), { once: true });
            });
          tabStorage.set('key', 'of the page');
          const answers: unknown[] = [];
          for (const address of addresses) {
            const element = document.createElement('iframe');
            element.src = address;
            const answer = next();
            document.documentElement.append(element);
            answers.push(await answer);
            const again = next();
            element.src = `${address}?again`;
            answers.push(await again);
          }
          return { answers, found: tabStorage.get('key') };
        },
        [frame, frame, sameOrigin, otherOrigin],
      );
      const first = { found: null, kept: 'of a frame' };
      const again = { found: 'of a frame', kept: 'of a frame' };
      expect(heard).toEqual({
        answers: [first, again, first, again, first, again, first, again],
        found: 'of the page',
      });
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

describe('site data that is cleared in Chromium', () => {
  test('is told as cleared to a tab that was open, also in the middle of its work, and its store works on', async () => {
    const browser = await launchChromium();
    const tab = await browser.openPage({ script: 'platform' });
    await tab.evaluate(async () => {
      const { store, note, notes } = window.contractTab;
      const cleared = store('cleared');
      let lostAt = 0;
      cleared.onLost((isCleared) => {
        lostAt = performance.now();
        note({ isCleared });
      });
      const write = (): Promise<boolean> =>
        cleared.transact(() => ({ write: { record: 'at work' }, result: true })).catch(() => false);
      const work = async (): Promise<void> => {
        while (notes.length === 0) await write();
        while (!(await write()));
        note(performance.now() - lostAt < 2_000 ? 'works on' : 'was blocked');
      };
      void work();
      await cleared.read({ journal: false });
    });
    const clearing = browser.server.page({ script: 'platform', headers: { 'Clear-Site-Data': '"storage"' } });
    const page = await browser.engine.open(clearing);
    const notes = await tab.evaluate(async () => {
      const { until, notes: heard } = window.contractTab;
      await until(() => typeof heard.at(-1) === 'string');
      return heard;
    });
    expect(notes[0]).toEqual({ isCleared: true });
    expect(notes.at(-1)).toBe('works on');
    await page.close();
    await browser.close();
  });
});
