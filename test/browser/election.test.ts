/** `solotab/election` in real Chromium tabs: one of them leads, whatever happens to it. Its peers: `npm run bench:election`. */
import { expect, test } from 'vitest';
import { fault, SCENARIOS } from './election/scenarios';
import { launchChromium } from './support/chromium';

test.each(SCENARIOS)('one tab leads, and no other: $title', async (scenario) => {
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
});
