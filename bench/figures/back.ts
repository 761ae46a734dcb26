/** The leader's tab reloads, or hangs. */
import type { Figure } from '../measurement';
import type { SubjectName } from '../pages/page-api';
import { type Bench, measurement, newScope, rotated } from './effort';

const NAMES = ['bare primitives', 'solotab', 'broadcast-channel', 'tab-election'] as const;

/** The host reloads, and goes on with its session by itself. */
export async function measureReloads({ browser, effort, progress }: Bench): Promise<Figure> {
  progress('its tab reloads');
  const samples = new Map<SubjectName, number[]>(NAMES.map((name) => [name, []]));
  for (let round = 0; round < effort.losses; round += 1) {
    for (const subject of rotated(NAMES, round)) {
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
    name: 'reload',
    title: "The leader's tab reloads, until it leads again",
    cases: [
      {
        title: 'from the last moment in the old page',
        unit: 'ms',
        floor: 'bare primitives',
        measurements: NAMES.map((name) => measurement(name, samples.get(name))),
      },
    ],
  };
}

/** The host's process is stopped while it has everything. A person in another tab takes over by force. */
export async function measureWedged({ browser, effort, progress }: Bench): Promise<Figure> {
  progress('it hangs');
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
    name: 'hang',
    title: "The leader's process hangs",
    cases: [
      {
        title: 'until a person in another tab has taken over by force',
        unit: 'ms',
        measurements: [measurement('solotab', samples, 'the silence of 3 s that it grants; the peers can’t do this')],
      },
    ],
  };
}
