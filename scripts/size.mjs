/**
 * What the package costs an app, in bytes: each entry bundled and minified by esbuild from `dist`, alone (`own`) and with its
 * dependencies, compressed with gzip and brotli. Fails if one is over its budget in size-budgets.json, which holds today's
 * figures, rounded up, and the targets.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const CORE = "export { createCoordinator, SessionError, SESSION_ERRORS } from './index.js';";
const ENTRIES = {
  core: { code: CORE },
  all: { code: "export * from './index.js';" },
  zoom: { code: `${CORE} export * from './zoom.js';`, beyond: 'core' },
  testing: { code: "export * from './testing.js';" },
  SessionError: { code: "export { SessionError } from './index.js';" },
};
const NOTES = {
  core: 'createCoordinator, SessionError, SESSION_ERRORS',
  all: "everything that 'solotab' exports",
  zoom: 'what solotab/zoom adds to the core',
  testing: 'solotab/testing, the coordinator included',
  SessionError: 'an app that imports SessionError alone',
};

const budgets = JSON.parse(readFileSync(new URL('size-budgets.json', import.meta.url), 'utf8'));
const dependencies = Object.keys(JSON.parse(readFileSync(new URL('../package.json', import.meta.url))).dependencies);

const measured = {};
for (const [name, { code, beyond }] of Object.entries(ENTRIES)) {
  const sizes = { own: await sizeOf(code, dependencies), withDependencies: await sizeOf(code, []) };
  measured[name] = sizes;
  if (beyond) measured[name] = subtract(sizes, measured[beyond]);
}

let isOver = false;
console.log(row('bytes', 'minified', 'gzip', 'brotli', 'gzip budget', 'brotli budget', 'gzip target'));
for (const [name, sizes] of Object.entries(measured)) {
  for (const [which, { minified, gzip, brotli }] of Object.entries(sizes)) {
    const { gzip: most, brotli: mostBrotli, target = '' } = budgets[name][which];
    const over = gzip > most || brotli > mostBrotli;
    isOver ||= over;
    const label = which === 'own' ? name : '  with dependencies';
    console.log(row(label, minified, gzip, brotli, most, mostBrotli, target) + (over ? '  OVER' : ''));
  }
}
console.log(
  `\n${Object.entries(NOTES)
    .map(([name, note]) => `${name}: ${note}`)
    .join('\n')}`,
);
if (isOver) {
  console.error(
    '\nOver budget. Save what can be saved; if the bytes are worth it, raise the budget in scripts/size-budgets.json.',
  );
  process.exitCode = 1;
}

async function sizeOf(contents, external) {
  const result = await build({
    stdin: { contents, resolveDir: DIST },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2020',
    external,
  });
  const { contents: bytes } = result.outputFiles[0];
  return {
    minified: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes).length,
  };
}

function subtract(sizes, others) {
  const of = (which, unit) => sizes[which][unit] - others[which][unit];
  const difference = (which) => ({
    minified: of(which, 'minified'),
    gzip: of(which, 'gzip'),
    brotli: of(which, 'brotli'),
  });
  return { own: difference('own'), withDependencies: difference('withDependencies') };
}

function row(label, ...cells) {
  return label.padEnd(20) + cells.map((cell) => String(cell).padStart(15)).join('');
}
