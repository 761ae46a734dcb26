/**
 * What can happen next. *Program* steps are what the code does by itself in some order, with the drivers and the passing
 * of time; *actions* are what people and machines do to it.
 */
import {
  call as begin,
  claim,
  claimWithout,
  commandOf,
  giveUp,
  isStolen,
  seeAnswer,
  settle,
  undo,
  withdraw,
} from './calls';
import { addCommands, tidyCommands } from './commands';
import { commit, factsOf } from './commit';
import { endWindow, letGo, letGone, report, reportLate, see } from './host';
import {
  type Call,
  type Draft,
  draftOf,
  isLocked,
  type ReportName,
  type Rules,
  releaseSeat,
  type Slot,
  type State,
  seenBy,
  type Tab,
  type Term,
  tabOf,
  takeSeat,
  takeTerm,
} from './state';
import { addWish } from './wishes';

export interface Step {
  readonly label: string;
  readonly next: Draft;
}

type Change = (draft: Draft) => void;
type Add = (label: string, change: Change) => void;

export function collect(state: State, rules: Rules, list: (add: Add) => void): Step[] {
  const steps: Step[] = [];
  list((label, change) => {
    const next = draftOf(state, rules);
    change(next);
    tidy(next);
    steps.push({ label, next });
  });
  return steps;
}

/**
 * Forgets what can have no effect any more: a report of a fenced host is refused, and matters only if it is its last; an orphan
 * of which no record tells is not ended once more.
 */
function tidy(draft: Draft): void {
  tidyCommands(draft);
  const { record, tabs, orphans } = draft;
  if (orphans.length > 0) draft.orphans = orphans.filter((session) => session === record.info);
  for (const tab of tabs) {
    if (tab.late && tab.late.term !== record.term) tab.late = null;
    if (tab.key !== record.term) tab.check = 'none';
    const { host } = tab;
    if (!host || host.term === record.term || host.reports.length === 0) continue;
    const last = host.reports[host.reports.length - 1];
    host.reports.length = 0;
    if (last && LAST.includes(last)) host.reports.push(last);
  }
}

/** Reports after which a term is over, whatever their answer. */
const LAST: readonly ReportName[] = ['failed', 'gone', 'settled', 'ended', 'handOver', 'lost'];

export function programSteps(state: State, rules: Rules): Step[] {
  return collect(state, rules, (add) => {
    addWatching(state, add);
    addCommands(state, add);
    state.tabs.forEach((tab, index) => {
      if (tab.life !== 'awake') return;
      if (tab.late) add(`${index} reports late: ${tab.late.reports[0]}`, (draft) => reportLate(draft, index));
      if (tab.left) add(`${index}: its driver lets go of what it had`, (draft) => letGo(draft, index));
      if (tab.host) addHost(state, index, tab.host, add);
      for (const slot of ['bid', 'ender'] as const) {
        const call = tab[slot];
        if (call) addCall(state, rules, index, slot, call, add);
      }
      addCheck(state, index, tab, add);
      addWish(state, index, isFree(tab), add);
      if (isFree(tab) && mayResume(state, rules, index, tab))
        add(`${index} resumes by itself`, (draft) => begin(draft, index, 'bid', 'resume', { isAutomatic: true }));
    });
  });
}

/** What any tab that is awake does for all: whose it is makes no difference to the record. */
function addWatching(state: State, add: Add): void {
  const { record, tabs, now } = state;
  const watchers = tabs.flatMap((tab, index) => (tab.life === 'awake' && isWatching(state, tab) ? [index] : []));
  // While its host reconnects, that host closes the window; the timers of all the others run as well.
  const host = watchers.find((index) => tabOf(state, index).id === record.hostTabId);
  const other = watchers.find((index) => index !== host);
  for (const index of [host, other])
    if (index !== undefined) add(`${index} sees the window end`, (draft) => endWindow(draft, index));
  const { term, seenAt } = record;
  if (term === null) return;
  const reaper = tabs.findIndex((tab) => tab.life === 'awake' && isProvenDead(state, tab));
  if (reaper >= 0) {
    add(`${reaper} reaps ${term}`, (draft) => void commit(draft, reaper, { type: 'lost', term }));
    if (seenAt < now)
      add(`${reaper} sees ${term} end`, (draft) => void commit(draft, reaper, { type: 'lost', term, at: now }));
  }
  // The tab that the record names, and that acts for nobody.
  const own = tabs.findIndex((tab) => tab.life === 'awake' && isOwnVacant(state, tab));
  if (own >= 0) add(`${own} reaps its own ${term}`, (draft) => void commit(draft, own, { type: 'lost', term }));
}

/** Its timer for the recovery window runs. */
function isWatching(state: State, tab: Tab): boolean {
  const { phase, lostSince } = seenBy(state, tab);
  return phase === 'recovering' && lostSince !== null;
}

/** A free lock proves it, if it says anything to this tab; otherwise the host was asked, and can't answer. */
function isProvenDead(state: State, tab: Tab): boolean {
  const { term, hostTabId, proof } = seenBy(state, tab);
  if (term === null || hostTabId === tab.id) return false;
  return proof === 'lock' && !tab.isOld ? !isLocked(state, term) : isMute(state, term);
}

/** Nobody will answer for this term: its host can't run, or nobody acts for it. */
function isMute({ tabs }: State, term: string): boolean {
  return !tabs.some(
    ({ life, host, bid, ender }) => life === 'awake' && [host, bid, ender].some((own) => own?.term === term),
  );
}

function isOwnVacant(state: State, tab: Tab): boolean {
  const { term, hostTabId } = seenBy(state, tab);
  if (term === null || hostTabId !== tab.id || tab.host?.term === term) return false;
  const isLooking = [tab.bid, tab.ender].some((call) => call?.step === 'looking');
  return isFree(tab) || (isLooking && !isLocked(state, term) && isMute(state, term));
}

/** Whether the host of this document's key still lives: then the key is a copy. */
function addCheck(state: State, index: number, { check, key }: Tab, add: Add): void {
  const { term, asked, answered } = state.record;
  if (check === 'due' && key === term)
    add(`${index} challenges the host whose key it has`, (draft) => {
      tabOf(draft, index).check = 'asked';
      commit(draft, index, { type: 'ask', term: key });
    });
  if (check === 'asked' && answered >= asked && term === key)
    add(`${index} finds that its key is a copy`, (draft) => {
      Object.assign(tabOf(draft, index), { key: '', isCopy: false, check: 'none' });
    });
}

function addHost(state: State, index: number, host: Term, add: Add): void {
  const record = seenBy(state, tabOf(state, index));
  const asksForMore =
    record.term !== host.term
      ? host.closing === 'no'
      : (host.closing === 'no' &&
          (record.phase === 'canceling' ||
            record.phase === 'ending' ||
            (record.successor !== null && host.driver === 'connected'))) ||
        (record.asked > record.answered && record.asked > host.answering) ||
        (state.isGone && host.reports.length === 0);
  if (asksForMore) add(`${index} sees the record`, (draft) => see(draft, index));
  if (host.reports.length > 0) add(`${index} reports ${host.reports[0]}`, (draft) => report(draft, index));
  const change = (label: string, apply: (term: Term, draft: Draft) => void): void =>
    add(`${index}: ${label}`, (draft) => {
      const own = tabOf(draft, index).host;
      if (own) apply(own, draft);
    });
  if (record.term === host.term && record.seenAt < state.now && host.reports.length === 0)
    change('gives a sign of life', (own) => void own.reports.push('alive'));
  if (host.closing === 'no' && host.driver === 'connecting' && !host.isGivenUp) {
    change('its driver connects', (own) => {
      own.driver = 'connected';
      own.reports.push('connected');
    });
    change('its driver fails', (own, draft) => fail(draft, own, 'failed'));
  }
  if (host.closing === 'finish' && host.driver === 'letting go')
    change('its driver has ended the session', (own, draft) => letGone(draft, own, 'settled'));
  if (host.closing === 'handOver' && host.driver === 'connected')
    change('its driver has released the session', (own, draft) => letGone(draft, own, 'handOver'));
}

export function fail(draft: Draft, own: Term, report: 'failed' | 'gone'): void {
  Object.assign(own, { driver: 'none', closing: 'failed' });
  releaseSeat(draft, own.term);
  own.reports.push(report);
}

function addCall(state: State, rules: Rules, index: number, slot: Slot, call: Call, add: Add): void {
  const tab = tabOf(state, index);
  const record = seenBy(state, tab);
  const { type } = call;
  const change = (label: string, apply: (draft: Draft, own: Call) => void): void =>
    add(`${index} ${type}: ${label}`, (draft) => {
      const own = tabOf(draft, index)[slot];
      if (own) apply(draft, own);
    });
  switch (call.step) {
    case 'looking':
      // What a fenced term has left is let go of first.
      if (slot === 'bid' && tab.left) return;
      if (isRefused(state, rules, index, call)) change('is refused', (draft) => giveUp(draft, index, slot));
      if (isSeatFree(state, tab))
        change('takes its locks', (draft, own) => {
          lookedAt(draft, index, own);
          takeTerm(draft, index, own.term);
          takeSeat(draft, index, own);
        });
      if (type !== 'start' && type !== 'resume' && record.term !== null)
        change('takes its lock', (draft, own) => {
          lookedAt(draft, index, own);
          takeTerm(draft, index, own.term);
        });
      return;
    case 'claiming':
      return change('claims', (draft) => claim(draft, index, slot));
    case 'asked':
      if (record.term !== call.host || (type === 'takeOver' && record.successor?.term !== call.term))
        return change('sees the answer', (draft) => seeAnswer(draft, index, slot));
      addChallenge(state, index, call.host, add);
      if (isSilent(state, call.host) && tab.host?.term !== call.host)
        change('waits in vain', (draft, own) => {
          own.step = own.insists ? 'insisting' : 'withdrawing';
          if (own.insists) takeSeat(draft, index, own);
        });
      return;
    case 'insisting':
      return change('goes on without the host', (draft) => claimWithout(draft, index, slot));
    case 'withdrawing':
      // Given up in the moment in which it was to ask once more.
      if (call.isAborted) addChallenge(state, index, call.host, add);
      return change('withdraws', (draft) => withdraw(draft, index));
    case 'settling':
      if (isStolen(state, tab, call)) change('learns that its seat was stolen', (draft) => undo(draft, index, slot));
      change('learns that it hosts', (draft) => settle(draft, index, slot));
  }
}

/** The session that is meant by whoever ends one is the first that he saw. */
function lookedAt(draft: Draft, index: number, own: Call): void {
  own.step = 'claiming';
  if (own.type === 'end' || own.type === 'cancel') own.origin ??= seenBy(draft, tabOf(draft, index)).origin || null;
}

/** A host that answers and does not act is asked once more. */
function addChallenge({ record }: State, index: number, term: string | null, add: Add): void {
  if (term !== null && record.term === term)
    add(`${index} challenges the host`, (draft) => {
      commit(draft, index, { type: 'ask', term });
      see(draft, index);
    });
}

/** Nobody waits for ever for a host that can't run, or whose driver does not let go. */
function isSilent(state: State, term: string | null): boolean {
  const tab = state.tabs.find(({ id }) => state.record.term === term && id === state.record.hostTabId);
  const isClosing = tab?.host?.term === term && tab?.host?.closing !== 'no';
  return tab !== undefined && (isMute(state, term ?? '') || isClosing);
}

/** Whether it could hold a session now. */
function isFree({ bid, ender, host, left }: Tab): boolean {
  return !bid && !ender && !host && !left;
}

/** Nobody has it, or a tab that can't run and is in no record: it will not come back to say so. */
function isSeatFree(state: State, { isOld }: Tab): boolean {
  const { seat, record, tabs } = state;
  if (seat === null || isOld) return true;
  const holder = tabs.find(({ locks }) => locks.includes(seat));
  return record.term === null && holder?.life !== 'awake';
}

/** Refused on the record, or told that there is nothing to do, with the proof that its host lives. */
function isRefused(state: State, rules: Rules, index: number, call: Call): boolean {
  const tab = tabOf(state, index);
  const found = seenBy(state, tab);
  if (found.term !== null && isProvenDead(state, tab)) return false;
  const { verdict } = rules(found, commandOf(call, tab, state), factsOf(state, index));
  return verdict === 'refused' || verdict === 'void';
}

function mayResume(state: State, rules: Rules, index: number, tab: Tab): boolean {
  const found = seenBy(state, tab);
  if (found.phase !== 'recovering') return false;
  const candidate = { term: '', tabId: tab.id };
  return rules(found, { type: 'resume', candidate, key: tab.key }, factsOf(state, index)).verdict === 'granted';
}
