/**
 * What the model knows of three tabs and the record that they share.
 *
 * The rules are not here: every commit runs the real `decide`. The shells around it are modelled as thinly as their locks,
 * their calls and their drivers allow. A tab may look at the record at any time or not at all, which stands for every
 * message that is early, late or lost; so no tab remembers what it saw last.
 */
import type { Command, Decision, Facts } from '../../src/session/commands';
import type { decide } from '../../src/session/decide';
import { idleRecord, type Recovery, type SessionRecord, type Stored } from '../../src/session/record';

export type Rules = typeof decide;

/** Frozen pages were told before; stopped ones were not. */
export type Life = 'awake' | 'frozen' | 'stopped' | 'dead';

/** A call that wants to become the host: `Election.claim`, up to the moment in which the tab knows what became of it. */
export interface Bid {
  readonly type: 'start' | 'resume' | 'takeOver';
  /** Nobody called it. */
  readonly isAutomatic: boolean;
  readonly force: boolean;
  term: string;
  step: 'looking' | 'claiming' | 'asking' | 'asked' | 'seizing' | 'withdrawing' | 'settling';
  /** The host that was asked. */
  host: string | null;
  isAborted: boolean;
  /** Stopped while its transaction was under way. */
  hasSlept: boolean;
  /** Its term was in the record. */
  isWritten: boolean;
  /** The record as it was granted. */
  granted: SessionRecord | null;
}

/** A call to `cancel` or `end`: `Election.endAnywhere`. */
export interface Ender {
  readonly type: 'cancel' | 'end';
  /** The session that is meant: the one that was there when it asked first. */
  origin: number | null;
  step: 'asking' | 'locking' | 'claiming' | 'asked' | 'seizing' | 'settling';
  term: string;
  host: string | null;
  isAborted: boolean;
  hasSlept: boolean;
  granted: SessionRecord | null;
}

export type ReportName =
  | 'connected'
  | 'failed'
  | 'give-up'
  | 'settled'
  | 'ended'
  | 'reconnecting'
  | 'reconnected'
  | 'hand-over'
  | 'alive'
  /** No report: the notice with which a host gives up its own term. */
  | 'lost';

/** A term as its host sees it: `Tenure`. */
export interface Term {
  readonly term: string;
  readonly epoch: number;
  readonly origin: number;
  driver: 'connecting' | 'connected' | 'letting go' | 'none';
  closing: 'no' | 'finish' | 'abandoned' | 'failed' | 'ended' | 'hand-over';
  /** The caller gave it up. */
  isGivenUp: boolean;
  /** Reports that were made and not stored. */
  readonly reports: ReportName[];
  answering: number;
}

export interface Tab {
  id: string;
  life: Life;
  /** In its `sessionStorage`. */
  key: string;
  /** The term locks that it holds. */
  locks: string[];
  bid: Bid | null;
  ender: Ender | null;
  host: Term | null;
  /** What was to be stored for the term that it left when it was frozen. */
  late: Late | null;
}

export interface Late {
  readonly term: string;
  readonly reports: ReportName[];
}

export interface State {
  record: SessionRecord;
  readonly tabs: Tab[];
  /** The term for which somebody holds the seat. */
  seat: string | null;
  /** The highest epoch under which a driver was asked to connect. */
  acted: number;
  /** Ids minted so far. */
  ids: number;
}

/** What one transaction did. */
export interface Commit {
  readonly tab: number;
  readonly command: Command;
  readonly decision: Decision;
}

/** A state in the making, and what is wrong with it. */
export interface Draft extends State {
  readonly rules: Rules;
  readonly violations: string[];
  commit: Commit | null;
}

export const RECOVERY: Recovery = { by: 'same-tab', windowMs: 120_000, attempts: 2 };

export function initialState(tabs: number): State {
  return {
    record: idleRecord({ revision: 0, epoch: 0, seq: 0, lostEpoch: 0 }),
    tabs: Array.from({ length: tabs }, (_, index) => newTab(`tab-${index}`)),
    seat: null,
    acted: 0,
    ids: 0,
  };
}

export function newTab(id: string, key = ''): Tab {
  return {
    ...{ id, life: 'awake', key, locks: [], bid: null, ender: null, host: null },
    late: null,
  };
}

export function draftOf(state: State, rules: Rules): Draft {
  return {
    ...state,
    tabs: state.tabs.map((tab) => ({
      ...tab,
      locks: [...tab.locks],
      bid: tab.bid && { ...tab.bid },
      ender: tab.ender && { ...tab.ender },
      host: tab.host && { ...tab.host, reports: [...tab.host.reports] },
      late: tab.late && { ...tab.late, reports: [...tab.late.reports] },
    })),
    rules,
    violations: [],
    commit: null,
  };
}

export function tabOf(state: State, index: number): Tab {
  const tab = state.tabs[index];
  if (!tab) throw new RangeError(`There is no tab ${index}.`);
  return tab;
}

export function mint(draft: Draft): string {
  draft.ids += 1;
  return `term-${draft.ids}`;
}

/** One transaction. The passing of time is a step of its own, so no other command finds the window over. */
export function commit(draft: Draft, index: number, command: Command): Decision {
  const { record: before } = draft;
  const { lostSince, recovery } = before;
  const isOver = command.type === 'expire' && lostSince !== null;
  const facts: Facts = {
    ...{ tabId: tabOf(draft, index).id, now: 0, known: before, isStored: true },
    watched: isOver ? { lostSince, forMs: recovery.windowMs } : null,
  };
  const decision = draft.rules(before satisfies Stored, command, facts);
  draft.record = decision.record;
  draft.commit = { tab: index, command, decision };
  return decision;
}

export function isLocked(state: State, term: string): boolean {
  return state.tabs.some(({ locks }) => locks.includes(term));
}

export function takeLocks(draft: Draft, index: number, term: string): void {
  tabOf(draft, index).locks.push(term);
  draft.seat = term;
}

export function releaseLocks(draft: Draft, index: number, term: string): void {
  const tab = tabOf(draft, index);
  tab.locks = tab.locks.filter((lock) => lock !== term);
  releaseSeat(draft, term);
}

/** Whoever has the seat has no right to it; and what was given up meanwhile keeps nothing. */
export function stealSeat(draft: Draft, term: string, isAborted: boolean): void {
  draft.seat = isAborted ? null : term;
}

export function releaseSeat(draft: Draft, term: string): void {
  if (draft.seat === term) draft.seat = null;
}
