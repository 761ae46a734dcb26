/** What may be said of the record, by whom, and what is decided of it. Types only: the rules are in `decide.ts`. */
import type { SessionErrorCode } from './catalogue';
import type { ErrorFacts } from './error-facts';
import type { EventDraft, JournalEntry } from './events';
import type { Candidate, Kind, Proof, Recovery, SessionRecord } from './record';

/** What a tab asks for. `candidate` is the term that it will hold if it is granted; its lock is taken already. */
export type Call = {
  readonly candidate: Candidate;
  /** The term of a host that was asked and is silent: it is treated as if it had none. */
  readonly silent?: string;
} /** `wish`: no person asked. Void if anybody ended, or an attempt failed, since the tab saw that its wish was due. */ & (
  | { readonly type: Kind; readonly recovery: Recovery; readonly wish?: Pick<SessionRecord, 'stops' | 'failures'> }
  /** `key`: null when a person asks; an automatic resume shows the key that it found, or '' if it has none. */
  | { readonly type: 'resume'; readonly key: string | null }
  /** `follows`: no person asked. Only a session that a tab has is moved then. */
  | { readonly type: 'takeOver'; readonly follows?: boolean }
  /** `origin`: only the session that began under that epoch, not the next one. */
  | { readonly type: 'cancel' | 'end'; readonly origin?: number }
);

/** How the end of a host is known. */
export interface Death {
  /** When it was, if this tab knows it better than the record. */
  readonly at?: number | undefined;
  /** By its silence since this sign of life. One that gave another since is not dead: it answered as somebody gave up waiting for it. */
  readonly seenAt?: number;
}

/** What any tab says about a term. */
export type Notice =
  /**
   * Its host is gone, proven by its lock or by its silence. Also said by the host itself as it leaves. `isHeld`: a host that leaves
   * ends its session itself, if it is over.
   */
  | ({ readonly type: 'lost'; readonly term: string; readonly isHeld?: boolean } & Death)
  /** Its host is to write an answer. */
  | { readonly type: 'ask'; readonly term: string }
  /** The tab that asked to take over waits no longer. */
  | { readonly type: 'withdraw'; readonly candidate: Candidate }
  /** A tab wants that there be a session. */
  | { readonly type: 'want' }
  /** Everything that is stored is to be erased, if there is no session. What stays are the counts. */
  | { readonly type: 'forget' }
  /** Nothing. Time may have passed. */
  | { readonly type: 'look' };

/** What a host says of its own term. */
export type Report =
  /** `giveUp`: the caller of the attempt did. */
  | { readonly type: 'connected' | 'giveUp' | 'reconnecting' | 'reconnected' | 'handOver' }
  /**
   * A sign of life. It carries events and answers what was asked, as every report does. `here` is told to the others, `alive` is
   * no news to them.
   */
  | { readonly type: 'alive' | 'here' }
  | { readonly type: 'failed'; readonly error: ErrorFacts }
  /** The driver is done with canceling or ending. */
  | { readonly type: 'settled'; readonly error?: ErrorFacts | undefined }
  | { readonly type: 'ended'; readonly reason: string };

/** A report with the term that it is made under, and the events and the info that its host has not stored yet. */
export type HostCommand = Report & {
  readonly term: string;
  readonly entries: readonly JournalEntry[];
  /** The number of its last event: who wrote a lost record anew may not have heard of it. */
  readonly seq: number;
  readonly published?: { readonly info: unknown } | undefined;
};

export type Command = Call | Notice | HostCommand;

export interface Facts {
  readonly tabId: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** What this tab knows: stands in for a stored record that was lost or damaged. */
  readonly known: SessionRecord;
  /** Whether this tab's record outlives it. */
  readonly isStored: boolean;
  /** How others could find out whether this tab lives. */
  readonly proof: Proof;
  /** False: a worker. It never hosts, and its driver ends no session: what ends without a host is left to the pages. */
  readonly isPage: boolean;
  /** How long this tab has watched the loss that began at `lostSince`, by a clock that does not step. */
  readonly watched: { readonly lostSince: number | null; readonly forMs: number };
  /** In [0, 1): spreads the next attempts of many browsers over time. */
  readonly random: number;
}

/** `asked`: the host was; wait for the record to change. `void`: there was nothing to do, or the term is over. */
export type Verdict = 'granted' | 'asked' | 'done' | 'void' | 'refused';

/** What a rule comes to. `change` and `events` are written, if there is a change. */
export interface Step {
  readonly verdict: Verdict;
  readonly code?: SessionErrorCode | undefined;
  readonly change?: Partial<SessionRecord>;
  readonly events?: readonly EventDraft[];
  /** The session ends here, and nobody has ended it at the service. */
  readonly leavesOrphan?: boolean;
}

export interface Decision extends Pick<Step, 'verdict' | 'code'> {
  /** The record as it is from now on. */
  readonly record: SessionRecord;
  /** Whether it is to be stored. */
  readonly changed: boolean;
  /** New journal entries. */
  readonly entries: readonly JournalEntry[];
  /** As it was last: whoever stores this decision ends it at the service. */
  readonly orphan?: SessionRecord | undefined;
}
