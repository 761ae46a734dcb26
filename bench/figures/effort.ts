import type { BenchBrowser, BenchTab } from '../browser';
import type { Figure, Measurement } from '../measurement';
import type { SubjectName, Task, TimedTask } from '../pages/page-api';

/** How much is done: `quick` shows that everything works and roughly where it stands. */
export interface Effort {
  /** Of what takes milliseconds. */
  readonly rounds: number;
  /** Of what needs a fresh page. */
  readonly pages: number;
  /** Of what needs a process to be killed. */
  readonly losses: number;
  /** Of what takes many tabs. */
  readonly crowds: number;
  /** Numbers of tabs, rising. */
  readonly tabs: readonly number[];
  /**
   * Until what loading a page began is over: V8 collects its garbage 30 s after the page made some, and Chromium counts the memory of
   * each process when that is a minute old. `npm run bench -- at-rest` shows both.
   */
  readonly settleMs: number;
  readonly restMs: number;
  readonly floodMs: number;
  /** How long a leader that nobody replaces is waited for. */
  readonly patienceMs: number;
}

export const FULL: Effort = {
  rounds: 200,
  pages: 20,
  losses: 15,
  crowds: 7,
  tabs: [10, 25, 50, 100],
  settleMs: 75_000,
  restMs: 30_000,
  floodMs: 10_000,
  patienceMs: 20_000,
};

export const QUICK: Effort = {
  rounds: 40,
  pages: 5,
  losses: 3,
  crowds: 3,
  tabs: [10, 20],
  settleMs: 15_000,
  restMs: 5_000,
  floodMs: 3_000,
  patienceMs: 20_000,
};

export interface Bench {
  readonly browser: BenchBrowser;
  readonly effort: Effort;
  progress(what: string): void;
}

/** One benchmark, as `npm run bench -- <name>` runs it. */
export interface Benchmark {
  readonly name: string;
  measure(bench: Bench): Promise<Figure>;
}

let scopes = 0;

/** A scope that nothing was measured in yet. */
export function newScope(): string {
  scopes += 1;
  return `bench ${scopes}`;
}

/** Makes `name` known to the page of `tab`, in `scope`. */
export function openSubject(tab: BenchTab, name: SubjectName, scope: string): Promise<void> {
  return tab.run((page, [subject, opened]) => page.open(subject, opened), pair(name, scope));
}

/** Times tasks in the visible tab, in turns: in a hidden one each timer would wait for a second. */
export async function time(
  tab: BenchTab,
  rounds: number,
  tasks: readonly TimedTask[],
): Promise<Partial<Record<Task, number[]>>> {
  await tab.page.show();
  return tab.run((page, [timed, count]) => page.time(timed, count), pair(tasks, rounds));
}

export function measurement(subject: string, samples: readonly number[] = [], note?: string): Measurement {
  return { subject, samples, ...(note !== undefined && { note }) };
}

/** Round `round` begins with another one than the round before. */
export function rotated<Item>(items: readonly Item[], round: number): readonly Item[] {
  const first = round % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

export function pair<First, Second>(first: First, second: Second): [First, Second] {
  return [first, second];
}

export async function closeAll(tabs: readonly BenchTab[]): Promise<void> {
  await Promise.all(tabs.map((tab) => tab.close()));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
