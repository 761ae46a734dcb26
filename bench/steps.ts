/**
 * Of what the wait for solotab consists, beside that of its floor: when the page asked its browser for something, and when it answered.
 *
 *     npm run bench -- steps load     a page loads, until it is ready
 *     npm run bench -- steps kill     the process of the host is killed, until the other tab goes on
 *     npm run bench -- steps leave    the tab of the host navigates away
 */
import { type BenchBrowser, type BenchTab, launchBenchBrowser } from './browser';
import { newScope, openSubject, pause, rotated } from './figures/effort';
import { kill } from './figures/loss';
import type { SubjectName } from './pages/page-api';
import type { Step } from './pages/steps';

const ROUNDS = 20;

/** What is waited for, as the last step. */
const OVER = 'it is ready, or goes on';

interface Run {
  /** Wall clock at which the wait began. */
  readonly from: number;
  readonly steps: readonly Step[];
}

export async function main([name = 'load']: readonly string[]): Promise<void> {
  const subjects: readonly SubjectName[] =
    name === 'load' ? ['bare look', 'solotab'] : ['bare primitives', 'bare claim', 'solotab'];
  const browser = await launchBenchBrowser();
  try {
    const runs = new Map<SubjectName, Run[]>(subjects.map((subject) => [subject, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const subject of rotated(subjects, round)) {
        const run = name === 'load' ? load(browser, subject) : lose(browser, subject, name === 'kill');
        runs.get(subject)?.push(await run);
      }
    }
    for (const [subject, all] of runs) print(subject, all);
  } finally {
    await browser.close();
  }
}

async function load(browser: BenchBrowser, subject: SubjectName): Promise<Run> {
  const tab = await browser.open({ scope: 'load', atLoad: { subject, act: 'open' }, hasSteps: true });
  const report = await tab.run((page) => page.atLoad);
  const steps = await tab.run((page) => page.steps());
  await tab.close();
  if (!report) throw new Error('The page measured nothing.');
  const from = report.at - report.ms;
  return { from, steps: [...steps, ['the call has returned', from + report.synchronousMs], [OVER, report.at]] };
}

async function lose(browser: BenchBrowser, subject: SubjectName, isKilled: boolean): Promise<Run> {
  const scope = newScope();
  const [leader, follower] = [await browser.open(), await browser.open({ hasSteps: true })];
  const begin = async (tab: BenchTab): Promise<void> => {
    await tab.page.show();
    await openSubject(tab, subject, scope);
  };
  await begin(leader);
  await leader.run((page, led) => page.claim(led), subject);
  await begin(follower);
  await follower.run((page, waited) => page.wait(waited), subject);
  await pause(100); // until it waits
  const from = isKilled ? await kill(leader) : await leader.leave();
  const over = await follower.run((page) => page.ledAt(20_000));
  const steps = await follower.run((page) => page.steps());
  await Promise.all([leader.close().catch(() => {}), follower.close()]);
  if (over === null) throw new Error(`${subject} did not go on.`);
  return { from, steps: [...steps, [OVER, over]] };
}

/** The median moment of each step that happened in more than half of the runs; the first one of its kind, the second, and so on. */
function print(subject: SubjectName, runs: readonly Run[]): void {
  const moments = new Map<string, number[]>();
  for (const { from, steps } of runs) {
    const over = steps.find(([what]) => what === OVER)?.[1] ?? 0;
    const seen = new Map<string, number>();
    for (const [what, at] of steps) {
      if (at < from || at > over) continue;
      const nth = (seen.get(what) ?? 0) + 1;
      seen.set(what, nth);
      const key = nth === 1 ? what : `${what} (${nth})`;
      moments.set(key, [...(moments.get(key) ?? []), at - from]);
    }
  }
  const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1] ?? 0;
  const usual = [...moments].flatMap(([what, all]) =>
    all.length > runs.length / 2 ? [{ what, ms: median(all) }] : [],
  );
  console.log(`\n${subject}: ms since the beginning, medians of ${runs.length}`);
  for (const { what, ms } of usual.sort((a, b) => a.ms - b.ms)) console.log(`${ms.toFixed(1).padStart(8)}  ${what}`);
}
