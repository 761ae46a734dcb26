/** How the cost grows with the number of tabs. */
import type { BenchTab } from '../browser';
import { type Case, type Figure, medianOf } from '../measurement';
import type { SubjectName } from '../pages/page-api';
import { type Bench, closeAll, newScope, openSubject, pause, rotated } from './effort';

const STORMS: readonly SubjectName[] = ['bare primitives', 'solotab', 'solotab, until active'];
const RELAYS: readonly SubjectName[] = ['bare primitives', 'solotab', 'broadcast-channel', 'tab-election'];

/** So much more than ten times as much may a hundred tabs take as ten. */
const LINEAR = 1.25;

interface Growth {
  readonly storms: Map<SubjectName, number[]>;
  readonly relays: Map<SubjectName, number[]>;
}

export async function measureCrowds({ browser, effort, progress }: Bench): Promise<Figure> {
  const scope = newScope();
  const tabs: BenchTab[] = [];
  const grown = new Map<number, Growth>();
  for (const count of effort.tabs) {
    progress(`${count} tabs`);
    const fresh = await browser.openMany(count - tabs.length);
    tabs.push(...fresh);
    for (const name of new Set([...STORMS, ...RELAYS])) {
      await each(fresh, (tab) => openSubject(tab, name, `${scope} ${name}`));
    }
    await each(fresh, (tab) => tab.run((page) => page.obey()));
    const [first] = tabs;
    if (!first) throw new Error('There is no tab.');
    await first.page.show();
    await pause(1_000);
    grown.set(count, {
      storms: await measureStorms(first, tabs, effort.crowds),
      relays: await measureRelays(first, tabs, effort.crowds),
    });
  }
  await closeAll(tabs);
  const [fewest, most] = [Math.min(...effort.tabs), Math.max(...effort.tabs)];
  return {
    name: 'crowd',
    title: 'Many tabs',
    cases: [
      ...[...grown].flatMap(([count, { storms, relays }]) => toCases(count, storms, relays, count === most)),
      linearity('claim at once', grown, fewest, most, ({ storms }) => storms),
      linearity('hear', grown, fewest, most, ({ relays }) => relays),
    ],
  };
}

function toCases(count: number, storms: Growth['storms'], relays: Growth['relays'], isMost: boolean): Case[] {
  return [
    {
      title: `${count} tabs claim at once, until one leads and the others are refused`,
      ...(isMost && {
        headline: `${count} tabs call at once, until one leads and the others are refused`,
        target: { ratio: 2 },
      }),
      unit: 'ms',
      floor: 'bare primitives',
      point: { curve: 'All call at once: one leads, the others are refused', tabs: count },
      measurements: toMeasurements(storms),
    },
    {
      title: `${count} tabs, until the last has heard`,
      ...(isMost && { target: { ratio: 1.2 } }),
      unit: 'ms',
      floor: 'bare primitives',
      point: { curve: 'One event, until the last tab has heard', tabs: count },
      measurements: toMeasurements(relays),
    },
  ];
}

/** What a tab costs among the most tabs, over what it costs among the fewest. */
function linearity(
  what: string,
  grown: ReadonlyMap<number, Growth>,
  fewest: number,
  most: number,
  of: (growth: Growth) => Growth['storms'],
): Case {
  const perTab = (count: number, subject: SubjectName): number => {
    const growth = grown.get(count);
    return medianOf((growth && of(growth).get(subject)) ?? []) / count;
  };
  return {
    title: `${what}: what each tab adds among ${most}, over what it adds among ${fewest}`,
    unit: '×',
    target: { most: LINEAR },
    measurements: (['bare primitives', 'solotab'] as const).map((subject) => ({
      subject,
      samples: [perTab(most, subject) / perTab(fewest, subject)],
    })),
  };
}

/** Everybody claims in the same moment. */
async function measureStorms(first: BenchTab, tabs: readonly BenchTab[], rounds: number): Promise<Growth['storms']> {
  const samples = new Map<SubjectName, number[]>(STORMS.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of rotated(STORMS, round)) {
      const at = await first.run((page, name) => page.order({ type: 'storm', subject: name }), subject);
      // Asked earlier, the pages would have that to do as well.
      await pause(100 + 10 * tabs.length);
      samples.get(subject)?.push((await lastDone(tabs)) - at);
      if (subject === 'bare primitives')
        await first.run((page) => page.order({ type: 'release', subject: 'bare primitives' }));
      else await first.run((page, name) => page.release(name), subject);
      await pause(100 + 2 * tabs.length);
    }
  }
  return samples;
}

async function measureRelays(first: BenchTab, tabs: readonly BenchTab[], rounds: number): Promise<Growth['relays']> {
  const samples = new Map<SubjectName, number[]>(RELAYS.map((name) => [name, []]));
  await first.run((page) => page.claim('solotab'));
  await pause(500);
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of rotated(RELAYS, round)) {
      const at = await first.run((page, name) => page.order({ type: 'relay', subject: name }), subject);
      await pause(100 + tabs.length);
      samples.get(subject)?.push((await lastDone(tabs.slice(1))) - at);
    }
  }
  await first.run((page) => page.release('solotab'));
  return samples;
}

function toMeasurements(samples: ReadonlyMap<SubjectName, number[]>): Case['measurements'] {
  return [...samples].map(([subject, found]) => ({ subject, samples: found }));
}

async function lastDone(tabs: readonly BenchTab[]): Promise<number> {
  const times = await Promise.all(tabs.map((tab) => tab.run((page) => page.doneAt())));
  return Math.max(...times.map((at) => at ?? 0));
}

async function each(tabs: readonly BenchTab[], act: (tab: BenchTab) => Promise<unknown>): Promise<void> {
  await Promise.all(tabs.map(act));
}
