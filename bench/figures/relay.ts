/** Figure 4: what the host tells, until another tab hears it. */
import type { Figure } from '../measurement';
import type { RoundTrip, SubjectName } from '../pages/page-api';
import { type Bench, newScope } from './effort';

const NAMES: readonly SubjectName[] = ['bare primitives', 'solotab', 'broadcast-channel', 'tab-election'];

export async function measureRelay({ browser, effort, progress }: Bench): Promise<Figure> {
  progress('4 relay');
  const scope = newScope();
  const tabs = await browser.openMany(2);
  const [host, other] = tabs;
  if (!host || !other) throw new Error('There are not enough tabs.');
  for (const tab of tabs) {
    for (const name of NAMES)
      await tab.run((bench, [subject, opened]) => bench.open(subject, opened), [name, scope] as const);
  }
  await host.page.show();
  await host.run((bench) => bench.claim('solotab'));
  await other.run((bench, names) => bench.echo(names), NAMES);
  await host.run((bench, names) => bench.roundTrips(names, 5), NAMES);
  const trips = await host.run((bench, [names, rounds]) => bench.roundTrips(names, rounds), [
    NAMES,
    effort.rounds,
  ] as const);
  await Promise.all(tabs.map((tab) => tab.close()));

  const offsetMs = clockOffset(trips.filter(({ subject }) => subject === 'bare primitives'));
  return {
    number: 4,
    title: "The host's error, until the listener in another tab runs",
    cases: [
      {
        title: 'one way',
        unit: 'ms',
        floor: 'bare BroadcastChannel',
        target: { ratio: 1.25 },
        measurements: NAMES.map((name) => ({
          subject: name === 'bare primitives' ? 'bare BroadcastChannel' : name,
          samples: trips
            .filter(({ subject }) => subject === name)
            .map(({ sentAt, heardAt }) => heardAt - sentAt - offsetMs),
        })),
      },
    ],
  };
}

/** How far the clock of the other tab is ahead: a bare message takes as long there as back. */
function clockOffset(trips: readonly RoundTrip[]): number {
  const offsets = trips
    .map(({ sentAt, heardAt, answeredAt }) => heardAt - (sentAt + answeredAt) / 2)
    .sort((a, b) => a - b);
  return offsets[Math.floor(offsets.length / 2)] ?? 0;
}
