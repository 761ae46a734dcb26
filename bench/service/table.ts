/** What the simulated service counted, in figures. */
import type { BrowserReport } from './browsers';
import type { Scenario, Tally } from './outage';

interface Group {
  readonly browsers: number;
  readonly tally: Tally;
}

export interface Measured {
  readonly scenario: Scenario;
  /** By the rules alone. */
  readonly fleet: Group;
  /** Whole browsers. */
  readonly sample: Group;
  readonly reports: readonly BrowserReport[];
}

const SECOND_MS = 1_000;

export function serviceTable(all: readonly Measured[]): string {
  const rows = all.map((measured) => {
    const { scenario, fleet, sample, reports } = measured;
    const seconds = fleet.tally.per(SECOND_MS);
    const connected = [...fleet.tally.connectedAt].sort((a, b) => a - b);
    return [
      scenario.title,
      round(fleet.tally.total / fleet.browsers, 1),
      count(Math.max(...fleet.tally.attempts)),
      count(seconds[0]),
      count(Math.max(...seconds.slice(1))),
      count(mean(seconds.slice(30, 60))),
      count(Math.max(...seconds.slice(60))),
      whenShare(connected, 0.5),
      whenShare(connected, 0.99),
      `${reports.filter(isFaulty).length} of ${sample.browsers}`,
      `${round(100 * difference(fleet.tally, sample.tally), 1)} %`,
    ];
  });
  const head = [
    'what happens',
    'attempts per browser',
    'most in 0.1 s',
    'in the first second',
    'most in a later second',
    'per second, from 30 s to 60 s',
    'most in a second once it is back',
    'half connected',
    '99 % connected',
    'browsers with a second session, another fault or none',
    'rules and whole browsers differ by',
  ];
  return [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** A second session, or something that the simulated world rules out, or none after all. */
export function isFaulty({ mostOpen, violations, isConnected }: BrowserReport): boolean {
  return mostOpen > 1 || violations.length > 0 || !isConnected;
}

/** By how much the share of the attempts that were made until any one moment differs at most: from 0 to 1. */
export function difference(a: Tally, b: Tally): number {
  let [sumA, sumB, most] = [0, 0, 0];
  for (const [bin, attempts] of a.attempts.entries()) {
    sumA += attempts / a.total;
    sumB += (b.attempts[bin] ?? 0) / b.total;
    most = Math.max(most, Math.abs(sumA - sumB));
  }
  return most;
}

function whenShare(sorted: readonly number[], share: number): string {
  const at = sorted[Math.floor(sorted.length * share)];
  return at === undefined ? 'never' : `${round(at / SECOND_MS, 0)} s`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function count(value = 0): string {
  return Math.round(value).toLocaleString('en');
}

function round(value: number, digits: number): string {
  return value.toFixed(digits);
}
