/**
 * Every row of "where exclusion holds", in real engines: whatever a browser lacks or forbids, its tabs exclude each other,
 * hear each other, and outlive a host that dies or is stopped; where they can't exclude each other, they say so.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closeAll, EXCLUSIVE_ROWS, openRow, rowNamed, START_AFTER_KILL_MS, stormAndRelay } from './scenarios/rows';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from './support/chromium';
import type { CoordinatorConfig } from './support/page-api';
import { Tab } from './support/tab';

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  /** Runs the timers of hidden tabs at once, for what would take long and has no more to show if it did. */
  let hasty: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
    hasty = await launchChromium({ flags: ['--disable-background-timer-throttling'] });
  });
  afterAll(() => Promise.all([browser?.close(), hasty?.close()]));

  test.each(EXCLUSIVE_ROWS)('with $name, tabs have one session and hear each other', async (row) => {
    const scope = `row ${row.name}`;
    const [where, count] = row.isVariant ? [hasty, 6] : [browser, 8];
    const tabs = await openRow(where, row, count, { scope, events: ['agent_joined'] });
    await stormAndRelay(where, row, tabs, scope);
    await closeAll(tabs);
  });

  test('over plain http there are no locks: 12 tabs have one session, hear each other, and outlive a killed host', async () => {
    const scope = 'plain http';
    const config: CoordinatorConfig = { scope, events: ['agent_joined'], driver: { resume: false } };
    const open = async (): Promise<Tab<ChromiumPage>> => {
      const address = browser.server.page({ script: 'coordinator', config }).replace('127.0.0.1', 'insecure.test');
      const tab = new Tab(await browser.engine.open(address), browser.server);
      await tab.evaluate(() => window.fixture.coordinator.ready);
      return tab;
    };
    const tabs = await Promise.all(Array.from({ length: 12 }, open));
    expect(await tabs[0]?.evaluate(() => window.isSecureContext)).toBe(false);
    await stormAndRelay(browser, rowNamed('no locks'), tabs, scope);
    const [host, other, ...rest] = tabs;
    if (!host || !other) throw new Error('two tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await host.page.kill();
    const started = await other.call('start');
    expect(started).toMatchObject({ ok: true });
    expect(started.ms).toBeLessThan(START_AFTER_KILL_MS);
    await closeAll([other, ...rest]);
  });
});
