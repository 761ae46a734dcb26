/** How soon an agent sees the page that the customer went to, in the demo. Alone: it measures times that people notice. */
import { expect, onTestFinished, test } from 'vitest';
import { startDemo } from '../demo/demo-process';
import { type AgentDesk, openAgent, openCustomer } from '../demo/demo-tabs';
import { meet } from './support/company';
import { customersAndAgents } from './support/customers-and-agents';

const SOON_MS = 1_000;

const browsers = customersAndAgents();

/** Resolves with the time, in milliseconds, that it takes until the agent sees this text. */
async function timeUntil(agent: AgentDesk, text: string): Promise<number> {
  const from = performance.now();
  await agent.sees(text);
  return performance.now() - from;
}

test('reloading, going on, back and forward, and "use here" in another tab: the agent sees each page within a second', async () => {
  const { demo, tab, agent } = await meet(browsers);
  await demo.hurry('cakes');
  await agent.sees('Put into the basket');
  const { page } = tab;
  const times: Record<string, number> = {};

  await page.getByTestId('add').click();
  await page.getByTestId('to-basket').click();
  times.going = await timeUntil(agent, 'Your basket');
  await page.reload();
  await page.getByTestId('count').selectOption('3');
  times.reloading = await timeUntil(agent, '3 cakes');
  await page.getByTestId('to-checkout').click();
  await agent.sees('Your card');
  await page.goBack({ waitUntil: 'commit' });
  times.back = await timeUntil(agent, 'To the checkout');
  await page.goForward({ waitUntil: 'commit' });
  times.forward = await timeUntil(agent, 'Your card');

  const other = await openCustomer(browsers.customers, demo, '/basket.html');
  await other.shows('active', 'other');
  await other.press('take-over');
  times['use here'] = await timeUntil(agent, 'To the checkout');
  await tab.shows('active', 'other');

  await other.kill();
  await page.bringToFront();
  await tab.shows('recovering', 'nobody');
  await tab.press('take-over');
  times['use here after a crash'] = await timeUntil(agent, 'Your card');
  for (const [what, ms] of Object.entries(times)) expect(ms, what).toBeLessThan(SOON_MS);
});

test('the session follows its customer to the tab in front, and the agent sees that tab within a second', async () => {
  const demo = await startDemo();
  onTestFinished(demo.stop);
  await demo.hurry('cakes');
  const following = { follow: true };
  const cake = await openCustomer(browsers.customers, demo, '/', following);
  await cake.press('start');
  await cake.shows('active', 'this');
  const agent = await openAgent(browsers.agents, demo);
  await agent.join(await cake.pin());
  await agent.sees('Put into the basket');

  const checkout = await openCustomer(browsers.customers, demo, '/checkout.html', following);
  expect(await timeUntil(agent, 'Your card')).toBeLessThan(SOON_MS);
  await cake.page.bringToFront();
  expect(await timeUntil(agent, 'Put into the basket')).toBeLessThan(SOON_MS);
  await cake.shows('active', 'this');

  // From then on it stays where it is, for all tabs.
  await cake.page.getByTestId('follow').uncheck();
  await checkout.page.bringToFront();
  await expect.poll(() => checkout.page.getByTestId('follow').isChecked()).toBe(false);
  await checkout.isRefused('start', 1004);
  await checkout.shows('active', 'other');
});
