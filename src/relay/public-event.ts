/** A journal entry as listeners get it. */
import { type JournalEntry, toErrorEvent } from '../session/events';

export function toPublicEvent(entry: JournalEntry, missed: number): unknown {
  const { type, epoch, seq, tabId, at, reason, payload, error, tooLarge } = entry;
  const skipped = missed > 0 ? { missed } : {};
  if (error) return { ...toErrorEvent(entry, error), ...skipped };
  const event = { type, epoch, seq, tabId, at, ...skipped };
  if (type === 'session_ended') return { ...event, reason: reason ?? 'ended' };
  if (type.startsWith('session_')) return event;
  return { ...event, payload, ...(tooLarge && { tooLarge }) };
}
