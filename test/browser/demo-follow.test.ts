/** The story that the demo is for, between two browsers: a session goes where its customer goes, and the agent with it. */
import { expect, onTestFinished, test } from 'vitest';
import { startDemo } from '../demo/demo-process';
import { allShow, openAgent, openCustomer } from '../demo/demo-tabs';
import { customersAndAgents } from './support/customers-and-agents';

/** As a visitor has it: the session goes to the tab that is looked at. */
const FOLLOWING = { follow: true };

const browsers = customersAndAgents();

test('a customer is helped from the cake to the checkout, over a second tab and a crash, and ends it from a third', async () => {
  const demo = await startDemo();
  onTestFinished(demo.stop);
  const first = await openCustomer(browsers.customers, demo, '/', FOLLOWING);
  await first.press('start');
  await first.shows('active', 'this');
  const pin = await first.pin();

  const agent = await openAgent(browsers.agents, demo);
  await agent.join(pin);
  await agent.sees('Put into the basket');
  await first.page.getByTestId('wish').fill('Moved, and well');
  await agent.sees('Moved, and well');
  await first.page.getByTestId('add').click();
  await first.page.getByTestId('to-checkout').click();
  await first.shows('active', 'this');
  await agent.sees('Your card');

  await first.page.getByTestId('card-number').fill('4929 1234 5678 9013');
  await first.page.getByTestId('street').fill('Mill Lane 3');
  await agent.sees('Mill Lane 3');
  const received = first.sent.join('\n') + first.recorded();
  expect(received).toContain('Mill Lane 3');
  expect(received).not.toContain('4929 1');

  const second = await openCustomer(browsers.customers, demo, '/basket.html', FOLLOWING);
  await second.shows('active', 'this');
  await first.shows('active', 'other');
  await agent.sees('for “Moved, and well”');
  await second.page.getByTestId('count').selectOption('3');
  await agent.sees('3 cakes');

  await second.kill();
  await first.page.bringToFront();
  await first.shows('recovering', 'nobody');
  await agent.shows('Away');
  await first.press('take-over');
  await first.shows('active', 'this');
  await agent.shows('Connected');
  await agent.sees('Mill Lane 3');

  const third = await openCustomer(browsers.customers, demo, '/', FOLLOWING);
  await third.shows('active', 'this');
  await agent.sees('Put into the basket');
  await agent.page.getByTestId('agent-ask').click();
  await third.page.getByTestId('assist-allow').click();
  await agent.page.getByTestId('pointing').waitFor();
  await agent.page.getByTestId('pointing').press('PageDown');
  await expect.poll(() => third.page.evaluate(() => scrollY)).toBeGreaterThan(0);
  await expect.poll(() => agent.scrolled()).toBeGreaterThan(0);
  // It stays given when the customer looks at another tab, and is taken back there.
  await first.page.bringToFront();
  await first.shows('active', 'this');
  await agent.sees('Mill Lane 3');
  await first.page.getByTestId('assist-refuse').click();
  await agent.page.getByTestId('pointing').waitFor({ state: 'hidden' });

  await third.press('end');
  await allShow([first, third], 'idle');
  await agent.shows('Over');
  await agent.page.getByTestId('replay').locator('iframe').waitFor({ state: 'detached' });
  const { sessions, counts } = await demo.view('cakes');
  expect(sessions).toEqual([]);
  expect(counts).toMatchObject({ starts: 1, joins: 1, ends: 1 });
});
