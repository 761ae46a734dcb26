/** Time that a page was awake for: one that slept has not waited. */
import type { Clock } from './platform';

/** A timer that is this late belongs to a page that slept. It may run before an answer that has been there for long. */
const LATE_MS = 1_000;

/** Runs `act` after `ms` awake, unless the returned function is called before: a timer that finds itself late begins once more. */
export function afterAwake(clock: Clock, ms: number, act: () => void): () => void {
  const began = clock.monotonic();
  let cancel = clock.after(ms, () => {
    if (clock.monotonic() - began > ms + LATE_MS) cancel = clock.after(ms, act);
    else act();
  });
  return () => cancel();
}
