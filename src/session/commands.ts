/** What `decide` is asked and what it answers. Plain data throughout. */
import type { ErrorFacts, SessionErrorCode } from './errors';
import type { JournalEntry } from './events';
import type { Kind, Recovery, SessionRecord, Successor } from './record';

/** What any tab may ask for. `candidate` is the term that the tab will hold if it is granted; its lock is taken already. */
export type Call =
  | { readonly type: Kind; readonly candidate: Successor; readonly recovery: Recovery }
  /** `key`: null when a person asks; an automatic resume shows the key that it found, or '' if it has none. */
  | { readonly type: 'resume'; readonly candidate: Successor; readonly key: string | null }
  | { readonly type: 'takeOver'; readonly candidate: Successor }
  /**
   * Without a candidate an orphaned session is not ended but answered with `needs-term`. `origin`: only the session that
   * began under that epoch.
   */
  | { readonly type: 'cancel' | 'end'; readonly candidate?: Successor; readonly origin?: number };

/** What any tab may report or arrange about the term of another. Void unless `term` is still the current one. */
export type Notice =
  /** The host is gone, proven by its lock or by its silence. Also said by the host itself as it leaves. */
  | { readonly type: 'lost'; readonly term: string }
  /** The host does not answer and a person insists. */
  | { readonly type: 'seize'; readonly term: string; readonly candidate: Successor; readonly for: 'end' | 'takeOver' }
  /** Challenges the host to write its answer. */
  | { readonly type: 'ask'; readonly term: string }
  /** The tab that asked to take over waits no longer. `term` is its own. */
  | { readonly type: 'withdraw'; readonly term: string }
  /** A host that has no store told us its record: store it for the others. */
  | { readonly type: 'adopt'; readonly record: SessionRecord; readonly entries: readonly JournalEntry[] }
  /** Nothing but the passing of time. */
  | { readonly type: 'expire' };

/** What a host says about its own term. */
export type Report =
  | { readonly type: 'connected' }
  /** The attempt failed; without an error, a resume that its caller gave up. */
  | { readonly type: 'failed'; readonly error?: ErrorFacts }
  /** The caller of a start or join gave it up; its driver is still letting go. */
  | { readonly type: 'give-up' }
  /** The driver is done with canceling or ending. */
  | { readonly type: 'settled'; readonly error?: ErrorFacts }
  | { readonly type: 'ended'; readonly reason: string }
  | { readonly type: 'reconnecting' | 'reconnected' | 'hand-over' }
  /** Nothing new: carries events, and answers a challenge as every report does. */
  | { readonly type: 'alive' }
  | { readonly type: 'publish'; readonly info: unknown };

/** A report with the term that it is made under and the events numbered since the last one. */
export interface HostCommand {
  readonly type: 'report';
  readonly term: string;
  readonly report: Report;
  readonly entries: readonly JournalEntry[];
}

export type Command = Call | Notice | HostCommand;

export interface Facts {
  readonly tabId: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** What this tab knew last: stands in for a stored record that was lost or spoilt. */
  readonly known: SessionRecord;
  /** Whether this tab's record outlives it. */
  readonly isStored: boolean;
  /** How long this tab has watched the loss that began at `lostSince`, by a clock that does not step. */
  readonly watched: { readonly lostSince: number; readonly forMs: number } | null;
}

export type Verdict =
  /** The candidate is the host now. */
  | 'granted'
  /** The host was asked; wait for the record to change. */
  | 'asked'
  | 'done'
  /** There was nothing to do. */
  | 'void'
  /** The host's term is over. */
  | 'fenced'
  /** Come again with a candidate. */
  | 'needs-term'
  | 'refused';

export interface Decision {
  readonly verdict: Verdict;
  /** Set when refused. */
  readonly code?: SessionErrorCode;
  /** The record as it is from now on. */
  readonly record: SessionRecord;
  /** Whether it differs from what is stored. */
  readonly changed: boolean;
  /** New journal entries. */
  readonly entries: readonly JournalEntry[];
}
