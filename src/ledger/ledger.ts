/**
 * What is so: this tab's copy of the record, the journal and the channel, behind one small interface. `transact` is the only
 * way to change the record: it reads it, lets `decide` decide and writes, in one transaction. Every change is hinted at over
 * the channel; every hint makes the others look at the store.
 *
 * The record has one home. With a store it is the store. Where the host has none, it is the host's memory: others send it
 * their calls, and it tells its state. Nobody stores that for somebody else.
 */
import type { Logger, Platform } from '../platform/platform';
import type { Command, Decision } from '../session/command';
import type { JournalEntry } from '../session/events';
import type { Proof, SessionRecord } from '../session/record';
import type { CommandMessage } from './messages';

export interface LedgerPorts {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly scope: string;
  readonly tabId: string;
  /** How others could find out whether this tab lives. */
  proof(): Proof;
  /** Whether this tab is the host of `term`, as far as it knows. */
  holds(term: string): boolean;
  /** The record was read or written; it may be the same as before. */
  onRecord(previous: SessionRecord): void;
  onEntry(entry: JournalEntry, missed: number): void;
  /** What is stored is gone, damaged or behind: whoever is host writes it anew. */
  onGone(): void;
  /** The browser took the storage away under this page. */
  onCleared(): void;
  /** A host says that it leaves. */
  onBye(term: string): void;
  /** A command, or what became of one. */
  onCommand(message: CommandMessage): void;
  /** This tab wrote that a session is over which nobody has ended at the service. */
  onOrphan(orphan: SessionRecord): void;
}

/** What only the caller knows of a call that wants to become the host. */
export interface Bid {
  /** What was stored is lost, and nobody wrote it anew in time. */
  readonly hasWaited?: boolean | undefined;
  /** Its locks were given back or taken away: nothing but a store keeps it from those that claim since. */
  isUnlocked?(): boolean;
}

export interface Ledger {
  /** As of the last look. Of an unknown scope: idle. */
  readonly record: SessionRecord;
  /** Milliseconds since this tab began to read or to decide what it knows; Infinity where no store says that, or it may have been cleared since. */
  readonly ageMs: number;
  /** What was stored at the last look was no record, although there had been one. */
  readonly isSpoilt: boolean;
  /** Whether what this tab writes outlives it. */
  readonly isStored: boolean;
  /** No channel, or a blocked store at the last look: nobody tells this tab anything. */
  readonly isDeaf: boolean;
  /**
   * Decides `command` on what is stored now, and stores the answer: the one compare-and-set that everything rests on. Rejects
   * while the store is blocked by a page that was stopped.
   */
  transact(command: Command, bid?: Bid): Promise<Decision>;
  /** What `transact` would answer on the record as it was last seen. */
  preview(command: Command): Decision;
  /** Milliseconds until the recovery window is over, as far as this tab can tell. */
  windowLeftMs(): number;
  /** Looks at the record alone. Rejects while the store is blocked. */
  peek(): Promise<void>;
  /** Looks at record and journal. When it resolves, this tab has seen everything that was stored when it was called. */
  refresh(): Promise<void>;
  /**
   * Resolves with true once `isTrue` holds for the record, with false after `ms` awake or when `signal` aborts. Meanwhile it looks
   * again and again, and asks `command` anew, so that no lost message keeps it waiting.
   */
  until(
    isTrue: (record: SessionRecord) => boolean,
    ms: number,
    signal?: AbortSignal,
    command?: Command,
  ): Promise<boolean>;
  /** Sends events at once; they are stored with the host's next report. */
  sendEvents(term: string, entries: readonly JournalEntry[]): void;
  sayGoodbye(term: string): void;
  /** Whether the channel may carry what is the app's own. */
  readonly isHeard: boolean;
  /** Sends a command, or what became of one: never where messages go through storage. */
  send(message: CommandMessage): void;
  /** A cached or frozen page must not receive: the message would throw it out of the cache. */
  closeChannel(): void;
  openChannel(): void;
  close(): void;
}
