/** Co-browsing in the demo, between two browsers: what the agent sees of the customer's pages, and what nobody gets to see. */
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { MAX_FRAME_BYTES } from '../../demo/protocol';
import { startDemo } from '../demo/demo-process';
import { openAgent, openCustomer } from '../demo/demo-tabs';
import { meet } from './support/company';
import { customersAndAgents } from './support/customers-and-agents';

/** Nothing else that is sent looks like it. */
const CODE = 'q§7ü';

const browsers = customersAndAgents();

/** All that IndexedDB holds for the demo's origin, as text. */
function storedText(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const done = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    let text = '';
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name ?? ''));
      for (const store of database.objectStoreNames) {
        text += JSON.stringify(await done(database.transaction(store).objectStore(store).getAll()));
      }
      database.close();
    }
    return text;
  });
}

test('the agent sees what the customer types, chooses, scrolls and points at', async () => {
  const { tab, agent } = await meet(browsers, '/checkout.html');
  const complaints: string[] = [];
  tab.page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await agent.sees('Where it goes');

  await tab.page.getByTestId('street').pressSequentially('Mill Lane 3');
  await agent.sees('Mill Lane 3');
  await tab.page.getByTestId('day').selectOption('Saturday');
  await agent.sees('Saturday');
  await tab.page.mouse.move(400, 300);
  await agent.page.getByTestId('customer-mouse').waitFor();
  await tab.page.mouse.wheel(0, 200);
  await expect.poll(() => tab.page.evaluate(() => scrollY)).toBeGreaterThan(0);
  await expect.poll(async () => (await agent.scrolled()) - (await tab.page.evaluate(() => scrollY))).toBe(0);
  expect(complaints).toEqual([]);
});

test('nothing of a private field reaches the server, whatever is done with it', async () => {
  const { demo, tab, agent } = await meet(browsers, '/checkout.html');
  await agent.sees('Your card');
  const { page } = tab;

  await page.getByTestId('card-number').pressSequentially('4929 1234 5678 9013');
  await page.getByTestId('card-until').fill('11/31');
  await page.getByTestId('card-code').fill(CODE);
  // The page says it again in words of its own, and a script writes it into attributes, too.
  await page.getByTestId('card-said').getByText('ends in 9013').waitFor();
  await page.getByTestId('card-number').evaluate((field) => field.setAttribute('value', '4929 1234 5678 9013'));
  await page.getByTestId('card-number').selectText();
  await page.getByTestId('card-number').press('ControlOrMeta+c');
  // A new picture of the page, taken while all of this is in it.
  await page.reload();
  await tab.shows('active', 'this');
  await page.getByTestId('card-number').fill('4929 1234 5678 9013');
  await page.getByTestId('card-code').fill(CODE);
  const second = await openAgent(browsers.agents, demo);
  await second.join(await tab.pin(), 'Noor');
  await second.sees('Your card');
  await page.getByTestId('word').fill('No nuts, please');
  await agent.sees('No nuts, please');
  await second.sees('No nuts, please');

  const received = tab.sent.join('\n') + tab.recorded();
  expect(received).toContain('No nuts, please');
  for (const secret of ['4929 1', '5678 9', 'ends in', '11/31', CODE])
    expect(received.includes(secret), secret).toBe(false);
});

test('nothing is recorded while no agent is there, and nothing of a page is stored', async () => {
  const demo = await startDemo();
  onTestFinished(demo.stop);
  const tab = await openCustomer(browsers.customers, demo, '/checkout.html');
  const other = await openCustomer(browsers.customers, demo, '/basket.html');
  await tab.press('start');
  await tab.shows('active', 'this');
  await tab.page.getByTestId('street').fill('Mill Lane 3');
  await other.shows('active', 'other');
  expect(tab.recorded()).toBe('');

  const agent = await openAgent(browsers.agents, demo);
  await agent.join(await tab.pin());
  await agent.sees('Mill Lane 3');
  await tab.page.getByTestId('town').fill('Ghent');
  await agent.sees('Ghent');
  for (const frame of tab.sent) expect(Buffer.byteLength(frame)).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  const stored = await storedText(tab.page);
  expect(stored).toContain(await tab.pin());
  expect(stored).not.toMatch(/Mill Lane|Ghent/);
  expect(stored.length).toBeLessThan(8_000);

  await agent.page.getByTestId('agent-leave').click();
  await agent.shows('Over');
  await tab.hears('agent_left');
  const before = tab.recorded();
  await tab.page.getByTestId('town').fill('Bruges');
  // The line is busy with something else, and that something arrives: what was recorded before it would have gone first.
  await openAgent(browsers.agents, demo).then(async (next) => next.join(await tab.pin(), 'Noor'));
  await expect.poll(() => tab.recorded().slice(before.length)).toMatch(/^\[\{"type":4/);
});

test('an agent points, draws and scrolls only while the customer lets it, and what the customer takes back ends at once', async () => {
  const { demo, tab, agent } = await meet(browsers, '/checkout.html');
  const other = await openCustomer(browsers.customers, demo, '/basket.html');
  await other.shows('active', 'other');
  await agent.sees('Where it goes');
  expect(await agent.page.getByTestId('pointing').isVisible()).toBe(false);

  await agent.page.getByTestId('agent-ask').click();
  await tab.page.getByText('Robin asks to point, draw and scroll on your page.').waitFor();
  // From the tab that does not have the session.
  await other.page.bringToFront();
  await other.page.getByTestId('assist-allow').click();
  await tab.page.bringToFront();
  const pointing = agent.page.getByTestId('pointing');
  await pointing.waitFor();
  await pointing.press('ArrowRight');
  await tab.page.locator('.pointer[visibility=visible]').waitFor();
  await pointing.press('Enter');
  await tab.page.locator('.drawing').waitFor();
  await pointing.press('PageDown');
  await expect.poll(() => tab.page.evaluate(() => scrollY)).toBeGreaterThan(100);
  await expect.poll(() => tab.page.locator('.drawing').count()).toBe(0);

  await other.page.bringToFront();
  await other.page.getByTestId('assist-refuse').click();
  await tab.page.locator('.pointer[visibility=hidden]').waitFor({ state: 'attached' });
  await pointing.waitFor({ state: 'hidden' });
  expect(await agent.page.getByTestId('agent-ask').isEnabled()).toBe(true);
});
