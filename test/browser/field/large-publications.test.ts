/** What is published may be too large, or of a kind that browsers send to other tabs and refuse to store. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, launchChromium } from '../support/chromium';
import { driverHooks } from '../support/driver-hooks';
import type { Tab } from '../support/tab';
import { becomesReady, closeAll, expectSettled, hand, reasons } from './steps';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** A published value is refused, and nothing else is changed by it: both tabs go on with what was published before. */
async function expectSessionGoesOn(host: Tab, follower: Tab): Promise<void> {
  await hand(host, 'publish', "'after'");
  await follower.waitFor(({ snapshot }) => snapshot.info === 'after');
  expect(await follower.snapshot()).toMatchObject({ phase: 'active', role: 'follower' });
  expectSettled(await follower.call('start'));
  const ended = await follower.call('end');
  expect(ended).toMatchObject({ ok: true });
  expectSettled(ended);
  for (const tab of [host, follower]) {
    await tab.waitForPhase('idle');
    expect(await reasons(tab)).toEqual(['ended']);
    expect((await tab.state()).problems).toEqual([]);
  }
}

describe('more than can be published', () => {
  const TOO_LARGE = {
    'a page as text': "'<p>x</p>'.repeat(400_000)",
    'a picture as text': "'x'.repeat(600_000)",
    'text of another script': "'語'.repeat(1_000_000)",
    bytes: 'new Uint8Array(1_500_000)',
    'a small view of a large buffer': 'new Uint8Array(new ArrayBuffer(1_500_000), 0, 4)',
    'a picture in a blob': "new Blob([new Uint8Array(2_000_000)], { type: 'image/png' })",
    pixels: 'new ImageData(800, 600)',
    'many small things': 'Array.from({ length: 100_000 }, (_, at) => ({ at }))',
    'a map': "new Map(Array.from({ length: 50_000 }, (_, at) => ['key ' + at, 'x'.repeat(20)]))",
    'something large deep inside': "{ page: { pictures: [{ body: 'x'.repeat(5_000_000) }] } }",
  };

  test.each(Object.entries(TOO_LARGE))(
    '%s: refused at the call, with the limit, and the session goes on',
    async (what, source) => {
      const scope = `too large: ${what}`;
      const [host, follower] = await activeTabs(browser, 2, { scope, driver: { publish: 'before' } });
      if (!follower) throw new Error('two tabs');
      expect(await hand(host, 'publish', source)).toEqual({
        name: 'RangeError',
        message: expect.stringContaining('256'),
      });
      expect((await host.snapshot()).info).toBe('before');
      await expectSessionGoesOn(host, follower);
      const late = await browser.openTab({ scope });
      expect(await late.call('start')).toMatchObject({ ok: true });
      await closeAll(host, follower, late);
    },
  );

  test('a driver that publishes too much as it starts fails its start, and the next one is granted', async () => {
    const scope = 'too large at the start';
    const initScript = driverHooks({
      start: async (context, ask) => {
        const answer = await ask();
        if (window.name !== 'modest') context.publish('x'.repeat(2_000_000));
        return answer;
      },
    });
    const [first, second] = await browser.openTabs(2, { scope, initScript });
    if (!first || !second) throw new Error('two tabs');
    const failed = await first.call('start');
    expect(failed.error).toMatchObject({ code: 1001, cause: { name: 'RangeError' } });
    await second.waitForPhase('idle');
    await second.evaluate(() => {
      window.name = 'modest';
    });
    expect(await second.call('start')).toMatchObject({ ok: true });
    await closeAll(first, second);
  });

  test('what is not too large is seen by every tab, and again after reloads', async () => {
    const scope = 'large enough';
    const [host, follower] = await activeTabs(browser, 2, { scope });
    if (!follower) throw new Error('two tabs');
    expect(await hand(host, 'publish', "{ page: 'x'.repeat(120_000) }")).toBeNull();
    const hasAll = (tab: Tab): Promise<unknown> =>
      tab.waitFor(({ snapshot }) => (snapshot.info as { page: string } | null)?.page?.length === 120_000);
    await hasAll(follower);
    await follower.reload();
    await hasAll(follower);
    await host.reload();
    await host.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
    await hasAll(host);
    await closeAll(host, follower);
  });
});

describe('what browsers clone and do not store', () => {
  const MODULE = 'new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))';
  const UNSTORABLE = {
    'a module of code': MODULE,
    'one deep inside': `{ engine: [new Map([['code', ${MODULE}]])] }`,
    'memory that is shared': 'new SharedArrayBuffer(8)',
    'a view of memory that is shared': '{ ring: new Uint8Array(new SharedArrayBuffer(8)) }',
    'a frame of a video': `(() => { const canvas = new OffscreenCanvas(8, 8); canvas.getContext('2d'); return new VideoFrame(canvas, { timestamp: 0 }); })()`,
    'a function': '() => 1',
    'an element': 'document.body',
    'a promise inside': '{ later: Promise.resolve() }',
    'a getter that throws': "{ get token() { throw new Error('not yours'); } }",
  };
  // Only a page that is isolated has memory that can be shared.
  const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

  test.each(Object.entries(UNSTORABLE))('%s: refused at the call, and the session goes on', async (what, source) => {
    const scope = `unstorable: ${what}`;
    const [host, follower] = await activeTabs(browser, 2, { scope, headers, driver: { publish: 'before' } });
    if (!follower) throw new Error('two tabs');
    expect(await hand(host, 'publish', source)).toMatchObject({ name: 'DataCloneError' });
    expect(await hand(host, 'emit', "'note'", source)).toMatchObject({
      name: 'DataCloneError',
    });
    await expectSessionGoesOn(host, follower);
    await closeAll(host, follower);
  });
});

describe('an event with something large', () => {
  test.each([100_000, 1_500_000, 10_000_000])(
    'of %i characters is heard by the tabs that are awake, and costs the others nothing',
    async (length) => {
      const scope = `large event ${length}`;
      const [host, follower] = await activeTabs(browser, 2, { scope, events: ['picture'] });
      if (!follower) throw new Error('two tabs');
      expect(await hand(host, 'emit', "'picture'", `'x'.repeat(${length})`)).toBeNull();
      for (const tab of [host, follower]) {
        const heard = await tab.evaluate(
          () =>
            new Promise<number>((resolve) => {
              void window.fixture.until(({ events }) => {
                const found = events.find(({ type }) => type === 'picture');
                if (found) resolve(found.event.payload?.length);
                return found !== undefined;
              });
            }),
        );
        expect(heard).toBe(length);
      }
      const late = await browser.openTab({ scope });
      await late.waitForPhase('active');
      expectSettled(await late.call('start'));
      expect(await late.call('end')).toMatchObject({ ok: true });
      await host.waitForPhase('idle');
      await closeAll(host, follower, late);
    },
  );

  test('a journal full of events that are just small enough is read by a tab that comes back', async () => {
    const scope = 'large journal';
    const [host, follower] = await activeTabs(browser, 2, { scope, events: ['picture'] });
    if (!follower) throw new Error('two tabs');
    const documentId = await follower.documentId();
    await follower.leave();
    for (let at = 0; at < 60; at += 1) await hand(host, 'emit', "'picture'", `'${at} ' + 'x'.repeat(30_000)`);
    const late = await browser.openTab({ scope, create: false });
    await late.evaluate(() => window.fixture.create());
    expect(await becomesReady(late)).toBe(true);
    expect(await follower.back(documentId)).toBe('restored');
    const { events } = await follower.waitFor(
      (state) => state.events.filter(({ type }) => type === 'picture').length === 60,
    );
    const heard = events
      .filter(({ type }) => type === 'picture')
      .map(({ event }) => Number.parseInt(event.payload, 10));
    expect(heard).toEqual(Array.from({ length: 60 }, (_, at) => at));
    await closeAll(host, follower, late);
  });
});
