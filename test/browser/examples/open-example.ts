/** Pages of the examples in real tabs, used as a person uses them. */
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { serveExample } from '../../../examples/serve';
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

/** An example that is served, with three tabs: the first has the session. Its server can die, and come back at the same address. */
export async function openExampleTabs(browser: ChromiumBrowser, ...[name, attach]: Parameters<typeof serveExample>) {
  let served = await serveExample(name, attach);
  const { address, port } = served;
  onTestFinished(() => served.stop());
  const host = await openExample(browser, address);
  await shows(host.page, 'active, host');
  const [first, second] = [await openExample(browser, address), await openExample(browser, address)];
  for (const { page } of [first, second]) await shows(page, 'active, follower');
  return {
    ...{ host, first, second, tabs: [host, first, second] },
    stop: () => served.stop(),
    async startAgain() {
      served = await serveExample(name, attach, port);
    },
  };
}

/** Resolves once the page says this of its session, as `active, host`. */
export async function shows(page: Page, state: string): Promise<void> {
  await page.locator('output', { hasText: state }).first().waitFor();
}
