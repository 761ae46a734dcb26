/** The test that the guide shows for an app that is tested with Playwright, run by Playwright in the Chromium that is installed. */
import { expect, onTestFinished, test } from 'vitest';
import { findBrowsers } from '../../scripts/browsers.mjs';
import { serveFolder } from '../package/support/file-server';
import { writeRecipes } from './support/recipes';
import { APPS, BUILT, run, runInstalled } from './support/run';

const cwd = `${BUILT}/playwright`;

test('what the guide shows for Playwright passes with two pages of one context', async () => {
  const { chromium } = findBrowsers();
  if (!chromium) throw new Error('There is no Chromium: see scripts/browsers.mjs.');
  expect(writeRecipes('playwright', 'playwright')).toBe(1);
  await run(`${APPS}node_modules/.bin/esbuild`, ['app.js', '--bundle', '--format=esm', '--outfile=built.js'], { cwd });
  const server = await serveFolder(cwd);
  onTestFinished(() => server.close());
  const { stdout } = await runInstalled('@playwright/test/cli.js', ['test', '--reporter=json'], {
    cwd,
    env: { APP_URL: server.origin, CHROMIUM: chromium },
  });
  expect(JSON.parse(stdout).stats).toMatchObject({ expected: 1, unexpected: 0, flaky: 0, skipped: 0 });
});
