/** Web Locks that are there and are of no use: extensions, shims and broken web views. Everything settles, and tabs exclude each other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChromiumBrowser, launchChromium } from '../support/chromium';
import { launchFirefox } from '../support/firefox';
import { REFUSING_LOCKS, SILENT_LOCKS } from '../support/init-scripts';
import type { EnginePage, Tab, TestBrowser } from '../support/tab';
import { becomesReady, closeAll, expectSettled } from './steps';

/** They answer whoever asks whether a lock is free, and keep whoever waits for one for ever, also when it is given up. */
const DEAF_QUEUES = `{
  const request = LockManager.prototype.request;
  LockManager.prototype.request = function (name, first, second) {
    const options = second ? first : {};
    return options.ifAvailable ? request.call(this, name, first, second) : new Promise(() => undefined);
  };
}`;
/** What they are asked for is undefined. */
const STRANGE_LOCKS = 'LockManager.prototype.request = () => undefined;';

const BROKEN = {
  'never answer': SILENT_LOCKS,
  'are always taken': REFUSING_LOCKS,
  'never grant what is waited for': DEAF_QUEUES,
  'return nothing': STRANGE_LOCKS,
};

/** Opens a tab whose locks are broken, and waits until it is ready, however long that may take. */
async function open(browser: TestBrowser<EnginePage>, scope: string, initScript: string): Promise<Tab> {
  const tab = await browser.openTab({ scope, initScript, create: false });
  await tab.evaluate(() => window.fixture.create());
  expect(await becomesReady(tab)).toBe(true);
  return tab;
}

async function granted(tab: Tab, method: 'start' | 'end' | 'cancel' | 'takeOver'): Promise<void> {
  const outcome = await tab.call(method);
  expect(outcome).toMatchObject({ ok: true });
  expectSettled(outcome);
}

/** A tab with such locks, and another with the same or with good ones: a session lives its life, and there is never a second. */
async function livesItsLife(
  browser: TestBrowser<EnginePage>,
  what: string,
  broken: string,
  isSame: boolean,
): Promise<void> {
  const scope = `locks that ${what}, beside ${isSame ? 'the same' : 'good ones'}`;
  const first = await open(browser, scope, broken);
  const second = await open(browser, scope, isSame ? broken : '');
  for (const [host, other] of [
    [first, second],
    [second, first],
  ] as const) {
    await granted(host, 'start');
    await other.waitForPhase('active');
    const refused = await other.call('start');
    expect(refused.error).toMatchObject({ code: 1004 });
    expectSettled(refused);
    expect(await host.snapshot()).toMatchObject({ phase: 'active', role: 'host' });
    await granted(other, 'cancel');
    await granted(other, 'end');
    for (const tab of [host, other]) await tab.waitForPhase('idle');
    expect(browser.backend.live(scope)).toEqual([]);
  }
  // At one instant: one of them wins.
  const outcomes = await browser.callTogether([first, second], 'start');
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  for (const outcome of outcomes) expectSettled(outcome);
  expect(browser.backend.live(scope)).toHaveLength(1);
  await granted(first, 'end');
  expect(browser.backend.violations(scope)).toEqual([]);
  const { logs, problems } = await first.state();
  expect(problems).toEqual([]);
  // Of a wait that is never granted nobody can tell that it is broken: perhaps the host lives.
  expect(logs.filter((line) => line.startsWith('warn'))).toHaveLength(broken === DEAF_QUEUES ? 0 : 1);
  expect(logs.filter((line) => !line.startsWith('warn'))).toEqual([]);
  await closeAll(first, second);
}

const CASES = Object.entries(BROKEN).flatMap(([what, script]) =>
  [true, false].map((isSame) => ({ what, script, isSame })),
);

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(CASES)(
    'locks that $what (in both tabs: $isSame): everything settles, one session at a time, and no more than one warning',
    ({ what, script, isSame }) => livesItsLife(browser, what, script, isSame),
  );

  test.each(Object.entries(BROKEN))(
    'locks that %s: a host that is gone is found out, and its session goes on in its tab after a reload',
    async (what, script) => {
      const scope = `locks that ${what}, lost`;
      const [host, other] = [await open(browser, scope, script), await open(browser, scope, script)];
      await granted(host, 'start');
      await other.waitForPhase('active');
      await host.reload();
      await host.evaluate(() => window.fixture.create());
      expect(await becomesReady(host)).toBe(true);
      await host.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
      await other.waitForPhase('active');
      await host.close();
      const taken = await other.call('takeOver');
      expect(taken).toMatchObject({ ok: true });
      expectSettled(taken);
      expect(browser.backend.violations(scope)).toEqual([]);
      await closeAll(other);
    },
  );
});

describe('in Firefox', () => {
  let browser: TestBrowser<EnginePage>;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser?.close());

  test.each(CASES.filter(({ isSame, what }) => isSame && what !== 'return nothing'))(
    'locks that $what: everything settles, one session at a time, and no more than one warning',
    ({ what, script, isSame }) => livesItsLife(browser, what, script, isSame),
  );
});
