/** Figure 6: how the cost grows with the number of tabs, and what a tab costs at rest. */
import { type BenchTab, cpuSeconds } from '../browser';
import type { Case, Figure } from '../measurement';
import type { SubjectName } from '../pages/page-api';
import { type Bench, newScope } from './effort';

const STORMS: readonly SubjectName[] = ['bare primitives', 'solotab'];
const RELAYS: readonly SubjectName[] = ['bare primitives', 'solotab', 'broadcast-channel', 'tab-election'];
const AT_REST: readonly SubjectName[] = ['solotab', 'broadcast-channel', 'tab-election', 'browser-tabs-lock'];
const ROUNDS = 5;

/** A storm that is not over by then is given up. */
const STORM_LIMIT_MS = 30_000;

/** So many tabs at most are asked for their CPU time: to find the process of one takes a while. */
const WATCHED_TABS = 10;

export async function measureCrowds(bench: Bench): Promise<Figure> {
  const cases: Case[] = [];
  for (const count of bench.effort.tabs) cases.push(...(await measureCrowd(bench, count)));
  cases.push(await measurePeersAtRest(bench));
  return { number: 6, title: 'Many tabs', cases };
}

async function measureCrowd({ browser, effort, progress }: Bench, count: number): Promise<Case[]> {
  progress(`6 ${count} tabs`);
  const scope = newScope();
  const tabs = await browser.openMany(count);
  const [first] = tabs;
  if (!first) throw new Error('There is no tab.');
  await first.page.show();
  for (const name of RELAYS) {
    await each(tabs, (tab) => tab.run((page, [subject, opened]) => page.open(subject, opened), [name, scope] as const));
  }
  await each(tabs, (tab) => tab.run((page) => page.obey()));

  const storms = new Map<SubjectName, number[]>(STORMS.map((name) => [name, []]));
  const isOver = await measureStorms(tabs, storms);
  const stormCase: Case = {
    title: `${count} tabs claim at once, until all are answered`,
    unit: 'ms',
    floor: 'bare primitives',
    measurements: [...storms].map(([subject, samples]) => ({ subject, samples })),
  };
  if (!isOver) {
    // What is left of it keeps the machine busy: nothing else can be measured in these tabs.
    await each(tabs, (tab) => tab.close());
    const capped = { subject: 'solotab', samples: [STORM_LIMIT_MS], isCapped: true };
    return [
      { ...stormCase, measurements: stormCase.measurements.map((one) => (one.subject === 'solotab' ? capped : one)) },
    ];
  }
  const relays = new Map<SubjectName, number[]>(RELAYS.map((name) => [name, []]));
  await first.run((page) => page.claim('solotab'));
  await pause(1_000);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const subject of RELAYS) {
      const at = await first.run((page, name) => page.order({ type: 'relay', subject: name }), subject);
      relays.get(subject)?.push((await lastDone(tabs.slice(1))) - at);
    }
  }
  const atRest = await measureRest(tabs, effort.restMs);
  await each(tabs, (tab) => tab.close());
  return [
    stormCase,
    {
      title: `${count} tabs, until the last has heard`,
      unit: 'ms',
      floor: 'bare primitives',
      measurements: [...relays].map(([subject, samples]) => ({ subject, samples })),
    },
    {
      title: `${count} tabs with a session at rest for ${effort.restMs / 1000} s, per tab`,
      unit: 'CPU ms',
      measurements: [{ subject: 'solotab', samples: atRest }],
    },
  ];
}

/** False: one was not over, and everybody free again, in time. */
async function measureStorms(tabs: readonly BenchTab[], samples: ReadonlyMap<SubjectName, number[]>): Promise<boolean> {
  const [first] = tabs;
  if (!first) return false;
  const storm = async (subject: SubjectName): Promise<number> => {
    const at = await first.run((page, name) => page.order({ type: 'storm', subject: name }), subject);
    const done = await lastDone(tabs);
    if (subject === 'solotab') await first.run((page) => page.release('solotab'));
    else await first.run((page, name) => page.order({ type: 'release', subject: name }), subject);
    return done - at;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const subject of STORMS) {
      const running = storm(subject);
      running.catch(() => {}); // its pages may be closed before it is over
      const ms = await Promise.race([running, pause(STORM_LIMIT_MS)]);
      if (typeof ms !== 'number') return false;
      samples.get(subject)?.push(ms);
      await pause(300);
    }
  }
  return true;
}

/** Each peer in two tabs of its own, in the same seconds, beside two tabs with nothing. */
async function measurePeersAtRest({ browser, effort, progress }: Bench): Promise<Case> {
  progress('6 at rest');
  const scope = newScope();
  const groups: { subject: string; tabs: BenchTab[] }[] = [{ subject: 'nothing', tabs: await browser.openMany(2) }];
  const openGroup = async (name: SubjectName, hasLocks: boolean): Promise<void> => {
    const tabs = await browser.openMany(2, { hasLocks });
    for (const [index, tab] of tabs.entries()) {
      await tab.run((page, [subject, opened]) => page.open(subject, opened), [name, `${scope} ${hasLocks}`] as const);
      if (index === 0) await tab.run((page, subject) => page.claim(subject), name);
      // A second tab of solotab has nothing to wait for: its coordinator does.
      else if (name !== 'solotab') await tab.run((page, subject) => page.wait(subject), name);
    }
    groups.push({ subject: hasLocks ? name : `${name}, no Web Locks`, tabs });
  };
  for (const name of AT_REST) await openGroup(name, true);
  for (const name of AT_REST.slice(0, 2)) await openGroup(name, false);
  await pause(1_000);
  const all = groups.flatMap(({ tabs }) => tabs);
  const used = await measureRest(all, effort.restMs, all.length);
  await each(all, (tab) => tab.close());
  return {
    title: `2 tabs, one leads, at rest for ${effort.restMs / 1000} s, per tab`,
    unit: 'CPU ms',
    floor: 'nothing',
    measurements: groups.map(({ subject }, index) => ({ subject, samples: used.slice(2 * index, 2 * index + 2) })),
  };
}

/** Milliseconds of CPU time that each tab's process uses in `ms`. */
async function measureRest(tabs: readonly BenchTab[], ms: number, watched = WATCHED_TABS): Promise<number[]> {
  const pids: number[] = [];
  for (const tab of tabs.slice(0, watched)) pids.push(await tab.page.rendererPid());
  // What it takes to ask them is over.
  await pause(3_000);
  const before = pids.map(cpuSeconds);
  await pause(ms);
  return pids.map((pid, index) => (cpuSeconds(pid) - (before[index] ?? 0)) * 1_000);
}

async function lastDone(tabs: readonly BenchTab[]): Promise<number> {
  const times = await Promise.all(tabs.map((tab) => tab.run((page) => page.doneAt())));
  return Math.max(...times.map((at) => at ?? 0));
}

async function each(tabs: readonly BenchTab[], act: (tab: BenchTab) => Promise<unknown>): Promise<void> {
  await Promise.all(tabs.map(act));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
