/**
 * Whether solotab's cost grows with the work: 10,000 sessions one after the other, 1,000 scopes, 200 tabs, in real Chromium pages.
 *
 *     npm run bench -- scale            writes the table of bench/README.md and bench/scale.svg
 *     npm run bench -- scale --quick    a tenth of it; writes nothing
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeMachine, machineLoad } from './machine';
import { formatNumber } from './report/format';
import { replaceBetweenMarkers } from './report/markers';
import { scaleChart } from './scale/chart';
import { launchPages, type Pages } from './scale/pages';
import { scopesAtOnce, sessionsInARow, tabsOfOneScope, type Work } from './scale/work';

const FULL = { sessions: 10_000, scopes: 1_000, tabs: 200 };
const QUICK = { sessions: 1_000, scopes: 100, tabs: 20 };

export async function main(args: readonly string[]): Promise<void> {
  const isQuick = args.includes('--quick');
  const { sessions, scopes, tabs } = isQuick ? QUICK : FULL;
  const loadBefore = machineLoad();
  const all: Work[] = [];
  let version = '';
  const works = [
    (pages: Pages) => sessionsInARow(pages, sessions),
    (pages: Pages) => scopesAtOnce(pages, scopes),
    (pages: Pages) => tabsOfOneScope(pages, tabs),
  ];
  for (const work of works) {
    const begunMs = performance.now();
    // A browser of its own: what one left behind does not count for the next.
    const pages = await launchPages();
    version = pages.version;
    try {
      all.push(await work(pages));
    } finally {
      await pages.close();
    }
    console.error(`${((performance.now() - begunMs) / 1_000).toFixed(0).padStart(4)} s  ${all[all.length - 1]?.name}`);
  }
  const table = `${describeMachine(version, loadBefore)}\n\n${scaleTable(all)}`;
  console.log(table);
  if (isQuick) return;
  replaceBetweenMarkers(pathOf('README.md'), table, 'scale');
  writeFileSync(pathOf('scale.svg'), scaleChart(all));
}

function scaleTable(all: readonly Work[]): string {
  const rows = all.flatMap(({ name, unit, timed, heapOf, steps }) => [
    `| **${name}** | *${timed}* | *of ${heapOf}* | *of ${heapOf}* | | |`,
    ...steps.map(({ done, ms, heapMb, listeners, rows: stored, storedKb }) => {
      const cells = [`${formatNumber(ms)} ms`, `${formatNumber(heapMb * 1024)} kB`, formatNumber(listeners)];
      return `| ${done.toLocaleString('en')} ${unit} | ${[...cells, stored, `${Math.round(storedKb)} kB`].join(' | ')} |`;
    }),
  ]);
  return [
    '| | median call | heap after a collection | listeners | rows | stored |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows,
  ].join('\n');
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
