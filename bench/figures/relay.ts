/** What the host tells, until another tab hears it. */
import type { Figure } from '../measurement';
import type { RoundTrip, SubjectName } from '../pages/page-api';
import { type Bench, closeAll, measurement, newScope, openSubject, pair } from './effort';

const NAMES: readonly SubjectName[] = [
  'bare primitives',
  'bare storing',
  'solotab',
  'broadcast-channel',
  'tab-election',
];

const LABELS: Partial<Record<SubjectName, string>> = {
  'bare primitives': 'bare message',
  'bare storing': 'bare message, with a get+put transaction begun in the same turn',
};

export async function measureRelay({ browser, effort, progress }: Bench): Promise<Figure> {
  progress('relay');
  const scope = newScope();
  const tabs = await browser.openMany(2);
  const [host, other] = tabs;
  if (!host || !other) throw new Error('There are not enough tabs.');
  for (const tab of tabs) {
    for (const name of NAMES) {
      await openSubject(tab, name, `${scope} ${name}`);
    }
  }
  await host.page.show();
  await host.run((page) => page.claim('solotab'));
  await other.run((page, names) => page.echo(names), NAMES);
  await host.run((page, names) => page.roundTrips(names, 5), NAMES);
  const trips = await host.run((page, [names, rounds]) => page.roundTrips(names, rounds), pair(NAMES, effort.rounds));
  await closeAll(tabs);

  const offsetMs = clockOffset(trips.filter(({ subject }) => subject === 'bare primitives'));
  return {
    name: 'relay',
    title: "The host's error, until the listener in another tab runs",
    cases: [
      {
        title: 'one way',
        headline: "the host's error, until another tab's listener runs",
        unit: 'ms',
        floor: 'bare message',
        target: { ratio: 1.2 },
        measurements: NAMES.map((name) =>
          measurement(
            LABELS[name] ?? name,
            trips.filter(({ subject }) => subject === name).map(({ sentAt, heardAt }) => heardAt - sentAt - offsetMs),
          ),
        ),
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
