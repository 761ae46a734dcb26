/**
 * Tests of the tests: makes each edit of `test/mutants/mutants.mjs` in a copy of the code, and requires that the tests which it names
 * fail then. The code itself is never touched.
 *
 *     npm run mutants                    all of them
 *     npm run mutants -- fencing seat    those whose name, file or rule contains one of these words
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, occurrences } from '../test/mutants/mutants.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WORKERS = Math.min(2, availableParallelism());
/** The named tests take seconds. A mutant that loops for ever is caught by that. */
const LIMIT_MS = 120_000;
/** All of the named tests, one file after the other. */
const CONTROL_LIMIT_MS = 900_000;
/** A busy machine is no proof that anything broke. */
const TEST_LIMIT_MS = 45_000;

const words = process.argv.slice(2);
const mutants = MUTANTS.filter(
  ({ name, breaks, file }) => words.length === 0 || words.some((word) => `${name} ${breaks} ${file}`.includes(word)),
);
/** What runs now, to be stopped if this script is. */
const running = new Set();
const began = performance.now();
const directory = mkdtempSync(join(tmpdir(), 'solotab-mutants-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    for (const child of running) stop(child);
    process.exit(1);
  });
}

process.exitCode = (await main()) ? 0 : 1;

async function main() {
  if (mutants.length === 0) {
    console.error(`No mutant's name, file or rule contains ${words.join(' or ')}.`);
    return false;
  }
  const trees = Array.from({ length: WORKERS }, (_, index) => copyTree(join(directory, String(index))));
  const broken = await run(trees[0], [...new Set(mutants.flatMap(({ tests }) => tests))], CONTROL_LIMIT_MS);
  if (broken !== null) {
    console.error(`Nothing can be learnt: without any mutant this fails: ${broken}`);
    return false;
  }
  const queue = [...mutants];
  const survivors = [];
  await Promise.all(
    trees.map(async (tree) => {
      for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
        const { isCaught, how } = await tryMutant(tree, mutant);
        if (!isCaught) survivors.push(mutant);
        console.log(`${isCaught ? 'caught  ' : 'SURVIVED'}  ${mutant.name}: ${how}`);
      }
    }),
  );
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(`${mutants.length} mutants, ${mutants.length - survivors.length} caught; ${seconds} s`);
  for (const { name, breaks } of survivors) console.error(`Not noticed: "${name}" breaks that ${breaks}.`);
  return survivors.length === 0;
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
  const found = occurrences(text, mutant.find);
  if (found !== 1) {
    return { isCaught: false, how: `its text occurs ${found} times in ${mutant.file}: bring it up to date` };
  }
  const missing = mutant.tests.find((test) => !existsSync(join(tree, test)));
  if (missing) return { isCaught: false, how: `there is no ${missing}` };
  writeFileSync(
    path,
    text.replace(mutant.find, () => mutant.replace),
  );
  const failed = await run(tree, mutant.tests);
  writeFileSync(path, text);
  return { isCaught: failed !== null, how: failed ?? `${mutant.tests.join(', ')} noticed nothing` };
}

/** The first of the tests that fails, or `null`. */
async function run(tree, tests, limitMs = LIMIT_MS) {
  const args = [join(tree, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'node', '--bail', '1'];
  args.push(`--testTimeout=${TEST_LIMIT_MS}`, '--no-file-parallelism', ...tests);
  const { output, code, isTimeout } = await execute(args, tree, limitMs);
  if (isTimeout) return `${tests.join(', ')}: never end`;
  if (code === 0) return null;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  const plain = output.replace(/\u001b\[[\d;]*m/g, '');
  const failed = plain.match(/FAIL\s+(?:\|?node\|?\s+)?(.*)/)?.[1];
  return (failed ?? plain.split('\n').find((line) => line.trim() !== '') ?? 'no output').trim().slice(0, 200);
}

function execute(args, cwd, limitMs) {
  return new Promise((done) => {
    const env = { ...process.env, NO_COLOR: '1' };
    // In a group of its own: what it has started is stopped with it.
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    running.add(child);
    let output = '';
    let isTimeout = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    const timer = setTimeout(() => {
      isTimeout = true;
      stop(child);
    }, limitMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      running.delete(child);
      done({ output, code, isTimeout });
    });
  });
}

function stop({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
