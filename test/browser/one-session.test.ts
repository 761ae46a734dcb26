import { afterAll, beforeAll, expect, test } from 'vitest';
import { relay } from './scenarios/relay';
import { storm } from './scenarios/storm';
import { type ChromiumBrowser, launchChromium } from './support/chromium';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
  console.log(`Chromium ${browser.engine.version}`);
});
afterAll(() => browser.close());

test('of 12 tabs that start at one instant one wins and the others are refused, 20 rounds', async () => {
  const tabs = await browser.openTabs(12, { scope: 'storm' });
  await storm(browser, tabs, 'storm', 20);
  for (const tab of tabs) await tab.close();
});

test('every tab shows the phase, and refuses with the code of that phase', async () => {
  const scope = 'phases';
  const [first, second, third] = await browser.openTabs(3, { scope });
  if (!first || !second || !third) throw new Error('three tabs');
  browser.backend.hold(scope, 'start');
  browser.backend.hold(scope, 'end');

  const started = first.call('start');
  for (const tab of [first, second, third]) await tab.waitForPhase('connecting');
  for (const tab of [first, second, third]) {
    for (const method of ['start', 'join', 'resume', 'takeOver'] as const) {
      const refused = (await tab.call(method)).error;
      expect(refused).toMatchObject({ name: 'SessionError', code: 1002, local: true });
    }
  }
  (await browser.backend.held(scope, 'start')).allow();
  expect(await started).toMatchObject({ ok: true });
  for (const tab of [first, second, third]) await tab.waitForPhase('active');
  for (const tab of [first, second, third]) {
    for (const method of ['start', 'join', 'resume'] as const) {
      expect((await tab.call(method)).error).toMatchObject({ code: 1004, local: true });
    }
  }
  const roles = await Promise.all([first, second, third].map(async (tab) => (await tab.snapshot()).role));
  expect(roles).toEqual(['host', 'follower', 'follower']);

  const ended = third.call('end');
  for (const tab of [first, second, third]) await tab.waitForPhase('ending');
  for (const tab of [first, second, third]) expect((await tab.call('start')).error).toMatchObject({ code: 1017 });
  (await browser.backend.held(scope, 'end')).allow();
  expect(await ended).toMatchObject({ ok: true });
  for (const tab of [first, second, third]) {
    await tab.waitForPhase('idle');
    expect((await tab.events('session_ended')).map(({ event }) => event.reason)).toEqual(['ended']);
    expect((await tab.state()).problems).toEqual([]);
  }
  expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'end']);
});

test('cancel() from another tab gives the attempt up, and 1017 meanwhile', async () => {
  const scope = 'cancel';
  const [first, second, third] = await browser.openTabs(3, { scope, driver: { ignoreSignal: true } });
  if (!first || !second || !third) throw new Error('three tabs');
  browser.backend.hold(scope, 'start');
  const started = first.call('start');
  await second.waitForPhase('connecting');
  const canceled = second.call('cancel');
  expect((await started).error).toMatchObject({ name: 'AbortError' });
  await third.waitForPhase('canceling');
  for (const tab of [first, second, third]) expect((await tab.call('join')).error).toMatchObject({ code: 1017 });
  // The driver is careless: it connects after all. Its session is ended at once.
  (await browser.backend.held(scope, 'start')).allow();
  expect(await canceled).toMatchObject({ ok: true });
  expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'end']);
  for (const tab of [first, second, third]) {
    await tab.waitForPhase('idle');
    expect((await tab.events('session_ended')).map(({ event }) => event.reason)).toEqual(['canceled']);
  }
});

test('a start right after end() in another tab is never refused, 100 times', async () => {
  const [first, second] = await browser.openTabs(2, { scope: 'hand in hand' });
  if (!first || !second) throw new Error('two tabs');
  expect(await first.call('start')).toMatchObject({ ok: true });
  let [host, other] = [first, second];
  for (let turn = 0; turn < 100; turn += 1) {
    expect(await (turn % 2 ? host : other).call('end')).toMatchObject({ ok: true });
    expect(await other.call('start'), `turn ${turn}`).toMatchObject({ ok: true });
    [host, other] = [other, host];
  }
  expect(browser.backend.violations('hand in hand')).toEqual([]);
});

test('a double click is refused before any I/O', async () => {
  const tab = await browser.openTab({ scope: 'double click' });
  const counted = await tab.evaluate(async () => {
    let io = 0;
    const count = <Target extends object>(target: Target, name: keyof Target): void => {
      const original = target[name];
      if (typeof original !== 'function') return;
      Object.defineProperty(target, name, {
        value(this: unknown, ...args: unknown[]) {
          io += 1;
          return Reflect.apply(original, this, args);
        },
      });
    };
    count(IDBDatabase.prototype, 'transaction');
    count(BroadcastChannel.prototype, 'postMessage');
    count(LockManager.prototype, 'request');
    const { coordinator } = window.fixture;
    const code = (error: { code: number }): number => error.code;
    const first = coordinator.start();
    const before = io;
    const codes = await Promise.all([coordinator.start().catch(code), coordinator.join().catch(code)]);
    const whileConnecting = io - before;
    await first;
    const active = io;
    codes.push(await coordinator.start().catch(code));
    return { codes, whileActive: io - active, whileConnecting };
  });
  expect(counted.codes).toEqual([1002, 1002, 1004]);
  expect(counted.whileActive).toBe(0);
});

test('8 tabs hear 300 events once each, in order', async () => {
  const tabs = await browser.openTabs(8, { scope: 'relay', events: ['agent_joined'] });
  await relay(tabs, 300);
  for (const tab of tabs) await tab.close();
});

test('when the renderer of the host is killed, every tab is told at once, and the scope is free', async () => {
  const tabs = await browser.openTabs(4, { scope: 'killed', driver: { resume: false } });
  const [host, ...others] = tabs;
  expect(await host?.call('start')).toMatchObject({ ok: true });
  for (const tab of others) await tab.waitForPhase('active');
  await host?.page.kill();
  for (const tab of others) {
    await tab.waitForPhase('idle');
    // The snapshot comes first, the event as soon as the journal was read.
    await tab.waitFor(({ events }) => events.some(({ type }) => type === 'session_ended'));
    expect((await tab.events('session_ended')).map(({ event }) => event.reason)).toEqual(['host-lost']);
    expect(await tab.events('host_lost')).toHaveLength(1);
  }
  expect(await others[0]?.call('start')).toMatchObject({ ok: true });
});
