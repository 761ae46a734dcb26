/** The browser opens yesterday's tabs again, with all that they had in their `sessionStorage`. Yesterday's session does not go on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, launchChromium } from '../support/chromium';
import { restoredSessionStorage, SERVER_CLOCK } from '../support/init-scripts';
import { startServer, type TestServer } from '../support/server';
import type { EnginePage, Tab, TabOptions, TestBrowser } from '../support/tab';
import { closeAll, inOtherEngines } from './steps';

const HOURS = 3_600_000;

const options = (scope: string, more: Partial<TabOptions> = {}): TabOptions => ({
  scope,
  initScript: SERVER_CLOCK,
  driver: { publish: { id: 7 } },
  ...more,
});

/**
 * The session is over in these tabs, which can say so to their user, and at the service. The first of them to load is told as it happens; one that
 * loads after that finds it in its snapshot.
 */
async function expectExpired(browser: TestBrowser<EnginePage>, scope: string, ...tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) {
    await tab.waitFor(({ snapshot }) => snapshot.phase === 'idle' && snapshot.lastError?.code === 1011);
  }
  await Promise.race(
    tabs.map((tab) => tab.waitFor(({ events }) => events.some(({ type }) => type === 'session_ended'))),
  );
  for (const tab of tabs) {
    const { events } = await tab.state();
    const heard = events.filter(({ type }) => type.startsWith('session_'));
    expect([[], ['session_error', 'session_ended']]).toContainEqual(heard.map(({ type }) => type));
    for (const { type, event } of heard) {
      expect(event).toMatchObject(type === 'session_error' ? { code: 1011 } : { reason: 'recovery-expired' });
    }
  }
  await browser.backend.until(() => browser.backend.acts(scope, 'end').some(({ outcome }) => outcome === 'ok'));
  expect(browser.backend.acts(scope).map(({ type, body }) => [type, body ?? null])).toEqual([
    ['start', null],
    ['end', null],
  ]);
  const calls = await Promise.all(tabs.map(async (tab) => (await tab.state()).driverCalls));
  expect(calls.flat().map(({ type, info }) => ({ type, info }))).toEqual([{ type: 'end', info: { id: 7 } }]);
}

async function sessionStorageOf(tab: Tab): Promise<Record<string, string>> {
  return tab.evaluate(() => ({ ...sessionStorage }));
}

/** The only tab is closed; later a tab opens that has what that one had, as if it had been restored. */
async function restored(browser: TestBrowser<EnginePage>, given: TabOptions, aheadMs: number): Promise<Tab> {
  browser.server.clock.aheadMs = 0;
  const [host] = await activeTabs(browser, 1, given);
  const entries = await sessionStorageOf(host);
  await host.close();
  browser.server.clock.aheadMs = aheadMs;
  return browser.openTab({ ...given, initScript: `${SERVER_CLOCK}\n${restoredSessionStorage(entries)}` });
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(['same-tab', 'any-tab', 'manual'] as const)(
    'recovery by %s: a tab that is restored a day later hears that the session has expired',
    async (by) => {
      const given = options(`restored: ${by}`, { recovery: { by } });
      const tab = await restored(browser, given, 24 * HOURS);
      await expectExpired(browser, given.scope, tab);
      expect(await tab.call('start')).toMatchObject({ ok: true });
      await tab.close();
    },
  );

  test('two tabs that are restored a day later end the session once', async () => {
    const given = options('two restored');
    browser.server.clock.aheadMs = 0;
    const [host, follower] = await activeTabs(browser, 2, given);
    if (!follower) throw new Error('two tabs');
    const entries = await Promise.all([host, follower].map(sessionStorageOf));
    await closeAll(follower, host);
    browser.server.clock.aheadMs = 24 * HOURS;
    const tabs: Tab[] = [];
    for (const own of entries) {
      const initScript = `${SERVER_CLOCK}\n${restoredSessionStorage(own)}`;
      tabs.push(await browser.openTab({ ...given, initScript, create: false }));
    }
    await Promise.all(tabs.map((tab) => tab.evaluate(() => window.fixture.create())));
    await expectExpired(browser, given.scope, ...tabs);
    await closeAll(...tabs);
  });

  test('a tab that is restored within the recovery window goes on, as after a reload', async () => {
    const given = options('restored in time');
    const tab = await restored(browser, given, 10_000);
    await tab.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
    expect(browser.backend.acts(given.scope).map(({ type }) => type)).toEqual(['start', 'resume']);
    await tab.close();
  });

  test('a tab that is restored while another session is live follows that one', async () => {
    const given = options('restored beside another session');
    const [host] = await activeTabs(browser, 1, given);
    const entries = await sessionStorageOf(host);
    expect(await host.call('end')).toMatchObject({ ok: true });
    await host.close();
    browser.server.clock.aheadMs = 24 * HOURS;
    const [other] = await activeTabs(browser, 1, given);
    const tab = await browser.openTab({ ...given, initScript: `${SERVER_CLOCK}\n${restoredSessionStorage(entries)}` });
    await tab.waitForPhase('active');
    expect((await tab.snapshot()).role).toBe('follower');
    expect((await other.snapshot()).role).toBe('host');
    expect(browser.backend.acts(given.scope, 'resume')).toEqual([]);
    browser.server.clock.aheadMs = 0;
    await closeAll(other, tab);
  });

  test('a tab that was left for another site, and gone back to a day later, does not go on either', async () => {
    const given = options('gone back to');
    browser.server.clock.aheadMs = 0;
    // Not from the back/forward cache: that forgets a page after some minutes.
    const [host] = await activeTabs(browser, 1, { ...given, headers: { 'cache-control': 'no-store' } });
    await host.evaluate(() => addEventListener('unload', () => undefined));
    const documentId = await host.documentId();
    await host.leave();
    browser.server.clock.aheadMs = 24 * HOURS;
    expect(await host.back(documentId)).toBe('loaded');
    await expectExpired(browser, given.scope, host);
    await host.close();
  });
});

describe('a Chromium that is quit, and started again so that it restores its tabs', () => {
  let server: TestServer;
  let profile: string;
  beforeEach(async () => {
    server = await startServer();
    profile = mkdtempSync(join(tmpdir(), 'solotab-chromium-'));
  });
  afterEach(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));

  test('yesterday: the session has expired, and is ended once', async () => {
    const given = options('restored by the browser');
    const before = await launchChromium({ profile, server });
    const [host] = await activeTabs(before, 1, given);
    const url = host.page.page.url();
    await before.quit();
    server.clock.aheadMs = 24 * HOURS;
    const after = await launchChromium({ profile, server, flags: ['--restore-last-session'] });
    try {
      await expectExpired(after, given.scope, await after.restored(url));
    } finally {
      await after.close();
    }
  });

  test('at once, as after an update: the session goes on', async () => {
    const given = options('restored by the browser, at once', { recovery: { windowMs: 10 * 60_000 } });
    const before = await launchChromium({ profile, server });
    const [host] = await activeTabs(before, 1, given);
    const url = host.page.page.url();
    await before.quit();
    const after = await launchChromium({ profile, server, flags: ['--restore-last-session'] });
    try {
      const tab = await after.restored(url);
      await tab.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
      expect(after.backend.acts(given.scope, 'start', 'resume').map(({ type }) => type)).toEqual(['start', 'resume']);
    } finally {
      await after.close();
    }
  });
});

inOtherEngines((browser) => {
  test('a tab that is restored a day later hears that the session has expired', async () => {
    const given = options('restored');
    const tab = await restored(browser(), given, 24 * HOURS);
    await expectExpired(browser(), given.scope, tab);
    await tab.close();
  });
});
