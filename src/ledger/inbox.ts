/**
 * Delivers the session's events to this tab, each once and in order, whatever the channel does to them.
 *
 *     cursor ──▶ last event delivered, or known to be before this tab's time
 *     next number, from the host   deliver at once, also if it is the first of an epoch
 *     at or before the cursor      a duplicate, or a fenced host's: drop
 *     anything else                keep, and look for it in the journal. Its turn comes too once the record is of its epoch and counts
 *                                  it: a tab without a store has no journal, and its host no copy of what is stored
 */
import { inOrder, JOURNAL_SIZE, type JournalEntry, type Position } from '../session/events';

/** An event that this many looks at the journal, a pause apart, did not find never happened: its host died before it stored it. */
const MAX_LOOKS = 10;

export interface Inbox {
  /** Events from a tab. `isHost`: the one that this tab knows as the host of that epoch. */
  offer(entries: readonly JournalEntry[], isHost: (epoch: number) => boolean): void;
  /** The record is known. The first time it says where this tab comes in: what happened before is not news to it. */
  begin(record: Position): void;
  /** Brings this tab up to a record and the journal that belongs to it. */
  reconcile(record: Position, journal: readonly JournalEntry[]): void;
  /** An event was sent and not delivered: look at the journal now and then. */
  isWaiting(): boolean;
  /** `record` is ahead: the journal has more. */
  isBehind(record: Position): boolean;
}

/** `missed`: events before this one that nobody can tell this tab any more. */
export function createInbox(tell: (entry: JournalEntry, missed: number) => void): Inbox {
  /** Nothing that happened before the first record was read is owed to this tab. */
  let cursor: Position | undefined;
  /** What this tab was sent and that is not delivered, in order. */
  let early: readonly JournalEntry[] = [];
  let looks = 0;
  let missed = 0;

  const isNew = (position: Position): boolean => cursor !== undefined && inOrder(position, cursor) > 0;

  function deliver(entry: JournalEntry): void {
    const gap = missed + Math.max(0, entry.seq - (cursor?.seq ?? entry.seq) - 1);
    cursor = entry;
    missed = 0;
    tell(entry, gap);
  }

  function begin(record: Position): void {
    // An epoch that fell: the storage was wiped, and counting began anew. One that rose without an event: the next one is its first.
    if (!cursor || record.epoch < cursor.epoch || (isNew(record) && record.seq <= cursor.seq)) cursor = record;
  }

  return {
    begin,
    offer(entries, isHost) {
      for (const entry of entries) {
        if (!isNew(entry)) continue;
        if (entry.seq === (cursor?.seq ?? 0) + 1 && isHost(entry.epoch)) {
          deliver(entry);
        } else if (early.every((one) => inOrder(entry, one) > 0)) {
          early = [...early, entry].slice(-JOURNAL_SIZE);
          looks = 0;
        }
      }
    },
    reconcile(record, journal) {
      begin(record);
      const known = [...journal, ...early.filter(({ epoch }) => epoch === record.epoch)].sort(inOrder);
      for (const entry of known) if (isNew(entry) && inOrder(entry, record) <= 0) deliver(entry);
      if (isNew(record)) {
        missed += Math.max(0, record.seq - (cursor?.seq ?? record.seq));
        cursor = record;
      }
      looks += 1;
      early = looks < MAX_LOOKS ? early.filter(isNew) : [];
    },
    isWaiting: () => early.length > 0,
    isBehind: isNew,
  };
}
