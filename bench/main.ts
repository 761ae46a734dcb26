/**
 * Measures solotab beside its peers and the bare primitives, in real Chromium tabs.
 *
 *     npm run bench                     everything
 *     npm run bench -- --write          the same, and writes the tables of both READMEs and the charts
 *     npm run bench -- relay command    these
 *     npm run bench -- --quick          a rough look
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BenchBrowser, launchBenchBrowser } from './browser';
import { BENCHMARKS } from './figures';
import { type Benchmark, type Effort, FULL, QUICK } from './figures/effort';
import { describeMachine, machineLoad } from './machine';
import type { Figure } from './measurement';
import { chart } from './report/chart';
import { growthChart } from './report/growth';
import { replaceBetweenMarkers } from './report/markers';
import { consoleTable, markdownTable, overviewTable, targetsTable } from './report/table';

const CHARTS = [
  '![Medians on a logarithmic scale](chart.svg)',
  '![How the cost grows with the number of tabs](growth.svg)',
];

/** A benchmark that is not over by then is given up: the others still run. */
const LIMIT_MS = 240_000;

export async function main(args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const chosen = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
  const unknown = [
    ...names.filter((name) => !BENCHMARKS.some((one) => one.name === name)),
    ...args.filter((arg) => arg.startsWith('--') && !['--quick', '--write'].includes(arg)),
  ];
  if (unknown.length > 0) {
    throw new Error(
      `There is no ${unknown}. There are: ${BENCHMARKS.map(({ name }) => name).join(' ')} --quick --write`,
    );
  }
  const [isQuick, writes] = [args.includes('--quick'), args.includes('--write')];
  if (writes && (isQuick || names.length > 0))
    throw new Error('Only what was measured in one whole run is written down.');

  const begunMs = performance.now();
  const loadBefore = machineLoad();
  const progress = (what: string): void =>
    console.error(`${((performance.now() - begunMs) / 1_000).toFixed(0).padStart(4)} s  ${what}`);
  const figures: Figure[] = [];
  const failed: string[] = [];
  let version = '';
  for (const benchmark of chosen) {
    try {
      const run = await measure(benchmark, isQuick ? QUICK : FULL, progress);
      version = run.version;
      figures.push(run.figure);
    } catch (error) {
      failed.push(benchmark.name);
      console.error(`${benchmark.name} failed:`, error);
    }
  }
  progress('done');
  const machine = describeMachine(version, loadBefore);
  console.log(`\n${machine}\n${consoleTable(figures)}\n\n${targetsTable(figures)}`);
  if (failed.length > 0) {
    process.exitCode = 1;
    console.error(`\nNot measured: ${failed.join(', ')}.${writes ? ' So nothing was written.' : ''}`);
  } else if (writes) write(figures, machine);
}

/** In a browser of its own: what one leaves behind does not disturb the next. */
async function measure(
  { name, measure: run }: Benchmark,
  effort: Effort,
  progress: (what: string) => void,
): Promise<{ readonly figure: Figure; readonly version: string }> {
  const browser: BenchBrowser = await launchBenchBrowser();
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} was not over after ${LIMIT_MS / 1_000} s.`)), LIMIT_MS);
  });
  const running = run({ browser, effort, progress });
  running.catch(() => {}); // it fails anyway once its browser is closed
  try {
    return { figure: await Promise.race([running, tooLong]), version: browser.version };
  } finally {
    clearTimeout(timer);
    await browser.close();
  }
}

function write(figures: readonly Figure[], machine: string): void {
  writeFileSync(
    pathOf('chart.svg'),
    chart(figures, (_, { headline }) => headline !== undefined),
  );
  writeFileSync(pathOf('growth.svg'), growthChart(figures));
  const targets = [machine, targetsTable(figures), ...CHARTS].join('\n\n');
  replaceBetweenMarkers(pathOf('README.md'), targets, 'targets');
  replaceBetweenMarkers(pathOf('README.md'), `${machine}\n\n${markdownTable(figures)}`);
  replaceBetweenMarkers(pathOf('../README.md'), `${machine}\n\n${overviewTable(figures)}`);
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
