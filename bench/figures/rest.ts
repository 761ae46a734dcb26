/** What a tab costs in which nobody does anything. */
import { type BenchTab, cpuSeconds } from '../browser';
import type { Case, Figure } from '../measurement';
import type { Counts, PageOptions, SubjectName } from '../pages/page-api';
import { type Bench, closeAll, measurement, newScope, pair, pause } from './effort';
import { beginPart, type PartName } from './parts';

const NOTHING = 'an empty page';

/** What any page costs that made some garbage as it started. */
const GARBAGE = 'an empty page, garbage made once';

interface Group {
  readonly label: string;
  readonly subject: SubjectName | null;
  /** Instead of a subject. */
  readonly part?: PartName;
  readonly options: PageOptions;
  /** Whether the first of each pair leads. */
  readonly leads: boolean;
  readonly pairs: number;
}

const WITHOUT_LOCKS: PageOptions = { hasLocks: false };

const GROUPS: readonly Group[] = [
  { label: NOTHING, subject: null, options: {}, leads: false, pairs: 3 },
  { label: GARBAGE, subject: null, part: 'garbage made once', options: {}, leads: false, pairs: 2 },
  { label: 'a timer every 15 s', subject: null, part: 'a timer every 15 s', options: {}, leads: false, pairs: 1 },
  {
    label: 'a read and two lock requests every 15 s',
    subject: null,
    part: 'a read and two probes every 15 s',
    options: {},
    leads: false,
    pairs: 1,
  },
  { label: 'solotab', subject: 'solotab', options: {}, leads: true, pairs: 3 },
  { label: 'solotab, idle', subject: 'solotab', options: {}, leads: false, pairs: 3 },
  { label: 'solotab, no Web Locks', subject: 'solotab', options: WITHOUT_LOCKS, leads: true, pairs: 1 },
  { label: 'solotab, no Web Locks, idle', subject: 'solotab', options: WITHOUT_LOCKS, leads: false, pairs: 1 },
  { label: 'broadcast-channel', subject: 'broadcast-channel', options: {}, leads: true, pairs: 1 },
  {
    label: 'broadcast-channel, no Web Locks',
    subject: 'broadcast-channel',
    options: WITHOUT_LOCKS,
    leads: true,
    pairs: 1,
  },
  { label: 'tab-election', subject: 'tab-election', options: {}, leads: true, pairs: 1 },
  { label: 'browser-tabs-lock', subject: 'browser-tabs-lock', options: {}, leads: true, pairs: 1 },
];

interface Resting {
  readonly group: Group;
  readonly isLeader: boolean;
  readonly tab: BenchTab;
}

export async function measureRest({ browser, effort, progress }: Bench): Promise<Figure> {
  progress('at rest');
  const resting: Resting[] = [];
  // Pairs of all groups in turns: who is opened later is not always the same.
  for (let round = 0; round < 3; round += 1) {
    for (const group of GROUPS.filter(({ pairs }) => round < pairs)) {
      const scope = newScope();
      for (const isLeader of [true, false]) {
        const tab = await browser.open({ ...group.options, isCounted: true });
        await begin(tab, group, scope, isLeader);
        resting.push({ group, isLeader, tab });
      }
    }
  }
  const pids: number[] = [];
  for (const { tab } of resting) pids.push(await tab.page.rendererPid());
  await pause(effort.settleMs);
  const counted = resting.map(({ tab }) => tab.run((page) => page.counts()));
  const countsBefore = await Promise.all(counted);
  await pause(1_000);
  const before = pids.map(cpuSeconds);
  await pause(effort.restMs);
  const cpuMs = pids.map((pid, index) => (cpuSeconds(pid) - (before[index] ?? 0)) * 1_000);
  const countsAfter = await Promise.all(resting.map(({ tab }) => tab.run((page) => page.counts())));
  await closeAll(resting.map(({ tab }) => tab));

  const of = <Value>(values: readonly Value[], isIn: (one: Resting) => boolean): Value[] =>
    values.filter((_, index) => resting[index] && isIn(resting[index]));
  const woken = countsAfter.map((counts, index) => total(counts) - total(countsBefore[index] ?? null));
  const inGroup =
    (label: string, isLeader?: boolean) =>
    (one: Resting): boolean =>
      one.group.label === label && (isLeader === undefined || one.isLeader === isLeader);
  const seconds = effort.restMs / 1_000;
  const against = (title: string, label: string, target: Case['target'], isLeader?: boolean): Case => ({
    title,
    unit: 'CPU ms',
    floor: NOTHING,
    ...(target && { target }),
    measurements: [
      measurement(NOTHING, of(cpuMs, inGroup(NOTHING))),
      measurement(GARBAGE, of(cpuMs, inGroup(GARBAGE))),
      measurement('solotab', of(cpuMs, inGroup(label, isLeader))),
    ],
  });
  const session = `a tab at rest for ${seconds} s while there is a session`;
  return {
    name: 'rest',
    title: 'At rest',
    cases: [
      {
        ...against(session, 'solotab', { more: 1 }),
        headline: session,
        measurements: GROUPS.filter(({ leads, subject }) => leads || !subject).map(({ label }) =>
          measurement(label, of(cpuMs, inGroup(label))),
        ),
      },
      against("the same, the host's tab alone", 'solotab', undefined, true),
      against('the same, the other tab alone', 'solotab', undefined, false),
      against(`an idle tab for ${seconds} s`, 'solotab, idle', { more: 0.5 }),
      {
        title: `timers, messages, lock requests and transactions of an idle tab in ${seconds + 1} s`,
        unit: 'count',
        target: { most: 0 },
        measurements: [
          measurement('solotab', of(woken, inGroup('solotab, idle'))),
          measurement('solotab, no Web Locks', of(woken, inGroup('solotab, no Web Locks, idle'))),
        ],
      },
      {
        title: `the same, while there is a session`,
        unit: 'count',
        measurements: GROUPS.filter(({ leads }) => leads).map(({ label }) =>
          measurement(label, of(woken, inGroup(label))),
        ),
      },
    ],
  };
}

async function begin(tab: BenchTab, { subject, part, leads }: Group, scope: string, isLeader: boolean): Promise<void> {
  if (part) await beginPart(tab, part);
  if (!subject) return;
  await tab.run((page, [name, opened]) => page.open(name, opened), pair(subject, scope));
  if (!leads) return;
  if (isLeader) await tab.run((page, name) => page.claim(name), subject);
  // A second tab of solotab has nothing to wait for: its coordinator does.
  else if (subject !== 'solotab') await tab.run((page, name) => page.wait(name), subject);
}

function total(counts: Counts | null): number {
  return counts ? counts.timers + counts.messages + counts.transactions + counts.lockRequests : 0;
}
