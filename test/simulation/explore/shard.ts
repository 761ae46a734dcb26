/** One process of `scripts/explore.mjs`: runs the schedules that it is told to, and tells what became of them. */
import { setMaxListeners } from 'node:events';
import { runSchedule } from './run-schedule';
import { shrink } from './shrink';

export type Order =
  | { readonly type: 'run'; readonly first: number; readonly count: number }
  /** Makes a failing schedule as small as it gets. */
  | { readonly type: 'shrink'; readonly seed: number };

export type Answer =
  | {
      readonly type: 'ran';
      readonly schedules: number;
      readonly actions: number;
      readonly events: number;
      readonly failures: readonly { readonly seed: number; readonly violation: string }[];
    }
  | { readonly type: 'shrunk'; readonly seed: number; readonly only: readonly number[]; readonly timeline: string };

// Eleven calls of one page that wait at once are no leak.
setMaxListeners(0);

/** Every abort and every refusal makes an error, and of thousands somebody reads the stack of one: that of a failure. */
const SHOWN_FRAMES = Error.stackTraceLimit;

async function obey(order: Order): Promise<Answer> {
  Error.stackTraceLimit = order.type === 'shrink' ? SHOWN_FRAMES : 0;
  if (order.type === 'shrink') {
    const { result, only } = await shrink(await runSchedule(order.seed));
    return { type: 'shrunk', seed: order.seed, only, timeline: result.timeline() };
  }
  const failures: { seed: number; violation: string }[] = [];
  let [actions, events] = [0, 0];
  for (let seed = order.first; seed < order.first + order.count; seed++) {
    const result = await runSchedule(seed);
    actions += result.actions;
    events += result.steps;
    const [violation] = result.violations;
    if (violation !== undefined) failures.push({ seed, violation: violation.split('\n')[0] ?? '' });
  }
  return { type: 'ran', schedules: order.count, actions, events, failures };
}

process.on('message', (order: Order) => {
  void obey(order).then((answer) => process.send?.(answer));
});
