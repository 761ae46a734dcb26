/** What becomes of a tab's wish that there be a session, as the record says. Pure. */
import type { JournalEntry } from './events';
import type { SessionRecord } from './record';

/** How the record stood when the wish was made: what was before is none of its business. */
export type WishedAt = Pick<SessionRecord, 'stops' | 'seq'>;

export type WishState =
  /** There is one. The wish stays: if that session is lost for good, another one is to be started. */
  | { readonly type: 'fulfilled' }
  /** A person ended or canceled, or the driver said that the session is over. */
  | { readonly type: 'over' }
  /** It was tried, and would fail again. */
  | { readonly type: 'failed'; readonly entry: JournalEntry }
  /** Another call is under way: what comes of it decides. */
  | { readonly type: 'waiting' }
  /** A tab that can may start one in so many milliseconds. */
  | { readonly type: 'due'; readonly inMs: number };

/** `now`: milliseconds since the Unix epoch, by this tab's clock. */
export function stateOfWish({ stops, seq }: WishedAt, record: SessionRecord, now: number): WishState {
  const { phase, failures, lastError } = record;
  if (record.stops > stops) return { type: 'over' };
  if (phase !== 'idle') return { type: phase === 'active' ? 'fulfilled' : 'waiting' };
  if (!failures) return { type: 'due', inMs: 0 };
  const { retryMs, at } = failures;
  if (retryMs === null) {
    return lastError && lastError.seq > seq ? { type: 'failed', entry: lastError } : { type: 'due', inMs: 0 };
  }
  // By the stored time, but never for longer than was meant: the clock may have been set back.
  return { type: 'due', inMs: Math.min(retryMs, Math.max(0, at + retryMs - now)) };
}
