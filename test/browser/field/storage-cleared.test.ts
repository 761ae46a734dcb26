/**
 * A log-out answers with `Clear-Site-Data`, while tabs are open. In Chromium the tabs that were open keep the locks that they have, in a
 * lock manager of their own: tabs that are opened later have another one, and see them all free. There is one session all the same.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import { launchFirefox } from '../support/firefox';
import type { EnginePage, Tab, TabOptions, TestBrowser } from '../support/tab';
import { closeAll, expectSettled, SETTLED_MS } from './steps';

const HOW = ['"storage"', '"*"'] as const;
const DRIVERS = [true, false];
const CASES = HOW.flatMap((directive) => DRIVERS.map((resume) => ({ directive, resume })));

/** Asks the server for a page whose answer clears the site's data, as a log-out does. */
async function logOut(browser: TestBrowser<EnginePage>, tab: Tab, directive: string): Promise<void> {
  const url = browser.server.page({ headers: { 'clear-site-data': directive } });
  await tab.evaluate(async (address) => {
    await (await fetch(address)).text();
  }, url);
}

/** Both tabs tell the same of one session, which is in `host`. */
async function expectOneView(scope: string, browser: TestBrowser<EnginePage>, host: Tab, other: Tab): Promise<void> {
  const { tabId } = await host.state();
  await other.waitFor(
    ({ snapshot }, hostTabId) => snapshot.phase === 'active' && snapshot.hostTabId === hostTabId,
    tabId,
  );
  expect(await host.snapshot()).toMatchObject({ phase: 'active', role: 'host' });
  expect((await other.snapshot()).role).toBe('follower');
  expect(browser.backend.live(scope).map((session) => session.tabId)).toEqual([tabId]);
  expect(browser.backend.violations(scope)).toEqual([]);
}

async function expectRefused(tab: Tab): Promise<void> {
  const refused = await tab.call('start');
  expect(refused.ok).toBe(false);
  expect([1002, 1004]).toContain(refused.error?.code);
  expectSettled(refused);
}

/** `old` was open when the data was cleared and has the session; `later` was opened afterwards. */
async function oneSession(browser: TestBrowser<EnginePage>, directive: string, options: TabOptions): Promise<void> {
  const { scope } = options;
  const [old] = await activeTabs(browser, 1, options);
  await logOut(browser, old, directive);
  const later = await browser.openTab(options);
  await expectRefused(later);
  await expectRefused(later);
  await expectRefused(old);
  await expectOneView(scope, browser, old, later);
  expect(await later.call('end')).toMatchObject({ ok: true });
  for (const tab of [old, later]) await tab.waitForPhase('idle');
  expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'end']);
  // The other way round: whoever came later has the session, whoever was there before is refused.
  expect(await later.call('start')).toMatchObject({ ok: true });
  await expectRefused(old);
  await expectOneView(scope, browser, later, old);
  for (const tab of [old, later]) expect((await tab.state()).problems).toEqual([]);
  await closeAll(old, later);
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(CASES)(
    '$directive, while a session is live whose driver can resume: $resume: there is one session, and one view of it',
    ({ directive, resume }) =>
      oneSession(browser, directive, { scope: `cleared ${directive} ${resume}`, driver: { resume } }),
  );

  test.each(CASES)(
    '$directive, while nothing is going on (resume: $resume): the tab that starts first has the session',
    async ({ directive, resume }) => {
      for (const first of ['old', 'later'] as const) {
        const scope = `idle, cleared ${directive} ${resume} ${first}`;
        const options = { scope, driver: { resume } };
        const old = await browser.openTab(options);
        // The store is not empty: there was a session before.
        expect(await old.call('start')).toMatchObject({ ok: true });
        expect(await old.call('end')).toMatchObject({ ok: true });
        await logOut(browser, old, directive);
        const later = await browser.openTab(options);
        const [host, other] = first === 'old' ? [old, later] : [later, old];
        const started = await host.call('start');
        expect(started).toMatchObject({ ok: true });
        expectSettled(started);
        await expectRefused(other);
        await expectOneView(scope, browser, host, other);
        await closeAll(old, later);
      }
    },
  );

  test.each(CASES)(
    '$directive, and then two tabs start at one instant (resume: $resume): one wins',
    async ({ directive, resume }) => {
      const scope = `race, cleared ${directive} ${resume}`;
      const options = { scope, driver: { resume } };
      const old = await browser.openTab(options);
      await logOut(browser, old, directive);
      const later = await browser.openTab(options);
      for (let round = 0; round < 4; round += 1) {
        const outcomes = await browser.callTogether([old, later], 'start');
        expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
        expect(browser.backend.live(scope)).toHaveLength(1);
        expectSettled(await old.call('end'));
        for (const tab of [old, later]) await tab.waitForPhase('idle');
      }
      expect(browser.backend.violations(scope)).toEqual([]);
      await closeAll(old, later);
    },
  );

  test('while a start is under way: no other is granted, before it is through or after', async () => {
    const scope = 'cleared while connecting';
    const old = await browser.openTab({ scope });
    browser.backend.hold(scope, 'start');
    const started = old.call('start');
    const held = await browser.backend.held(scope, 'start');
    await logOut(browser, old, '"storage"');
    const later = await browser.openTab({ scope });
    await expectRefused(later);
    held.allow();
    browser.backend.unhold(scope, 'start');
    expect(await started).toMatchObject({ ok: true });
    await expectRefused(later);
    await expectOneView(scope, browser, old, later);
    await closeAll(old, later);
  });

  test('several times, with a tab of each time still open: one session, in the first', async () => {
    const scope = 'cleared again and again';
    const [host] = await activeTabs<ChromiumPage>(browser, 1, { scope, driver: { resume: false } });
    const tabs = [host];
    for (const directive of [...HOW, ...HOW]) {
      await logOut(browser, host, directive);
      const later = await browser.openTab({ scope, driver: { resume: false } });
      await expectRefused(later);
      tabs.push(later);
    }
    for (const tab of tabs.slice(1)) await expectOneView(scope, browser, host, tab);
    await closeAll(...tabs);
  });

  test.each(['close', 'kill'] as const)(
    'once the old host is really gone (%s), its session ends and a new one is granted',
    async (how) => {
      const scope = `cleared, then ${how}`;
      const options = { scope, driver: { resume: false } };
      const [old] = await activeTabs<ChromiumPage>(browser, 1, options);
      await logOut(browser, old, '"storage"');
      const later = await browser.openTab(options);
      await expectRefused(later);
      await old.page[how]();
      const started = await later.call('start');
      expect(started).toMatchObject({ ok: true });
      expect(started.ms).toBeLessThan(SETTLED_MS);
      expect(browser.backend.violations(scope)).toEqual([]);
      await later.close();
    },
  );

  test.each(['close', 'kill'] as const)(
    'once the old host is really gone (%s), its session can be resumed here',
    async (how) => {
      const scope = `cleared, then ${how}, resumed`;
      const [old] = await activeTabs<ChromiumPage>(browser, 1, { scope });
      await logOut(browser, old, '"storage"');
      const later = await browser.openTab({ scope });
      await expectRefused(later);
      await old.page[how]();
      const taken = await later.call('takeOver');
      expect(taken).toMatchObject({ ok: true });
      expectSettled(taken);
      expect(browser.backend.acts(scope, 'start', 'resume').map(({ type }) => type)).toEqual(['start', 'resume']);
      expect(browser.backend.violations(scope)).toEqual([]);
      await later.close();
    },
  );
});

describe('in Firefox', () => {
  let browser: TestBrowser<EnginePage>;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser?.close());

  test.each(CASES)(
    '$directive, while a session is live whose driver can resume: $resume: there is one session, and one view of it',
    ({ directive, resume }) =>
      oneSession(browser, directive, { scope: `cleared ${directive} ${resume}`, driver: { resume } }),
  );
});
