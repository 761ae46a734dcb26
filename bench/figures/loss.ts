/** Figure 5: the leader is lost, until another tab leads. */
import type { BenchTab } from '../browser';
import type { Case, Figure, Measurement } from '../measurement';
import type { SubjectName } from '../pages/page-api';
import { type Bench, newScope } from './effort';

/** Firestore's multi-tab persistence: a primary's lease lasts 5 s, and others look every 4 s. Published, not measured. */
const FIRESTORE_NOTE = 'not measured: its published lease of 5 s, looked at every 4 s';

interface Contender {
  readonly name: SubjectName;
  readonly label: string;
  readonly hasLocks: boolean;
  /** In each so many rounds. */
  readonly every: number;
  /** It is known never to come: one look, in the last round, will do. */
  readonly isOnce?: boolean;
}

const WITH_LOCKS: readonly Contender[] = [
  { name: 'bare primitives', label: 'bare Web Lock', hasLocks: true, every: 1 },
  { name: 'bare claim', label: 'bare Web Lock, then a claim', hasLocks: true, every: 1 },
  { name: 'solotab', label: 'solotab', hasLocks: true, every: 1 },
  { name: 'broadcast-channel', label: 'broadcast-channel', hasLocks: true, every: 1 },
];

const KILLED: readonly Contender[] = [
  ...WITH_LOCKS,
  { name: 'tab-election', label: 'tab-election', hasLocks: true, every: 1 },
  { name: 'solotab', label: 'solotab, no Web Locks', hasLocks: false, every: 5 },
  { name: 'broadcast-channel', label: 'broadcast-channel, no Web Locks', hasLocks: false, every: 5 },
  { name: 'browser-tabs-lock', label: 'browser-tabs-lock', hasLocks: true, every: 1, isOnce: true },
];

const LEFT: readonly Contender[] = [
  ...WITH_LOCKS,
  { name: 'tab-election', label: 'tab-election', hasLocks: true, every: 1, isOnce: true },
  { name: 'browser-tabs-lock', label: 'browser-tabs-lock', hasLocks: true, every: 1, isOnce: true },
];

export async function measureLoss(bench: Bench): Promise<Figure> {
  const killed = await measure(bench, 'kill -9 of its process', KILLED, async (leader) => {
    const pid = await leader.page.rendererPid();
    const at = performance.timeOrigin + performance.now();
    process.kill(pid, 'SIGKILL');
    return at;
  });
  const left = await measure(bench, 'it navigates away, and its page is cached', LEFT, (leader) => leader.leave());
  const lease: Measurement = { subject: 'Firestore, published lease', samples: [5_000, 9_000], note: FIRESTORE_NOTE };
  return {
    number: 5,
    title: "The leader is gone, until another tab's code runs",
    cases: [
      {
        ...killed,
        floor: 'bare Web Lock',
        target: { ratio: 2 },
        measurements: [...killed.measurements, lease],
      },
      { ...left, floor: 'bare Web Lock', target: { ratio: 2 } },
      await measureReloads(bench),
      await measureWedged(bench),
    ],
  };
}

async function measure(
  bench: Bench,
  title: string,
  contenders: readonly Contender[],
  lose: (leader: BenchTab) => Promise<number>,
): Promise<Case> {
  bench.progress(`5 ${title}`);
  const { browser, effort } = bench;
  const samples = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  const never = new Set<Contender>();
  const followers = { true: await browser.open(), false: await browser.open({ hasLocks: false }) };
  for (let round = 0; round < effort.losses; round += 1) {
    for (const contender of contenders) {
      const { name, hasLocks, every, isOnce = false } = contender;
      if (round % every !== 0 || (isOnce && round < effort.losses - 1) || never.has(contender)) continue;
      const scope = newScope();
      const leader = await browser.open({ hasLocks });
      const follower = followers[`${hasLocks}`];
      await leader.page.show();
      await leader.run((page, [subject, opened]) => page.open(subject, opened), [name, scope] as const);
      await leader.run((page, subject) => page.claim(subject), name);
      // One that is hidden leaves the work to the visible one.
      await follower.page.show();
      await follower.run((page, [subject, opened]) => page.open(subject, opened), [name, scope] as const);
      await follower.run((page, subject) => page.wait(subject), name);
      await pause(100); // until it waits
      const at = await lose(leader);
      const ledAt = await follower.run((page, limitMs) => page.ledAt(limitMs), effort.patienceMs);
      if (ledAt === null) never.add(contender);
      else samples.get(contender)?.push(ledAt - at);
      await Promise.all([leader.close().catch(() => {}), follower.run((page, subject) => page.release(subject), name)]);
    }
  }
  await Promise.all(Object.values(followers).map((tab) => tab.close()));
  return {
    title,
    unit: 'ms',
    measurements: contenders.map((contender) => ({
      subject: contender.label,
      ...(never.has(contender)
        ? { samples: [effort.patienceMs], isCapped: true }
        : { samples: samples.get(contender) ?? [] }),
    })),
  };
}

/** The host reloads, and goes on with its session by itself. */
async function measureReloads({ browser, effort, progress }: Bench): Promise<Case> {
  progress('5 reload');
  const names = ['bare primitives', 'solotab', 'broadcast-channel', 'tab-election'] as const;
  const samples = new Map<SubjectName, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < effort.losses; round += 1) {
    for (const subject of names) {
      const recovery = 'same-tab';
      const tab = await browser.open({ scope: newScope(), recovery, atLoad: { subject, act: 'claim' } });
      await tab.run((page) => page.atLoad);
      // After the reload it claims what is free; solotab has a session, which it resumes.
      if (subject === 'solotab')
        await tab.run(() => history.replaceState(null, '', location.href.replace('claim', 'wait')));
      const at = await tab.run((page) => page.wall());
      await tab.page.reload();
      const report = await tab.run((page) => page.atLoad);
      if (report) samples.get(subject)?.push(report.at - at);
      await tab.close();
    }
  }
  return {
    title: 'its tab reloads, and leads again',
    unit: 'ms',
    floor: 'bare primitives',
    measurements: names.map((name) => ({ subject: name, samples: samples.get(name) ?? [] })),
  };
}

/** The host's process is stopped while it has everything. A person in another tab takes over by force. */
async function measureWedged({ browser, effort, progress }: Bench): Promise<Case> {
  progress('5 wedged');
  const samples: number[] = [];
  for (let round = 0; round < Math.ceil(effort.losses / 5); round += 1) {
    const scope = newScope();
    const [leader, follower] = await browser.openMany(2);
    if (!leader || !follower) throw new Error('There are not enough tabs.');
    for (const tab of [leader, follower]) await tab.run((page, opened) => page.open('solotab', opened), scope);
    await leader.run((page) => page.claim('solotab'));
    await leader.page.stop();
    await follower.page.show();
    samples.push(await follower.run((page) => page.seize('solotab')));
    leader.page.wake();
    await Promise.all([leader.close(), follower.close()]);
  }
  return {
    title: 'it hangs, and a person takes over by force',
    unit: 'ms',
    measurements: [{ subject: 'solotab', samples, note: 'the silence of 3 s that it grants; the peers can’t do this' }],
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
