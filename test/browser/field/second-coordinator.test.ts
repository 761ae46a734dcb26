/** There is more than one coordinator in the host's tab: of a micro-frontend, a hot reload, a frame. The host resumes after a reload all the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import type { EnginePage, Tab, TestBrowser } from '../support/tab';
import { closeAll, inOtherEngines } from './steps';

/** Adds a frame with the same page in it, and resolves once its coordinator is ready. */
async function addFrame(tab: Tab): Promise<void> {
  await tab.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = window.location.href;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(frame);
    await loaded;
    await frame.contentWindow?.fixture.coordinator.ready;
  });
}

/** A page that has such a frame from the beginning, on every load. */
const FRAME = `
  if (window === window.top) {
    addEventListener('DOMContentLoaded', () => {
      const frame = document.createElement('iframe');
      frame.src = location.href;
      document.body.append(frame);
    });
  }`;

const WAYS: Record<string, (tab: Tab) => Promise<unknown>> = {
  'a second coordinator': (tab) =>
    tab.evaluate(async () => {
      window.fixture.create();
      await window.fixture.coordinator.ready;
    }),
  'three more': (tab) =>
    tab.evaluate(async () => {
      for (let count = 0; count < 3; count += 1) {
        window.fixture.create();
        await window.fixture.coordinator.ready;
      }
    }),
  'a second coordinator that is closed again': (tab) =>
    tab.evaluate(async () => {
      window.fixture.create();
      await window.fixture.coordinator.ready;
      await window.fixture.coordinator.close();
    }),
  'a second one of another name': (tab) =>
    tab.evaluate(async () => {
      const driver = { start: async () => 1, join: async () => 1, resume: async () => 1, end: () => undefined };
      const other = window.solotab.createCoordinator({ name: `${document.title} of another name`, driver });
      await other.ready;
      await other.start();
    }),
  'a frame': addFrame,
  'a frame that is gone again': async (tab) => {
    await addFrame(tab);
    await tab.evaluate(() => document.querySelector('iframe')?.remove());
  },
  'a frame that asked for the session, and was refused': async (tab) => {
    await addFrame(tab);
    await tab.evaluate(async () => {
      await document.querySelector('iframe')?.contentWindow?.fixture.call('start', []);
    });
  },
  'a frame that is loaded again': async (tab) => {
    await addFrame(tab);
    await tab.evaluate(async () => {
      const frame = document.querySelector('iframe');
      const loaded = new Promise((resolve) => frame?.addEventListener('load', resolve));
      frame?.contentWindow?.location.reload();
      await loaded;
      await frame?.contentWindow?.fixture.coordinator.ready;
    });
  },
};

/** The host's tab was reloaded: it has the session again, and nobody else was asked to. */
async function expectResumed(browser: TestBrowser<EnginePage>, scope: string, host: Tab, times = 1): Promise<void> {
  await host.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
  const acts = browser.backend.acts(scope).map(({ type }) => type);
  expect(acts.filter((type) => type !== 'release')).toEqual(['start', ...Array(times).fill('resume')]);
  expect(browser.backend.violations(scope)).toEqual([]);
}

async function resumes(
  browser: TestBrowser<EnginePage>,
  what: string,
  add: (tab: Tab) => Promise<unknown>,
): Promise<void> {
  for (const isFirst of [true, false]) {
    const scope = `${what}, ${isFirst ? 'before' : 'after'} the start`;
    const [host, other] = await browser.openTabs(2, { scope });
    if (!host || !other) throw new Error('two tabs');
    const start = (): Promise<unknown> =>
      host.evaluate(() => {
        const { fixture } = window;
        return fixture.call('start', []);
      });
    if (isFirst) await add(host);
    // A frame that asks before there is a session gets it: that is another story.
    if (isFirst && what.includes('refused')) {
      await closeAll(host, other);
      continue;
    }
    // The page's latest coordinator may be one that was closed.
    if (isFirst && what.includes('closed')) await host.evaluate(() => window.fixture.create());
    await start();
    await other.waitForPhase('active');
    if (!isFirst) await add(host);
    await host.reload();
    await expectResumed(browser, scope, host);
    expect((await other.snapshot()).role).toBe('follower');
    // And once more.
    await host.reload();
    await expectResumed(browser, scope, host, 2);
    await closeAll(host, other);
  }
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each(Object.entries(WAYS))('with %s in the tab of the host, the host resumes after a reload', (what, add) =>
    resumes(browser, what, add),
  );

  test.each(['page', 'frame'])(
    'with a frame that is always there, and a session that began in the %s, the tab resumes after each reload, in one of its documents',
    async (where) => {
      const scope = `frame in the page, ${where}`;
      const [host, other] = await browser.openTabs(2, { scope, initScript: FRAME });
      if (!host || !other) throw new Error('two tabs');
      const started = await host.evaluate(async (place) => {
        const target = place === 'page' ? window : document.querySelector('iframe')?.contentWindow;
        await target?.fixture.coordinator.ready;
        return target?.fixture.call('start', []);
      }, where);
      expect(started).toMatchObject({ ok: true });
      for (const times of [1, 2, 3]) {
        await host.reload();
        await browser.backend.until(
          () => browser.backend.acts(scope, 'resume').filter(({ outcome }) => outcome === 'ok').length === times,
        );
        for (const tab of [host, other]) await tab.waitForPhase('active');
        expect(browser.backend.acts(scope, 'resume')).toHaveLength(times);
        expect((await other.snapshot()).role).toBe('follower');
      }
      expect(browser.backend.violations(scope)).toEqual([]);
      await closeAll(host, other);
    },
  );

  test.each(['before', 'after'] as const)(
    'a tab that was duplicated, reloaded %s the host, does not resume: the host does',
    async (when) => {
      const scope = `duplicated, ${when}`;
      const [host] = await activeTabs<ChromiumPage>(browser, 1, { scope });
      await WAYS['a second coordinator']?.(host);
      const duplicate = await browser.duplicate(host);
      await duplicate.evaluate(() => window.fixture.coordinator.ready);
      for (const tab of when === 'before' ? [duplicate, host] : [host, duplicate]) {
        await tab.reload();
        await tab.evaluate(() => window.fixture.coordinator.ready);
      }
      await expectResumed(browser, scope, host);
      await duplicate.waitForPhase('active');
      expect((await duplicate.snapshot()).role).toBe('follower');
      await closeAll(host, duplicate);
    },
  );

  test('a tab that was duplicated does not go on when the host is closed: its user may', async () => {
    const scope = 'duplicated, closed';
    const [host] = await activeTabs<ChromiumPage>(browser, 1, { scope });
    const duplicate = await browser.duplicate(host);
    await duplicate.evaluate(() => window.fixture.coordinator.ready);
    await host.close();
    await duplicate.waitForPhase('recovering');
    await duplicate.reload();
    await duplicate.evaluate(() => window.fixture.coordinator.ready);
    expect((await duplicate.call('start')).error).toMatchObject({ code: 1002 });
    expect(await duplicate.snapshot()).toMatchObject({ phase: 'recovering', role: 'follower' });
    expect(browser.backend.acts(scope, 'resume')).toEqual([]);
    expect(await duplicate.call('resume')).toMatchObject({ ok: true });
    await duplicate.close();
  });
});

inOtherEngines((browser) => {
  test.each(['a second coordinator', 'a frame'])(
    'with %s in the tab of the host, the host resumes after a reload',
    (what) => resumes(browser(), what, WAYS[what] ?? addFrame),
  );
});
