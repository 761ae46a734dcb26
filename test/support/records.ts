/** Records in every state that a scope can be in, and the facts and commands that go with them. */
import type { Facts, HostCommand, Report } from '../../src/session/commands';
import { SESSION_ERRORS, type SessionErrorCode } from '../../src/session/errors';
import { type ErrorFacts, errorFacts } from '../../src/session/errors';
import type { JournalEntry } from '../../src/session/events';
import { idleRecord, type Recovery, type SessionRecord, type Successor } from '../../src/session/record';

export const RECOVERY: Recovery = { by: 'same-tab', windowMs: 120_000, attempts: 2 };

/** Whoever hosts in `recordIn`. */
export const HOST: Successor = { term: 'term-of-host', tabId: 'host' };
/** Whoever calls. */
export const CALLER: Successor = { term: 'term-of-caller', tabId: 'caller' };

export const NOW = 1_700_000_000_000;
/** When the phase of `recordIn` began, and the session was lost where it is. */
export const BEFORE = NOW - 5_000;

export const FACTS: Facts = {
  tabId: CALLER.tabId,
  isStored: true,
  now: NOW,
  known: idleRecord({ revision: 0, epoch: 0, seq: 0, lostEpoch: 0 }),
  watched: null,
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
  const idle = idleRecord({ revision: 10, epoch: 3, seq: 7, lostEpoch: 0 });
  if (state === 'idle') return { ...idle, ...change };
  const session: SessionRecord = {
    ...idle,
    kind: 'start',
    since: BEFORE,
    origin: 3,
    recovery: RECOVERY,
    resumeKey: HOST.term,
  };
  const hosted = { ...session, term: HOST.term, hostTabId: HOST.tabId };
  const established = { ...hosted, established: true, activeEpoch: 3, info: { pin: 'A1' }, infoRevision: 9 };
  return { ...inState(), ...change };

  function inState(): SessionRecord {
    switch (state) {
      case 'connecting':
      case 'canceling':
        return { ...hosted, phase: state };
      case 'connecting again':
        return { ...established, phase: 'connecting', attempts: 1, activeEpoch: 2, lostSince: BEFORE };
      case 'reconnecting':
        return { ...established, phase: 'recovering', lostSince: BEFORE };
      case 'recovering':
        return { ...established, phase: 'recovering', lostSince: BEFORE, term: null, hostTabId: null };
      case 'active':
      case 'ending':
        return { ...established, phase: state };
      case 'idle':
        return idle;
    }
  }
}

/** What the host of `recordIn` reports, or that of another term. */
export function reportOf(
  report: Report,
  { term = HOST.term, entries = [] }: { readonly term?: string; readonly entries?: readonly JournalEntry[] } = {},
): HostCommand {
  return { type: 'report', term, report, entries };
}

export function factsOf(code: SessionErrorCode): ErrorFacts {
  return errorFacts(SESSION_ERRORS[code]);
}

/** A driver's own events, numbered as its host numbers them. */
export function notes(count: number, { epoch = 3, seq = 7, type = 'note' } = {}): JournalEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ type, epoch, seq: seq + 1 + index, tabId: HOST.tabId, at: NOW },
    payload: index,
  }));
}
