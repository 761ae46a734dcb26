/** Tabs of which the first one has the session. */
import { expect } from 'vitest';
import type { EnginePage, Tab, TabOptions, TestBrowser } from './tab';

/** A host and its followers, active. */
export async function activeTabs<Page extends EnginePage>(
  browser: TestBrowser<Page>,
  count: number,
  options: TabOptions,
): Promise<[Tab<Page>, ...Tab<Page>[]]> {
  const [host, ...others] = await browser.openTabs(count, options);
  if (!host) throw new Error('no tabs');
  expect(await host.call('start')).toMatchObject({ ok: true });
  for (const tab of others) await tab.waitForPhase('active');
  return [host, ...others];
}
