import { planOf } from './plan';
import { runSchedule, type ScheduleResult } from './run-schedule';

/** The smallest set of the schedule's actions, as far as leaving out finds it, that still breaks the same promise. */
export async function shrink(failed: ScheduleResult): Promise<{ result: ScheduleResult; only: readonly number[] }> {
  const kind = kindOf(failed);
  let only: readonly number[] = Array.from({ length: planOf(failed.seed).actions }, (_, index) => index);
  let result = failed;
  const attempt = async (fewer: readonly number[]): Promise<boolean> => {
    const tried = await runSchedule(failed.seed, { only: fewer });
    if (kindOf(tried) !== kind) return false;
    only = fewer;
    result = tried;
    return true;
  };
  for (let size = Math.ceil(only.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < only.length; ) {
      const fewer = [...only.slice(0, from), ...only.slice(from + size)];
      if (!(await attempt(fewer))) from += size;
    }
  }
  return { result, only };
}

/** What was broken, without the names and numbers. */
export function kindOf({ violations }: ScheduleResult): string {
  return (violations[0] ?? '').replace(/\b[A-Z]\d*\b|\d+(\.\d+)?/g, '_').split('\n')[0] ?? '';
}
