/**
 * Every rule of the session, as one pure function. It runs inside the transaction that stores its answer, so a decision
 * and its effect are one atomic step; the shells around it read the clock, hold the locks and call the driver, and decide
 * nothing.
 *
 * | phase      | start, join | resume            | takeOver              | cancel      | end         |
 * |------------|-------------|-------------------|-----------------------|-------------|-------------|
 * | idle       | granted     | 1011              | 1011                  | –           | –           |
 * | connecting | 1002        | 1002              | 1002                  | → canceling | → canceling |
 * | active     | 1004        | 1004              | the host is asked     | –           | → ending    |
 * | recovering | 1002        | granted if no tab | granted, or asked if  | → ending    | → ending    |
 * |            |             | has it, else 1002 | a tab has it          |             |             |
 * | canceling  | 1017        | 1017              | 1017                  | waits       | waits       |
 * | ending     | 1017        | 1017              | 1017                  | waits       | waits       |
 *
 * A session that was active once is ended and never canceled, also while it is `connecting` again in another tab.
 *
 * Three rules hold everywhere. A command about a term counts only while that is the current one (fencing). Whoever ends the
 * term of another tab opens a new epoch: what the fenced host still numbers can't be mistaken for what came after. And a
 * session that was active and is over without its host is an orphan: whoever wrote that ends it at the service.
 */
import { backoffMs } from './backoff';
import type { SessionErrorCode } from './catalogue';
import { completeFacts, type ErrorFacts } from './error-facts';
import type { EventDraft, JournalEntry } from './events';
import {
  type Candidate,
  type Failures,
  idleRecord,
  isNewer,
  type Kind,
  type Phase,
  type Proof,
  type Recovery,
  type SessionRecord,
  SIGN_OF_LIFE_MS,
  type Stored,
} from './record';

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

/** What any tab says about a term. */
export type Notice =
  /**
   * Its host is gone, proven by its lock or by its silence. Also said by the host itself as it leaves. `at`: when, if this tab
   * knows it better than the record. `isHeld`: a host that leaves ends its session itself, if it is over.
   */
  | { readonly type: 'lost'; readonly term: string; readonly at?: number | undefined; readonly isHeld?: boolean }
  /** Its host is to write an answer. */
  | { readonly type: 'ask'; readonly term: string }
  /** The tab that asked to take over waits no longer. */
  | { readonly type: 'withdraw'; readonly candidate: Candidate }
  /** A tab wants that there be a session. */
  | { readonly type: 'want' }
  /** A person ends, and there is no session: whoever wants one is to want none any more. */
  | { readonly type: 'unwant' }
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
  /** How long this tab has watched the loss that began at `lostSince`, by a clock that does not step. */
  readonly watched: { readonly lostSince: number | null; readonly forMs: number };
  /** In [0, 1): spreads the next attempts of many browsers over time. */
  readonly random: number;
}

/** `asked`: the host was; wait for the record to change. `void`: there was nothing to do, or the term is over. */
export type Verdict = 'granted' | 'asked' | 'done' | 'void' | 'refused';

interface Step {
  readonly verdict: Verdict;
  readonly code?: SessionErrorCode;
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

export function decide(stored: Stored, command: Command, facts: Facts): Decision {
  const { known, isStored, tabId, now } = facts;
  if (stored === 'newer') return { ...refused(1004), record: known, changed: false, entries: [] };
  const found = typeof stored !== 'object' ? unproven(known) : isAhead(known, stored) ? known : stored;
  const entries: JournalEntry[] = [];
  let record = found;
  let orphan: SessionRecord | undefined;

  /** Changes the record, and gives the events of the change their numbers. */
  const carryOut = ({ change, events = [], leavesOrphan }: Step): void => {
    if (!change) return;
    const before = record;
    record = { ...record, ...change };
    append(
      events.map((event, index) => ({ ...event, epoch: record.epoch, seq: record.seq + 1 + index, tabId, at: now })),
    );
    if (leavesOrphan && before.activeEpoch && record.phase === 'idle') orphan = { ...before, epoch: record.epoch };
  };
  const append = (more: readonly JournalEntry[]): void => {
    entries.push(...more);
    const seq = more[more.length - 1]?.seq ?? record.seq;
    const lastError = more.filter(({ error }) => error).pop() ?? record.lastError;
    record = { ...record, seq, lastError };
  };
  const expireIfOver = (): void => {
    if (record.phase === 'recovering' && isMineToEnd(record) && windowLeftMs(record, facts) <= 0)
      carryOut(expired(record, facts));
  };
  /** A window that is over while a host reconnects is for that host to close: it alone holds the session. */
  const isMineToEnd = ({ hostTabId }: SessionRecord): boolean => hostTabId === null || hostTabId === tabId;

  expireIfOver();
  let step = VOID;
  const isReport = 'entries' in command;
  if (!('term' in command) || command.term === record.term) {
    if (isReport) {
      // Every committed report proves that its host is alive and awake.
      const signs = { answered: record.asked, seenAt: now, proof: facts.proof };
      record = { ...record, ...signs };
      append(command.entries);
      if (command.published) record = { ...record, ...command.published, infoRevision: found.revision + 1 };
    }
    step = ruleOn(record, command, facts);
    carryOut(step);
    expireIfOver();
  }
  // A record that is not as this tab knows it is written anew: by its host, and for a host that can't.
  const isRestored = found !== stored && (isReport ? step !== VOID : !found.isStored);
  const changed = record !== found || isRestored;
  if (record !== found) {
    const { phase } = record;
    const since = phase === 'idle' ? null : phase === found.phase ? found.since : now;
    record = { ...record, since, revision: found.revision + 1, isStored };
  }
  return { verdict: step.verdict, ...(step.code && { code: step.code }), record, changed, entries, orphan };
}

/** What takes a record away can take the locks away too, so a free lock proves nothing until its host has written again. */
function unproven(known: SessionRecord): SessionRecord {
  return known.term === null ? known : { ...known, proof: 'answer' };
}

/**
 * Whether what this tab was told by tabs without a store is later than what is stored. That they take the stored term's host for
 * dead does not count: tabs with a store see for themselves.
 */
export function isAhead(known: SessionRecord, stored: SessionRecord): boolean {
  const { term, epoch, lostEpoch, isStored } = known;
  const isGuess = term === null && lostEpoch === stored.epoch && epoch === stored.epoch + 1;
  return !isStored && !isGuess && isNewer(known, stored);
}

function ruleOn(record: SessionRecord, command: Command, facts: Facts): Step {
  const { term, phase } = record;
  if ('candidate' in command) {
    // The same claim once more, after a transaction that was committed and reported as failed.
    if (command.candidate.term === term) return { verdict: 'granted' };
    if ('silent' in command && command.silent === term) return ruleOn({ ...record, ...HOSTLESS }, command, facts);
  }
  switch (command.type) {
    case 'start':
    case 'join':
      if (phase !== 'idle') return refused(busyCode(phase));
      return isOutdated(command.wish, record) ? VOID : claimed(record, command, facts);
    case 'resume':
      if (phase === 'idle') return refused(1011);
      if (phase !== 'recovering' || term !== null) return refused(busyCode(phase));
      return mayResume(record, command.key) ? resumed(record, command.candidate, facts) : VOID;
    case 'takeOver':
      if (phase === 'idle') return refused(1011);
      if (phase !== 'active' && phase !== 'recovering') return refused(busyCode(phase));
      if (command.follows && (phase !== 'active' || term === null)) return VOID;
      return term === null
        ? resumed(record, command.candidate, facts)
        : asked(record, {
            successor: { ...command.candidate, ...(facts.proof === 'answer' && { proof: facts.proof }) },
          });
    case 'cancel':
    case 'end': {
      const { type, candidate, origin = record.origin } = command;
      if (phase === 'idle' || origin !== record.origin || (phase === 'active' && type === 'cancel')) return VOID;
      // Asks the host to give up or to end; where there is none, the caller becomes the host that ends it.
      const change = { phase: record.activeEpoch ? 'ending' : 'canceling', ...unwanted(record, facts) } as const;
      return term === null
        ? { verdict: 'granted', change: { ...hostedBy(candidate, record.epoch + 1, facts), ...change } }
        : asked(record, { ...change, successor: null });
    }
    case 'ask':
      return asked(record, {});
    case 'withdraw':
      return record.successor?.term === command.candidate.term ? done({ successor: null }) : VOID;
    case 'lost':
      return lost(record, command.at, !command.isHeld, facts);
    case 'want':
      // What is in no store is its host's to write.
      return record.isWanted || (term !== null && !facts.isStored) ? VOID : done({ isWanted: true });
    case 'unwant':
      return phase === 'idle' && record.isWanted ? done(unwanted(record, facts)) : VOID;
    case 'forget':
      return phase === 'idle' ? done({ ...idleRecord(record), erasedEpoch: record.epoch }) : VOID;
    case 'look':
      return VOID;
    case 'connected': {
      if (phase === 'active') return done({});
      if (phase !== 'connecting') return VOID;
      const type = record.activeEpoch
        ? 'session_resumed'
        : record.kind === 'join'
          ? 'session_joined'
          : 'session_started';
      return done(connected(record), { type });
    }
    case 'failed':
      if (phase === 'canceling') return settled(record);
      return phase === 'connecting' ? failed(record, command.error, facts) : VOID;
    case 'giveUp':
      if (phase !== 'connecting') return VOID;
      // What was live before goes back to where it can be resumed.
      return record.activeEpoch ? failed(record, undefined, facts) : done({ phase: 'canceling' });
    case 'settled':
      return phase === 'canceling' || phase === 'ending' ? settled(record, told(command.error)) : VOID;
    case 'ended':
      return phase === 'canceling' ? settled(record) : ended({ ...record, ...unwanted(record, facts) }, command.reason);
    case 'reconnecting':
      return phase === 'active'
        ? done({ phase: 'recovering', lostSince: facts.now }, { type: 'session_reconnecting' })
        : VOID;
    case 'reconnected':
      return phase === 'recovering' ? done(connected(record), { type: 'session_resumed' }) : VOID;
    case 'handOver':
      if (record.successor === null || (phase !== 'active' && phase !== 'recovering')) return VOID;
      // The key stays with the old tab until the new one is connected: if the move fails, the old one may resume.
      return done({
        ...hostedBy(record.successor, record.epoch + 1, facts),
        ...{ phase: 'connecting', proof: record.successor.proof ?? 'lock' },
      });
    case 'alive':
    case 'here':
      return done({});
  }
}

/** What a call is refused with while a session is in `phase`. */
export function busyCode(phase: Phase): SessionErrorCode {
  if (phase === 'active') return 1004;
  return phase === 'canceling' || phase === 'ending' ? 1017 : 1002;
}

/** Between two attempts that a whole browser makes by itself, in milliseconds. A service that went down gets up again within minutes. */
const WANTED_AGAIN = { minDelayMs: 1_000, maxDelayMs: 60_000 };

const VOID: Step = { verdict: 'void' };
const HOSTLESS = { term: null, hostTabId: null, successor: null };

const refused = (code: SessionErrorCode): Step => ({ verdict: 'refused', code });

const done = (change: Partial<SessionRecord>, ...events: readonly EventDraft[]): Step => ({
  verdict: 'done',
  change,
  events,
});

const asked = (record: SessionRecord, change: Partial<SessionRecord>): Step => ({
  verdict: 'asked',
  change: { ...change, asked: record.asked + 1 },
});

const told = (error: ErrorFacts | undefined): readonly EventDraft[] =>
  error ? [{ type: 'session_error', error }] : [];

function hostedBy({ term, tabId }: Candidate, epoch: number, { now, proof }: Facts): Partial<SessionRecord> {
  return { epoch, term, hostTabId: tabId, proof, seenAt: now, successor: null, asked: 0, answered: 0 };
}

/** Whoever wants a session wants none any more. By time at least, as the epoch: what was counted may have been cleared. */
function unwanted({ stops }: SessionRecord, { now }: Facts): Partial<SessionRecord> {
  return { stops: Math.max(stops + 1, Math.floor(now)), isWanted: false, failures: null };
}

/** With the pause before a tab that wants a session tries again by itself. */
function failedAgain(count: number, { now, random }: Facts): Failures {
  return { count, at: now, retryMs: backoffMs(count, WANTED_AGAIN, random) };
}

function isOutdated(wish: Pick<SessionRecord, 'stops' | 'failures'> | undefined, record: SessionRecord): boolean {
  return wish !== undefined && (wish.stops !== record.stops || wish.failures?.count !== record.failures?.count);
}

function claimed(
  record: SessionRecord,
  { type, candidate, recovery }: Extract<Call, { type: Kind }>,
  facts: Facts,
): Step {
  // By time at least: what is stored may have been cleared, or another session may have been in no store. Counted from 1 again, the
  // new session would pass for an older one with whoever remembers that.
  const epoch = Math.max(record.epoch + 1, facts.known.epoch + 1, Math.floor(facts.now));
  return {
    verdict: 'granted',
    change: {
      ...idleRecord(record),
      ...hostedBy(candidate, epoch, facts),
      phase: 'connecting',
      kind: type,
      origin: epoch,
      // What no store remembers can't be recovered.
      recovery: facts.isStored ? recovery : { ...recovery, by: 'none' },
      resumeKey: candidate.term,
    },
  };
}

/** A person may resume anywhere; by itself only the tab that the policy names. */
function mayResume({ recovery, resumeKey }: SessionRecord, key: string | null): boolean {
  return key === null || recovery.by === 'any-tab' || (recovery.by === 'same-tab' && key === resumeKey);
}

/** The key is spent by the claim: a duplicated tab that shows it again comes too late. */
function resumed({ epoch }: SessionRecord, candidate: Candidate, facts: Facts): Step {
  const change = { ...hostedBy(candidate, epoch + 1, facts), phase: 'connecting', resumeKey: candidate.term } as const;
  return { verdict: 'granted', change };
}

function connected({ term, epoch }: SessionRecord): Partial<SessionRecord> {
  return { phase: 'active', attempts: 0, lostSince: null, resumeKey: term, activeEpoch: epoch, failures: null };
}

function failed(record: SessionRecord, error: ErrorFacts | undefined, facts: Facts): Step {
  if (!record.activeEpoch) {
    const failures = failedAgain((record.failures?.count ?? 0) + 1, facts);
    const isFinal = error && !completeFacts(error).retryable;
    return ended({ ...record, failures: isFinal ? { ...failures, retryMs: null } : failures }, null, told(error));
  }
  // The driver knows that the session is gone for good. After a move it may know only that it can't go on in its own tab.
  if (error && !completeFacts(error).retryable && record.lostSince !== null)
    return ended(record, 'recovery-failed', told(error));
  const { attempts, lostSince } = record;
  return recovering({ ...record, attempts: attempts + 1, lostSince: lostSince ?? facts.now }, facts, told(error));
}

/** The term ended without its host's doing. What the host was about to do for a person is as good as done. */
function lost(given: SessionRecord, at: number | undefined, leavesOrphan: boolean, facts: Facts): Step {
  // Who noticed may have slept, or the host was stopped before it died: it has given no sign for longer than a host does.
  const noticed = Math.min(Math.max(given.seenAt, at ?? 0), given.seenAt + 2 * SIGN_OF_LIFE_MS);
  const lostSince = given.lostSince ?? noticed;
  const record = { ...given, epoch: given.epoch + 1, lostEpoch: given.epoch, lostSince };
  const { phase } = record;
  if (phase === 'canceling' || phase === 'ending') return { ...settled(record), leavesOrphan };
  return record.activeEpoch ? { ...recovering(record, facts), leavesOrphan } : ended(record, 'host-lost');
}

function recovering(record: SessionRecord, facts: Facts, events: readonly EventDraft[] = []): Step {
  const { by, attempts } = record.recovery;
  if (by === 'none') return { ...ended(record, 'host-lost', events), leavesOrphan: true };
  if (record.attempts >= attempts) return expired({ ...record, ...HOSTLESS }, facts, events);
  return done({ ...record, ...HOSTLESS, phase: 'recovering' }, ...events);
}

function settled(record: SessionRecord, events?: readonly EventDraft[]): Step {
  return ended(record, record.phase === 'canceling' ? 'canceled' : 'ended', events);
}

function expired(record: SessionRecord, facts: Facts, events: readonly EventDraft[] = []): Step {
  const isHosted = record.term !== null;
  const isTold = events.some(({ error }) => error?.code === 1011);
  const all = isTold ? events : [...events, ...told({ code: 1011 })];
  // A host that gave up reconnecting still holds the session and ends it, once it sees that its term is over.
  // Connections that broke together, as a service went down, end their windows together: who wants a session waits as if `ensure` had failed
  // for as long, or all browsers would start one in the same moment.
  const count = Math.max(1, Math.ceil(Math.log2(record.recovery.windowMs / WANTED_AGAIN.minDelayMs)));
  const failures = isHosted ? failedAgain(count, facts) : record.failures;
  return {
    ...ended({ ...record, failures, epoch: record.epoch + Number(isHosted) }, 'recovery-expired', all),
    leavesOrphan: !isHosted,
  };
}

function ended(record: SessionRecord, reason: string | null, events: readonly EventDraft[] = []): Step {
  const over: readonly EventDraft[] = reason === null ? [] : [{ type: 'session_ended', reason }];
  return done({ ...idleRecord(record), lastError: record.lastError }, ...events, ...over);
}

/**
 * Milliseconds until the recovery window is over: by the stored time or by how long this tab has watched, whichever ends
 * first, so that a clock that jumped back can't hold the scope. While a host reconnects no clock that steps may end its session.
 */
export function windowLeftMs({ term, lostSince, recovery }: SessionRecord, { now, watched }: Facts): number {
  const storedMs = term === null && lostSince !== null ? now - lostSince : 0;
  const watchedMs = watched.lostSince === lostSince ? watched.forMs : 0;
  return recovery.windowMs - Math.max(storedMs, watchedMs);
}
