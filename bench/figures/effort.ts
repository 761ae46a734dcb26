import type { BenchBrowser } from '../browser';

/** How much is done: `quick` shows that everything works and roughly where it stands. */
export interface Effort {
  /** Of what takes milliseconds. */
  readonly rounds: number;
  /** Of what needs a fresh page. */
  readonly pages: number;
  /** Of what needs a process to be killed. */
  readonly losses: number;
  readonly tabs: readonly number[];
  readonly restMs: number;
  /** How long a leader that nobody replaces is waited for. */
  readonly patienceMs: number;
}

export const FULL: Effort = {
  rounds: 200,
  pages: 20,
  losses: 15,
  tabs: [2, 10, 50, 100],
  restMs: 30_000,
  patienceMs: 20_000,
};

export const QUICK: Effort = {
  rounds: 40,
  pages: 4,
  losses: 3,
  tabs: [2, 10],
  restMs: 5_000,
  patienceMs: 5_000,
};

export interface Bench {
  readonly browser: BenchBrowser;
  readonly effort: Effort;
  progress(what: string): void;
}

let scopes = 0;

/** A scope that nothing was measured in yet. */
export function newScope(): string {
  scopes += 1;
  return `bench ${scopes}`;
}
