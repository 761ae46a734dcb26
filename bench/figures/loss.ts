/** The leader is lost, until another tab leads. */
import type { BenchTab } from '../browser';
import type { Case, Figure, Measurement } from '../measurement';
import type { SubjectName } from '../pages/page-api';
import { type Bench, newScope, openSubject, pause, rotated } from './effort';

/** Firestore's multi-tab persistence: a primary's lease lasts 5 s, and others look every 4 s. Published, not measured. */
const LEASE: Measurement = {
  subject: 'Firestore, published lease',
  samples: [5_000, 9_000],
  note: 'not measured: its published lease of 5 s, looked at every 4 s',
};

interface Contender {
  readonly name: SubjectName;
  readonly label: string;
  /** It is known never to come: one look, in the last round, will do. */
  readonly isOnce?: boolean;
}

interface Trial {
  readonly title: string;
  readonly hasLocks: boolean;
  readonly rounds: number;
  readonly contenders: readonly Contender[];
  /** Resolves with the wall clock at the moment of the loss. */
  lose(leader: BenchTab): Promise<number>;
}

const LOCK = 'bare Web Lock';
const LOCK_THEN_CLAIM = 'bare Web Lock, then a claim';
const NEVER: Contender = { name: 'browser-tabs-lock', label: 'browser-tabs-lock', isOnce: true };
const OURS_AND_PEER: readonly Contender[] = [
  { name: 'solotab', label: 'solotab' },
  { name: 'broadcast-channel', label: 'broadcast-channel' },
];
const WITH_LOCKS: readonly Contender[] = [
  { name: 'bare primitives', label: LOCK },
  { name: 'bare claim', label: LOCK_THEN_CLAIM },
  ...OURS_AND_PEER,
];

export async function measureKilled(bench: Bench): Promise<Figure> {
  const measured = await measure(bench, {
    title: 'kill -9 of its process',
    hasLocks: true,
    rounds: bench.effort.losses,
    contenders: [...WITH_LOCKS, { name: 'tab-election', label: 'tab-election' }, NEVER],
    lose: kill,
  });
  return {
    name: 'kill',
    title: "The leader's process is killed, until another tab's code runs",
    cases: [
      {
        ...measured,
        headline: "kill -9 of the host's process, until another tab goes on",
        floor: LOCK_THEN_CLAIM,
        target: { ratio: 1.1 },
      },
    ],
  };
}

export async function measureUnasked(bench: Bench): Promise<Figure> {
  const measured = await measure(bench, {
    title: 'kill -9 of its process, and nobody calls',
    hasLocks: false,
    rounds: Math.ceil(bench.effort.losses / 4),
    contenders: OURS_AND_PEER,
    lose: kill,
  });
  return {
    name: 'unasked',
    title: 'The same without Web Locks',
    cases: [
      {
        ...measured,
        headline: 'the same without Web Locks, if nobody calls',
        target: { most: 8_000 },
        measurements: [...measured.measurements, LEASE],
      },
    ],
  };
}

export async function measureLeft(bench: Bench): Promise<Figure> {
  const measured = await measure(bench, {
    title: 'it navigates away, and its page is cached',
    hasLocks: true,
    rounds: bench.effort.losses,
    contenders: [...WITH_LOCKS, { name: 'tab-election', label: 'tab-election', isOnce: true }, NEVER],
    lose: (leader) => leader.leave(),
  });
  return {
    name: 'leave',
    title: "The leader's tab navigates away, until another tab's code runs",
    cases: [
      {
        ...measured,
        headline: "the host's tab navigates away, until another tab goes on",
        floor: LOCK,
        target: { ratio: 1.5 },
      },
    ],
  };
}

/** Resolves with the wall clock at that moment. */
export async function kill(leader: BenchTab): Promise<number> {
  const pid = await leader.page.rendererPid();
  const at = performance.timeOrigin + performance.now();
  process.kill(pid, 'SIGKILL');
  return at;
}

async function measure(bench: Bench, { title, hasLocks, rounds, contenders, lose }: Trial): Promise<Case> {
  bench.progress(`${title}${hasLocks ? '' : ', without Web Locks'}`);
  const { browser, effort } = bench;
  const samples = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  const never = new Set<Contender>();
  const follower = await browser.open({ hasLocks });
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of rotated(contenders, round)) {
      const { name, isOnce = false } = contender;
      if ((isOnce && round < rounds - 1) || never.has(contender)) continue;
      const scope = newScope();
      const leader = await browser.open({ hasLocks });
      await leader.page.show();
      await openSubject(leader, name, scope);
      await leader.run((page, subject) => page.claim(subject), name);
      // One that is hidden leaves the work to the visible one.
      await follower.page.show();
      await openSubject(follower, name, scope);
      await follower.run((page, subject) => page.wait(subject), name);
      await pause(100); // until it waits
      const at = await lose(leader);
      const ledAt = await follower.run((page, limitMs) => page.ledAt(limitMs), effort.patienceMs);
      if (ledAt === null) never.add(contender);
      else samples.get(contender)?.push(ledAt - at);
      await Promise.all([leader.close().catch(() => {}), follower.run((page, subject) => page.release(subject), name)]);
    }
  }
  await follower.close();
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
