/** An app of Next that is built, rendered on its server and hydrated in a real browser. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { complaintsOf, launchBrowser } from './support/browser';
import { APPS, BUILT, runInstalled } from './support/run';

const cwd = `${BUILT}/next`;
const NEXT = 'next/dist/bin/next';
const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' } as const;

let browser: Browser;
let server: ChildProcess;
let origin: string;
let context: BrowserContext;
let complaints: readonly string[];

beforeAll(async () => {
  const { stderr } = await runInstalled(NEXT, ['build'], { cwd, env });
  expect(stderr).toBe('');
  server = spawn(process.execPath, [`${APPS}node_modules/${NEXT}`, 'start', '--hostname', '127.0.0.1', '--port', '0'], {
    ...{ cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  origin = await addressOf(server);
  browser = await launchBrowser();
  context = await browser.newContext();
  complaints = complaintsOf(context);
});

afterAll(async () => {
  await browser?.close();
  if (server?.exitCode === null && server.kill()) await once(server, 'exit');
});

/** What the server prints once it listens. */
function addressOf({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(printed) ?? [];
      if (address) resolve(address);
    });
    stdout?.once('end', () => reject(new Error(`Next did not start:\n${printed}`)));
  });
}

const shows = (page: Page, text: string): Promise<unknown> =>
  page.waitForFunction((expected) => document.querySelector('output')?.textContent === expected, text);

test('the server renders that there is no session', async () => {
  const html = await (await fetch(origin)).text();
  expect(html).toContain('<output>idle none - 0</output>');
});

test('a page is hydrated without a complaint, and its session starts and is refused to another tab', async () => {
  const first = await context.newPage();
  await first.goto(origin);
  await first.click('button');
  await shows(first, 'active host billing 0');

  // The server knew of no session when it rendered this one.
  const second = await context.newPage();
  await second.goto(origin);
  await shows(second, 'active follower billing 0');
  await second.click('button');
  await shows(second, 'active follower billing 1004');
  expect(complaints).toEqual([]);
});
