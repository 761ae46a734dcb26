/** On a server: no window, no document. Importing does nothing, a coordinator is inert, and the process may end whenever it likes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ENTRIES = { index: 'index.ts', zoom: 'zoom/index.ts', testing: 'testing/index.ts', election: 'lead/index.ts' };

/** A process that is kept alive is stopped after this long, and the test fails. */
const ALIVE_MS = 10_000;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'solotab-ssr-'));
  await build({
    entryPoints: Object.entries(ENTRIES).map(([name, path]) => ({
      in: fileURLToPath(new URL(`../../src/${path}`, import.meta.url)),
      out: name,
    })),
    bundle: true,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    // As on a server, where a browser's build of a dependency would not be chosen.
    platform: 'node',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a script prints as JSON at last. Rejects unless its process ends by itself, without a word of complaint. */
async function run(script: string): Promise<unknown> {
  const path = join(folder, 'script.mjs');
  writeFileSync(path, script);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], { timeout: ALIVE_MS });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const CREATE = `
  const { createCoordinator, SessionError } = await import('./index.mjs');
  const called = [];
  const call = (name) => () => { called.push(name); };
  const driver = { start: call('start'), join: call('join'), resume: call('resume'), end: call('end') };
  const coordinator = createCoordinator({ name: 'support', driver });
`;

test('importing touches nothing and keeps nothing', async () => {
  const result = await run(`
    const before = [Object.getOwnPropertyNames(globalThis), process.getActiveResourcesInfo().length];
    await Promise.all(['./index.mjs', './zoom.mjs', './testing.mjs', './election.mjs'].map((entry) => import(entry)));
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before[0].includes(name));
    console.log(JSON.stringify({ added, kept: process.getActiveResourcesInfo().length - before[1] }));
  `);
  expect(result).toEqual({ added: [], kept: 0 });
});

describe('a coordinator on a server', () => {
  test('shows an idle session: the same snapshot every time, as server rendering needs it', async () => {
    const result = await run(`${CREATE}
      const first = coordinator.getSnapshot();
      const stop = coordinator.subscribe(() => called.push('changed'));
      await coordinator.ready;
      stop();
      console.log(JSON.stringify({ snapshot: first, same: first === coordinator.getSnapshot(), called }));
    `);
    const idle = { phase: 'idle', role: 'none', kind: null, hostTabId: null, epoch: 0, since: null, info: null };
    expect(result).toMatchObject({ snapshot: { ...idle, lastError: null }, same: true, called: [] });
  });

  test('refuses what can’t be done there, and says why', async () => {
    const result = await run(`${CREATE}
      const refusals = [];
      coordinator.on('session_error', ({ code }) => refusals.push(code));
      const outcomes = {};
      for (const name of ['start', 'join', 'resume', 'takeOver']) {
        outcomes[name] = await coordinator[name]().then(() => 'done', (error) => ({
          isSessionError: error instanceof SessionError, ...error.toJSON(),
        }));
      }
      console.log(JSON.stringify({ outcomes, refusals, called }));
    `);
    const refusal = { isSessionError: true, code: 9999, local: true, retryable: false };
    const clear = { message: expect.stringContaining('browser'), suggestedAction: expect.stringContaining('page') };
    const refused = expect.objectContaining({ ...refusal, ...clear });
    expect(result).toEqual({
      outcomes: { start: refused, join: refused, resume: refused, takeOver: refused },
      refusals: [9999, 9999, 9999, 9999],
      called: [],
    });
  });

  test('refuses to see to it that there is a session, and forgets at once', async () => {
    const result = await run(`${CREATE}
      const ensured = await coordinator.ensure().then(() => 'done', ({ code, local }) => [code, local]);
      await coordinator.forget();
      console.log(JSON.stringify({ ensured, phase: coordinator.getSnapshot().phase, called }));
    `);
    expect(result).toEqual({ ensured: [9999, true], phase: 'idle', called: [] });
  });

  test('has nothing to give up or to end, and keeps no process alive for having looked', {
    timeout: 2 * ALIVE_MS,
  }, async () => {
    const result = await run(`${CREATE}
      await coordinator.cancel();
      await coordinator.end();
      console.log(JSON.stringify(called));
    `);
    expect(result).toEqual([]);
  });

  test('keeps no process alive, closed or not, however many there are', async () => {
    const result = await run(`${CREATE}
      const made = Array.from({ length: 50 }, (_, index) => createCoordinator({ name: 'scope ' + index, driver }));
      await Promise.all(made.map(({ ready }) => ready));
      await made[0].close();
      const refused = await made[0].start().catch(({ name }) => name);
      console.log(JSON.stringify({ handles: process.getActiveResourcesInfo().filter((kind) => !/Pipe|FS|TTY|CloseReq/.test(kind)), refused }));
    `);
    expect(result).toEqual({ handles: [], refused: 'InvalidStateError' });
  });

  test('complains about misuse as in a browser', async () => {
    const result = await run(`${CREATE}
      const failures = [{}, { name: '' , driver }, { name: 'support', driver: {} }].map((options) => {
        try { createCoordinator(options); } catch (error) { return error.name; }
      });
      console.log(JSON.stringify(failures));
    `);
    expect(result).toEqual(['TypeError', 'TypeError', 'TypeError']);
  });
});
