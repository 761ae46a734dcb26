/** A driver that publishes as often as something changes: a position, a volume, the time. The latest value counts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, launchChromium } from '../support/chromium';
import { launchFirefox } from '../support/firefox';
import type { EnginePage, Tab, TestBrowser } from '../support/tab';
import { closeAll, reasons } from './steps';

/** A healthy browser takes a tenth of it; 0.1.0 took twenty seconds. */
const SOON_MS = 4_000;

/** Publishes `{ at }` every `everyMs`, with ballast of so many characters, until the term is over. */
function publishSteadily(tab: Tab, everyMs: number, ballast = 0): Promise<void> {
  return tab.evaluate(
    ([ms, length]) => {
      const { context } = window.fixture;
      const timer = setInterval(
        () => context?.publish({ at: performance.timeOrigin + performance.now(), ballast: 'x'.repeat(length) }),
        ms,
      );
      context?.signal.addEventListener('abort', () => clearInterval(timer));
    },
    [everyMs, ballast] as const,
  );
}

/** Publishes 1 to `count`, all in one turn. */
function publishAll(tab: Tab, count: number): Promise<void> {
  return tab.evaluate((last) => {
    for (let at = 1; at <= last; at += 1) window.fixture.context?.publish({ at });
  }, count);
}

/** Milliseconds by which what this tab shows is older than now, over the next so many milliseconds: the worst of it. */
function worstDelay(tab: Tab, forMs: number): Promise<number> {
  return tab.evaluate(
    (ms) =>
      new Promise<number>((resolve) => {
        const began = performance.now();
        let worst = 0;
        const look = (): void => {
          const { info } = window.fixture.coordinator.getSnapshot();
          const { at } = info as { at: number };
          worst = Math.max(worst, performance.timeOrigin + performance.now() - at);
          if (performance.now() - began > ms) resolve(worst);
          else setTimeout(look, 20);
        };
        look();
      }),
    forMs,
  );
}

/** Ends the session from `tab`: soon, once, and as what it was. */
async function expectEndsSoon(
  browser: TestBrowser<EnginePage>,
  scope: string,
  tab: Tab,
  all: readonly Tab[],
): Promise<void> {
  const ended = await tab.call('end');
  expect(ended).toMatchObject({ ok: true });
  expect(ended.ms).toBeLessThan(SOON_MS);
  for (const each of all) {
    await each.waitForPhase('idle');
    await each.waitFor(({ events }) => events.some(({ type }) => type === 'session_ended'));
    expect(await reasons(each)).toEqual(['ended']);
    expect(await each.events('host_lost')).toEqual([]);
    expect((await each.state()).problems).toEqual([]);
  }
  expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'end']);
  expect(browser.backend.violations(scope)).toEqual([]);
}

async function survivesSteadyFlood(
  browser: TestBrowser<EnginePage>,
  everyMs: number,
  ballast: number,
  count: number,
  by: 'host' | 'follower',
): Promise<void> {
  const scope = `every ${everyMs} ms, ${ballast}, ${count}, ${by}`;
  const [host, ...followers] = await activeTabs(browser, count, { scope });
  const [follower] = followers;
  if (!follower) throw new Error('two tabs');
  await publishSteadily(host, everyMs, ballast);
  for (const tab of followers) await tab.waitFor(({ snapshot }) => snapshot.info !== null);
  const { epoch } = await host.snapshot();
  const worst = await Promise.all(followers.map((tab) => worstDelay(tab, 6_000)));
  expect(Math.max(...worst)).toBeLessThan(SOON_MS / 2);
  expect(await host.snapshot()).toMatchObject({ phase: 'active', role: 'host', epoch });
  await expectEndsSoon(browser, scope, by === 'host' ? host : follower, [host, ...followers]);
  await closeAll(host, ...followers);
}

async function survivesBurst(browser: TestBrowser<EnginePage>, by: 'host' | 'follower'): Promise<void> {
  const scope = `burst, ${by}`;
  const [host, follower, third] = await activeTabs(browser, 3, { scope });
  if (!follower || !third) throw new Error('three tabs');
  const began = performance.now();
  await publishAll(host, 5_000);
  for (const tab of [follower, third]) {
    await tab.waitFor(({ snapshot }) => (snapshot.info as { at: number } | null)?.at === 5_000);
  }
  expect(performance.now() - began).toBeLessThan(SOON_MS);
  await publishAll(host, 5_000);
  await expectEndsSoon(browser, scope, by === 'host' ? host : follower, [host, follower, third]);
  await closeAll(host, follower, third);
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each([
    [16, 0, 3, 'host'],
    [16, 0, 10, 'follower'],
    [16, 60_000, 4, 'follower'],
    [2, 0, 4, 'follower'],
  ] as const)(
    'published every %i ms, with %i characters beside it, in %i tabs: followers show the latest, and the %s can end it',
    (everyMs, ballast, count, by) => survivesSteadyFlood(browser, everyMs, ballast, count, by),
  );

  test('5,000 values in one loop, and its end at once, by a follower: soon, and once', async () => {
    const scope = 'burst, and its end';
    const tabs = await activeTabs(browser, 3, { scope });
    const [host, follower] = tabs;
    if (!follower) throw new Error('two tabs');
    await publishAll(host, 5_000);
    await expectEndsSoon(browser, scope, follower, tabs);
    await closeAll(...tabs);
  });

  test.each(['host', 'follower'] as const)(
    '5,000 values in one loop: followers show the last, and the %s can end it',
    (by) => survivesBurst(browser, by),
  );

  test('events and errors do not wait behind a flood, and come in order', async () => {
    const scope = 'events in a flood';
    const [host, follower] = await activeTabs(browser, 2, { scope, events: ['note'] });
    if (!follower) throw new Error('two tabs');
    await publishSteadily(host, 4, 5_000);
    await follower.waitFor(({ snapshot }) => snapshot.info !== null);
    const began = performance.now();
    for (let at = 0; at < 20; at += 1) await host.tell('emit', 'note', { at });
    await host.tell('error', { code: 1016, exception: 'NETWORK_ERROR' });
    const { events } = await follower.waitFor((state) => state.events.some(({ type }) => type === 'session_error'));
    expect(performance.now() - began).toBeLessThan(SOON_MS);
    const notes = events.filter(({ type }) => type === 'note').map(({ event }) => event.payload.at);
    expect(notes).toEqual(Array.from({ length: 20 }, (_, at) => at));
    await expectEndsSoon(browser, scope, follower, [host, follower]);
    await closeAll(host, follower);
  });

  test('a session moves out of a flood, with the latest value that was published', async () => {
    const scope = 'moves out of a flood';
    const [host, follower] = await activeTabs(browser, 2, { scope });
    if (!follower) throw new Error('two tabs');
    await publishAll(host, 5_000);
    const moved = await follower.call('takeOver');
    expect(moved).toMatchObject({ ok: true });
    expect(moved.ms).toBeLessThan(SOON_MS);
    expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'release', 'resume']);
    expect(browser.backend.acts(scope, 'resume')[0]?.body).toMatchObject({ info: { at: 5_000 } });
    await host.waitFor(({ snapshot }) => snapshot.role === 'follower' && snapshot.phase === 'active');
    await closeAll(host, follower);
  });

  test('a host that is reloaded in a flood goes on with what it published shortly before', async () => {
    const scope = 'reloaded in a flood';
    const [host, follower] = await activeTabs(browser, 2, { scope });
    if (!follower) throw new Error('two tabs');
    await publishSteadily(host, 16);
    await follower.waitFor(({ snapshot }) => snapshot.info !== null);
    await host.reload();
    await host.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
    expect(browser.backend.acts(scope, 'resume')[0]?.body).toMatchObject({ info: { at: expect.any(Number) } });
    expect(browser.backend.violations(scope)).toEqual([]);
    await closeAll(host, follower);
  });
});

describe('in Firefox', () => {
  let browser: TestBrowser<EnginePage>;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser?.close());

  test('published 60 times a second: followers show the latest, and can end it', () =>
    survivesSteadyFlood(browser, 16, 0, 3, 'follower'));
  test('5,000 values in one loop: followers show the last, and can end it', () => survivesBurst(browser, 'follower'));
});
