/**
 * Every rule of the session, as one pure function. It runs inside the transaction that stores its answer, so a decision
 * and its effect are one atomic step; the shells around it read the clock, hold the locks and call the driver, and decide
 * nothing.
 *
 *                   start, join                  connected
 *        idle ───────────────────▶ connecting ──────────────▶ active ◀─────────────┐
 *         ▲  ▲    failed, timed out   │   │ cancel             │  │  host lost,     │ reconnected, or
 *         │  └────────────────────────┘   ▼                end │  └─▶ recovering ───┤ connecting again
 *         │                           canceling                ▼          │         │ (resume, take over)
 *         │◀───── settled ───────────────┘ └──── settled ─── ending ◀─────┤ end
 *         └◀───────────────────── window over, attempts spent ────────────┘
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
 * Two rules hold everywhere. A command of a host counts only under its own term (fencing). And whoever ends the term of
 * another tab opens a new epoch: what the fenced host still numbers can't be mistaken for what came after.
 */
import type { Call, Command, Decision, Facts, HostCommand, Notice, Report, Verdict } from './commands';
import { type ErrorFacts, errorFacts, SESSION_ERRORS, type SessionErrorCode, type SessionErrorEvent } from './errors';
import { type EventDraft, type JournalEntry, toErrorEvent } from './events';
import { idleRecord, isNewer, type Kind, type Phase, type SessionRecord, type Stored, type Successor } from './record';

/** What a call is refused with while a session is in `phase`. */
export function busyCode(phase: Exclude<Phase, 'idle'>): SessionErrorCode {
  switch (phase) {
    case 'connecting':
    case 'recovering':
      return 1002;
    case 'active':
      return 1004;
    case 'canceling':
    case 'ending':
      return 1017;
  }
}

interface Step {
  readonly verdict: Verdict;
  readonly code?: SessionErrorCode;
  readonly change?: Partial<SessionRecord>;
  readonly events?: readonly EventDraft[];
}

export function decide(stored: Stored, command: Command, facts: Facts): Decision {
  if (stored === 'newer') return { verdict: 'refused', code: 1004, record: facts.known, changed: false, entries: [] };
  const found = isBetter(facts.known, stored, command) ? facts.known : (stored as SessionRecord);
  if (command.type === 'adopt') {
    const record = adopted(found, command.record);
    const isTaken = record !== found;
    return { verdict: isTaken ? 'done' : 'void', record, changed: isTaken, entries: isTaken ? command.entries : [] };
  }
  const entries: JournalEntry[] = [];
  let record = isOverdue(found, facts) ? apply(found, expired(found), facts, entries) : found;
  let step: Step;
  if (command.type === 'report') {
    const current = record.term === command.term;
    if (current) {
      entries.push(...command.entries);
      record = heard(record, command);
    }
    step = current ? report(record, command.report, facts) : { verdict: 'fenced' };
  } else {
    step = isNotice(command) ? notice(record, command) : call(record, command, facts);
  }
  record = apply(record, step, facts, entries);
  const restored = command.type === 'report' && found !== stored && step.verdict !== 'fenced';
  const { verdict, code } = step;
  return { verdict, ...(code && { code }), record, changed: record !== found || restored, entries };
}

/** A record that was lost or spoilt is what this tab knew last; and a host whose store failed meanwhile knows better. */
function isBetter(known: SessionRecord, stored: Stored, command: Command): boolean {
  if (typeof stored !== 'object') return true;
  return (
    command.type === 'report' && known.term === command.term && stored.term === known.term && isNewer(known, stored)
  );
}

/** Of one term both sides may know more: the host what became of it, a follower what it asks for. */
function adopted(found: SessionRecord, heard: SessionRecord): SessionRecord {
  if (heard.term !== null && heard.term === found.term) {
    return isNewer(heard, found) ? withRequests(heard, found) : withRequests(found, heard);
  }
  // What bystanders conclude about a dead host, tabs with a store see for themselves.
  const isOfItsHost = heard.term !== null || (found.term !== null && heard.epoch === found.epoch);
  return isOfItsHost && isNewer(heard, found) ? heard : found;
}

function withRequests(record: SessionRecord, other: SessionRecord): SessionRecord {
  if (other.asked <= record.asked) return record;
  const isClosing = other.phase === 'canceling' || other.phase === 'ending';
  const phase = isClosing ? closing(record.phase) : record.phase;
  const { asked, successor } = other;
  return { ...record, phase, asked, successor, revision: Math.max(record.revision, other.revision) + 1 };
}

/** `adopt` is no rule: it takes over what another tab decided. */
type TermNotice = Exclude<Notice, { type: 'adopt' }>;

function isNotice(command: Call | TermNotice): command is TermNotice {
  return ['lost', 'seize', 'ask', 'withdraw', 'expire'].includes(command.type);
}

function call(record: SessionRecord, command: Call, facts: Facts): Step {
  const { phase } = record;
  // The same claim once more, after a transaction that was committed and reported as failed.
  if (command.candidate !== undefined && command.candidate.term === record.term) return { verdict: 'granted' };
  switch (command.type) {
    case 'start':
    case 'join':
      return phase === 'idle' ? claimed(record, command, facts) : refused(busyCode(phase));
    case 'resume':
      if (phase === 'idle') return refused(1011);
      if (phase !== 'recovering' || record.term !== null) return refused(busyCode(phase));
      return mayResume(record, command.key) ? resumed(record, command.candidate) : { verdict: 'void' };
    case 'takeOver':
      if (phase === 'idle') return refused(1011);
      if (phase !== 'active' && phase !== 'recovering') return refused(busyCode(phase));
      if (record.term === null) return resumed(record, command.candidate);
      return { verdict: 'asked', change: { successor: command.candidate, asked: record.asked + 1 } };
    case 'cancel':
    case 'end': {
      const isOther = command.origin !== undefined && command.origin !== record.origin;
      if (phase === 'idle' || isOther || (phase === 'active' && command.type === 'cancel')) return { verdict: 'void' };
      return over(record, command.candidate);
    }
  }
}

function claimed(record: SessionRecord, command: Extract<Call, { type: Kind }>, facts: Facts): Step {
  const { now, isStored, known } = facts;
  const next = Math.max(record.epoch, known.epoch) + 1;
  // What no store remembers can't be recovered, and tabs that could not tell each other must not count the same: they go by time.
  const epoch = isStored ? next : Math.max(next, Math.floor(now));
  return {
    verdict: 'granted',
    change: {
      // Nothing of an earlier session is left but what counts on.
      ...idleRecord(record),
      ...hostedBy(command.candidate, epoch),
      phase: 'connecting',
      kind: command.type,
      since: now,
      origin: epoch,
      recovery: isStored ? command.recovery : { ...command.recovery, by: 'none' },
      resumeKey: command.candidate.term,
    },
  };
}

/** A person may resume anywhere; by itself only the tab that the policy names. */
function mayResume({ recovery, resumeKey }: SessionRecord, key: string | null): boolean {
  if (key === null || recovery.by === 'any-tab') return true;
  return recovery.by === 'same-tab' && key === resumeKey;
}

/** The key is spent by the claim: a duplicated tab that shows it again comes too late. */
function resumed(record: SessionRecord, candidate: Successor): Step {
  return {
    verdict: 'granted',
    change: {
      ...hostedBy(candidate, record.epoch + 1),
      phase: 'connecting',
      resumeKey: candidate.term,
      attempts: record.attempts + 1,
    },
  };
}

/** Asks the host to give up or to end; where there is none, the caller becomes the host that ends it. */
function over(record: SessionRecord, candidate: Successor | undefined): Step {
  if (record.term === null) {
    if (candidate === undefined) return { verdict: 'needs-term' };
    return { verdict: 'granted', change: { ...hostedBy(candidate, record.epoch + 1), phase: 'ending' } };
  }
  return { verdict: 'asked', change: { phase: closing(record.phase), successor: null, asked: record.asked + 1 } };
}

/** An attempt is given up, a session is ended. */
function closing(phase: Phase): Phase {
  return phase === 'connecting' || phase === 'canceling' ? 'canceling' : 'ending';
}

function notice(record: SessionRecord, command: TermNotice): Step {
  if (command.type === 'expire') return { verdict: 'void' };
  if (command.type === 'withdraw') {
    return record.successor?.term === command.term
      ? { verdict: 'done', change: { successor: null } }
      : { verdict: 'void' };
  }
  // Handed over in the very moment in which it was to be seized.
  if (command.type === 'seize' && record.term === command.candidate.term) return { verdict: 'granted' };
  if (record.term !== command.term) return { verdict: 'void' };
  switch (command.type) {
    case 'lost':
      return lost(record);
    case 'ask':
      return { verdict: 'asked', change: { asked: record.asked + 1 } };
    case 'seize': {
      const taken = hostedBy(command.candidate, record.epoch + 1);
      if (command.for === 'takeOver') {
        if (record.phase !== 'active' && record.phase !== 'recovering') return { verdict: 'void' };
        return { verdict: 'granted', change: { ...taken, phase: 'connecting' } };
      }
      return { verdict: 'granted', change: { ...taken, phase: closing(record.phase) } };
    }
  }
}

function report(record: SessionRecord, message: Report, facts: Facts): Step {
  const { phase } = record;
  switch (message.type) {
    case 'connected': {
      if (phase === 'active') return { verdict: 'done' };
      if (phase !== 'connecting') return { verdict: 'void' };
      const type = record.established
        ? 'session_resumed'
        : record.kind === 'join'
          ? 'session_joined'
          : 'session_started';
      return { verdict: 'done', change: connectedChange(record), events: [{ type }] };
    }
    case 'failed': {
      if (phase !== 'connecting') return phase === 'canceling' ? settled(record) : { verdict: 'void' };
      const error = errorEvents(message.error);
      if (!record.established) return ended(record, null, error);
      return recovering(record, error);
    }
    case 'give-up':
      return phase === 'connecting' ? { verdict: 'done', change: { phase: 'canceling' } } : { verdict: 'void' };
    case 'settled':
      return phase === 'canceling' || phase === 'ending' ? settled(record, message.error) : { verdict: 'void' };
    case 'ended':
      return ended(record, phase === 'canceling' ? 'canceled' : message.reason);
    case 'reconnecting':
      if (phase !== 'active') return { verdict: 'void' };
      return {
        verdict: 'done',
        change: { phase: 'recovering', lostSince: facts.now },
        events: [{ type: 'session_reconnecting' }],
      };
    case 'reconnected':
      if (phase !== 'recovering') return { verdict: 'void' };
      return { verdict: 'done', change: connectedChange(record), events: [{ type: 'session_resumed' }] };
    case 'hand-over':
      if (record.successor === null || (phase !== 'active' && phase !== 'recovering')) return { verdict: 'void' };
      // The key stays with the old tab until the new one is connected: if the move fails, the old one may resume.
      return { verdict: 'done', change: { ...hostedBy(record.successor, record.epoch + 1), phase: 'connecting' } };
    case 'publish':
      return { verdict: 'done', change: { info: message.info, infoRevision: record.revision + 1 } };
    case 'alive':
      return { verdict: 'done' };
  }
}

function connectedChange(record: SessionRecord): Partial<SessionRecord> {
  return {
    phase: 'active',
    established: true,
    attempts: 0,
    lostSince: null,
    resumeKey: record.term,
    activeEpoch: record.epoch,
  };
}

/** The term ended without its host's doing. What the host was about to do for a person is as good as done. */
function lost(record: SessionRecord): Step {
  const next = { ...record, epoch: record.epoch + 1, lostEpoch: record.epoch };
  if (record.phase === 'canceling' || record.phase === 'ending') return settled(next);
  return record.established ? recovering(next) : ended(next, 'host-lost');
}

function recovering(record: SessionRecord, events: readonly EventDraft[] = []): Step {
  const { by, attempts } = record.recovery;
  if (by === 'none') return ended(record, 'host-lost', events);
  if (record.attempts >= attempts) return expired({ ...record, ...HOSTLESS }, events);
  return { verdict: 'done', change: { ...record, ...HOSTLESS, phase: 'recovering' }, events };
}

function settled(record: SessionRecord, error?: ErrorFacts): Step {
  return ended(record, record.phase === 'canceling' ? 'canceled' : 'ended', errorEvents(error));
}

function expired(record: SessionRecord, events: readonly EventDraft[] = []): Step {
  // A live host is fenced by the new epoch: its window is over as well.
  const epoch = record.term === null ? record.epoch : record.epoch + 1;
  const told = events.some(({ error }) => error?.code === 1011);
  return ended(
    { ...record, epoch },
    'recovery-expired',
    told ? events : [...events, ...errorEvents(SESSION_ERRORS[1011])],
  );
}

function ended(record: SessionRecord, reason: string | null, events: readonly EventDraft[] = []): Step {
  return {
    verdict: 'done',
    change: { ...idleRecord(record), lastError: record.lastError },
    events: reason === null ? events : [...events, { type: 'session_ended', reason }],
  };
}

/**
 * Milliseconds until the recovery window is over: by the stored time or by how long this tab has watched, whichever ends
 * first, so that a clock that jumped back can't hold the scope. While a host reconnects no clock that steps may end its session.
 */
export function windowLeftMs(
  { term, lostSince, recovery }: SessionRecord,
  { now, watched }: Pick<Facts, 'now' | 'watched'>,
): number {
  if (lostSince === null) return recovery.windowMs;
  const watchedForMs = watched?.lostSince === lostSince ? watched.forMs : 0;
  const storedForMs = term === null ? now - lostSince : 0;
  return recovery.windowMs - Math.max(storedForMs, watchedForMs);
}

function isOverdue(record: SessionRecord, facts: Facts): boolean {
  return record.phase === 'recovering' && record.lostSince !== null && windowLeftMs(record, facts) <= 0;
}

const HOSTLESS = { term: null, hostTabId: null, successor: null };

function hostedBy({ term, tabId }: Successor, epoch: number): Partial<SessionRecord> {
  return { epoch, term, hostTabId: tabId, successor: null, asked: 0, answered: 0 };
}

function refused(code: SessionErrorCode): Step {
  return { verdict: 'refused', code };
}

function errorEvents(error: ErrorFacts | undefined): readonly EventDraft[] {
  return error === undefined ? [] : [{ type: 'session_error', error: errorFacts(error) }];
}

/** Carries out a step: one more revision, the phase's time, and numbers for its events. */
function apply(
  record: SessionRecord,
  { change, events = [] }: Step,
  facts: Facts,
  entries: JournalEntry[],
): SessionRecord {
  if (change === undefined) return record;
  const { tabId, now } = facts;
  const next = { ...record, ...change, revision: record.revision + 1 };
  const since = next.phase === 'idle' ? null : next.phase === record.phase ? record.since : now;
  const lostSince = next.phase === 'recovering' ? (next.lostSince ?? now) : next.lostSince;
  const numbered = events.map((event, index) => ({
    ...event,
    epoch: next.epoch,
    seq: next.seq + 1 + index,
    tabId,
    at: now,
  }));
  entries.push(...numbered);
  return journaled({ ...next, since, lostSince }, numbered);
}

/** Every committed report proves that its host is alive and awake. */
function heard(record: SessionRecord, { entries }: HostCommand): SessionRecord {
  if (entries.length === 0 && record.asked === record.answered) return record;
  return journaled({ ...record, revision: record.revision + 1, answered: record.asked }, entries);
}

function journaled(record: SessionRecord, entries: readonly JournalEntry[]): SessionRecord {
  return {
    ...record,
    seq: entries[entries.length - 1]?.seq ?? record.seq,
    lastError: lastErrorIn(entries) ?? record.lastError,
  };
}

function lastErrorIn(entries: readonly JournalEntry[]): SessionErrorEvent | undefined {
  let last: SessionErrorEvent | undefined;
  for (const entry of entries) if (entry.error) last = toErrorEvent(entry, entry.error);
  return last;
}
