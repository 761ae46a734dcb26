/**
 * The process that renders a page. No browser tells whose a process is, so the page is made to start a worker, which shows
 * in exactly one of the browser's processes as a new thread with a telling name. Linux only.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

/** What a dedicated worker's thread is called in Chromium, Firefox and WebKit. */
const WORKER_THREADS = ['DedicatedWorker', 'DOM Worker', 'WebCore: Worker'];

export interface Renderers {
  /** The process that renders the page with this `evaluate`. The page must be awake to be asked. */
  pidOf(evaluate: (expression: string) => Promise<string>): Promise<number>;
}

/** `list` names the processes that may be it; others there are not looked at. */
export function trackRenderers(list: () => Promise<readonly number[]>): Renderers {
  /** One page after the other, so that only one thread is new at a time. */
  let queue: Promise<unknown> = Promise.resolve();

  const count = async (): Promise<ReadonlyMap<number, number>> => {
    const pids = await list();
    return new Map(pids.map((pid) => [pid, threadNames(pid).filter((name) => WORKER_THREADS.includes(name)).length]));
  };

  const ask = async (evaluate: (expression: string) => Promise<string>): Promise<number> => {
    const before = await count();
    await evaluate(START_WORKER);
    const after = await count();
    await evaluate(STOP_WORKER);
    const grown = [...after].filter(([pid, workers]) => workers > (before.get(pid) ?? 0)).map(([pid]) => pid);
    const [pid] = grown;
    if (pid === undefined || grown.length > 1) throw new Error(`Which process renders the page? Candidates: ${grown}`);
    // A thread that is still ending would hide the next one.
    while (((await count()).get(pid) ?? 0) > (before.get(pid) ?? 0)) await turn();
    return pid;
  };

  return {
    pidOf(evaluate) {
      const asked = queue.then(() => ask(evaluate));
      queue = asked.catch(() => undefined);
      return asked;
    },
  };
}

const START_WORKER = `new Promise((resolve) => {
  window.solotabWorker = new Worker('/worker.js');
  window.solotabWorker.onmessage = () => resolve('started');
  window.solotabWorker.postMessage(0);
})`;

const STOP_WORKER = "window.solotabWorker.terminate() || 'stopped'";

/** All processes below `root`. */
export function descendants(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const parent = Number.isInteger(pid) ? parentOf(pid) : null;
    if (parent === null) continue;
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  const visit = (pid: number): void => {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(root);
  return found;
}

function parentOf(pid: number): number | null {
  // The name of the program, in parentheses, may contain anything.
  const [, parent] = /^.*\) \S+ (\d+)/s.exec(readOrEmpty(`/proc/${pid}/stat`)) ?? [];
  return parent === undefined ? null : Number(parent);
}

function threadNames(pid: number): string[] {
  try {
    const folder = `/proc/${pid}/task`;
    return readdirSync(folder).map((thread) => readOrEmpty(`${folder}/${thread}/comm`).trim());
  } catch {
    return []; // the process is gone
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
}
