/**
 * What the package costs an app, in bytes: each entry bundled and minified by esbuild from `dist`, alone (`own`) and with its
 * dependencies, compressed with gzip and brotli. Only what is always loaded counts: what is behind an import() is listed beside
 * it, as is the file for pages without a bundler. Fails if one is over its budget in size-budgets.json, which holds today's
 * figures, rounded up, and the targets.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const CORE = "export { createCoordinator, SessionError, SESSION_ERRORS } from './index.js';";
const ENTRIES = {
  core: { code: CORE, note: 'createCoordinator, SessionError, SESSION_ERRORS: all that a current browser loads' },
  all: { code: "export * from './index.js';", note: "everything that 'solotab' exports" },
  zoom: { code: `${CORE} export * from './zoom.js';`, beyond: 'core', note: 'what solotab/zoom adds to the core' },
  testing: { code: "export * from './testing.js';", note: 'solotab/testing, the coordinator included' },
  election: { code: "export * from './election.js';", note: 'solotab/election, the coordinator included' },
  devtools: {
    code: `${CORE} export * from './devtools.js';`,
    beyond: 'core',
    note: 'what solotab/devtools adds to the core',
  },
  ...framework('react', 'React'),
  ...framework('vue', 'Vue'),
  ...framework('svelte', 'Svelte'),
  ...framework('solid', 'Solid'),
  SessionError: { code: "export { SessionError } from './index.js';", note: 'an app that imports SessionError alone' },
};
const LATER_NOTE = 'what a browser without BroadcastChannel loads beside the core';
const FILE_NOTE = 'the whole package as one file for a plain script, as it is';

const budgets = JSON.parse(readFileSync(new URL('size-budgets.json', import.meta.url), 'utf8'));
const { dependencies, peerDependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
/** An app that uses a framework has it already. */
const frameworks = Object.keys(peerDependencies).flatMap((name) => [name, `${name}/*`]);

const rows = [];
const bundles = {};
for (const [name, { code, beyond, note }] of Object.entries(ENTRIES)) {
  const own = await bundle(code, [...Object.keys(dependencies), ...frameworks]);
  const withDependencies = await bundle(code, frameworks);
  bundles[name] = { own, withDependencies };
  for (const which of ['own', 'withDependencies']) {
    const { always } = bundles[name][which];
    const size = beyond ? subtract(always, bundles[beyond][which].always) : always;
    const label = which === 'own' ? name : '  with dependencies';
    rows.push({ label, size, budget: budgets[name][which], note: which === 'own' ? note : undefined });
  }
}
const { later } = bundles.core.withDependencies;
rows.push({ label: 'loaded by import()', size: later, budget: budgets.later, note: LATER_NOTE });
const file = sizeOf([readFileSync(resolve(DIST, 'solotab.min.js'))]);
rows.push({ label: 'solotab.min.js', size: file, budget: budgets.file, note: FILE_NOTE });

console.log(line('bytes', 'minified', 'gzip', 'brotli', 'gzip budget', 'brotli budget', 'gzip target'));
let isOver = false;
for (const { label, size, budget } of rows) {
  const over = size.gzip > budget.gzip || size.brotli > budget.brotli;
  isOver ||= over;
  const cells = [size.minified, size.gzip, size.brotli, budget.gzip, budget.brotli, budget.target ?? ''];
  console.log(line(label, ...cells) + (over ? '  OVER' : ''));
}
console.log('');
for (const { label, note } of rows) if (note) console.log(`${label}: ${note}`);
if (isOver) {
  console.error(
    '\nOver budget. Save what can be saved; if the bytes are worth it, raise the budget in scripts/size-budgets.json.',
  );
  process.exitCode = 1;
}

/** The sizes of what `code` always loads, and of what it loads later, each file compressed by itself. */
async function bundle(code, external) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: DIST },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'error',
    outdir: DIST,
    absWorkingDir: DIST,
    format: 'esm',
    platform: 'browser',
    target: 'es2020',
    external,
  });
  const always = new Set();
  const follow = (path) => {
    if (always.has(path)) return;
    always.add(path);
    for (const { path: next, kind, external: isOutside } of metafile.outputs[path].imports) {
      if (kind === 'import-statement' && !isOutside) follow(next);
    }
  };
  follow(Object.keys(metafile.outputs).find((path) => metafile.outputs[path].entryPoint === '<stdin>'));
  const isAlways = ({ path }) => [...always].some((known) => resolve(DIST, known) === path);
  const contents = (files) => files.map((output) => output.contents);
  return {
    always: sizeOf(contents(outputFiles.filter(isAlways))),
    later: sizeOf(contents(outputFiles.filter((output) => !isAlways(output)))),
  };
}

function framework(name, whose) {
  const note = `solotab/${name}, what ${whose} brings not counted`;
  return { [name]: { code: `export * from './${name}.js';`, note } };
}

function sizeOf(files) {
  const sum = (measure) => files.reduce((total, content) => total + measure(content).length, 0);
  return {
    minified: sum((content) => content),
    gzip: sum((content) => gzipSync(content, { level: 9 })),
    brotli: sum((content) => brotliCompressSync(content)),
  };
}

function subtract(size, other) {
  return {
    minified: size.minified - other.minified,
    gzip: size.gzip - other.gzip,
    brotli: size.brotli - other.brotli,
  };
}

function line(label, ...cells) {
  return label.padEnd(20) + cells.map((cell) => String(cell).padStart(15)).join('');
}
