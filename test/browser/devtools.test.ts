/** The panel of the devtools in real tabs, where all but one of them are hidden. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as axe from 'axe-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from './support/chromium';
import type { Tab, TabOptions } from './support/tab';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

type PanelTab = Tab<ChromiumPage>;

async function openPanel(config: TabOptions): Promise<PanelTab> {
  const tab = await browser.openPage({ devtools: true, config });
  await tab.page.page.locator('[data-solotab-devtools]').waitFor({ state: 'attached' });
  return tab;
}

/** Resolves once the text of the panel has it. Playwright looks into shadow roots. */
async function shows(tab: PanelTab, selector: string, text: string | RegExp): Promise<string> {
  const found = tab.page.page.locator(`[data-solotab-devtools] ${selector}`).filter({ hasText: text }).first();
  await found.waitFor({ state: 'attached', timeout: 20_000 });
  return (await found.textContent()) ?? '';
}

const nameOf = async (tab: PanelTab): Promise<string> => (await tab.state()).tabId.slice(0, 4);

test('three tabs: the visible one explains its refusal, knows the hidden one without a panel, and shows the hand-over after a kill', async () => {
  const config = { scope: 'devtools', recovery: { by: 'any-tab' }, driver: { publish: { pin: 'secret' } } } as const;
  const host = await openPanel(config);
  const bare = await browser.openTab({ ...config, driver: { resume: false } });
  const tab = await openPanel(config);
  const hostName = await nameOf(host);
  expect(await host.call('start')).toMatchObject({ ok: true });
  await tab.waitForPhase('active');
  await shows(tab, 'ul li', 'this tab');
  await shows(tab, 'ul li', new RegExp(`${hostName}.*has a panel, host, hidden`));
  await shows(tab, 'ul li', /\?.*seen by its lock/);

  // A command's caller holds a lock of its own name: the lane has its name from then on.
  expect(await bare.evaluate(() => window.fixture.coordinator.call('act' as never))).toBe(200);
  await shows(tab, 'ul li', new RegExp(`${await nameOf(bare)}.*seen by its lock`));
  await shows(tab, 'ol li', /command act: done/);

  expect(await tab.call('start')).toMatchObject({ ok: false });
  expect(await shows(tab, '.why', '1004')).toMatch(
    new RegExp(
      `^At [\\d:]{8} this tab was refused with 1004 SESSION_COUNT_LIMIT: tab ${hostName} has the session, ` +
        'active since [\\d:]{8}; its life was proven by the lock of its term, which it holds\\.$',
    ),
  );
  expect(await tab.page.page.locator('[data-solotab-devtools]').textContent()).not.toContain('secret');

  process.kill(await host.page.rendererPid(), 'SIGKILL');
  await tab.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
  await shows(tab, 'ol li', new RegExp(`${await nameOf(tab)} goes on for a tab that was lost`));
  await shows(tab, 'ul li', new RegExp(`${hostName}.*gone`));
  await tab.page.page.locator('[data-solotab-devtools] svg path').waitFor({ state: 'attached' });
  for (const open of [bare, tab]) await open.close();
});

test('a page with a panel comes back from the back/forward cache, and its panel goes on', async () => {
  const config = { scope: 'devtools in the cache' };
  const tab = await openPanel(config);
  const other = await openPanel(config);
  await tab.page.show();
  await shows(tab, 'ul li', 'has a panel');
  const documentId = await tab.documentId();
  await tab.leave();
  await other.page.show();
  await shows(other, 'ul li', 'gone');
  await tab.page.show();
  expect(await tab.back(documentId)).toBe('restored');
  await shows(tab, 'ul li', 'has a panel');
  await other.page.show();
  await shows(other, 'ul li', 'has a panel');
  for (const open of [tab, other]) await open.close();
});

test('a panel does not make a database where there is none, and keeps nobody from deleting one', async () => {
  const tab = await openPanel({ scope: 'devtools and the database' });
  await shows(tab, 'ul li', 'this tab');
  const deleted = await tab.evaluate(async () => {
    // It would make the database anew: the panel alone is left.
    await window.fixture.coordinator.close();
    const opened: string[] = [];
    const { open } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...given) {
      opened.push(given[0]);
      return open.apply(this, given);
    };
    const outcome = await new Promise<string>((resolve) => {
      const deleting = indexedDB.deleteDatabase('solotab');
      deleting.onblocked = () => resolve('blocked');
      deleting.onsuccess = () => resolve('deleted');
    });
    while (opened.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => {
      // Waits for the panel's own opening, which is before it in the queue.
      const next = indexedDB.open('another');
      next.onsuccess = resolve;
    });
    return { outcome, left: (await indexedDB.databases()).map(({ name }) => name) };
  });
  expect(deleted).toEqual({ outcome: 'deleted', left: ['another'] });
  await tab.close();
});

test('under a policy that forbids styles in the page the panel has its own', async () => {
  const tab = await browser.openPage({
    devtools: true,
    config: { scope: 'devtools under a policy' },
    headers: { 'Content-Security-Policy': "default-src 'self'; style-src 'self'; require-trusted-types-for 'script'" },
  });
  await shows(tab, 'ul li', 'this tab');
  expect(
    await tab.evaluate(() => {
      const root = document.querySelector('[data-solotab-devtools]')?.shadowRoot;
      return root?.querySelector('section') && getComputedStyle(root.querySelector('section') as Element).position;
    }),
  ).toBe('fixed');
  await tab.close();
});

test.each(['light', 'dark'] as const)(
  'axe finds nothing against the panel in %s, wide and narrow',
  async (colorScheme) => {
    const config = { scope: `devtools for everybody, ${colorScheme}` };
    const tab = await openPanel(config);
    const { page } = tab.page;
    await page.emulateMedia({ colorScheme });
    expect(await tab.call('start')).toMatchObject({ ok: true });
    await tab.call('start');
    await shows(tab, '.why', '1004');
    for (const details of await page.locator('[data-solotab-devtools] details').all()) {
      await details.evaluate((element) => element.setAttribute('open', ''));
    }
    await page.evaluate(AXE);
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 720 });
      const found = await page.evaluate(async () => {
        const { axe: checker } = window as unknown as { axe: typeof axe }; // its script was run above
        const { violations } = await checker.run({ include: [['[data-solotab-devtools]']] });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      });
      expect(found).toEqual([]);
    }
    await tab.call('end');
    await tab.close();
  },
);
