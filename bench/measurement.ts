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

export interface Case {
  readonly title: string;
  readonly unit: 'ms' | 'µs' | 'CPU ms' | 'count';
  /** The subject that does the least that could be done: the others are compared with its median. */
  readonly floor?: string;
  /** What `OURS` has to reach: so many times the floor's median, or so many units. */
  readonly target?: { readonly ratio?: number; readonly most?: number };
  readonly measurements: readonly Measurement[];
}

export interface Figure {
  readonly number: number;
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
      const isMet =
        subject !== OURS || !target
          ? null
          : (target.most === undefined || median <= target.most) &&
            (target.ratio === undefined || (ratio !== null && ratio <= target.ratio));
      return { subject, count: samples.length, median, p95: quantile(samples, 0.95), ratio, isCapped, isMet, note };
    });
}

function quantile(samples: readonly number[], at: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = (sorted.length - 1) * at;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position % 1);
}
