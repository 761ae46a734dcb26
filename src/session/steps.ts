/** What each step of a session writes. Which step it is, `decide.ts` says. */
import { backoffMs } from './backoff';
import type { SessionErrorCode } from './catalogue';
import type { Call, Facts, Step } from './command';
import { completeFacts, type ErrorFacts } from './error-facts';
import type { EventDraft } from './events';
import {
  type Candidate,
  type Failures,
  IDLE,
  isClosing,
  type Kind,
  type SessionRecord,
  SIGN_OF_LIFE_MS,
} from './record';

/** Between two attempts that a whole browser makes by itself, in milliseconds. A service that went down gets up again within minutes. */
const WANTED_AGAIN = { minDelayMs: 1_000, maxDelayMs: 60_000 };

export const VOID: Step = { verdict: 'void' };
export const HOSTLESS = { term: null, hostTabId: null, successor: null };

export const refused = (code: SessionErrorCode): Step => ({ verdict: 'refused', code });

export const done = (change: Partial<SessionRecord>, ...events: readonly EventDraft[]): Step => ({
  verdict: 'done',
  change,
  events,
});

export const asked = (record: SessionRecord, change: Partial<SessionRecord>): Step => ({
  verdict: 'asked',
  change: { ...change, asked: record.asked + 1 },
});

export const told = (error: ErrorFacts | undefined): readonly EventDraft[] =>
  error ? [{ type: 'session_error', error }] : [];

export function hostedBy({ term, tabId }: Candidate, epoch: number, { now, proof }: Facts): Partial<SessionRecord> {
  return { epoch, term, hostTabId: tabId, proof, seenAt: now, successor: null, asked: 0, answered: 0 };
}

/** Whoever wants a session wants none any more. By time at least, as the epoch: what was counted may have been cleared. */
export function unwanted({ stops }: SessionRecord, { now }: Facts): Partial<SessionRecord> {
  return { stops: Math.max(stops + 1, Math.floor(now)), isWanted: false, failures: null };
}

export function isOutdated(
  wish: Pick<SessionRecord, 'stops' | 'failures'> | undefined,
  record: SessionRecord,
): boolean {
  return wish !== undefined && (wish.stops !== record.stops || wish.failures?.count !== record.failures?.count);
}

export function claimed(
  record: SessionRecord,
  { type, candidate, recovery, wish }: Extract<Call, { type: Kind }>,
  facts: Facts,
): Step {
  // By time at least: what is stored may have been cleared, or another session may have been in no store. Counted from 1 again, the
  // new session would pass for an older one with whoever remembers that.
  const epoch = Math.max(record.epoch + 1, facts.known.epoch + 1, Math.floor(facts.now));
  return {
    verdict: 'granted',
    change: {
      ...IDLE,
      ...hostedBy(candidate, epoch, facts),
      phase: 'connecting',
      kind: type,
      origin: epoch,
      // What no store remembers can't be recovered.
      recovery: facts.isStored ? recovery : { ...recovery, by: 'none' },
      resumeKey: candidate.term,
      // It may not have been written down while the record was lost, or was lost with it: who cancels ends the wish too.
      ...(wish && { isWanted: true }),
    },
  };
}

/** A person may resume anywhere; by itself only the tab that the policy names. */
export function mayResume({ recovery, resumeKey }: SessionRecord, key: string | null): boolean {
  return key === null || recovery.by === 'any-tab' || (recovery.by === 'same-tab' && key === resumeKey);
}

/** The key is spent by the claim: a duplicated tab that shows it again comes too late. */
export function resumed({ epoch }: SessionRecord, candidate: Candidate, facts: Facts): Step {
  const change = { ...hostedBy(candidate, epoch + 1, facts), phase: 'connecting', resumeKey: candidate.term } as const;
  return { verdict: 'granted', change };
}

/** With the pause before a tab that wants a session tries again by itself. */
function failedAgain(count: number, { now, random }: Facts): Failures {
  return { count, at: now, retryMs: backoffMs(count, WANTED_AGAIN, random) };
}

export function connected({ term, epoch }: SessionRecord): Partial<SessionRecord> {
  return { phase: 'active', attempts: 0, lostSince: null, resumeKey: term, activeEpoch: epoch, failures: null };
}

export function failed(record: SessionRecord, error: ErrorFacts | undefined, facts: Facts): Step {
  const isFinal = error && !completeFacts(error).retryable;
  if (!record.activeEpoch) {
    const failures = failedAgain((record.failures?.count ?? 0) + 1, facts);
    return ended({ ...record, failures: isFinal ? { ...failures, retryMs: null } : failures }, null, told(error));
  }
  // The driver knows that the session is gone for good. After a move, which leaves the key with the old tab, it may know only that it can't
  // go on in its own tab.
  if (isFinal && record.resumeKey === record.term) return ended(record, 'recovery-failed', told(error));
  return recovering({ ...record, attempts: record.attempts + 1 }, facts, told(error));
}

/** The term ended without its host's doing. What the host was about to do for a person is as good as done. */
export function lost(given: SessionRecord, at: number | undefined, leavesOrphan: boolean, facts: Facts): Step {
  // Who noticed may have slept, or the host was stopped before it died: it has given no sign for longer than a host does.
  const noticed = Math.min(Math.max(given.seenAt, at ?? 0), given.seenAt + 2 * SIGN_OF_LIFE_MS);
  const lostSince = given.lostSince ?? noticed;
  const record = { ...given, epoch: given.epoch + 1, lostEpoch: given.epoch, lostSince };
  if (isClosing(record.phase)) return { ...settled(record), leavesOrphan };
  return record.activeEpoch ? { ...recovering(record, facts), leavesOrphan } : ended(record, 'host-lost');
}

/** The host let go of the session for a tab that waits no longer. Nobody is lost: it can be resumed. */
export function givenBack(record: SessionRecord, facts: Facts): Step {
  return recovering({ ...record, epoch: record.epoch + 1 }, facts);
}

function recovering(given: SessionRecord, facts: Facts, events: readonly EventDraft[] = []): Step {
  const record = { ...given, ...HOSTLESS, phase: 'recovering', lostSince: given.lostSince ?? facts.now } as const;
  const { by, attempts } = record.recovery;
  if (by === 'none') return { ...ended(record, 'host-lost', events), leavesOrphan: true };
  return record.attempts < attempts ? done(record, ...events) : expired(record, facts, events);
}

export function settled(record: SessionRecord, events?: readonly EventDraft[]): Step {
  return ended(record, record.phase === 'canceling' ? 'canceled' : 'ended', events);
}

export function expired(record: SessionRecord, facts: Facts, events: readonly EventDraft[] = []): Step {
  // No app's window is that short: a worker closed it, for a person who ended the session.
  if (record.recovery.windowMs === 0) return { ...settled(record, events), leavesOrphan: true };
  const isHosted = record.term !== null;
  const isTold = events.some(({ error }) => error?.code === 1011);
  const all = isTold ? events : [...events, ...told({ code: 1011 })];
  // Connections that broke together, as a service went down, end their windows together: who wants a session waits as if `ensure` had failed
  // for as long, or all browsers would start one in the same moment.
  const count = Math.max(1, Math.ceil(Math.log2(record.recovery.windowMs / WANTED_AGAIN.minDelayMs)));
  const failures = isHosted ? failedAgain(count, facts) : record.failures;
  return {
    ...ended({ ...record, failures, epoch: record.epoch + Number(isHosted) }, 'recovery-expired', all),
    // A host that gave up reconnecting still holds the session and ends it, once it sees that its term is over.
    leavesOrphan: !isHosted,
  };
}

export function ended(record: SessionRecord, reason: string | null, events: readonly EventDraft[] = []): Step {
  const over: readonly EventDraft[] = reason === null ? [] : [{ type: 'session_ended', reason }];
  return done({ ...record, ...IDLE, lastError: record.lastError }, ...events, ...over);
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
