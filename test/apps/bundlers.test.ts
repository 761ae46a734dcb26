/** An app built by each bundler with what its users have at least: no option that is there for solotab. */
import { copyFileSync, mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileServer, serveFolder } from '../package/support/file-server';
import { complaintsOf, launchBrowser } from './support/browser';
import { APPS, BUILT, run, runInstalled } from './support/run';

const cwd = `${BUILT}/bundlers`;

const BUNDLERS = {
  vite: () => runInstalled('vite/bin/vite.js', ['build', '--outDir', 'vite', '--base', './'], { cwd }),
  webpack: () => run(process.execPath, ['webpack.mjs'], { cwd }),
  rollup: () => runInstalled('rollup/dist/bin/rollup', ['--config', '--failAfterWarnings', '--silent'], { cwd }),
  esbuild: () =>
    run(
      `${APPS}node_modules/.bin/esbuild`,
      ['app.js', '--bundle', '--splitting', '--minify', '--format=esm', '--outdir=esbuild', '--log-level=warning'],
      { cwd },
    ),
};

let browser: Browser;
let server: FileServer;

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), serveFolder(cwd)]);
});

afterAll(async () => {
  server?.close();
  await browser?.close();
});

/** What the app of a page loads by import() is answered once the returned function is called: it loads as late as can be. */
function holdLazyScripts(page: Page): () => void {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  void page.route('**/*.js', async (route) => {
    if (await page.evaluate('"app" in window')) await released;
    await route.continue();
  });
  return release;
}

const start = (page: Page): Promise<unknown> => page.evaluate('app.start()');

describe.each(Object.entries(BUNDLERS))('an app built by %s', (name, build) => {
  beforeAll(async () => {
    const { stderr } = await build();
    expect(stderr).toBe('');
    mkdirSync(`${cwd}/${name}`, { recursive: true });
    // Vite makes a page of its own.
    if (name !== 'vite') copyFileSync(`${cwd}/index.html`, `${cwd}/${name}/index.html`);
  });

  test.each([
    ['starts in one of two tabs', '', false],
    ['starts in one of two tabs of a browser without BroadcastChannel', 'delete window.BroadcastChannel;', true],
  ])('%s', async (_, init, loadsMore) => {
    const context = await browser.newContext();
    try {
      const complaints = complaintsOf(context);
      await context.addInitScript(init);
      const scripts = new Set<string>();
      context.on('request', (request) => request.resourceType() === 'script' && scripts.add(request.url()));
      const [first, second] = [await context.newPage(), await context.newPage()];
      await first.goto(`${server.origin}/${name}/index.html`);
      const started = holdLazyScripts(second);
      await second.goto(`${server.origin}/${name}/index.html`);

      expect(await start(first)).toBe('a session');
      started();
      await second.waitForFunction('app.phase() === "active"');
      expect(await start(second)).toBe(1004);
      // What old browsers need is a script of its own, which current ones never load.
      expect(scripts.size > 1).toBe(loadsMore);
      expect(complaints).toEqual([]);
    } finally {
      await context.close();
    }
  });
});
