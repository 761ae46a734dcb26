/** A call from another tab that the leader's tab answers. */
import type { Figure } from '../measurement';
import type { SubjectName } from '../pages/page-api';
import { type Bench, closeAll, measurement, newScope, openSubject, time } from './effort';

const NAMES = ['bare round trip', 'bare round trip with a look', 'solotab', 'tab-election'] as const;

const NOTES: Partial<Record<SubjectName, string>> = {
  'bare round trip with a look': 'the host reads first whether it still leads',
  'tab-election': 'a leader that was replaced while it slept runs it as well',
};

export async function measureCommands({ browser, effort, progress }: Bench): Promise<Figure> {
  progress('commands');
  const scope = newScope();
  const tabs = await browser.openMany(2);
  const [host, caller] = tabs;
  if (!host || !caller) throw new Error('There are not enough tabs.');
  await host.page.show();
  for (const [index, tab] of tabs.entries()) {
    for (const name of NAMES) {
      await openSubject(tab, name, `${scope} ${name}`);
      if (index === 0) await tab.run((page, subject) => page.claim(subject), name);
    }
  }
  const tasks = NAMES.map((name) => ({ task: `call ${name}` as const }));
  await time(caller, 10, tasks);
  const samples = await time(caller, effort.rounds, tasks);
  await closeAll(tabs);
  const measurements = NAMES.map((name) => measurement(name, samples[`call ${name}`], NOTES[name]));
  return {
    name: 'command',
    title: 'A command from another tab, until its result is there',
    cases: [
      {
        title: 'against a bare round trip',
        headline: 'a command from another tab, until its result is there',
        unit: 'ms',
        floor: 'bare round trip',
        target: { ratio: 1.5 },
        measurements,
      },
      {
        title: "against tab-election's call",
        unit: 'ms',
        floor: 'tab-election',
        target: { ratio: 1 },
        measurements: measurements.filter(({ subject }) => ['tab-election', 'solotab'].includes(subject)),
      },
    ],
  };
}
