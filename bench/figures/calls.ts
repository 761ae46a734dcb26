/** Figures 1 to 3: a call that is refused, and a call that is granted. */
import type { BenchTab } from '../browser';
import type { Case, Figure, Measurement } from '../measurement';
import type { SubjectName, Task, TimedTask } from '../pages/page-api';
import { type Bench, newScope } from './effort';

const MICROSECONDS = 1_000;
const FROM_MEMORY = 'answers from memory, without a proof that the leader lives';

/** Two tabs, in the first of which every one of these leads. */
async function openPair({ browser }: Bench, names: readonly SubjectName[], hasLocks: boolean): Promise<BenchTab[]> {
  const scope = newScope();
  const tabs = await browser.openMany(2, { hasLocks });
  for (const [index, tab] of tabs.entries()) {
    await tab.page.show();
    for (const name of names) {
      await tab.run((bench, [subject, opened]) => bench.open(subject, opened), pair(name, scope));
      if (index === 0) await tab.run((bench, subject) => bench.claim(subject), name);
    }
  }
  return tabs;
}

export async function measureRefusals(bench: Bench): Promise<Figure[]> {
  const { rounds } = bench.effort;
  const tabs = await openPair(bench, ['solotab', 'broadcast-channel', 'tab-election', 'browser-tabs-lock'], true);
  const oldTabs = await openPair(bench, ['solotab', 'broadcast-channel'], false);
  const [host, follower] = tabs;
  const oldFollower = oldTabs[1];
  if (!host || !follower || !oldFollower) throw new Error('There are not enough tabs.');
  await follower.run((page) => page.time([{ task: 'get+put' }, { task: 'probe' }], 5)); // opens the database

  bench.progress('1 refused in the host tab');
  const inHost = await time(host, rounds, [
    { task: 'reject', batch: 100 },
    { task: 'refused solotab', batch: 100 },
  ]);

  bench.progress('2 refused in a follower');
  const inFollower = await time(follower, rounds, [
    { task: 'get' },
    { task: 'get+put' },
    { task: 'probe' },
    { task: 'refused solotab' },
    { task: 'refused broadcast-channel' },
    { task: 'refused tab-election' },
    { task: 'refused browser-tabs-lock', every: 10 },
  ]);
  const withoutLocks = await time(oldFollower, rounds, [
    { task: 'refused solotab' },
    { task: 'refused broadcast-channel' },
  ]);
  await closeAll([...tabs, ...oldTabs]);

  return [
    {
      number: 1,
      title: 'A duplicate call in the host tab, until it is refused',
      cases: [
        {
          title: 'in memory',
          unit: 'µs',
          floor: 'a function that rejects with a new Error',
          target: { most: 20 },
          measurements: [
            measurement('a function that rejects with a new Error', scale(inHost.reject)),
            measurement('solotab', scale(inHost['refused solotab'])),
          ],
        },
      ],
    },
    {
      number: 2,
      title: 'A duplicate call in another tab, until it is refused',
      cases: [
        {
          title: 'with Web Locks',
          unit: 'ms',
          floor: 'IndexedDB get+put',
          target: { ratio: 1.3 },
          measurements: [
            measurement('IndexedDB get', inFollower.get),
            measurement('IndexedDB get+put', inFollower['get+put']),
            measurement('IndexedDB get, with a lock request', inFollower.probe),
            measurement('solotab', inFollower['refused solotab']),
            measurement(
              'broadcast-channel',
              inFollower['refused broadcast-channel'],
              'asks the lock manager, not the leader',
            ),
            measurement('tab-election', inFollower['refused tab-election'], FROM_MEMORY),
            measurement('browser-tabs-lock', inFollower['refused browser-tabs-lock']),
          ],
        },
        {
          title: 'without Web Locks',
          unit: 'ms',
          measurements: [
            measurement('solotab', withoutLocks['refused solotab'], 'the leader answers a challenge'),
            measurement('broadcast-channel', withoutLocks['refused broadcast-channel'], FROM_MEMORY),
          ],
        },
      ],
    },
  ];
}

const CLAIMS = ['bare primitives', 'solotab', 'broadcast-channel', 'tab-election', 'browser-tabs-lock'] as const;

export async function measureClaims(bench: Bench): Promise<Figure> {
  return {
    number: 3,
    title: "A claim, from the call until the leader's code runs",
    cases: [...(await measureWarmClaims(bench)), await measureClaimsAtLoad(bench)],
  };
}

async function measureWarmClaims(bench: Bench): Promise<Case[]> {
  bench.progress('3 claims, warm');
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
    { task: 'claim browser-tabs-lock', every: 10 },
  ]);
  const withoutLocks = await warm(false, [
    { task: 'claim solotab', every: 4 },
    { task: 'claim broadcast-channel', every: 20 },
  ]);
  return [
    {
      title: 'warm, with Web Locks',
      unit: 'ms',
      floor: 'bare primitives',
      target: { ratio: 1.5 },
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
  progress('3 claims, at page load');
  const samples = new Map<SubjectName, number[]>(CLAIMS.map((name) => [name, []]));
  for (let page = 0; page < effort.pages; page += 1) {
    for (const subject of CLAIMS) {
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

async function time(
  tab: BenchTab,
  rounds: number,
  tasks: readonly TimedTask[],
): Promise<Partial<Record<Task, number[]>>> {
  // The tab in which somebody clicks: in a hidden one each timer would wait for a second.
  await tab.page.show();
  return tab.run((bench, [timed, count]) => bench.time(timed, count), pair(tasks, rounds));
}

function measurement(subject: string, samples: readonly number[] = [], note?: string): Measurement {
  return { subject, samples, ...(note !== undefined && { note }) };
}

function scale(samples: readonly number[] = []): number[] {
  return samples.map((ms) => ms * MICROSECONDS);
}

function pair<First, Second>(first: First, second: Second): [First, Second] {
  return [first, second];
}

async function closeAll(tabs: readonly BenchTab[]): Promise<void> {
  await Promise.all(tabs.map((tab) => tab.close()));
}
