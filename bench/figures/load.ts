/** What a coordinator adds to the loading of a page. */
import type { Figure, Measurement } from '../measurement';
import type { LoadReport, PageOptions } from '../pages/page-api';
import { type Bench, rotated } from './effort';

type Subject = NonNullable<PageOptions['atLoad']>['subject'];

const SUBJECTS: readonly Subject[] = [
  'nothing',
  'bare look',
  'solotab',
  'broadcast-channel',
  'tab-election',
  'browser-tabs-lock',
];

const FLOOR = 'a database opened and read once';

export async function measureLoad({ browser, effort, progress }: Bench): Promise<Figure> {
  progress('page load');
  const reports = new Map<Subject, LoadReport[]>(SUBJECTS.map((subject) => [subject, []]));
  for (let page = 0; page < effort.pages; page += 1) {
    for (const subject of rotated(SUBJECTS, page)) {
      const tab = await browser.open({ scope: 'load', atLoad: { subject, act: 'open' } });
      const report = await tab.run((opened) => opened.atLoad);
      if (report) reports.get(subject)?.push(report);
      await tab.close();
    }
  }
  const toMeasurements = (value: (report: LoadReport) => number): Measurement[] =>
    [...reports].map(([subject, found]) => ({
      subject: subject === 'bare look' ? FLOOR : subject,
      samples: found.map(value),
    }));
  return {
    name: 'load',
    title: 'Page load: what creating it adds',
    cases: [
      {
        title: 'the main thread, until it is created',
        unit: 'ms',
        measurements: toMeasurements(({ synchronousMs }) => synchronousMs),
      },
      {
        title: 'until it is ready',
        headline: 'page load: until the coordinator is ready',
        unit: 'ms',
        floor: FLOOR,
        target: { ratio: 1.3 },
        measurements: toMeasurements(({ ms }) => ms),
      },
      {
        title: 'IndexedDB transactions',
        unit: 'count',
        measurements: toMeasurements(({ transactions }) => transactions),
      },
      { title: 'lock requests', unit: 'count', measurements: toMeasurements(({ lockRequests }) => lockRequests) },
      {
        title: 'long tasks of the whole page (over 50 ms)',
        unit: 'count',
        measurements: toMeasurements(({ longTasks }) => longTasks),
      },
    ],
  };
}
