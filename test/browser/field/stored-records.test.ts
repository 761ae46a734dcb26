/** Whatever is in the store, a page that loads becomes ready, and its calls settle. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import type { EnginePage, TestBrowser } from '../support/tab';
import { DAMAGES } from './damages';
import { becomesReady, changeStored, closeAll, expectSettled, inOtherEngines } from './steps';

/** An empty page of the origin, in which the store can be changed while no tab has a coordinator. */
async function damage(browser: TestBrowser, scope: string, source: string): Promise<void> {
  const tab = await browser.openPage({ config: { scope, create: false } });
  await changeStored(tab, `(store) => (${source})(store, [${JSON.stringify(scope)}])`);
  await tab.close();
}

async function survives(browser: TestBrowser<EnginePage>, what: string, source: string): Promise<void> {
  // One that is left behind by an idle scope, and one by a session that is live.
  for (const isLive of [false, true]) {
    const scope = `${what}, ${isLive ? 'live' : 'idle'}`;
    const [host, follower] = await activeTabs(browser, 2, { scope, driver: { publish: 'small' } });
    if (!follower) throw new Error('two tabs');
    if (!isLive) {
      expect(await host.call('end')).toMatchObject({ ok: true });
      await closeAll(host, follower);
    }
    await damage(browser, scope, source);
    const late = await browser.openTab({ scope, create: false });
    await late.evaluate(() => window.fixture.create());
    expect(await becomesReady(late)).toBe(true);
    if (isLive) {
      // Its host knows better than the store, and nobody else may begin.
      expect(await late.call('start')).toMatchObject({ ok: false });
      const again = await follower.call('start');
      expect(again).toMatchObject({ ok: false });
      expectSettled(again);
      expectSettled(await host.call('end'));
      // What a newer version wrote is left alone: it counts as a session of somebody else.
      if (!what.includes('newer')) expect((await host.snapshot()).phase).toBe('idle');
      expect(browser.backend.violations(scope)).toEqual([]);
    } else if (!what.includes('newer')) {
      const started = await late.call('start');
      expect(started).toMatchObject({ ok: true });
      expectSettled(started);
    } else expectSettled(await late.call('start'));
    // It does not come back with the next load either.
    await late.reload();
    await late.evaluate(() => window.fixture.create());
    expect(await becomesReady(late)).toBe(true);
    expectSettled(await late.call('end'));
    expect((await late.state()).problems).toEqual([]);
    await late.close();
    if (isLive) await closeAll(host, follower);
  }
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(Object.entries(DAMAGES))('%s keeps no tab from getting ready, and no call from settling', (what, source) =>
    survives(browser, what, source),
  );

  test('a host whose record has become too large for a glance goes on after its reload', async () => {
    const scope = 'large, reloaded';
    const [host] = await activeTabs<ChromiumPage>(browser, 1, { scope });
    await damage(browser, scope, DAMAGES['a record with a large text in it']);
    await host.page.reload();
    expect(await becomesReady(host)).toBe(true);
    await host.waitForPhase('active');
    expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'resume']);
    await host.close();
  });
});

inOtherEngines((browser) => {
  test.each([
    'a record with a large text in it',
    'a large text instead of a record',
    'a large event in the journal',
  ] as const)('%s keeps no tab from getting ready, and no call from settling', (what) =>
    survives(browser(), what, DAMAGES[what]),
  );
});
