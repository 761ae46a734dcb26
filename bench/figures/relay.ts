/** Figure 4: what the host tells, until another tab hears it. */
import type { Figure } from '../measurement';
import type { SubjectName } from '../pages/page-api';
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

  // The way back is the same for all, and as long as the way there is with the bare channel.
  const raw = [...(trips['bare primitives'] ?? [])].sort((a, b) => a - b);
  const wayBackMs = (raw[Math.floor(raw.length / 2)] ?? 0) / 2;
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
          samples: (trips[name] ?? []).map((ms) => ms - wayBackMs),
        })),
      },
    ],
  };
}
