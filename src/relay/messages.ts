/**
 * Everything that goes over the channel. Messages only hint: whoever gets one looks at the store, and code that would be
 * wrong if every message were lost is wrong.
 */
import { type JournalEntry, parseJournalEntry } from '../session/events';
import { isCount, isObject, parseRecord, PROTOCOL_VERSION, type SessionRecord } from '../session/record';

export type Message =
  /** The record changed. Entries are what this change added to the journal. */
  | {
      readonly type: 'state';
      readonly record: SessionRecord;
      readonly entries: readonly JournalEntry[];
      /** False: this record is nowhere but in this message. */
      readonly isStored: boolean;
    }
  /** A tab without a store asks everybody what they know. */
  | { readonly type: 'ask' }
  /** Something changed; over channels that may carry no content. */
  | { readonly type: 'hint' }
  /** The host of `term` reports events. */
  | { readonly type: 'events'; readonly term: string; readonly entries: readonly JournalEntry[] }
  /** The host of `term` leaves, and may not have had the time to write it down. */
  | { readonly type: 'bye'; readonly term: string };

export function toWire(message: Message): unknown {
  return { ...message, version: PROTOCOL_VERSION };
}

/** The same for a channel that goes through storage: nothing that is the app's. */
export function toHint(message: Message): Message {
  if (message.type === 'events') return { type: 'hint' };
  if (message.type !== 'state') return message;
  const entries = message.entries.map(({ payload: _, ...entry }) => entry);
  return { ...message, record: { ...message.record, info: null }, entries };
}

/** Reads a message from anything. Unknown types are a newer build's business: `undefined`, like garbage. */
export function parseMessage(value: unknown): Message | undefined {
  if (!isObject(value) || !isCount(value.version) || value.version > PROTOCOL_VERSION) return undefined;
  switch (value.type) {
    case 'state': {
      const record = parseRecord(value.record);
      const entries = parseEntries(value.entries);
      if (typeof record !== 'object' || !entries) return undefined;
      return { type: 'state', record, entries, isStored: value.isStored !== false };
    }
    case 'ask':
    case 'hint':
      return { type: value.type };
    case 'events': {
      const entries = parseEntries(value.entries);
      return typeof value.term === 'string' && entries ? { type: 'events', term: value.term, entries } : undefined;
    }
    case 'bye':
      return typeof value.term === 'string' ? { type: 'bye', term: value.term } : undefined;
    default:
      return undefined;
  }
}

function parseEntries(value: unknown): readonly JournalEntry[] | undefined {
  if (!Array.isArray(value)) return undefined;
  // Not `map`, which passes over holes.
  const entries = Array.from(value, parseJournalEntry);
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}
