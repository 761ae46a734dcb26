/**
 * Measures solotab beside its peers and the bare primitives, in real Chromium tabs, all in one run.
 *
 *     node bench/run.mjs                 everything; writes bench/results/, bench/chart.svg and the tables of both READMEs
 *     node bench/run.mjs --quick         a rough look, which writes nothing
 *     node bench/run.mjs --only 2,3      these figures, and writes nothing
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launchBenchBrowser } from './browser';
import { measureClaims, measureRefusals } from './figures/calls';
import { measureCrowds } from './figures/crowd';
import { type Bench, FULL, QUICK } from './figures/effort';
import { measureLoad } from './figures/load';
import { measureLoss } from './figures/loss';
import { measureRelay } from './figures/relay';
import { describeMachine, machineLoad } from './machine';
import { type Figure, summarize } from './measurement';
import { chart } from './report/chart';
import { replaceBetweenMarkers } from './report/markers';
import { consoleTable, markdownTable, overviewTable } from './report/table';

const FIGURES: readonly { readonly numbers: readonly number[]; measure(bench: Bench): Promise<Figure | Figure[]> }[] = [
  { numbers: [1, 2], measure: measureRefusals },
  { numbers: [3], measure: measureClaims },
  { numbers: [4], measure: measureRelay },
  { numbers: [5], measure: measureLoss },
  { numbers: [6], measure: measureCrowds },
  { numbers: [7], measure: measureLoad },
];

export async function main(args: readonly string[]): Promise<void> {
  const isQuick = args.includes('--quick');
  const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '').split(',').map(Number) : null;
  const begunMs = performance.now();
  const loadBefore = machineLoad();
  const browser = await launchBenchBrowser();
  const figures: Figure[] = [];
  const progress = (what: string): void =>
    console.error(`${((performance.now() - begunMs) / 1_000).toFixed(0).padStart(4)} s  ${what}`);
  try {
    for (const { numbers, measure } of FIGURES) {
      if (only && !numbers.some((number) => only.includes(number))) continue;
      figures.push(...[await measure({ browser, effort: isQuick ? QUICK : FULL, progress })].flat());
    }
  } finally {
    await browser.close();
  }
  const machine = describeMachine(browser.version, loadBefore);
  console.log(`\n${machine}\n${consoleTable(figures)}`);
  if (isQuick || only) return;

  mkdirSync(pathOf('results'), { recursive: true });
  const summaries = figures.map(({ cases, ...figure }) => ({
    ...figure,
    cases: cases.map((measured) => ({ ...measured, summary: summarize(measured) })),
  }));
  const result = { at: new Date().toISOString(), machine, figures: summaries };
  writeFileSync(pathOf('results/latest.json'), `${JSON.stringify(result, round, 1)}\n`);
  writeFileSync(pathOf('chart.svg'), chart(figures, isCharted));
  replaceBetweenMarkers(pathOf('README.md'), `${machine}\n\n${markdownTable(figures)}`);
  replaceBetweenMarkers(pathOf('../README.md'), `${machine}\n\n${overviewTable(figures)}`);
}

function isCharted({ number }: Figure, { title }: { readonly title: string }): boolean {
  if (number === 6) return title.startsWith('10 tabs');
  return number >= 2 && number <= 5;
}

function round(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
