import { expect } from 'vitest';
import type { EnginePage, Tab, TestBrowser } from '../support/tab';

/**
 * All tabs call `start()` at one instant, round after round: one wins, the others are refused at once, the backend hears of one.
 * `nudge` makes a tab look at the record that nothing can tell of it, where there is no channel.
 */
export async function storm<Page extends EnginePage>(
  browser: TestBrowser<Page>,
  tabs: readonly Tab<Page>[],
  scope: string,
  rounds: number,
  nudge?: (tab: Tab<Page>) => Promise<void>,
): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    const outcomes = await browser.callTogether(tabs, 'start');
    const winners = outcomes.filter(({ ok }) => ok);
    const codes = outcomes.filter(({ ok }) => !ok).map(({ error }) => error?.code);
    expect(winners, `round ${round}: ${JSON.stringify(outcomes)}`).toHaveLength(1);
    for (const code of codes) expect([1002, 1004], JSON.stringify(outcomes)).toContain(code);
    expect(browser.backend.acts(scope, 'start')).toHaveLength(round);
    await tabs[round % tabs.length]?.call('end');
    for (const tab of tabs) {
      await nudge?.(tab);
      await tab.waitForPhase('idle');
    }
  }
  expect(browser.backend.violations(scope)).toEqual([]);
}
