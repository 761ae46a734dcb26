import type { Clock } from '../platform/platform';
import type { SessionRecord } from '../session/record';

/** A message can be lost: a host that still has not heard that it was taken for dead is told so again after this. */
const AGAIN_MS = 1_000;

/**
 * Whether that the host of an earlier term was lost, as `record` says, is to be told now. Every tab tells it to all: if each answered each
 * of many messages that were on their way, and another host was lost meanwhile, the answers would be answered in turn.
 */
export function lossNews(clock: Pick<Clock, 'monotonic'>): (record: SessionRecord) => boolean {
  let last: { readonly record: SessionRecord; readonly at: number } | undefined;
  return (record) => {
    const now = clock.monotonic();
    if (last?.record === record && now - last.at < AGAIN_MS) return false;
    last = { record, at: now };
    return true;
  };
}
