/** Commands in real browsers: what the service hears of them, whatever becomes of the host. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChromiumBrowser, launchChromium } from './support/chromium';
import { launchFirefox } from './support/firefox';
import type { EnginePage, Tab, TestBrowser } from './support/tab';
import { launchWebKit } from './support/webkit';

/** What became of a command: its result, or the name and the outcome of its error. */
const call = (tab: Tab, name: string, input: unknown): Promise<unknown> =>
  tab.evaluate(
    ([command, given]) =>
      window.fixture.coordinator
        .call(String(command), given)
        .catch((error: { name: string; outcome?: string }) => `${error.name} ${error.outcome}`),
    [name, input],
  );

const heard = ({ backend }: TestBrowser, scope: string): unknown[] =>
  backend.acts(scope, 'act').map(({ body }) => body);

async function openSession<Page extends EnginePage>(browser: TestBrowser<Page>, scope: string, count = 3) {
  const tabs = await browser.openTabs(count, { scope, driver: { resume: false } });
  const [host, other, ...more] = tabs;
  if (!host || !other) throw new Error('no tabs');
  const others = [other, ...more] as const;
  expect(await host.call('start')).toMatchObject({ ok: true });
  for (const tab of others) await tab.waitForPhase('active');
  return { tabs, host, others };
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test('two hundred from twenty tabs at once reach the service once each', async () => {
    const scope = 'two hundred commands';
    const { tabs, others } = await openSession(browser, scope, 21);
    const results = await Promise.all(
      others.map((tab, index) =>
        tab.evaluate(
          (from) =>
            Promise.all(Array.from({ length: 10 }, (_, i) => window.fixture.coordinator.call('act', from * 10 + i))),
          index,
        ),
      ),
    );
    expect(results.flat().filter((status) => status !== 200)).toEqual([]);
    expect(heard(browser, scope)).toHaveLength(200);
    expect(new Set(heard(browser, scope)).size).toBe(200);
    for (const tab of tabs) await tab.close();
  });

  test('one whose host is killed while it runs is unknown', async () => {
    const { host, others } = await openSession(browser, 'killed in a command');
    const called = call(others[0], 'hang', null);
    await call(others[0], 'act', 'the host has heard both');
    await host.page.kill();
    expect(await called).toBe('CommandError unknown');
    for (const tab of others) await tab.close();
  });

  test('one to a host that is stopped is unknown, and is not run when that host wakes', async () => {
    const scope = 'stopped before a command';
    const { tabs, host, others } = await openSession(browser, scope);
    await host.page.stop();
    expect(await call(others[0], 'act', 'too late')).toBe('CommandError unknown');
    host.page.wake();
    expect(await call(others[0], 'act', 'in time')).toBe(200);
    expect(heard(browser, scope)).toEqual(['in time']);
    for (const tab of tabs) await tab.close();
  });
});

describe.each([
  ['Firefox', launchFirefox],
  ['WebKitGTK', launchWebKit],
] as const)('in %s', (_, launch) => {
  test('a command from each tab reaches the service once, and its result the tab', async () => {
    const browser: TestBrowser = await launch();
    try {
      const scope = 'commands';
      const { tabs, others } = await openSession(browser, scope);
      for (const [index, tab] of tabs.entries()) expect(await call(tab, 'act', index)).toBe(200);
      expect(heard(browser, scope)).toEqual([0, 1, 2]);
      expect(await call(others[0], 'mute', null)).toBe('CommandError refused');
    } finally {
      await browser.close();
    }
  });
});
