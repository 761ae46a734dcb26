/** The last tab is closed, or the browser is quit or dies, with a session live. Hours later its user comes back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import { SERVER_CLOCK } from '../support/init-scripts';
import { startServer, type TestServer } from '../support/server';
import type { EnginePage, TabOptions, TestBrowser } from '../support/tab';
import { closeAll, inOtherEngines } from './steps';

const HOURS = 3_600_000;
/** No less than the recovery window that is the default, however busy the machine is; and far from the test's own limits. */
const AT_ONCE_MS = 5_000;

const options = (scope: string, more: Partial<TabOptions> = {}): TabOptions => ({
  scope,
  initScript: SERVER_CLOCK,
  driver: { publish: { id: 7 } },
  ...more,
});

/** A new tab may start at once, and the session of old is ended at the service: once, by what was published. */
async function comesBack(browser: TestBrowser<EnginePage>, given: TabOptions): Promise<void> {
  const { scope } = given;
  const tab = await browser.openTab(given);
  const started = await tab.call('start');
  expect(started).toMatchObject({ ok: true });
  expect(started.ms).toBeLessThan(AT_ONCE_MS);
  await browser.backend.until(() => browser.backend.acts(scope, 'end').some(({ outcome }) => outcome === 'ok'));
  expect(browser.backend.acts(scope, 'end').map(({ body }) => body)).toEqual([null]);
  const { driverCalls, snapshot, problems } = await tab.state();
  expect(driverCalls.filter(({ type }) => type === 'end').map(({ info }) => info)).toEqual([{ id: 7 }]);
  expect(driverCalls.filter(({ type }) => type === 'resume')).toEqual([]);
  expect(snapshot).toMatchObject({ phase: 'active', role: 'host', info: { id: 7 } });
  expect(browser.backend.violations(scope)).toEqual([]);
  expect(problems).toEqual([]);
  await tab.close();
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(() => {
    browser.server.clock.aheadMs = 0;
  });

  test.each(['close', 'kill', 'leave'] as const)(
    'the only tab is gone (%s), and hours later a start is granted at once',
    async (how) => {
      const given = options(`nobody home: ${how}`);
      const [host] = await activeTabs<ChromiumPage>(browser, 1, given);
      if (how === 'leave') await host.leave();
      else await host.page[how]();
      browser.server.clock.aheadMs = 3 * HOURS;
      await comesBack(browser, given);
      if (how === 'leave') await host.close();
    },
  );

  test('all of several tabs are gone, and a day later two tabs are there at once: one ends what is over, once', async () => {
    const given = options('two come back');
    const tabs = await activeTabs<ChromiumPage>(browser, 3, given);
    await closeAll(...tabs.slice(1));
    await tabs[0].page.kill();
    browser.server.clock.aheadMs = 24 * HOURS;
    const again = await browser.openTabs(2, given);
    const outcomes = await browser.callTogether(again, 'start');
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    await browser.backend.until(() => browser.backend.acts(given.scope, 'end').some(({ outcome }) => outcome === 'ok'));
    const ends = await Promise.all(
      again.map(async (tab) => (await tab.state()).driverCalls.filter(({ type }) => type === 'end')),
    );
    expect(ends.flat()).toMatchObject([{ info: { id: 7 }, settled: 'ok' }]);
    await closeAll(...again);
  });

  test('the window of the app counts, not the default: before it is over nothing is ended', async () => {
    const given = options('long window', { recovery: { windowMs: 6 * HOURS } });
    const [host] = await activeTabs<ChromiumPage>(browser, 1, given);
    await host.close();
    browser.server.clock.aheadMs = 3 * HOURS;
    const early = await browser.openTab(given);
    expect((await early.call('start')).error).toMatchObject({ code: 1002 });
    expect((await early.snapshot()).phase).toBe('recovering');
    expect(browser.backend.acts(given.scope, 'end')).toEqual([]);
    await early.close();
    browser.server.clock.aheadMs = 7 * HOURS;
    await comesBack(browser, given);
  });

  test.each([
    ['a driver that cannot resume', { driver: { resume: false, publish: { id: 7 } } }],
    ['a session that is never recovered', { recovery: { by: 'none' } }],
    ['a session that any tab may recover', { recovery: { by: 'any-tab' } }],
    ['a session that waits for its user', { recovery: { by: 'manual' } }],
  ] as const)('%s: as well', async (what, more) => {
    const given = options(`nobody home: ${what}`, more);
    const [host] = await activeTabs<ChromiumPage>(browser, 1, given);
    await host.page.kill();
    browser.server.clock.aheadMs = 3 * HOURS;
    await comesBack(browser, given);
  });
});

describe('a Chromium that ends, and is started again with the same profile', () => {
  let server: TestServer;
  let profile: string;
  beforeEach(async () => {
    server = await startServer();
    profile = mkdtempSync(join(tmpdir(), 'solotab-chromium-'));
  });
  afterEach(() => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));

  test.each(['quit', 'crash'] as const)('%s: hours later a start is granted at once', async (how) => {
    const given = options(`browser gone: ${how}`);
    const before = await launchChromium({ profile, server });
    await activeTabs(before, 2, given);
    await before[how]();
    server.clock.aheadMs = 3 * HOURS;
    const after = await launchChromium({ profile, server });
    await comesBack(after, given).finally(() => after.close());
  });
});

inOtherEngines((browser) => {
  test('the only tab is closed, and hours later a start is granted at once', async () => {
    const given = options('nobody home');
    const [host] = await activeTabs(browser(), 1, given);
    await host.close();
    browser().server.clock.aheadMs = 3 * HOURS;
    await comesBack(browser(), given);
  });
});
