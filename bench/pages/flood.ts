/** Many events in a short time: who emits them, and who hears them. */
import type { Heard } from './page-api';
import type { Mark, Subject } from './subject';

/** How often the emitting page is woken to emit what is due. */
const EVERY_MS = 4;

/** Of so many events one is kept for the percentiles. */
const SAMPLED = 10;

/** Emits `perSecond` events a second for `ms` milliseconds. Resolves with how many those were. */
export function flood(subject: Subject, perSecond: number, ms: number, wall: () => number): Promise<number> {
  const begun = wall();
  const all = Math.round((perSecond * ms) / 1_000);
  let n = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const at = wall();
      const due = Math.min(all, Math.floor(((at - begun) * perSecond) / 1_000));
      while (n < due) {
        subject.mark?.({ n, at });
        n += 1;
      }
      subject.sendMarks?.();
      if (n < all) return;
      clearInterval(timer);
      resolve(all);
    }, EVERY_MS);
  });
}

/** Notes every event that is heard from now on. */
export function heed(subject: Subject, wall: () => number): () => Heard {
  let heard = { count: 0, outOfOrder: 0, samples: [] as [n: number, ms: number][] };
  let next = 0;
  subject.onMark?.(({ n, at }: Mark) => {
    if (n !== next) heard.outOfOrder += 1;
    next = n + 1;
    heard.count += 1;
    if (n % SAMPLED === 0) heard.samples.push([n, Math.round((wall() - at) * 100) / 100]);
  });
  return () => {
    const before = heard;
    heard = { count: 0, outOfOrder: 0, samples: [] };
    next = 0;
    return before;
  };
}
