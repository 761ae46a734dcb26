/** The first page that a reader follows, word for word, in real tabs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { findBrowsers } from '../../scripts/browsers.mjs';
import { examplesOf, ROOT } from '../docs/support/examples';

/** The page of a reader who has replaced `src/main.ts` as it says. */
async function serveExample(): Promise<string> {
  const example = examplesOf('docs/start/first-session.md').find(({ file }) => file === 'main.ts');
  const { outputFiles } = await build({
    stdin: { contents: example?.text ?? '', loader: 'ts', resolveDir: ROOT },
    ...{ alias: { solotab: `${ROOT}src/index.ts` }, bundle: true, write: false, format: 'esm' },
  });
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><body><script type="module">${outputFiles[0]?.text}</script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  // A server that listens on a port has an AddressInfo.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const press = (page: Page, text: string): Promise<void> => page.getByRole('button', { name: text }).click();
const shows = (page: Page, text: string): Promise<void> => page.getByText(text).waitFor();

test('the first session does in two tabs what its page says', { timeout: 120_000 }, async () => {
  const url = await serveExample();
  const { chromium: executablePath } = findBrowsers();
  if (!executablePath) throw new Error('There is no Chromium: run `node scripts/browsers.mjs`.');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  const context = await browser.newContext();
  const [first, second] = [await context.newPage(), await context.newPage()];
  for (const page of [first, second]) {
    await page.goto(url);
    await shows(page, 'idle, none, no session');
  }

  await press(first, 'Start');
  await shows(first, 'active, host');
  await shows(second, 'active, follower');
  const id = (await first.getByText('active, host').textContent())?.split(', ')[2] ?? '';
  expect(id).toMatch(/^[0-9a-f]{8}$/);

  await press(second, 'Start');
  await shows(second, '1004: ');
  expect(await first.getByText('1004').count()).toBe(0);

  await first.reload();
  await shows(first, `active, host, ${id}`);
  await shows(second, `active, follower, ${id}`);

  await press(second, 'Use here');
  await shows(second, `active, host, ${id}`);
  await shows(first, `active, follower, ${id}`);

  await second.close();
  await shows(first, `recovering, follower, ${id}`);
  await press(first, 'Use here');
  await shows(first, `active, host, ${id}`);

  await press(first, 'End');
  await shows(first, 'idle, none, no session');
});
