/**
 * Delivers the session's events to this tab, each once and in order, whatever the channel does to them.
 *
 *     cursor ──▶ last event delivered, or known to be before this tab's time
 *     next in the same epoch       deliver at once
 *     at or before the cursor      a duplicate, or a fenced host's: drop
 *     anything else                hold it, and catch up from the journal first
 */
import { type JournalEntry, parseJournalEntry } from '../session/events';
import type { SessionRecord } from '../session/record';

interface Position {
  readonly epoch: number;
  readonly seq: number;
}

interface Held {
  readonly term: string | null;
  readonly entry: JournalEntry;
  /** How often the journal was read without explaining this event. */
  reads: number;
}

/**
 * A gap that this many looks at the journal have not filled is never filled: the host died between sending and storing.
 * The first look may have begun before the event was sent, the next ones are a pause apart.
 */
const MAX_READS = 10;

export interface InboxPorts {
  /** `missed`: events before this one that nobody can tell this tab any more. */
  deliver(entry: JournalEntry, missed: number): void;
  warn(message: string, detail: unknown): void;
}

export class Inbox {
  /** Nothing that happened before the first record was read is owed to this tab. */
  private cursor: Position | undefined;
  private held: Held[] = [];
  private missed = 0;

  constructor(private readonly ports: InboxPorts) {}

  /** True while an event waits for one before it: read the journal and `reconcile`. */
  get isWaiting(): boolean {
    return this.held.length > 0;
  }

  /** Whether a record lists events that were not delivered yet. */
  isBehind(record: Position): boolean {
    return this.cursor !== undefined && isAfter(record, this.cursor);
  }

  /** Events that a tab sends as the host of `term`. Believed at once only if that is the host this tab knows. */
  offer(entries: readonly JournalEntry[], term: string | null, known: SessionRecord): void {
    for (const entry of entries) {
      if (this.cursor === undefined || !isAfter(entry, this.cursor)) continue;
      if (term === known.term && entry.epoch === known.epoch && this.isNext(entry)) this.deliver(entry);
      else this.held.push({ term, entry, reads: 0 });
    }
  }

  /** Brings this tab up to a record and the journal read with it. Without a journal, what was sent is all there is. */
  reconcile(record: SessionRecord, journal?: readonly unknown[]): void {
    const { epoch, seq } = record;
    // An epoch that fell: the storage was wiped, and counting began anew.
    if (this.cursor === undefined || epoch < this.cursor.epoch) this.cursor = { epoch, seq };
    const known = journal ?? this.held.map(({ entry }) => entry);
    const entries = known.map(parseJournalEntry).filter((entry) => entry !== undefined);
    for (const entry of entries.sort(inOrder)) {
      if (isAfter(entry, this.cursor) && !isAfter(entry, record)) this.deliver(entry);
    }
    if (isAfter(record, this.cursor)) {
      this.missed += Math.max(0, seq - this.cursor.seq);
      this.cursor = { epoch, seq };
    }
    this.release(record);
  }

  /** Delivers of what was held what is next now, and drops what comes from no host. */
  private release({ term, epoch }: SessionRecord): void {
    const held = this.held.sort((a, b) => inOrder(a.entry, b.entry));
    this.held = [];
    for (const item of held) {
      const { entry } = item;
      item.reads += 1;
      const isTrue = item.term === term && entry.epoch === epoch;
      if (this.cursor && !isAfter(entry, this.cursor)) continue;
      if (isTrue && (this.isNext(entry) || item.reads >= MAX_READS)) this.deliver(entry);
      else if (isTrue || (entry.epoch > epoch && item.reads === 1)) this.held.push(item);
      else this.ports.warn('dropped an event that came from no host of this session', entry.type);
    }
  }

  private isNext({ epoch, seq }: JournalEntry): boolean {
    return epoch === this.cursor?.epoch && seq === this.cursor.seq + 1;
  }

  private deliver(entry: JournalEntry): void {
    const before = this.cursor?.seq ?? entry.seq;
    const missed = this.missed + Math.max(0, entry.seq - before - 1);
    this.cursor = { epoch: entry.epoch, seq: entry.seq };
    this.missed = 0;
    this.ports.deliver(entry, missed);
  }
}

function inOrder(a: Position, b: Position): number {
  return a.epoch - b.epoch || a.seq - b.seq;
}

function isAfter(a: Position, b: Position): boolean {
  return inOrder(a, b) > 0;
}
