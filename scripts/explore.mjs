// node scripts/explore.mjs [--seeds 100000] [--first 1] [--jobs N]
// Runs random schedules of simulated tabs and faults (test/simulation/explore) in so many processes, by default one for each
// core, and prints how many there were. A failing seed is made as small as it gets and shown with its timeline.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

/** Seeds per order: a second or two of work, so that the processes finish together. */
const CHUNK = 250;

/** Enough to see what is broken. */
const MOST_FAILURES = 20;

const PROGRESS_MS = 30_000;

/** A schedule leaves nothing behind: with room for a few of them, the collector finds nearly nothing to copy. */
const YOUNG = '--max-semi-space-size=64';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100000' },
    first: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
const [seeds, first, jobs] = [values.seeds, values.first, values.jobs].map(Number);
if (![seeds, first, jobs].every((given) => Number.isSafeInteger(given) && given > 0)) {
  console.error('--seeds, --first and --jobs take whole numbers above zero.');
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'solotab-explore-'));
const outfile = join(folder, 'shard.mjs');
await build({
  entryPoints: [new URL('../test/simulation/explore/shard.ts', import.meta.url).pathname],
  ...{ outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' },
});

const began = performance.now();
const totals = { schedules: 0, actions: 0, events: 0 };
const failures = [];
let next = first;

const progress = setInterval(() => console.log(summary()), PROGRESS_MS);
try {
  const shards = Array.from({ length: jobs }, () => fork(outfile, { execArgv: [...process.execArgv, YOUNG] }));
  await Promise.all(shards.map(work));
  clearInterval(progress);
  failures.sort((a, b) => a.seed - b.seed);
  if (failures.length > 0) await report(shards[0]);
  for (const shard of shards) shard.disconnect();
} finally {
  clearInterval(progress);
  await rm(folder, { recursive: true, force: true });
}
console.log(summary());
if (failures.length > 0) process.exitCode = 1;

async function work(shard) {
  while (next < first + seeds && failures.length < MOST_FAILURES) {
    const from = next;
    next += CHUNK;
    const count = Math.min(CHUNK, first + seeds - from);
    const ran = await ask(shard, { type: 'run', first: from, count });
    for (const name of Object.keys(totals)) totals[name] += ran[name];
    for (const failure of ran.failures) console.log(`seed ${failure.seed}: ${failure.violation}`);
    failures.push(...ran.failures);
  }
}

async function report(shard) {
  const { seed, only, timeline } = await ask(shard, { type: 'shrink', seed: failures[0].seed });
  console.log(`\nSeed ${seed}, with no more than its actions ${only.join(', ')}:\n${timeline}`);
  console.log(`Replay: SEED=${seed} npx vitest run test/simulation/exploration.long.test.ts`);
}

function ask(shard, order) {
  return new Promise((resolve, reject) => {
    const died = (code) => reject(new Error(`A process ended with ${code} during ${JSON.stringify(order)}.`));
    shard.once('exit', died);
    shard.once('message', (answer) => {
      shard.off('exit', died);
      resolve(answer);
    });
    shard.send(order);
  });
}

function summary() {
  const { schedules, actions, events } = totals;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const numbers = [schedules, actions, events].map((count) => count.toLocaleString('en'));
  return `${numbers[0]} schedules, ${numbers[1]} actions, ${numbers[2]} events in ${jobs} processes, ${seconds} s, ${failures.length} failed`;
}
