/** Thousands of events a second for ten seconds: whether they arrive, how late, and whether anything grows. */
import type { BenchTab } from '../browser';
import { type Figure, quantile } from '../measurement';
import type { Heard, SubjectName } from '../pages/page-api';
import { type Bench, closeAll, measurement, newScope, openSubject, pause } from './effort';

const PER_SECOND = 5_000;
const TABS = 10;
const FLOOR = 'bare messages, one a turn';

interface Flood {
  /** Milliseconds from the emission, of a tenth of what each tab heard. */
  readonly samples: readonly (readonly [n: number, ms: number])[];
  readonly lostOrDoubled: number;
}

export async function measureEvents({ browser, effort, progress }: Bench): Promise<Figure> {
  progress(`events, ${PER_SECOND} a second to ${TABS} tabs`);
  const scope = newScope();
  const tabs = await browser.openMany(TABS);
  const [host, ...others] = tabs;
  if (!host) throw new Error('There is no tab.');
  await host.page.show();
  for (const tab of tabs) {
    for (const name of ['bare primitives', 'solotab'] as const) {
      await openSubject(tab, name, scope);
      if (tab !== host) await tab.run((page, subject) => page.heed(subject), name);
    }
  }
  await host.run((page) => page.claim('solotab'));
  const flood = async (subject: SubjectName, ms: number): Promise<Flood> => {
    await host.page.show();
    const sent = await host.run((page, [name, perSecond, during]) => page.flood(name, perSecond, during), [
      subject,
      PER_SECOND,
      ms,
    ] as const);
    await pause(1_000);
    const heard: Heard[] = [];
    for (const tab of others) heard.push(await tab.run((page, name) => page.heard(name), subject));
    return {
      samples: heard.flatMap(({ samples }) => samples),
      lostOrDoubled: heard.reduce((sum, { count, outOfOrder }) => sum + Math.abs(sent - count) + outOfOrder, 0),
    };
  };

  await flood('solotab', 1_000);
  const before = await usedKb([host, ...others.slice(0, 2)]);
  const bare = await flood('bare primitives', effort.floodMs / 2);
  const ours = await flood('solotab', effort.floodMs);
  const bareAfter = await flood('bare primitives', effort.floodMs / 2);
  const after = await usedKb([host, ...others.slice(0, 2)]);
  await closeAll(tabs);

  const floor = [...bare.samples, ...bareAfter.samples].map(([, ms]) => ms);
  const latencies = ours.samples.map(([, ms]) => ms);
  return {
    name: 'events',
    title: `${PER_SECOND.toLocaleString('en')} events a second for ${effort.floodMs / 1_000} s to ${TABS} tabs`,
    cases: [
      {
        title: 'from the emission until the listener runs',
        unit: 'ms',
        floor: FLOOR,
        measurements: [measurement(FLOOR, floor), measurement('solotab', latencies)],
      },
      {
        title: 'the 99th percentile of that',
        unit: 'ms',
        floor: FLOOR,
        measurements: [
          measurement(FLOOR, [quantile(floor, 0.99)]),
          measurement('solotab', [quantile(latencies, 0.99)]),
        ],
      },
      {
        title: 'the 99th percentile in the last third of the time, over that in the first third',
        unit: '×',
        target: { most: 1.5 },
        measurements: [measurement('solotab', [growth(ours.samples, (PER_SECOND * effort.floodMs) / 1_000)])],
      },
      {
        title: 'lost, doubled or out of order',
        unit: 'count',
        target: { most: 0 },
        measurements: [
          measurement(FLOOR, [bare.lostOrDoubled + bareAfter.lostOrDoubled]),
          measurement('solotab', [ours.lostOrDoubled]),
        ],
      },
      {
        title: 'what the heap of a page has grown by, collected',
        unit: 'kB',
        target: { most: 200 },
        measurements: [
          measurement(
            'solotab',
            after.map((kb, index) => kb - (before[index] ?? 0)),
          ),
        ],
      },
    ],
  };
}

function growth(samples: Flood['samples'], all: number): number {
  const within = (from: number, to: number): number =>
    quantile(
      samples.filter(([n]) => n >= all * from && n < all * to).map(([, ms]) => ms),
      0.99,
    );
  return within(2 / 3, 1) / within(0, 1 / 3);
}

/** Of each page's heap, after everything that can be collected was. */
async function usedKb(tabs: readonly BenchTab[]): Promise<number[]> {
  const used: number[] = [];
  for (const { page } of tabs) {
    await page.session.send('HeapProfiler.collectGarbage');
    await page.session.send('HeapProfiler.collectGarbage');
    used.push((await page.session.send('Runtime.getHeapUsage')).usedSize / 1_024);
  }
  return used;
}
