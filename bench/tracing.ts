/** What the browser itself records of its processes: which tasks ran in which of them, when and for how long. */
import type { BenchTab } from './browser';

/** A task, or a part of one. */
export interface TraceEvent {
  readonly pid: number;
  readonly name: string;
  /** `X`: it has a duration. */
  readonly ph: string;
  /** In µs, by the clock of all processes. */
  readonly ts: number;
  /** In µs: by the clock, and of the CPU. */
  readonly dur?: number;
  readonly tdur?: number;
  /** Where in Chromium's source the task was posted, or what a collection of garbage was for, among others. */
  readonly args?: { readonly src_file?: string; readonly type?: string; readonly data?: { readonly type?: string } };
}

/** Records all processes of the browser that `tab` is in, while `body` runs. */
export async function trace(
  { page }: BenchTab,
  categories: string[],
  body: () => Promise<void>,
): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  page.session.on('Tracing.dataCollected', ({ value }) => {
    events.push(...(value as unknown as TraceEvent[])); // the protocol calls them objects
  });
  await page.session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: categories },
  });
  await body();
  const complete = new Promise((resolve) => page.session.once('Tracing.tracingComplete', resolve));
  await page.session.send('Tracing.end');
  await complete;
  return events;
}
