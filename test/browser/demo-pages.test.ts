/** Every page of the demo by axe-core, in both colour schemes, empty and in the middle of a session; and without motion. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, startDemo } from '../demo/demo-process';
import { openAgent, openCustomer, openPage } from '../demo/demo-tabs';
import { type ChromiumBrowser, launchChromium } from './support/chromium';

let browser: ChromiumBrowser;
let demo: Demo;
beforeAll(async () => {
  browser = await launchChromium();
  demo = await startDemo();
});
afterAll(async () => {
  await demo.stop();
  await browser.close();
});

/** What axe-core has against the page: the rules, with the first places. What is replayed at the agent's is the customer's page, looked at there. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run({ exclude: ['.replay'] }, { iframes: false, resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.slice(0, 4).map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary)))`);
}

async function check(page: Page): Promise<void> {
  await page.bringToFront();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await violations(page), `${new URL(page.url()).pathname} ${colorScheme}`).toEqual([]);
  }
}

describe('axe-core finds no violation', () => {
  test.each(['/', '/basket.html', '/checkout.html', '/agent.html', '/lab.html', '/tab.html?label=A'])(
    'on %s, in light and dark',
    async (path) => {
      const page = await openPage(browser, demo, path);
      await page.locator('main').waitFor();
      await check(page);
    },
  );

  test('in the middle of a session with remote assist, with a basket, and with an error', async () => {
    const tab = await openCustomer(browser, demo);
    await tab.page.getByTestId('add').click();
    await tab.press('start');
    await tab.shows('active', 'this');
    const agent = await openAgent(browser, demo);
    await agent.join(await tab.pin());
    await agent.page.getByTestId('agent-ask').click();
    await tab.page.bringToFront();
    await tab.page.getByTestId('assist-allow').waitFor();
    await check(tab.page);
    await tab.page.getByTestId('assist-allow').click();
    await agent.page.getByTestId('pointing').waitFor();
    await agent.sees('may point, draw and scroll');
    await check(agent.page);
    await check(tab.page);
    const other = await openCustomer(browser, demo, '/basket.html');
    await other.page.getByTestId('basket-line').waitFor();
    await other.isRefused('start', 1004);
    await check(other.page);
    await other.press('end');
    await agent.shows('Over');
  });
});

test('nothing moves for whoever asked for less motion', async () => {
  const tab = await openCustomer(browser, demo);
  const motions = () =>
    tab.page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length);
  await tab.press('start');
  await tab.shows('active', 'this');
  const agent = await openAgent(browser, demo);
  await agent.join(await tab.pin());
  await tab.page.bringToFront();
  await tab.page.getByTestId('mirror').getByText('Robin can see this page.').waitFor();
  // The candles burn, for everybody else.
  await expect.poll(motions).toBeGreaterThan(0);
  await tab.page.emulateMedia({ reducedMotion: 'reduce' });
  await expect.poll(motions).toBe(0);
  // The agent's page is behind this one.
  await agent.page.getByTestId('agent-cheer').dispatchEvent('click');
  await tab.hears('agent_cheered');
  expect(await tab.page.getByTestId('confetti').count()).toBe(0);
  await tab.press('end');
  await tab.shows('idle');
});
