/** Tests of the rig itself: that it does to a page what it says, and to no other page. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFrame } from './chaos/page';
import { type ChromiumBrowser, launchChromium } from './support/chromium';
import { type FirefoxPage, launchFirefox } from './support/firefox';
import type { Tab, TestBrowser } from './support/tab';
import { launchWebKit, type WebKitPage } from './support/webkit';

let scopes = 0;
const freshScope = (): string => {
  scopes += 1;
  return `rig ${scopes}`;
};

const answers = (tab: Tab): Promise<number> => tab.evaluate(() => 1);

describe('Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test('every tab has a process of its own, and the one that is killed is the one that was meant', async () => {
    const tabs = await browser.openTabs(6, { scope: freshScope() });
    const pids = await Promise.all(tabs.map((tab) => tab.page.rendererPid()));
    expect(new Set(pids).size).toBe(6);
    const [victim, ...others] = tabs;
    await victim?.page.kill();
    for (const other of others) expect(await answers(other)).toBe(1);
    expect(await Promise.all(others.map((tab) => tab.page.rendererPid()))).toEqual(pids.slice(1));
    for (const tab of tabs) await tab.close();
  });

  test('a tab that is stopped answers nothing until it is woken; the others do', async () => {
    const [stopped, other] = [
      await browser.openTab({ scope: freshScope() }),
      await browser.openTab({ scope: freshScope() }),
    ];
    await stopped.page.stop();
    let answered = false;
    const answer = answers(stopped).then(() => {
      answered = true;
    });
    for (let round = 0; round < 20; round += 1) await answers(other);
    expect(answered).toBe(false);
    stopped.page.wake();
    await answer;
    for (const tab of [stopped, other]) await tab.close();
  });

  test('a tab in the background is hidden, and its timers stand still while it is frozen', async () => {
    const [frozen, other] = [
      await browser.openTab({ scope: freshScope() }),
      await browser.openTab({ scope: freshScope() }),
    ];
    await frozen.evaluate(() => {
      Reflect.set(window, 'ticks', 0);
      setInterval(() => Reflect.set(window, 'ticks', Reflect.get(window, 'ticks') + 1), 1);
    });
    const ticks = (): Promise<number> => frozen.evaluate(() => Reflect.get(window, 'ticks'));
    await frozen.page.freeze();
    const before = await ticks();
    // Longer than the second to which the timers of a hidden page are throttled.
    await other.page.show();
    await other.evaluate(() => new Promise<void>((resolve) => setTimeout(resolve, 1_500)));
    expect(await ticks()).toBe(before);
    await frozen.page.unfreeze();
    await frozen.evaluate(
      (count) =>
        new Promise<void>((resolve) => {
          const look = (): void => (Reflect.get(window, 'ticks') > count ? resolve() : void setTimeout(look));
          look();
        }),
      before,
    );
    for (const tab of [frozen, other]) await tab.close();
  });

  test('a duplicated tab has a copy of the session storage', async () => {
    const tab = await browser.openTab({ scope: freshScope() });
    await tab.evaluate(() => sessionStorage.setItem('key', 'value'));
    const copy = await browser.duplicate(tab);
    expect(await copy.evaluate(() => sessionStorage.getItem('key'))).toBe('value');
    expect(await copy.documentId()).not.toBe(await tab.documentId());
    for (const opened of [tab, copy]) await opened.close();
  });

  test('a page without coordinator comes back from the cache', async () => {
    const tab = await browser.openTab({ scope: freshScope(), create: false });
    const documentId = await tab.documentId();
    await tab.leave();
    expect(await tab.back(documentId)).toBe('restored');
    await tab.close();
  });

  test('what an init script takes away is gone before the page’s own scripts run, and after a reload as well', async () => {
    const tab = await browser.openTab({
      scope: freshScope(),
      create: false,
      initScript: "Object.defineProperty(navigator, 'locks', { value: undefined });",
    });
    expect(await tab.evaluate(() => navigator.locks === undefined)).toBe(true);
    await tab.reload();
    expect(await tab.evaluate(() => navigator.locks === undefined)).toBe(true);
    await tab.close();
  });

  test('the backend holds a request back until it is told, and refuses one under an old epoch', async () => {
    const scope = freshScope();
    const { backend } = browser;
    const tab = await browser.openTab({ scope });
    backend.hold(scope, 'start');
    const started = tab.call('start', { wish: 1 });
    const held = await backend.held(scope, 'start');
    expect(held.act.body).toEqual({ wish: 1 });
    expect((await tab.snapshot()).phase).toBe('connecting');
    held.deny({ code: 1010 });
    expect((await started).error).toMatchObject({ code: 1010, local: false });
    backend.unhold(scope, 'start');
    expect(await tab.call('start')).toMatchObject({ ok: true });
    expect(await tab.act()).toBe(200);
    const post = (epoch: number) =>
      backend.serve({ scope, type: 'act', tabId: 'other', epoch, body: null }, new AbortController().signal);
    const { epoch } = await tab.snapshot();
    await post(epoch - 1);
    expect(backend.acts(scope, 'act').map(({ outcome }) => outcome)).toEqual(['ok', 'stale']);
    await post(epoch);
    expect(backend.violations(scope)).toHaveLength(1);
    await tab.close();
  });
});

describe('Firefox', () => {
  let browser: TestBrowser<FirefoxPage>;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser.close());

  test('every tab has a process of its own, which can be stopped, woken and killed', async () => {
    const tabs = await browser.openTabs(4, { scope: freshScope() });
    const pids = await Promise.all(tabs.map((tab) => tab.page.rendererPid()));
    expect(new Set(pids).size).toBe(4);
    const [stopped, victim, ...others] = tabs as [Tab<FirefoxPage>, Tab<FirefoxPage>];
    await stopped.page.stop();
    for (const other of others) expect(await answers(other)).toBe(1);
    stopped.page.wake();
    expect(await answers(stopped)).toBe(1);
    await victim.page.kill();
    for (const other of [stopped, ...others]) expect(await answers(other)).toBe(1);
  });

  test('a tab that is closed is gone, with the frames in it', async () => {
    const [tab, other] = (await browser.openTabs(2, { scope: freshScope() })) as [Tab<FirefoxPage>, Tab<FirefoxPage>];
    await openFrame(tab);
    // Its holder is gone once the tab is.
    await tab.evaluate(() => void navigator.locks.request('closed tab', () => new Promise(() => undefined)));
    await tab.close();
    await other.evaluate(() => navigator.locks.request('closed tab', () => undefined));
    expect(tab.page.page.isClosed()).toBe(true);
  });
});

describe('WebKitGTK', () => {
  let browser: TestBrowser<WebKitPage>;
  beforeAll(async () => {
    browser = await launchWebKit();
  });
  afterAll(() => browser.close());

  test('every tab has a process of its own, which can be stopped and woken', async () => {
    const tabs = await browser.openTabs(3, { scope: freshScope() });
    const pids = await Promise.all(tabs.map((tab) => tab.page.rendererPid()));
    expect(new Set(pids).size).toBe(3);
    const [stopped, ...others] = tabs as [Tab<WebKitPage>];
    await stopped.page.stop();
    for (const other of others) expect(await answers(other)).toBe(1);
    stopped.page.wake();
    expect(await answers(stopped)).toBe(1);
  });
});
