/** When how many led, from what each page wrote down. */
import type { Span } from './candidate';

interface Closed {
  readonly from: number;
  readonly until: number;
}

/** What is left of `spans` when `pauses` are cut out of them. What is open goes on until `now`. */
export function without(spans: readonly Span[], pauses: readonly Span[], now: number): Closed[] {
  let left = spans.map((span) => closed(span, now));
  for (const pause of pauses.map((span) => closed(span, now))) {
    left = left
      .flatMap(({ from, until }) => [
        { from, until: Math.min(until, pause.from) },
        { from: Math.max(from, pause.until), until },
      ])
      .filter(({ from, until }) => from < until);
  }
  return left;
}

/** How many of `groups` had a span at the same time, at most; and for how many milliseconds it was more than one. */
export function overlap(groups: readonly (readonly Closed[])[]): { readonly most: number; readonly doubleMs: number } {
  const edges = groups
    .flat()
    .flatMap(({ from, until }) => [
      { at: from, change: 1 },
      { at: until, change: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.change - b.change);
  let [count, most, doubleMs, since] = [0, 0, 0, 0];
  for (const { at, change } of edges) {
    if (count > 1) doubleMs += at - since;
    count += change;
    since = at;
    most = Math.max(most, count);
  }
  return { most, doubleMs };
}

function closed({ from, until }: Span, now: number): Closed {
  return { from, until: until ?? now };
}
