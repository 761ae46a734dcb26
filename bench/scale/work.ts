/** Much work of one kind, in steps, with what each step cost. */
import type { Pages } from './pages';

export interface Step {
  /** So much was done by then. */
  readonly done: number;
  /** The median call of this step. */
  readonly ms: number;
  /** JavaScript heap after a collection, in MB; of each tab or scope where there are more and more of them. */
  readonly heapMb: number;
  readonly listeners: number;
  readonly rows: number;
  readonly storedKb: number;
}

export interface Work {
  readonly name: string;
  /** What is counted, what is timed, and what the heap is of. */
  readonly unit: string;
  readonly timed: string;
  readonly heapOf: string;
  readonly steps: readonly Step[];
}

/** Of calls that are refused, for one step. */
const REFUSALS = 40;

/** Sessions one after the other in one tab. */
export async function sessionsInARow(pages: Pages, total: number, steps = 10): Promise<Work> {
  const page = await pages.open();
  await page.call('open', 'sessions');
  // The first ones run code that is not compiled yet.
  await page.call('sessions', 'sessions', total / steps / 2);
  const taken: Step[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const samples = await page.call('sessions', 'sessions', total / steps);
    taken.push({
      done: (step * total) / steps,
      ms: median(samples),
      ...(await page.cost()),
      ...inKb(await page.call('stored')),
    });
  }
  return {
    ...{
      name: 'Sessions one after the other',
      unit: 'sessions',
      timed: 'start and end',
      heapOf: 'the page',
      steps: taken,
    },
  };
}

/** Scopes on one origin, each with a session that goes on, all in one tab. */
export async function scopesAtOnce(pages: Pages, total: number, steps = 10): Promise<Work> {
  const page = await pages.open();
  const empty = await page.cost();
  const taken: Step[] = [];
  for (let step = 1; step <= steps; step += 1) {
    const done = (step * total) / steps;
    const samples = await page.call('scopes', done - total / steps, total / steps);
    const cost = await page.cost();
    taken.push({
      done,
      ms: median(samples),
      heapMb: (cost.heapMb - empty.heapMb) / done,
      listeners: (cost.listeners - empty.listeners) / done,
      ...inKb(await page.call('stored')),
    });
  }
  await page.call('closeAll');
  return {
    name: 'Scopes with a session each',
    unit: 'scopes',
    timed: 'open and start',
    heapOf: 'a scope',
    steps: taken,
  };
}

/** Tabs of one scope, of which the first has the session. */
export async function tabsOfOneScope(pages: Pages, total: number, steps = 5): Promise<Work> {
  const taken: Step[] = [];
  let usedMb = 0;
  let listeners = 0;
  for (let step = 1; step <= steps; step += 1) {
    const opened = [];
    for (let index = 0; index < total / steps; index += 1) opened.push(await pages.open());
    const [page] = opened;
    if (!page) throw new Error('There is no tab.');
    const empty = await page.cost();
    for (const tab of opened) await tab.call('open', 'tabs');
    if (step === 1) await page.call('begin', 'tabs');
    const last = opened[opened.length - 1] ?? page;
    const samples = await last.call('refusals', 'tabs', REFUSALS);
    const cost = await page.cost();
    usedMb += cost.heapMb - empty.heapMb;
    listeners += cost.listeners - empty.listeners;
    const done = (step * total) / steps;
    taken.push({
      done,
      ms: median(samples),
      heapMb: usedMb / done,
      listeners: listeners / done,
      ...inKb(await page.call('stored')),
    });
  }
  return { name: 'Tabs of one scope', unit: 'tabs', timed: 'a refused start', heapOf: 'a tab', steps: taken };
}

function inKb({ rows, bytes }: { readonly rows: number; readonly bytes: number }) {
  return { rows, storedKb: bytes / 1024 };
}

export function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}
