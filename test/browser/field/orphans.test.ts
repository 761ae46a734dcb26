/** The tab with the session is gone, and its recovery is over: one of the tabs that are left ends the session at the service. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import { launchFirefox } from '../support/firefox';
import type { EnginePage, Tab, TabOptions, TestBrowser } from '../support/tab';
import { closeAll, reasons } from './steps';

const INFO = { id: 7 };
const options = (scope: string, more: Partial<TabOptions> = {}): TabOptions => ({
  scope,
  driver: { publish: INFO },
  ...more,
});
const SHORT = { windowMs: 1_000 };

/** The tabs that are left are told, and one of them has ended the session. Then the next one may begin, and nothing is ended twice. */
async function expectEndedOnce(
  browser: TestBrowser<EnginePage>,
  scope: string,
  tabs: readonly Tab[],
  reason: string,
): Promise<void> {
  for (const tab of tabs) {
    await tab.waitFor(({ events }) => events.some(({ type }) => type === 'session_ended'));
    await tab.waitForPhase('idle');
    expect(await reasons(tab)).toEqual([reason]);
  }
  await browser.backend.until(() => browser.backend.acts(scope, 'end').some(({ outcome }) => outcome !== 'pending'));
  const [first] = tabs;
  expect(await first?.call('start')).toMatchObject({ ok: true });
  for (const tab of tabs) await tab.waitForPhase('active');
  const ends = (await Promise.all(tabs.map((tab) => tab.state()))).flatMap(({ driverCalls }) =>
    driverCalls.filter(({ type }) => type === 'end'),
  );
  expect(ends.map(({ info }) => info)).toEqual([INFO]);
  expect(browser.backend.acts(scope, 'end').map(({ body }) => body)).toEqual([null]);
  expect(browser.backend.violations(scope)).toEqual([]);
  for (const tab of tabs) expect((await tab.state()).problems).toEqual([]);
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  const gone = ['close', 'kill', 'leave'] as const;
  async function lose(host: Tab<ChromiumPage>, how: (typeof gone)[number]): Promise<void> {
    if (how === 'leave') await host.leave();
    else await host.page[how]();
  }

  test.each(gone)('the window is over and its tab has not come back (%s)', async (how) => {
    const scope = `window over: ${how}`;
    const [host, ...others] = await activeTabs<ChromiumPage>(browser, 4, options(scope, { recovery: SHORT }));
    await lose(host, how);
    await expectEndedOnce(browser, scope, others, 'recovery-expired');
    await closeAll(...others);
  });

  test.each(gone)('the session is never recovered (%s)', async (how) => {
    const scope = `policy none: ${how}`;
    const [host, ...others] = await activeTabs<ChromiumPage>(browser, 4, options(scope, { recovery: { by: 'none' } }));
    await lose(host, how);
    await expectEndedOnce(browser, scope, others, 'host-lost');
    await closeAll(...others);
  });

  test.each(gone)('the driver cannot resume (%s)', async (how) => {
    const scope = `no resume: ${how}`;
    const given = options(scope, { driver: { publish: INFO, resume: false } });
    const [host, ...others] = await activeTabs<ChromiumPage>(browser, 3, given);
    await lose(host, how);
    await expectEndedOnce(browser, scope, others, 'host-lost');
    await closeAll(...others);
  });

  test('nobody has resumed it by hand before the window was over', async () => {
    const scope = 'manual';
    const [host, ...others] = await activeTabs<ChromiumPage>(
      browser,
      3,
      options(scope, { recovery: { by: 'manual', ...SHORT } }),
    );
    await host.page.kill();
    await expectEndedOnce(browser, scope, others, 'recovery-expired');
    await closeAll(...others);
  });

  test('another tab asks for a new session in the moment in which the host dies: it gets it, and the old one is ended', async () => {
    const scope = 'asked at once';
    const [host, ...others] = await activeTabs<ChromiumPage>(browser, 4, options(scope, { recovery: { by: 'none' } }));
    await host.page.kill();
    const outcomes = await browser.callTogether(others, 'start');
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    await browser.backend.until(() => browser.backend.acts(scope, 'end').some(({ outcome }) => outcome === 'ok'));
    for (const tab of others) await tab.waitForPhase('active');
    expect(browser.backend.acts(scope, 'end').map(({ body }) => body)).toEqual([null]);
    await closeAll(...others);
  });

  test('the tab that ends it is told no by the service: the scope is free all the same, and its log says so', async () => {
    const scope = 'end denied';
    const [host, ...others] = await activeTabs<ChromiumPage>(browser, 3, options(scope, { recovery: { by: 'none' } }));
    browser.backend.deny(scope, 'end', { message: 'not now' });
    await host.page.kill();
    await expectEndedOnce(browser, scope, others, 'host-lost');
    const logs = (await Promise.all(others.map((tab) => tab.state()))).flatMap((state) => state.logs);
    expect(logs).toEqual([expect.stringContaining('not now')]);
    await closeAll(...others);
  });

  test('a session that was never established is not ended: there is nothing at the service', async () => {
    const scope = 'never established';
    const [host, ...others] = await browser.openTabs(3, options(scope));
    if (!host) throw new Error('three tabs');
    browser.backend.hold(scope, 'start');
    void host.call('start').catch(() => undefined);
    await browser.backend.held(scope, 'start');
    await host.page.kill();
    for (const tab of others) await tab.waitForPhase('idle');
    browser.backend.unhold(scope, 'start');
    expect(await others[0]?.call('start')).toMatchObject({ ok: true });
    expect(browser.backend.acts(scope, 'end')).toEqual([]);
    await closeAll(...others);
  });
});

describe('in Firefox', () => {
  let browser: TestBrowser<EnginePage>;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser?.close());

  test('the window is over and its tab has not come back', async () => {
    const scope = 'window over';
    const [host, ...others] = await activeTabs(browser, 3, options(scope, { recovery: SHORT }));
    await host.close();
    await expectEndedOnce(browser, scope, others, 'recovery-expired');
    await closeAll(...others);
  });
});
