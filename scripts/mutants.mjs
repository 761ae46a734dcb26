/**
 * Tests of the tests: applies each mutation of `test/mutants/mutants.mjs` to a copy of the code, and requires that the
 * tests notice.
 *
 *     npm run mutants                    all of them
 *     npm run mutants -- fencing seat    those whose name contains one of these words
 *     SEEDS=1000 npm run mutants         looks at more schedules before it turns to the scenarios
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { MUTANTS } from '../test/mutants/mutants.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SEEDS = Number(process.env.SEEDS ?? 200);
/** Schedules go first, and for no longer than this: a mutant that loops is as good as caught by the scenarios. */
const SCHEDULES_LIMIT_MS = 60_000;
const SCENARIOS_LIMIT_MS = 120_000;
const WORKERS = Math.min(2, availableParallelism());
const SCENARIOS = ['test/coordinator', 'test/session/decide', 'test/relay', 'test/mutants'];
/** A busy machine is no proof that anything broke. */
const TEST_LIMIT_MS = 45_000;

const words = process.argv.slice(2);
const mutants = MUTANTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const control = { name: '(nothing)', breaks: '', file: 'src/index.ts', find: '', replace: '' };

/** Seeds that fail without any mutation. */
const skipped = [];

const began = performance.now();
const directory = mkdtempSync(join(tmpdir(), 'solotab-mutants-'));
try {
  process.exitCode = (await main()) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function main() {
  const trees = Array.from({ length: WORKERS }, (_, index) => copyTree(join(directory, String(index))));
  const failing = await findBroken(trees[0]);
  for (const what of failing) console.error(`Fails without any mutation: ${what}`);
  const queue = [...mutants];
  const results = [];
  await Promise.all(
    trees.map(async (tree) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const result = await tryMutant(tree, mutant);
        results.push(result);
        const { isCaught, by } = result;
        console.log(`${isCaught ? 'caught  ' : 'SURVIVED'}  ${mutant.name.padEnd(40)} ${by}`);
      }
    }),
  );
  const survivors = results.filter(({ isCaught }) => !isCaught);
  const bySchedules = results.filter(({ seed }) => seed !== null).length;
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(
    `${results.length} mutations, ${results.length - survivors.length} caught, ${bySchedules} of them within ${SEEDS} random schedules; ${seconds} s`,
  );
  for (const { mutant } of survivors) console.error(`Nothing notices "${mutant.name}": ${mutant.breaks}.`);
  return survivors.length === 0 && results.length > 0 && failing.length === 0;
}

/** What fails as it is. Such seeds are left out; where a scenario fails, nothing can be learnt. */
async function findBroken(tree) {
  const failing = [];
  for (;;) {
    const found = await runSchedules(tree, control);
    if (found === null) break;
    failing.push(found);
    const seed = /^seed (\d+)/.exec(found)?.[1];
    if (seed === undefined || failing.length > 20) throw new Error(`The schedules fail as they are: ${found}`);
    skipped.push(seed);
  }
  const scenario = await runScenarios(tree, SCENARIOS);
  if (scenario !== null) throw new Error(`The scenarios fail as they are: ${scenario}`);
  return failing;
}

function copyTree(tree) {
  mkdirSync(tree);
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    cpSync(join(ROOT, name), join(tree, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'), 'dir');
  return tree;
}

async function tryMutant(tree, mutant) {
  const path = join(tree, mutant.file);
  const text = readFileSync(path, 'utf8');
  const found = text.split(mutant.find).length - 1;
  if (found !== 1) {
    return {
      mutant,
      isCaught: false,
      seed: null,
      by: `its text occurs ${found} times in ${mutant.file}: bring it up to date`,
    };
  }
  writeFileSync(
    path,
    text.replace(mutant.find, () => mutant.replace),
  );
  try {
    const bySchedules = mutant.isUnseen ? null : await runSchedules(tree, mutant);
    if (bySchedules !== null) return { mutant, isCaught: true, seed: bySchedules, by: bySchedules };
    const test = await runScenarios(tree, mutant.tests ?? SCENARIOS);
    return { mutant, isCaught: test !== null, seed: null, by: test ?? '' };
  } finally {
    writeFileSync(path, text);
  }
}

/** What the first failing schedule broke, or `null`. */
async function runSchedules(tree, { name }) {
  const outfile = join(tree, `schedules-${name.replace(/\W+/g, '-')}.mjs`);
  await build({
    entryPoints: [join(tree, 'test/mutants/first-failure.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    alias: {
      'solotab/testing': join(tree, 'src/testing/index.ts'),
      solotab: join(tree, 'src/index.ts'),
    },
  });
  const { output, isTimeout } = await run(process.execPath, [outfile], tree, SCHEDULES_LIMIT_MS);
  if (isTimeout) return null;
  const line = output.split('\n').find((text) => text.startsWith('{"seed"'));
  if (line === undefined) return `the schedules broke down: ${firstLine(output)}`;
  const { seed, violation } = JSON.parse(line);
  return seed === null ? null : `seed ${seed}: ${violation.slice(0, 110)}`;
}

/** The first test that fails, or `null`. */
async function runScenarios(tree, tests) {
  const args = [join(tree, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'node', '--bail', '1'];
  args.push(`--testTimeout=${TEST_LIMIT_MS}`, ...tests);
  const { output, code, isTimeout } = await run(process.execPath, args, tree, SCENARIOS_LIMIT_MS);
  if (isTimeout) return `${tests.join(', ')}: never end`;
  if (code === 0) return null;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  const plain = output.replace(/\u001b\[[\d;]*m/g, '');
  return (
    plain
      .match(/FAIL\s+(?:node\s+)?(.*)/)?.[1]
      ?.trim()
      .slice(0, 140) ?? firstLine(plain)
  );
}

function run(command, args, cwd, limitMs) {
  return new Promise((done) => {
    const env = { ...process.env, SEEDS: String(SEEDS), SKIPPED_SEEDS: skipped.join(), NO_COLOR: '1' };
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let isTimeout = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const timer = setTimeout(() => {
      isTimeout = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ output, code, isTimeout });
    });
  });
}

function firstLine(text) {
  return text.split('\n').find((line) => line.trim() !== '') ?? 'no output';
}
