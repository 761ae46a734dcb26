/** The example with a softphone, in real tabs that call each other. What the proxy was asked is the judge. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { serveExample } from '../../../examples/serve';
import { attach, SipProxy } from '../../../examples/softphone/server';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import { openExample, shows } from './open-example';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium({ flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] });
});
afterAll(() => browser.close());

/** Alice has two tabs, the second of which is in front; Bob has one, and is a browser of his own by name. */
async function openPhones() {
  const proxy = new SipProxy();
  let served = await serveExample('softphone', (server) => attach(server, proxy));
  const { address, port } = served;
  onTestFinished(() => served.stop());
  const host = await openExample(browser, address);
  await shows(host.page, 'active, host, ready');
  const bob = await openExample(browser, `${address}?user=bob`);
  await shows(bob.page, 'active, host, ready');
  const follower = await openExample(browser, address);
  await shows(follower.page, 'active, follower, ready');
  const count = (method: string) => proxy.requests.filter((request) => request.method === method).length;
  return {
    ...{ proxy, host, follower, bob, count },
    stop: () => served.stop(),
    async startAgain() {
      served = await serveExample('softphone', (server) => attach(server, proxy), port);
    },
  };
}

/** As the person in front of this tab. */
async function press({ page }: ChromiumPage, label: string): Promise<void> {
  await page.bringToFront();
  await page.getByRole('button', { name: label, exact: true }).click();
}

/** From here on the page keeps the microphone that it is given, for `isHeard`. */
async function keepMicrophone({ page }: ChromiumPage): Promise<void> {
  await page.evaluate(() => {
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) =>
      Object.assign(window, { microphone: await open(constraints) }).microphone;
  });
}

/** Whether what is said into the microphone goes out. */
function isHeard({ page }: ChromiumPage): Promise<boolean> {
  return page.evaluate(() => {
    const { microphone } = window as Window & { microphone?: MediaStream }; // set by keepMicrophone()
    return microphone?.getAudioTracks().every(({ enabled }) => enabled) ?? false;
  });
}

test('a tab without the line dials, mutes, presses a digit and hangs up; the line stays in one tab', async () => {
  const { proxy, host, follower, bob, count } = await openPhones();
  await keepMicrophone(host);
  await press(follower, 'Dial');
  await shows(bob.page, 'ringing');
  await press(bob, 'Answer');
  await shows(follower.page, 'active, follower, talking');
  await shows(host.page, 'active, host, talking');
  await shows(bob.page, 'talking');
  expect(await isHeard(host)).toBe(true);

  await press(follower, 'Mute');
  for (const { page } of [host, follower]) await shows(page, 'talking, muted');
  expect(await isHeard(host)).toBe(false);
  await press(follower, 'Unmute');
  await expect.poll(() => isHeard(host)).toBe(true);

  await press(follower, 'Press 5');
  await bob.page.locator('samp', { hasText: '5' }).waitFor();
  await press(follower, 'Hang up');
  for (const { page } of [host, follower, bob]) await shows(page, 'ready');
  expect(await bob.page.locator('samp').textContent()).toBe('5');
  expect(['INVITE', 'INFO', 'BYE'].map(count)).toEqual([1, 1, 1]);
  expect([...proxy.registrations.keys()].sort()).toEqual(['sip:alice@example.com', 'sip:bob@example.com']);
  expect(proxy.calls.size).toBe(0);
});

test('a tab without the line answers a call', async () => {
  const { follower, host, bob, count } = await openPhones();
  await bob.page.locator('input').fill('alice');
  await press(bob, 'Dial');
  await shows(follower.page, 'active, follower, ringing');
  await press(follower, 'Answer');
  for (const { page } of [bob, host, follower]) await shows(page, 'talking');
  expect(count('INVITE')).toBe(1);
});

test('the tab with the line is reloaded in a call: the other side hears that it is over, and one of the tabs has the line', async () => {
  const { proxy, host, follower, bob } = await openPhones();
  await press(host, 'Dial');
  await shows(bob.page, 'ringing');
  await press(bob, 'Answer');
  await shows(bob.page, 'talking');
  await shows(follower.page, 'talking');

  await host.page.reload();
  await shows(bob.page, 'ready');
  // Either has it now: whichever was first.
  for (const { page } of [host, follower])
    await page.locator('output', { hasText: /active, (host|follower), ready/ }).waitFor();
  expect(proxy.calls.size).toBe(0);

  await press(host, 'Dial');
  await shows(bob.page, 'ringing');
  await press(bob, 'Answer');
  for (const { page } of [host, follower, bob]) await shows(page, 'talking');
});

test('the tab with the line is killed in a call: the other side hears that it is over, and another tab has the line', async () => {
  const { host, follower, bob } = await openPhones();
  await press(host, 'Dial');
  await shows(bob.page, 'ringing');
  await press(bob, 'Answer');
  await shows(follower.page, 'talking');

  await host.kill();
  await shows(bob.page, 'ready');
  await shows(follower.page, 'active, host, ready');
});

test('the tab with the line is killed before its call is answered: it rings no longer', async () => {
  const { host, bob } = await openPhones();
  await press(host, 'Dial');
  await shows(bob.page, 'ringing');
  await host.kill();
  await shows(bob.page, 'ready');
});

test('the server restarts: the same tab registers again, and can be called', async () => {
  const { host, follower, bob, count, stop, startAgain } = await openPhones();
  const registered = count('REGISTER');
  await stop();
  for (const { page } of [host, follower, bob]) await shows(page, 'recovering');
  await startAgain();
  await shows(host.page, 'active, host, ready');
  await shows(follower.page, 'active, follower, ready');
  await shows(bob.page, 'active, host, ready');
  expect(count('REGISTER') - registered).toBe(2);

  await bob.page.locator('input').fill('alice');
  await press(bob, 'Dial');
  await shows(follower.page, 'ringing');
});
