/** Records in every state that a scope can be in, and the facts and commands that go with them. */

import type { SessionErrorCode } from '../../src/session/catalogue';
import type { Call, Decision, Facts, HostCommand, Report } from '../../src/session/command';
import { type ErrorFacts, errorFacts } from '../../src/session/error-facts';
import { SessionError } from '../../src/session/errors';
import type { JournalEntry } from '../../src/session/events';
import { type Candidate, type Recovery, type SessionRecord, UNKNOWN } from '../../src/session/record';

/** A record of a later version, whose number is above any that this one knows. */
export const NEWER = { version: 2, phase: 'dancing' };

export const RECOVERY: Recovery = { by: 'same-tab', windowMs: 120_000, attempts: 2 };

/** Whoever hosts in `recordIn`. */
export const HOST: Candidate = { term: 'term-of-host', tabId: 'host' };
/** Whoever calls. */
export const CALLER: Candidate = { term: 'term-of-caller', tabId: 'caller' };

export const NOW = 1_700_000_000_000;
/** When the phase of `recordIn` began, its host gave its last sign of life, and the session was lost where it is. */
export const BEFORE = NOW - 5_000;

export const FACTS: Facts = {
  tabId: CALLER.tabId,
  isPage: true,
  isStored: true,
  proof: 'lock',
  now: NOW,
  known: UNKNOWN,
  watched: { lostSince: null, forMs: 0 },
  random: 0.5,
};

/**
 * `connecting again`: resumed or taken over. `reconnecting`: recovering while the host still holds the session.
 * `recovering`: no tab has it.
 */
export const STATES = [
  'idle',
  'connecting',
  'connecting again',
  'active',
  'reconnecting',
  'recovering',
  'canceling',
  'ending',
] as const;
export type State = (typeof STATES)[number];

export function recordIn(state: State, change: Partial<SessionRecord> = {}): SessionRecord {
  const idle = { ...UNKNOWN, revision: 10, epoch: 3, seq: 7, lostEpoch: 0, isStored: true };
  if (state === 'idle') return { ...idle, ...change };
  const session: SessionRecord = {
    ...idle,
    kind: 'start',
    since: BEFORE,
    seenAt: BEFORE,
    origin: 3,
    recovery: RECOVERY,
    resumeKey: HOST.term,
  };
  const hosted = { ...session, term: HOST.term, hostTabId: HOST.tabId };
  const wasActive = { ...hosted, activeEpoch: 3, info: { pin: 'A1' }, infoRevision: 9 };
  return { ...inState(), ...change };

  function inState(): SessionRecord {
    switch (state) {
      case 'connecting':
      case 'canceling':
        return { ...hosted, phase: state };
      case 'connecting again':
        return { ...wasActive, phase: 'connecting', origin: 2, activeEpoch: 2, lostSince: BEFORE };
      case 'reconnecting':
        return { ...wasActive, phase: 'recovering', lostSince: BEFORE };
      case 'recovering':
        return { ...wasActive, phase: 'recovering', lostSince: BEFORE, term: null, hostTabId: null };
      case 'active':
      case 'ending':
        return { ...wasActive, phase: state };
      case 'idle':
        return idle;
    }
  }
}

/** What goes along with a report. */
export interface Cargo {
  readonly term?: string;
  readonly entries?: readonly JournalEntry[];
  readonly seq?: number;
  readonly published?: { readonly info: unknown };
}

/** What the host of `recordIn` reports, or that of another term. */
export function reportOf(
  report: Report,
  { term = HOST.term, entries = [], seq = 0, published }: Cargo = {},
): HostCommand {
  return { ...report, term, entries, seq, published };
}

export function factsOf(code: SessionErrorCode): ErrorFacts {
  return errorFacts(new SessionError(code));
}

/** A driver's own events, numbered as its host numbers them. */
export function notes(count: number, { epoch = 3, seq = 7, type = 'note' } = {}): JournalEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ type, epoch, seq: seq + 1 + index, tabId: HOST.tabId, at: NOW },
    payload: index,
  }));
}

/** An error as the journal has it: what the host of `recordIn` told last. */
export function errorEntry(code: SessionErrorCode, { epoch = 3, seq = 7 } = {}): JournalEntry {
  return { type: 'session_error', epoch, seq, tabId: HOST.tabId, at: BEFORE, error: factsOf(code) };
}

/** One of each, by the tab that calls. A person resumes. */
export const CALLS: Readonly<Record<Call['type'], Call>> = {
  start: { type: 'start', candidate: CALLER, recovery: RECOVERY },
  join: { type: 'join', candidate: CALLER, recovery: RECOVERY },
  resume: { type: 'resume', candidate: CALLER, key: null },
  takeOver: { type: 'takeOver', candidate: CALLER },
  cancel: { type: 'cancel', candidate: CALLER },
  end: { type: 'end', candidate: CALLER },
};

/** An answer in a word: the code of a refusal, or what came of the call and where the scope is now. */
export function answer({ verdict, code, record }: Decision): number | string {
  return verdict === 'refused' ? (code ?? 'refused') : verdict === 'void' ? 'void' : `${verdict}, ${record.phase}`;
}

/** What every tab hears of a decision: `session_error 1016`, `session_ended host-lost`. */
export function told({ entries }: Decision): string[] {
  return entries.map(({ type, reason, error }) => [type, error?.code ?? reason].filter(Boolean).join(' '));
}
