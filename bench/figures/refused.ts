/** A call that is refused, in the tab that has the session and in another one. */
import type { BenchTab } from '../browser';
import type { Figure } from '../measurement';
import type { SubjectName } from '../pages/page-api';
import { type Bench, closeAll, measurement, newScope, openSubject, time } from './effort';

const MICROSECONDS = 1_000;
const FROM_MEMORY = 'answers from memory, without a proof that the leader lives';

export async function measureRefusals(bench: Bench): Promise<Figure> {
  const { rounds } = bench.effort;
  const tabs = await openPair(bench, ['solotab', 'broadcast-channel', 'tab-election', 'browser-tabs-lock'], true);
  const oldTabs = await openPair(bench, ['solotab', 'broadcast-channel'], false);
  const [host, follower] = tabs;
  const oldFollower = oldTabs[1];
  if (!host || !follower || !oldFollower) throw new Error('There are not enough tabs.');
  await follower.run((page) => page.time([{ task: 'get+put' }, { task: 'probe' }], 5)); // opens the database

  bench.progress("refused, in the host's tab");
  const inHost = await time(host, rounds, [
    { task: 'reject', batch: 100 },
    { task: 'refused solotab', batch: 100 },
  ]);
  bench.progress('refused, in another tab');
  const inFollower = await time(follower, rounds, [
    { task: 'get' },
    { task: 'get+put' },
    { task: 'probe' },
    { task: 'refused solotab' },
    { task: 'refused broadcast-channel' },
    { task: 'refused tab-election' },
    { task: 'refused browser-tabs-lock', every: 20 },
  ]);
  const withoutLocks = await time(oldFollower, Math.ceil(rounds / 2), [
    { task: 'refused solotab' },
    { task: 'refused broadcast-channel' },
  ]);
  await closeAll([...tabs, ...oldTabs]);

  return {
    name: 'refused',
    title: 'A duplicate call, until it is refused',
    cases: [
      {
        title: "in the host's tab, in memory",
        unit: 'µs',
        floor: 'a function that rejects with a new Error',
        target: { most: 10 },
        measurements: [
          measurement('a function that rejects with a new Error', scale(inHost.reject)),
          measurement('solotab', scale(inHost['refused solotab'])),
        ],
      },
      {
        title: 'in another tab, with Web Locks',
        headline: 'a duplicate call in another tab is refused',
        unit: 'ms',
        floor: 'IndexedDB get+put',
        target: { ratio: 1 },
        measurements: [
          measurement('IndexedDB get+put', inFollower['get+put']),
          measurement('IndexedDB get', inFollower.get),
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
        title: 'in another tab, without Web Locks',
        unit: 'ms',
        measurements: [
          measurement('solotab', withoutLocks['refused solotab'], 'the leader answers a challenge'),
          measurement('broadcast-channel', withoutLocks['refused broadcast-channel'], FROM_MEMORY),
        ],
      },
    ],
  };
}

/** Two tabs, in the first of which every one of these leads. */
async function openPair({ browser }: Bench, names: readonly SubjectName[], hasLocks: boolean): Promise<BenchTab[]> {
  const scope = newScope();
  const tabs = await browser.openMany(2, { hasLocks });
  for (const [index, tab] of tabs.entries()) {
    await tab.page.show();
    for (const name of names) {
      await openSubject(tab, name, scope);
      if (index === 0) await tab.run((page, subject) => page.claim(subject), name);
    }
  }
  return tabs;
}

function scale(samples: readonly number[] = []): number[] {
  return samples.map((ms) => ms * MICROSECONDS);
}
