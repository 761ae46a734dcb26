/**
 * Session events as they are journaled and sent: numbered `(epoch, seq)` in the order in which they happened. An epoch
 * has one writer, so a number is given once; between epochs the higher one is the later one.
 */
import { isCount, isObject, isText } from './check';
import { type ErrorFacts, errorEvent, isErrorFacts } from './error-facts';
import { isJournalable } from './payload';

/** How many events the journal holds. A tab that sleeps through more is told how many it missed. */
export const JOURNAL_SIZE = 64;

/** What solotab itself emits: a driver that emitted one would be believed. */
export const OWN_TYPES = /^(session_(error|started|joined|resumed|reconnecting|ended)|statechange|host_lost)$/;

/** An event before it has its number. */
export interface EventDraft {
  readonly type: string;
  readonly reason?: string;
  readonly payload?: unknown;
  readonly error?: ErrorFacts;
}

export interface JournalEntry extends EventDraft {
  readonly epoch: number;
  readonly seq: number;
  readonly tabId: string;
  readonly at: number;
  /** Its payload was not journaled, because it is over 64 kB. */
  readonly tooLarge?: true;
}

/** Where an event stands in the order of all. */
export type Position = Pick<JournalEntry, 'epoch' | 'seq'>;

export function inOrder(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.seq - b.seq;
}

export function isEntry(value: unknown): value is JournalEntry {
  if (!isObject(value)) return false;
  const { type, epoch, seq, tabId, at, reason = '', error } = value;
  return (
    isText(type) &&
    isCount(epoch) &&
    isCount(seq) &&
    isText(tabId) &&
    Number.isFinite(at) &&
    isText(reason) &&
    (type === 'session_error' ? isErrorFacts(error) : error === undefined)
  );
}

/** The entry as it is journaled: without its payload if that is too large. */
export function slim(entry: JournalEntry): JournalEntry {
  return isJournalable(entry.payload) ? entry : withoutPayload(entry);
}

export function withoutPayload({ payload: _, ...entry }: JournalEntry): JournalEntry {
  return { ...entry, tooLarge: true };
}

/** A journal entry as listeners get it. `missed`: how many before it nobody can tell this tab any more. */
export function toPublicEvent(entry: JournalEntry, missed: number): unknown {
  const { type, epoch, seq, tabId, at, reason = 'ended', payload, error, tooLarge } = entry;
  const skipped = missed > 0 ? { missed } : {};
  if (error) return { ...errorEvent(error, entry), ...skipped };
  const event = { type, epoch, seq, tabId, at, ...skipped };
  if (type === 'session_ended') return { ...event, reason };
  return OWN_TYPES.test(type) ? event : { ...event, payload, ...(tooLarge && { tooLarge }) };
}
