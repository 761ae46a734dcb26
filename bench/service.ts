/**
 * What a service sees of browsers with solotab when it goes down for a minute: attempts per second, by simulation.
 *
 *     npm run bench -- service            100,000 browsers by the rules, 500 whole ones as a sample; writes the table and the chart
 *     npm run bench -- service --quick    2,000 and 40; writes nothing
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { replaceBetweenMarkers } from './report/markers';
import { type BrowserReport, runBrowser } from './service/browsers';
import { attemptsChart } from './service/chart';
import { runFleet } from './service/fleet';
import { MINUTE, SCENARIOS, type Scenario, Tally } from './service/outage';
import { type Measured, serviceTable } from './service/table';

const FULL = { fleet: 100_000, sample: 500 };
const QUICK = { fleet: 2_000, sample: 40 };

export async function main(args: readonly string[]): Promise<void> {
  const isQuick = args.includes('--quick');
  const effort = isQuick ? QUICK : FULL;
  const measured: Measured[] = [];
  for (const scenario of SCENARIOS) {
    const begunMs = performance.now();
    measured.push(await measure(scenario, effort));
    console.error(`${((performance.now() - begunMs) / 1_000).toFixed(0).padStart(4)} s  ${scenario.name}`);
  }
  const table = serviceTable(measured);
  console.log(table);
  if (isQuick) return;
  replaceBetweenMarkers(pathOf('README.md'), table, 'service');
  writeFileSync(pathOf('../docs/public/service-down.svg'), attemptsChart(measured, MINUTE));
}

async function measure(scenario: Scenario, { fleet, sample }: typeof FULL): Promise<Measured> {
  const byRules = new Tally(MINUTE);
  await runFleet(scenario, MINUTE, fleet, byRules);
  const whole = new Tally(MINUTE);
  const reports: BrowserReport[] = [];
  for (let seed = 1; seed <= sample; seed += 1) reports.push(await runBrowser(scenario, MINUTE, seed, whole));
  return { scenario, fleet: { browsers: fleet, tally: byRules }, sample: { browsers: sample, tally: whole }, reports };
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
