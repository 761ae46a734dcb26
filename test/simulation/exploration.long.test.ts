import { expect, test } from 'vitest';
import { runSchedule, type ScheduleResult } from './explore/run-schedule';
import { shrink } from './explore/shrink';

/** `SEEDS=100000` runs so many schedules, `FIRST_SEED` says where they begin, `SEED=7` runs one. */
const one = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
const first = one ?? Number(process.env.FIRST_SEED ?? 1);
const count = one === undefined ? Number(process.env.SEEDS ?? 1_500) : 1;

/** Enough to see what is broken. */
const MOST_FAILURES = 20;

test('no random schedule of tabs and faults breaks a promise', { timeout: 0 }, async () => {
  const began = performance.now();
  const failures: ScheduleResult[] = [];
  let [schedules, actions, events] = [0, 0, 0];
  for (; schedules < count && failures.length < MOST_FAILURES; schedules++) {
    const result = await runSchedule(first + schedules);
    actions += result.actions;
    events += result.steps;
    if (result.violations.length > 0) failures.push(result);
  }
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(`${schedules} schedules, ${actions} actions, ${events} events, ${seconds} s\n`);
  if (failures.length > 0) expect.fail(await report(failures));
});

/** The first failure in full, made as small as it gets; the others by name. */
async function report(failures: readonly ScheduleResult[]): Promise<string> {
  const lines = failures.map(({ seed, violations }) => `seed ${seed}: ${violations[0]?.split('\n')[0]}`);
  for (const failed of failures.slice(0, 1)) {
    const { result, only } = await shrink(failed);
    lines.push('', `Seed ${failed.seed}, with no more than its actions ${only.join(', ')}:`, result.timeline());
    lines.push(`Replay: SEED=${failed.seed} npx vitest run test/simulation/exploration.long.test.ts`);
  }
  return lines.join('\n');
}
