/**
 * What the model knows of three tabs and the record that they share.
 *
 * The rules are not here: every commit runs the real `decide`. The shells around it are modelled as thinly as their locks,
 * their calls and their drivers allow. A tab may look at the record at any time or not at all, which stands for every
 * message that is early, late or lost; so no tab remembers what it saw last. The one exception is storage that was cleared: the
 * tabs that were open then know the record as it was, the others know nothing.
 */
import type { Call as Command, Decision } from '../../src/session/command';
import type { decide } from '../../src/session/decide';
import { type Recovery, type SessionRecord, UNKNOWN } from '../../src/session/record';

export type Rules = typeof decide;

/** Frozen pages were told before; stopped ones were not. */
export type Life = 'awake' | 'frozen' | 'stopped' | 'dead';

/** Every tab runs one that wants the session, and one that ends it, at most. */
export type Slot = 'bid' | 'ender';

/** A call in the loop of `Election.run`, up to the moment in which the tab knows what became of it. */
export interface Call {
  readonly type: Exclude<Command['type'], 'join'>;
  /** Nobody called it. */
  readonly isAutomatic: boolean;
  readonly insists: boolean;
  /** The session that was there when the call began. */
  origin: number | null;
  term: string;
  step: 'looking' | 'claiming' | 'asked' | 'insisting' | 'withdrawing' | 'settling';
  /** The host that was asked. */
  host: string | null;
  /** It took the seat: if somebody else has it now, it was stolen. */
  hadSeat: boolean;
  isAborted: boolean;
  /** Stopped while its transaction was under way. */
  hasSlept: boolean;
  /** Its term was in the record. */
  isWritten: boolean;
  /** The record as it was granted. */
  granted: SessionRecord | null;
  /** Granted before the storage was cleared. */
  isBeforeClear: boolean;
}

export type ReportName =
  | 'connected'
  | 'failed'
  /** A resume failed, and its driver says that there is nothing to resume any more. */
  | 'gone'
  | 'giveUp'
  | 'settled'
  | 'ended'
  | 'reconnecting'
  | 'reconnected'
  | 'handOver'
  | 'here'
  | 'alive'
  /** No report: the notice with which a host gives up its own term. */
  | 'lost';

/** A term as its host sees it: `Tenure`. */
export interface Term {
  readonly term: string;
  readonly epoch: number;
  readonly origin: number;
  /** The session at the service that it is about. */
  readonly session: string;
  /** Claimed before the storage was cleared: its number may be given once more. */
  isBeforeClear: boolean;
  driver: 'connecting' | 'connected' | 'letting go' | 'none';
  closing: 'no' | 'finish' | 'failed' | 'ended' | 'handOver';
  /** This host closed the window of its own reconnection while it let go of the session. */
  hasClosedWindow: boolean;
  /** The caller gave it up. */
  isGivenUp: boolean;
  /** Reports that were made and not stored. */
  readonly reports: ReportName[];
  answering: number;
}

/** What is left of a term that is over in its tab: a fenced one, or one whose page was left. */
export interface Left {
  readonly term: string;
  readonly origin: number;
  readonly session: string;
  /** `held`: it has the session still. `ending`: its driver is ending it. */
  readonly what: 'held' | 'ending';
}

/** Reports of such a term that are stored once the page is back. */
export interface Late {
  readonly term: string;
  readonly session: string;
  readonly reports: ReportName[];
}

export interface Tab {
  id: string;
  life: Life;
  /** In its `sessionStorage`. */
  key: string;
  /** The key came from another tab. */
  isCopy: boolean;
  /** Whether the host whose key it has still lives: asked once, when the page is opened. */
  check: 'none' | 'due' | 'asked';
  /** Open since before the storage was cleared: it trusts its locks no more, and nobody else sees them. */
  isOld: boolean;
  /** The term locks that it holds. */
  locks: string[];
  bid: Call | null;
  ender: Call | null;
  host: Term | null;
  left: Left | null;
  late: Late | null;
}

export interface State {
  /** As it is stored; or as it was, if the storage was cleared and nobody has written since. */
  record: SessionRecord;
  isGone: boolean;
  readonly tabs: Tab[];
  /** The term for which somebody holds the seat. */
  seat: string | null;
  /** Milliseconds: time passes in long steps only. */
  now: number;
  /** The highest epoch under which a driver was asked to connect. */
  acted: number;
  /** Sessions that were active and that nobody has ended at the service; each is named by its first term. */
  live: string[];
  /** Sessions that were ended as orphans. */
  orphans: string[];
  /** Ids minted so far. */
  ids: number;
  readonly recovery: Recovery;
}

/** A state in the making, and what is wrong with it. */
export interface Draft extends State {
  readonly rules: Rules;
  readonly violations: string[];
  commit: Commit | null;
}

/** What one transaction did. */
export interface Commit {
  readonly tab: number;
  readonly command: Parameters<Rules>[1];
  readonly decision: Decision;
  /** What it was decided on: the stored record, or what the tab knew. */
  readonly found: SessionRecord;
}

export const RECOVERY: Recovery = { by: 'same-tab', windowMs: 120_000, attempts: 2 };

export function initialState(tabs: number, recovery: Recovery = RECOVERY): State {
  return {
    record: UNKNOWN,
    isGone: false,
    tabs: Array.from({ length: tabs }, (_, index) => newTab(`tab-${index}`)),
    seat: null,
    now: 1_000,
    acted: 0,
    live: [],
    orphans: [],
    ids: 0,
    recovery,
  };
}

export function newTab(id: string, key = '', isCopy = false): Tab {
  return {
    ...{ id, life: 'awake', key, isCopy, check: key === '' ? 'none' : 'due', isOld: false },
    ...{ locks: [], bid: null, ender: null, host: null, left: null, late: null },
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

/** The record as this tab would find it. */
export function seenBy({ record, isGone }: State, { isOld }: Tab): SessionRecord {
  return isGone && !isOld ? UNKNOWN : record;
}

export function isWindowOver({ now }: State, { lostSince, recovery }: SessionRecord): boolean {
  return lostSince !== null && now - lostSince >= recovery.windowMs;
}

export function isLocked(state: State, term: string): boolean {
  return state.tabs.some(({ locks }) => locks.includes(term));
}

/** Taken in an old tab, a lock is one that nobody sees. */
export function takeTerm(draft: Draft, index: number, term: string): void {
  const tab = tabOf(draft, index);
  if (!tab.isOld) tab.locks.push(term);
}

/** Whoever has the seat has no right to it; and what was given up meanwhile keeps nothing. */
export function takeSeat(draft: Draft, index: number, call: Call): void {
  call.hadSeat = true;
  if (!tabOf(draft, index).isOld) draft.seat = call.isAborted ? null : call.term;
}

export function releaseLocks(draft: Draft, index: number, term: string): void {
  const tab = tabOf(draft, index);
  tab.locks = tab.locks.filter((lock) => lock !== term);
  releaseSeat(draft, term);
}

export function releaseSeat(draft: Draft, term: string): void {
  if (draft.seat === term) draft.seat = null;
}
