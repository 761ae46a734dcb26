/** The documentation as it is built, in real Chromium: every page, every link, for every reader. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBrowsers } from '../../scripts/browsers.mjs';
import { type DocsSite, serveDocs } from './support/docs-site';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where screenshots go, if anywhere: for a person who looks at them. */
const { SCREENSHOTS } = process.env;
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

let site: DocsSite;
let browser: Browser;
beforeAll(async () => {
  const { chromium: executablePath } = findBrowsers();
  if (!executablePath) throw new Error('There is no Chromium: run `node scripts/browsers.mjs`.');
  site = await serveDocs();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** What a walk over the whole site came upon, one line for each problem. */
interface Walk {
  readonly pages: readonly string[];
  readonly problems: readonly string[];
}

/** Visits the first page and every page of the site that a link leads to; `look` says what is wrong with one. */
async function walk(page: Page, look: (path: string) => Promise<readonly string[]>): Promise<Walk> {
  const problems: string[] = [];
  let at = '/';
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${at}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`${at}: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${at}: ${response.status()} for ${response.url()}`);
  });
  const anchors = new Map<string, ReadonlySet<string>>();
  const links: { readonly from: string; readonly path: string; readonly anchor: string }[] = [];
  const found = new Set([at]);
  for (at of found) {
    await page.goto(site.origin + at, { waitUntil: 'networkidle' });
    const { ids, hrefs } = await page.evaluate(() => ({
      ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
      hrefs: [...document.querySelectorAll<HTMLAnchorElement>('a[href]')].map(({ href }) => href),
    }));
    anchors.set(at, new Set(ids));
    for (const href of hrefs) {
      const { origin, pathname, hash } = new URL(href);
      if (origin !== site.origin) continue;
      links.push({ from: at, path: pathname, anchor: decodeURIComponent(hash.slice(1)) });
      found.add(pathname);
    }
    for (const problem of await look(at)) problems.push(`${at}: ${problem}`);
  }
  for (const { from, path, anchor } of links) {
    if (anchor && !anchors.get(path)?.has(anchor)) problems.push(`${from}: there is no ${path}#${anchor}`);
  }
  return { pages: [...found], problems: [...new Set(problems)] };
}

async function open(look: { readonly isDark: boolean; readonly viewport: typeof PHONE }): Promise<Page> {
  const context = await browser.newContext({
    viewport: look.viewport,
    colorScheme: look.isDark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  return context.newPage();
}

/** The rules that are broken, and where. */
async function brokenRules(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  // What axe.min.js leaves in the page, and what its run() resolves with.
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.map(({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

const wider = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test.each([
  { name: 'a phone, light', isDark: false, viewport: PHONE },
  { name: 'a desk, light', isDark: false, viewport: DESK },
  { name: 'a phone, dark', isDark: true, viewport: PHONE },
  { name: 'a desk, dark', isDark: true, viewport: DESK },
])(
  'on $name, every page opens, every link leads somewhere, nothing scrolls sideways, and axe finds nothing',
  async ({ name, ...look }) => {
    const page = await open(look);
    const { pages, problems } = await walk(page, async (path) => {
      const file = `${name}${path}`.replace(/\W+/g, '-');
      if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${file}.png`, fullPage: true });
      const excess = await wider(page);
      return [...(await brokenRules(page)), ...(excess > 0 ? [`${excess} px wider than the screen`] : [])];
    });
    expect(problems).toEqual([]);
    expect(pages).toContain('/start/first-session.html');
  },
);
