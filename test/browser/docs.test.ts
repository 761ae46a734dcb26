/** The documentation as it is built, in real Chromium: every page, every link, for every reader. Built by `npm run docs:build`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBrowsers } from '../../scripts/browsers.mjs';
import { builtPages, type DocsSite, serveDocs } from './support/docs-site';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The folder in which a person finds a picture of every page, if it is set. */
const { SCREENSHOTS } = process.env;
const CONTRAST: RunOptions = { runOnly: ['color-contrast'] };

/** How a page is looked at. What is wrong in one colour alone is a contrast. */
const LOOKS = [
  { name: 'desk', width: 1280, height: 900, colorScheme: 'light', rules: {} },
  { name: 'desk-dark', width: 1280, height: 900, colorScheme: 'dark', rules: CONTRAST },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark', rules: CONTRAST },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light', rules: {} },
] as const;

/** What a walk over the site came upon. A problem names its page. */
interface Walk {
  readonly visited: Set<string>;
  readonly failures: Set<string>;
  readonly brokenRules: Set<string>;
  readonly tooWide: Set<string>;
  readonly anchors: Map<string, ReadonlySet<string>>;
  readonly links: { readonly from: string; readonly to: string; readonly anchor: string }[];
}

let site: DocsSite;
let browser: Browser;
let walk: Walk;

beforeAll(async () => {
  const { chromium: executablePath } = findBrowsers();
  if (!executablePath) throw new Error('There is no Chromium: run `node scripts/browsers.mjs`.');
  site = await serveDocs();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  walk = await walkAll();
}, 900_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** Visits the first page, and every page that a link leads to. */
async function walkAll(): Promise<Walk> {
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  const page = await context.newPage();
  const walk: Walk = {
    ...{ visited: new Set(['/']), failures: new Set(), brokenRules: new Set(), tooWide: new Set() },
    ...{ anchors: new Map(), links: [] },
  };
  let at = '/';
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) walk.failures.add(`${at}: ${message.text()}`);
  });
  page.on('pageerror', (error) => walk.failures.add(`${at}: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) walk.failures.add(`${at}: ${response.status()} for ${response.url()}`);
  });
  // A set hands out what is added to it meanwhile, too.
  for (at of walk.visited) {
    await page.goto(site.origin + at, { waitUntil: 'networkidle' });
    await follow(page, at, walk);
    for (const look of LOOKS) await inspect(page, at, look, walk);
  }
  return walk;
}

async function follow(page: Page, from: string, walk: Walk): Promise<void> {
  const { ids, hrefs } = await page.evaluate(() => ({
    ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    hrefs: [...document.querySelectorAll<HTMLAnchorElement>('a[href]')].map(({ href }) => href),
  }));
  walk.anchors.set(from, new Set(ids));
  for (const href of hrefs) {
    const { origin, pathname, hash } = new URL(href);
    if (origin !== site.origin) continue;
    walk.visited.add(pathname);
    walk.links.push({ from, to: pathname, anchor: decodeURIComponent(hash.slice(1)) });
  }
}

async function inspect(page: Page, at: string, look: (typeof LOOKS)[number], walk: Walk): Promise<void> {
  const { name, width, height, colorScheme, rules } = look;
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
  await page.waitForFunction(`document.documentElement.classList.contains('dark') === ${colorScheme === 'dark'}`);
  const file = `${at.replace(/\W+/g, '-')}-${name}.png`;
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${file}`, fullPage: true });
  const excess = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  if (excess !== 0) walk.tooWide.add(`${at}, ${name}: ${excess} px wider than the screen`);
  await page.evaluate(AXE);
  // What axe.min.js has left in the page, and what its run() resolves with.
  const { violations } = (await page.evaluate(`axe.run(${JSON.stringify(rules)})`)) as AxeResults;
  for (const { id, nodes } of violations) {
    for (const { target } of nodes) walk.brokenRules.add(`${at}, ${name}: ${id} at ${target.join(' ')}`);
  }
}

test('every page that was built is reached from the first one', () => {
  expect([...walk.visited].sort()).toEqual(['/', ...builtPages()].sort());
});

test('no page has an error or a warning in its console, or asks for something that is not there', () => {
  expect([...walk.failures]).toEqual([]);
});

test('every link leads to a heading that is there', () => {
  const broken = walk.links.filter(({ to, anchor }) => anchor !== '' && !walk.anchors.get(to)?.has(anchor));
  expect([...new Set(broken.map(({ from, to, anchor }) => `${from}: there is no ${to}#${anchor}`))]).toEqual([]);
  expect(walk.links.length).toBeGreaterThan(100);
});

test('no page scrolls sideways, on a desk or on a phone', () => {
  expect([...walk.tooWide]).toEqual([]);
});

test('axe finds nothing on any page, light or dark, on a desk or on a phone', () => {
  expect([...walk.brokenRules]).toEqual([]);
});
