/** A call that is granted. */
import type { Case, Figure } from '../measurement';
import type { SubjectName, TimedTask } from '../pages/page-api';
import { type Bench, closeAll, measurement, newScope, pair, rotated, time } from './effort';

const CLAIMS = ['bare primitives', 'solotab', 'broadcast-channel', 'tab-election', 'browser-tabs-lock'] as const;

export async function measureClaims(bench: Bench): Promise<Figure> {
  return {
    name: 'claim',
    title: "A claim, until the leader's code runs",
    cases: [...(await measureWarmClaims(bench)), await measureClaimsAtLoad(bench)],
  };
}

async function measureWarmClaims(bench: Bench): Promise<Case[]> {
  bench.progress('claims, warm');
  const { browser, effort } = bench;
  const scope = newScope();
  const warm = async (hasLocks: boolean, tasks: readonly TimedTask[]) => {
    const tabs = await browser.openMany(2, { hasLocks });
    await tabs[0]?.page.show();
    for (const tab of tabs) {
      for (const { task } of tasks) {
        const subject = task.slice('claim '.length) as SubjectName; // only claims are timed here
        await tab.run((page, [name, opened]) => page.open(name, opened), pair(subject, `${scope} ${hasLocks}`));
      }
    }
    const [tab] = tabs;
    if (!tab) throw new Error('There is no tab.');
    await tab.run((page, timed) => page.time(timed, 2), tasks);
    const samples = await time(tab, effort.rounds, tasks);
    await closeAll(tabs);
    return samples;
  };
  const withLocks = await warm(true, [
    ...CLAIMS.slice(0, 4).map((name) => ({ task: `claim ${name}` as const })),
    { task: 'claim browser-tabs-lock', every: 20 },
  ]);
  const withoutLocks = await warm(false, [
    { task: 'claim solotab', every: 4 },
    { task: 'claim broadcast-channel', every: 40 },
  ]);
  return [
    {
      title: 'warm, with Web Locks',
      headline: "a call is granted: until the driver's code runs",
      unit: 'ms',
      floor: 'bare primitives',
      target: { ratio: 1.35 },
      measurements: CLAIMS.map((name) => measurement(name, withLocks[`claim ${name}`])),
    },
    {
      title: 'warm, without Web Locks',
      unit: 'ms',
      measurements: (['solotab', 'broadcast-channel'] as const).map((name) =>
        measurement(name, withoutLocks[`claim ${name}`]),
      ),
    },
  ];
}

async function measureClaimsAtLoad({ browser, effort, progress }: Bench): Promise<Case> {
  progress('claims, at page load');
  const samples = new Map<SubjectName, number[]>(CLAIMS.map((name) => [name, []]));
  for (let page = 0; page < effort.pages; page += 1) {
    for (const subject of rotated(CLAIMS, page)) {
      const tab = await browser.open({ scope: newScope(), atLoad: { subject, act: 'claim' } });
      const report = await tab.run((opened) => opened.atLoad);
      if (report) samples.get(subject)?.push(report.ms);
      await tab.close();
    }
  }
  return {
    title: 'at page load, from the first line of the script',
    unit: 'ms',
    floor: 'bare primitives',
    measurements: CLAIMS.map((name) => measurement(name, samples.get(name))),
  };
}
