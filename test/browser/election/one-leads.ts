import { expect } from 'vitest';
import { launchChromium } from '../support/chromium';
import { fault, type Scenario } from './scenarios';

/** Runs a scenario of `solotab/election` in a browser of its own: one tab leads, as the scenario asks. */
export async function oneLeads(scenario: Scenario): Promise<void> {
  const browser = await launchChromium({ flags: scenario.flags ?? [] });
  try {
    const finding = await scenario.run(browser, 'solotab/election');
    expect(finding).not.toBeNull();
    if (!finding) return;
    expect(fault(scenario, finding), JSON.stringify(finding)).toBeNull();
    expect(finding.problem).toBeNull();
  } finally {
    await browser.close();
  }
}
