/** The demo in real tabs: what its visitor sees of one session, from each of three tabs. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startDemo } from '../demo/demo-process';
import { allShow, openCustomers } from '../demo/demo-tabs';
import { type ChromiumBrowser, launchChromium } from './support/chromium';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

async function openDemo() {
  const demo = await startDemo();
  onTestFinished(demo.stop);
  return demo;
}

async function openThree() {
  const demo = await openDemo();
  const tabs = await openCustomers(browser, demo, 3);
  const [first, second, third] = tabs;
  if (!first || !second || !third) throw new Error('three tabs');
  return { demo, tabs, first, second, third };
}

test('Start in one tab shows in all; the others are refused with 1004; End works from any', async () => {
  const { demo, tabs, first, second, third } = await openThree();

  await first.press('start');
  await allShow(tabs, 'active');
  await first.shows('active', 'this');
  for (const tab of [second, third]) await tab.shows('active', 'other');
  const pin = await first.pin();
  expect(pin).toMatch(/^[0-9A-Z]{6}$/);
  expect([await second.pin(), await third.pin()]).toEqual([pin, pin]);

  for (const tab of [second, third]) {
    await tab.isRefused('start', 1004);
    await tab.isRefused('join', 1004);
    expect(await tab.notice()).toEqual({ code: 1004, where: 'In this tab only' });
  }
  expect(await first.codes()).toEqual([]);

  await second.press('end');
  await allShow(tabs, 'idle');
  for (const tab of tabs) {
    await tab.hears('session_ended');
    const shared = (await tab.heard()).filter(({ local }) => !local);
    expect(shared).toEqual([
      { type: 'pincode_updated', code: '', local: false, number: '#1' },
      { type: 'session_started', code: '', local: false, number: '#2' },
      { type: 'session_ended', code: '', local: false, number: '#3' },
    ]);
  }
  const { sessions, counts } = await demo.view('cakes');
  expect({ sessions, ...counts }).toMatchObject({ sessions: [], starts: 1, joins: 0, ends: 1 });
});

test('while a tab connects the others are refused with 1002; Cancel from another one gives 1017 until it is over', async () => {
  const { demo, tabs, first, second, third } = await openThree();
  await third.makeTrouble();
  await third.page.getByTestId('latency').selectOption('8000');
  await expect.poll(async () => (await demo.view('cakes')).conditions.latencyMs).toBe(8000);

  await first.press('start');
  await allShow(tabs, 'connecting');
  await second.isRefused('start', 1002);
  await third.isRefused('join', 1002);

  await third.press('cancel');
  await allShow(tabs, 'canceling');
  await second.isRefused('start', 1017);
  await third.isRefused('join', 1017);

  await demo.hurry('cakes');
  await allShow(tabs, 'idle');
  for (const tab of tabs) {
    await tab.hears('session_ended');
    expect((await tab.heard()).filter(({ local }) => !local)).toEqual([
      { type: 'session_ended', code: '', local: false, number: '#1' },
    ]);
    await tab.page.getByTestId('log').getByText('canceled', { exact: true }).waitFor();
  }
  await expect.poll(async () => (await demo.view('cakes')).sessions).toEqual([]);
});

test('a network that fails, 1016, shows in every tab, once each, and the next start begins afresh', async () => {
  const { tabs, first, second, third } = await openThree();
  await first.press('start');
  await allShow(tabs, 'active');

  await third.makeTrouble();
  await third.page.getByTestId('trouble-kind').selectOption('network');
  await third.page.getByTestId('trouble-go').click();
  await allShow(tabs, 'recovering');
  await allShow(tabs, 'idle');
  for (const tab of tabs) {
    // The end comes after the error, in every tab: from then on there is no second one to wait for.
    await tab.hears('session_ended');
    expect(await tab.codes()).toEqual([1016]);
    expect(await tab.notice()).toMatchObject({ code: 1016 });
  }
  expect((await first.notice()).where).toBe('From this tab, in every tab');
  expect((await second.notice()).where).toMatch(/^From tab \w{4}, in every tab$/);

  await third.page.getByTestId('repair').click();
  await third.page.getByText('Everything works again.').waitFor();
  await second.press('start');
  await allShow(tabs, 'active');
  for (const tab of tabs) expect(await tab.page.getByTestId('notice').textContent()).toBe('');
});

test('a PIN that is missing or is none is refused, 1009 and 1008, before anything is sent', async () => {
  const demo = await openDemo();
  const [tab, other] = await openCustomers(browser, demo, 2);
  if (!tab || !other) throw new Error('two tabs');
  await tab.makeTrouble();
  await tab.page.getByTestId('pin-required').check();
  const sent: string[] = [];
  tab.page.on('request', (request) => sent.push(request.url()));
  tab.page.on('websocket', (socket) => sent.push(socket.url()));

  await tab.isRefused('start', 1009);
  await tab.type('two words');
  await tab.isRefused('start', 1008);
  await tab.isRefused('join', 1008);
  expect(sent).toEqual([]);
  expect(await other.heard()).toEqual([]);

  await tab.type('mine7');
  await tab.press('start');
  await allShow([tab, other], 'active');
  expect(await other.pin()).toBe('MINE7');
  expect(sent.map((url) => new URL(url).pathname)).toEqual(['/api/token', '/session']);
});

test('a generated PIN that somebody else has is replaced, and nobody hears of 1010', async () => {
  const demo = await openDemo();
  const tabs = await openCustomers(browser, demo, 2);
  const [tab] = tabs;
  if (!tab) throw new Error('a tab');
  // The first six bytes that make a PIN are zeros: six times the first character of the alphabet.
  await tab.page.evaluate(() => {
    const draw = crypto.getRandomValues.bind(crypto);
    crypto.getRandomValues = (array) => {
      if (!(array instanceof Uint8Array) || array.length !== 6) return draw(array);
      crypto.getRandomValues = draw;
      return array.fill(0);
    };
  });
  expect(await demo.startElsewhere('cakes', '333333')).toMatchObject({ type: 'connected' });
  const sockets: string[] = [];
  tab.page.on('websocket', (socket) => sockets.push(socket.url()));

  await tab.press('start');
  await allShow(tabs, 'active');
  expect(sockets).toHaveLength(2);
  expect(await tab.pin()).not.toBe('333333');
  for (const each of tabs) expect(await each.codes()).toEqual([]);
});

test('a token that is refused, 2001, is replaced once: the start succeeds, and nobody hears of it', async () => {
  const demo = await openDemo();
  const tabs = await openCustomers(browser, demo, 2);
  const [tab] = tabs;
  if (!tab) throw new Error('a tab');
  let asked = 0;
  await tab.page.route('**/api/token', (route) => {
    asked += 1;
    return asked === 1 ? route.fulfill({ json: { token: 'worn out' } }) : route.continue();
  });

  await tab.press('start');
  await allShow(tabs, 'active');
  expect(asked).toBe(2);
  for (const each of tabs) expect(await each.codes()).toEqual([]);
});
