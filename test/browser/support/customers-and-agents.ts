/** Two browsers for the tests of one file, a customer's and an agent's, which share nothing but the server. */
import { afterAll, beforeAll } from 'vitest';
import { type ChromiumBrowser, launchChromium } from './chromium';

export function customersAndAgents(): { readonly customers: ChromiumBrowser; readonly agents: ChromiumBrowser } {
  // Both are there before the first test begins.
  const browsers = {} as { customers: ChromiumBrowser; agents: ChromiumBrowser };
  beforeAll(async () => {
    browsers.customers = await launchChromium();
    browsers.agents = await launchChromium();
  });
  afterAll(async () => {
    await browsers.customers.close();
    await browsers.agents.close();
  });
  return browsers;
}
