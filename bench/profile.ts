/**
 * Where the time of a call goes: a CPU profile of both tabs, by function.
 *
 *     npm run bench -- profile command     or relay, refused, claim
 */
import { type BenchTab, launchBenchBrowser } from './browser';
import { newScope, pair } from './figures/effort';

const ROUNDS = 400;

/** Between two samples, in microseconds. */
const INTERVAL_US = 50;

const SHOWN = 16;

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

export async function main([name = 'command']: readonly string[]): Promise<void> {
  const browser = await launchBenchBrowser({ isMinified: false });
  try {
    const scope = newScope();
    const tabs = await browser.openMany(2);
    const [host, other] = tabs;
    if (!host || !other) throw new Error('There are not enough tabs.');
    for (const tab of tabs) {
      await tab.page.show();
      await tab.run((page, [subject, opened]) => page.open(subject, opened), pair('solotab' as const, scope));
    }
    if (name !== 'claim') await host.run((page) => page.claim('solotab'));
    await other.run((page) => page.echo(['solotab']));
    const act = async (rounds: number): Promise<void> => {
      if (name === 'relay') {
        await host.page.show();
        await host.run((page, count) => page.roundTrips(['solotab'], count), rounds);
      } else {
        await other.page.show();
        const task = `${name === 'command' ? 'call' : name} solotab` as 'call solotab';
        await other.run((page, [timed, count]) => page.time([{ task: timed }], count), pair(task, rounds));
      }
    };
    await act(50);
    for (const tab of tabs) {
      await tab.page.session.send('Profiler.enable');
      await tab.page.session.send('Profiler.setSamplingInterval', { interval: INTERVAL_US });
      await tab.page.session.send('Profiler.start');
    }
    await act(ROUNDS);
    for (const [index, tab] of tabs.entries()) await print(index === 0 ? 'the host' : 'the other tab', tab);
  } finally {
    await browser.close();
  }
}

async function print(title: string, tab: BenchTab): Promise<void> {
  const { profile } = (await tab.page.session.send('Profiler.stop')) as { profile: Profile };
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName || '(anonymous)']));
  const self = new Map<string, number>();
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const called = names.get(id) ?? '';
    self.set(called, (self.get(called) ?? 0) + (profile.timeDeltas?.[index] ?? 0));
  }
  self.delete('(idle)');
  const sorted = [...self].sort(([, a], [, b]) => b - a);
  const total = sorted.reduce((sum, [, time]) => sum + time, 0);
  console.log(`\n${title}: ${(total / ROUNDS).toFixed(0)} µs busy each time, of which`);
  for (const [called, time] of sorted.slice(0, SHOWN)) {
    console.log(`  ${(time / ROUNDS).toFixed(1).padStart(7)} µs  ${called}`);
  }
}
