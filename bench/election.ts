/**
 * What `solotab/election` and its peers do in the scenarios of `test/browser/election`, all in real Chromium tabs, in one run.
 *
 *     npm run bench:election                   one round, some seven minutes; writes the table of docs/guides/election-compared.md
 *     npm run bench:election -- --rounds 5     the medians of five rounds
 */
import { fileURLToPath } from 'node:url';
import { CONTENDERS, type Contender } from '../test/browser/election/candidate';
import { fault, SCENARIOS, type Scenario } from '../test/browser/election/scenarios';
import type { Finding } from '../test/browser/election/stage';
import { launchChromium } from '../test/browser/support/chromium';
import { describeMachine, machineLoad } from './machine';
import { formatNumber } from './report/format';
import { replaceBetweenMarkers } from './report/markers';

const GUIDE = fileURLToPath(new URL('../docs/guides/election-compared.md', import.meta.url));

export async function main(args: readonly string[]): Promise<void> {
  const rounds = args.includes('--rounds') ? Number(args[args.indexOf('--rounds') + 1]) : 1;
  const loadBefore = machineLoad();
  const begunMs = performance.now();
  const rows: string[] = [];
  let version = '';
  for (const scenario of SCENARIOS) {
    const browser = await launchChromium({ flags: scenario.flags ?? [] });
    version = browser.engine.version;
    const findings = new Map<Contender, (Finding | null)[]>(CONTENDERS.map((contender) => [contender, []]));
    try {
      // In turns: a noisy machine is noisy for all.
      for (let round = 0; round < (scenario.isLarge ? 1 : rounds); round += 1) {
        for (const contender of CONTENDERS) {
          findings.get(contender)?.push(await scenario.run(browser, contender));
        }
      }
    } finally {
      await browser.close();
    }
    const row = [scenario.title, ...CONTENDERS.map((name) => cell(scenario, findings.get(name) ?? []))];
    rows.push(`| ${row.join(' | ')} |`);
    console.error(`${((performance.now() - begunMs) / 1_000).toFixed(0).padStart(4)} s  ${row.join(' | ')}`);
  }
  const table = [`| What happens | ${CONTENDERS.join(' | ')} |`, '|---|---|---|---|', ...rows].join('\n');
  const text = `${describeMachine(version, loadBefore)}\n\n${table}`;
  replaceBetweenMarkers(GUIDE, text);
}

/** The worst round decides whether a contender keeps what the scenario asks for; its times are the medians. */
function cell(scenario: Scenario, rounds: readonly (Finding | null)[]): string {
  const findings = rounds.filter((finding) => finding !== null);
  if (findings.length === 0) return 'there is no such call';
  const faults = findings.flatMap((finding) => fault(scenario, finding) ?? []);
  const often = faults.length < findings.length ? ` (${faults.length} of ${findings.length} times)` : '';
  if (faults[0] !== undefined) return `**no:** ${faults[0]}${often}`;
  const waits = findings.flatMap(({ waitMs }) => waitMs ?? []).sort((a, b) => a - b);
  const wait = waits[Math.floor(waits.length / 2)];
  const doubleMs = Math.max(...findings.map((finding) => finding.doubleMs));
  const after = wait === undefined ? 'the same one leads on' : `after ${formatNumber(wait)} ms`;
  const fenced = doubleMs >= 1 ? `; who was replaced knew ${formatNumber(doubleMs)} ms after it woke` : '';
  return `yes, ${after}${fenced}`;
}
