/** Pages of the examples in real tabs, used as a person uses them. */
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { ChromiumBrowser, ChromiumPage } from '../support/chromium';

/** Opens an example's page, until the test is over. Whatever its script throws and nobody catches fails the test. */
export async function openExample(browser: ChromiumBrowser, address: string): Promise<ChromiumPage> {
  const tab = await browser.engine.open(address);
  const problems: Error[] = [];
  tab.page.on('pageerror', (error) => problems.push(error));
  onTestFinished(async () => {
    await tab.close();
    expect(problems).toEqual([]);
  });
  // By which its process is found.
  await tab.page.route('**/worker.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: 'onmessage = () => postMessage(0);' }),
  );
  tab.page.setDefaultTimeout(20_000);
  return tab;
}

/** Resolves once the page says this of its session, as `active, host`. */
export async function shows(page: Page, state: string): Promise<void> {
  await page.locator('output', { hasText: state }).first().waitFor();
}
