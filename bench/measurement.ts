/** What is measured, and how it is summed up. */

/** The one whose figures the targets are about. */
export const OURS = 'solotab';

export interface Measurement {
  /** Who was measured. */
  readonly subject: string;
  /** In the unit of the case. */
  readonly samples: readonly number[];
  /** Nothing had happened by then: the samples are no samples but a limit. */
  readonly isCapped?: boolean;
  /** What has to be known to compare it fairly. */
  readonly note?: string;
}

/** What `OURS` has to reach; each that is given. */
export interface Target {
  /** So many times the floor's median. */
  readonly ratio?: number;
  /** So many units. */
  readonly most?: number;
  /** So many units more than the floor's median. */
  readonly more?: number;
}

export interface Case {
  readonly title: string;
  readonly unit: 'ms' | 'µs' | 'CPU ms' | 'count' | 'kB' | '×';
  /** The subject that does the least that could be done: the others are compared with its median. */
  readonly floor?: string;
  readonly target?: Target;
  /** What the line of the project's README says, where this case is one of its lines. */
  readonly headline?: string;
  /** Where the same is measured with more and more tabs: a point of the curve of that name. */
  readonly point?: { readonly curve: string; readonly tabs: number };
  readonly measurements: readonly Measurement[];
}

/** What one benchmark found. */
export interface Figure {
  /** As it is called on the command line. */
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
}

export interface Summary {
  readonly subject: string;
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  /** The median over that of the floor. */
  readonly ratio: number | null;
  readonly isCapped: boolean;
  /** Null where there is no target. */
  readonly isMet: boolean | null;
  readonly note: string | null;
}

export function summarize({ measurements, floor, target }: Case): readonly Summary[] {
  const base = measurements.find(({ subject }) => subject === floor);
  const floorMedian = base && base.samples.length > 0 ? quantile(base.samples, 0.5) : null;
  return measurements
    .filter(({ samples }) => samples.length > 0)
    .map(({ subject, samples, isCapped = false, note = null }) => {
      const median = quantile(samples, 0.5);
      const ratio = floorMedian && subject !== floor ? median / floorMedian : null;
      const isMet = subject === OURS && target ? !isCapped && meets(target, median, floorMedian) : null;
      return { subject, count: samples.length, median, p95: quantile(samples, 0.95), ratio, isCapped, isMet, note };
    });
}

function meets({ ratio, most, more }: Target, median: number, floor: number | null): boolean {
  return (
    (most === undefined || median <= most) &&
    (ratio === undefined || (floor !== null && median <= ratio * floor)) &&
    (more === undefined || (floor !== null && median <= floor + more))
  );
}

export function medianOf(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

export function quantile(samples: readonly number[], at: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = (sorted.length - 1) * at;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position % 1);
}
