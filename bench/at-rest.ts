/**
 * Why a page takes CPU time while nothing happens in it: pages with one thing each, so that what causes it is found by leaving the
 * rest out, second by second since they were loaded; then the tasks that run, as Chromium names them.
 *
 *     npm run bench -- at-rest
 */
import { type BenchTab, cpuSeconds, launchBenchBrowser } from './browser';
import { newScope, openSubject, pause } from './figures/effort';
import { beginPart, PART_NAMES } from './figures/parts';
import { type TraceEvent, trace } from './tracing';

const IDLE = 'solotab, idle';
const HOST = "solotab's host";
const FOLLOWER = 'solotab, beside a host';
const LABELS: readonly string[] = [...PART_NAMES, IDLE, HOST, FOLLOWER];

/** Of each label. */
const PAGES = 3;

/** Seconds since the last page was loaded. The bench measured from 16 to 46 before this was looked into. */
const WINDOWS = [0, 16, 46, 76, 106] as const;

const TRACED_MS = 45_000;

interface Resting {
  readonly label: string;
  readonly tab: BenchTab;
  readonly pid: number;
}

export async function main(): Promise<void> {
  await printCpu();
  await printTasks();
}

async function printCpu(): Promise<void> {
  const browser = await launchBenchBrowser();
  try {
    const resting: Resting[] = [];
    for (let count = 0; count < PAGES; count += 1) {
      const scope = newScope();
      for (const label of LABELS) resting.push(await begin(await browser.open(), label, scope));
    }
    console.log(`CPU ms of each page's process, by the seconds since the last one was loaded\n${WINDOWS.join(' to ')}`);
    const used: number[][] = [];
    for (const [index, from] of WINDOWS.entries()) {
      used.push(resting.map(({ pid }) => cpuSeconds(pid) * 1_000));
      await pause(((WINDOWS[index + 1] ?? from) - from) * 1_000);
    }
    for (const label of LABELS) {
      const columns = WINDOWS.slice(1).map((_, index) =>
        resting
          .flatMap((one, page) =>
            one.label === label ? [((used[index + 1]?.[page] ?? 0) - (used[index]?.[page] ?? 0)).toFixed(1)] : [],
          )
          .join(' '),
      );
      console.log([label.padEnd(34), ...columns.map((column) => column.padStart(16))].join(' '));
    }
  } finally {
    await browser.close();
  }
}

/** The tasks that have most of it, of one page for each label that is of interest here. */
async function printTasks(): Promise<void> {
  const browser = await launchBenchBrowser();
  try {
    const first = await browser.open();
    const resting: Resting[] = [];
    const events = await trace(first, ['v8', 'devtools.timeline', 'toplevel'], async () => {
      const scope = newScope();
      for (const label of ['the script alone', 'garbage made once', IDLE, HOST]) {
        resting.push(await begin(await browser.open(), label, scope));
      }
      await pause(TRACED_MS);
    });
    const begun = Math.min(...events.flatMap(({ ts }) => (ts > 0 ? [ts] : [])));
    for (const { label, pid } of resting) {
      console.log(`\n${label}: collections of garbage, and what posted the tasks that they are part of`);
      const told = events.filter((event) => event.pid === pid && event.ph === 'X' && isTelling(event));
      for (const event of told.sort((a, b) => a.ts - b.ts)) {
        const [at, took] = [(event.ts - begun) / 1e6, (event.tdur ?? 0) / 1e3];
        console.log(
          `  ${at.toFixed(1).padStart(5)} s ${took.toFixed(1).padStart(5)} ms  ${event.args?.src_file ?? event.name} ${event.args?.type ?? ''}`,
        );
      }
    }
  } finally {
    await browser.close();
  }
}

function isTelling({ name, args }: TraceEvent): boolean {
  return name === 'MajorGC' || name === 'MinorGC' || /memory-reducer/.test(args?.src_file ?? '');
}

async function begin(tab: BenchTab, label: string, scope: string): Promise<Resting> {
  const part = PART_NAMES.find((name) => name === label);
  if (part) await beginPart(tab, part);
  else await openSubject(tab, 'solotab', label === IDLE ? newScope() : scope);
  if (label === HOST) await tab.run((page) => page.claim('solotab'));
  return { label, tab, pid: await tab.page.rendererPid() };
}
