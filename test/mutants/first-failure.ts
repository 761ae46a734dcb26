/** Runs random schedules until one fails. Prints one line of JSON: which seed, and what it broke. */
import { runSchedule } from '../simulation/explore/run-schedule';

const seeds = Number(process.env.SEEDS ?? 200);
const from = Number(process.env.FIRST_SEED ?? 1);
/** Seeds that fail without any mutation prove nothing. */
const skipped = new Set((process.env.SKIPPED_SEEDS ?? '').split(',').filter(Boolean).map(Number));

async function run(): Promise<void> {
  for (let seed = from; seed <= seeds; seed += 1) {
    if (skipped.has(seed)) continue;
    const { violations } = await runSchedule(seed);
    const [first] = violations;
    if (first !== undefined) return print({ seed, violation: first.split('\n')[0] ?? '' });
  }
  print({ seed: null, violation: '' });
}

function print(result: { readonly seed: number | null; readonly violation: string }): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

// Whatever escapes the simulated world is noticed as well.
process.on('unhandledRejection', (error) => {
  print({ seed: 0, violation: `unhandled: ${String(error)}` });
  process.exit(0);
});
void run().then(() => process.exit(0));
