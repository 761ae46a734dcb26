/** `solotab/election` in real Chromium tabs: one of them leads, whatever happens to it. Its peers: `npm run bench:election`. */
import { expect, test } from 'vitest';
import { fault, SCENARIOS, type Scenario } from './election/scenarios';
import { launchChromium } from './support/chromium';

const large = SCENARIOS.filter(({ isLarge }) => isLarge);
const small = SCENARIOS.filter(({ isLarge }) => !isLarge);

// Each has a browser of its own, in which it waits most of the time.
test.concurrent.each(small)('one tab leads, and no other: $title', oneLeads);
test.each(large)('one tab leads, and no other: $title', oneLeads);

async function oneLeads(scenario: Scenario): Promise<void> {
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
