/**
 * What can happen next. *Program* steps are what the code does by itself in some order, with the drivers and the passing
 * of time; *actions* are what people and machines do to it.
 */
import {
  askAgain,
  askToEnd,
  askToHandOver,
  bid as begin,
  claim,
  claimToEnd,
  handedOver,
  seizeToEnd,
  seizeToTakeOver,
  settle,
  settleToEnd,
  withdraw,
} from './calls';
import { abandoned, report, reportLate, see } from './host';
import {
  type Bid,
  commit,
  type Draft,
  draftOf,
  type Ender,
  isLocked,
  mint,
  type ReportName,
  type Rules,
  releaseSeat,
  type State,
  stealSeat,
  type Tab,
  type Term,
  tabOf,
  takeLocks,
} from './state';

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

/** Forgets what can have no effect any more: a report of a fenced host is refused, and matters only if it is its last. */
function tidy({ record, tabs }: Draft): void {
  for (const tab of tabs) {
    if (tab.late?.term !== record.term) tab.late = null;
    const { host } = tab;
    if (!host || host.term === record.term || host.reports.length === 0) continue;
    const last = host.reports[host.reports.length - 1];
    host.reports.length = 0;
    if (last && LAST.includes(last)) host.reports.push(last);
  }
}

/** Reports after which a term is over, whatever their answer. */
const LAST: readonly ReportName[] = ['failed', 'settled', 'ended', 'hand-over', 'lost'];

export function programSteps(state: State, rules: Rules): Step[] {
  return collect(state, rules, (add) => {
    addWatching(state, add);
    state.tabs.forEach((tab, index) => {
      if (tab.life !== 'awake') return;
      if (tab.late) add(`${index} reports late: ${tab.late.reports[0]}`, (draft) => reportLate(draft, index));
      if (tab.host) addHost(state, index, tab.host, add);
      if (tab.bid) addBid(state, rules, index, tab.bid, add);
      if (tab.ender) addEnder(state, index, tab.ender, add);
      if (isFree(tab) && mayResume(state, rules, tab))
        add(`${index} resumes by itself`, (draft) => begin(draft, index, 'resume', { isAutomatic: true }));
    });
  });
}

/** What any tab that is awake does for all: whose it is makes no difference to the record. */
function addWatching(state: State, add: Add): void {
  const { record, tabs } = state;
  const watcher = tabs.findIndex(({ life }) => life === 'awake');
  if (watcher < 0) return;
  const { term, hostTabId, lostSince, phase } = record;
  if (phase === 'recovering' && lostSince !== null)
    add(`${watcher} sees the window end`, (draft) => void commit(draft, watcher, { type: 'expire' }));
  if (term === null) return;
  // The tab that the record names waits for no lock of its own, and needs no proof where it acts for nobody.
  const own = tabs.findIndex((tab) => tab.id === hostTabId && tab.life === 'awake' && isFree(tab));
  const other = tabs.findIndex(({ id, life, host }) => life === 'awake' && (id !== hostTabId || !host));
  const reaper = isLocked(state, term) ? own : other;
  if (reaper >= 0) add(`${reaper} reaps ${term}`, (draft) => void commit(draft, reaper, { type: 'lost', term }));
  for (const [index, { life, key, host }] of tabs.entries()) {
    if (life === 'awake' && key === term && !host)
      add(`${index} challenges the host whose key it has`, (draft) => void commit(draft, index, { type: 'ask', term }));
  }
}

function addHost(state: State, index: number, host: Term, add: Add): void {
  const { record } = state;
  const asksForMore =
    record.term !== host.term
      ? host.closing === 'no'
      : (host.closing === 'no' &&
          (record.phase === 'canceling' ||
            record.phase === 'ending' ||
            (record.successor !== null && host.driver === 'connected'))) ||
        (record.asked > record.answered && record.asked > host.answering);
  if (asksForMore) add(`${index} sees the record`, (draft) => see(draft, index));
  if (host.reports.length > 0) add(`${index} reports ${host.reports[0]}`, (draft) => report(draft, index));
  const change = (label: string, apply: (term: Term, draft: Draft) => void): void =>
    add(`${index}: ${label}`, (draft) => {
      const own = tabOf(draft, index).host;
      if (own) apply(own, draft);
    });
  if (host.closing === 'no' && host.driver === 'connecting' && !host.isGivenUp) {
    change('its driver connects', (own) => {
      own.driver = 'connected';
      own.reports.push('connected');
    });
    change('its driver fails', (own, draft) => {
      Object.assign(own, { driver: 'none', closing: 'failed' });
      releaseSeat(draft, own.term);
      own.reports.push('failed');
    });
  }
  if (host.closing === 'abandoned') change('its driver gives the attempt up', (own, draft) => abandoned(draft, own));
  if (host.closing === 'finish' && host.driver === 'letting go')
    change('its driver has ended the session', (own, draft) => {
      own.driver = 'none';
      releaseSeat(draft, own.term);
      own.reports.push('settled');
    });
  if (host.closing === 'hand-over' && host.driver === 'connected')
    change('its driver has released the session', (own, draft) => {
      own.driver = 'none';
      releaseSeat(draft, own.term);
      own.reports.push('hand-over');
    });
}

function addBid(state: State, rules: Rules, index: number, bid: Bid, add: Add): void {
  const { record } = state;
  const change = (label: string, apply: (own: Bid, tab: Tab, draft: Draft) => void): void =>
    add(`${index} ${bid.type}: ${label}`, (draft) => {
      const tab = tabOf(draft, index);
      if (tab.bid) apply(tab.bid, tab, draft);
    });
  switch (bid.step) {
    case 'looking':
      if (isRefused(state, rules, index, bid))
        change('is refused', (_, tab) => {
          tab.bid = null;
        });
      if (isSeatFree(state))
        change('takes its locks', (own, _, draft) => {
          takeLocks(draft, index, own.term);
          own.step = 'claiming';
        });
      if (bid.type === 'takeOver')
        change('takes its lock', (own, tab) => {
          tab.locks.push(own.term);
          own.step = 'asking';
        });
      return;
    case 'claiming':
      return add(`${index} ${bid.type}: claims`, (draft) => claim(draft, index));
    case 'asking':
      return add(`${index} takeOver: asks the host`, (draft) => askToHandOver(draft, index));
    case 'asked':
      if (record.term !== bid.host || record.successor?.term !== bid.term)
        add(`${index} takeOver: sees the answer`, (draft) => handedOver(draft, index));
      else {
        addChallenge(state, index, bid.host, add);
        if (isSilent(state, bid.host))
          change('waits in vain', (own, _, draft) => {
            own.step = own.force ? 'seizing' : 'withdrawing';
            if (own.force) stealSeat(draft, own.term, own.isAborted);
          });
      }
      return;
    case 'seizing':
      return add(`${index} takeOver: seizes the session`, (draft) => seizeToTakeOver(draft, index));
    case 'withdrawing':
      // Given up in the moment in which it was to ask once more.
      if (bid.isAborted) addChallenge(state, index, bid.host, add);
      return add(`${index} takeOver: withdraws`, (draft) => withdraw(draft, index));
    case 'settling': {
      const { granted } = bid;
      if (granted) add(`${index} ${bid.type}: learns that it hosts`, (draft) => settle(draft, index, granted));
    }
  }
}

function addEnder(state: State, index: number, ender: Ender, add: Add): void {
  const change = (label: string, apply: (own: Ender, draft: Draft) => void): void =>
    add(`${index} ${ender.type}: ${label}`, (draft) => {
      const own = tabOf(draft, index).ender;
      if (own) apply(own, draft);
    });
  switch (ender.step) {
    case 'asking':
      return add(`${index} ${ender.type}: asks`, (draft) => askToEnd(draft, index));
    case 'locking':
      if (isSeatFree(state))
        change('takes its locks', (own, draft) => {
          takeLocks(draft, index, own.term);
          own.step = 'claiming';
        });
      else if (state.record.term !== null) change('looks again', (_, draft) => askAgain(draft, index));
      return;
    case 'claiming':
      return add(`${index} ${ender.type}: claims`, (draft) => claimToEnd(draft, index));
    case 'asked':
      if (state.record.term !== ender.host) return change('sees the answer', (_, draft) => askAgain(draft, index));
      addChallenge(state, index, ender.host, add);
      if (ender.isAborted) return change('gives up', (_, draft) => askAgain(draft, index));
      if (isSilent(state, ender.host) && tabOf(state, index).host?.term !== ender.host)
        change('waits in vain', (own, draft) => {
          own.term = mint(draft);
          takeLocks(draft, index, own.term);
          own.step = 'seizing';
        });
      return;
    case 'seizing':
      return add(`${index} ${ender.type}: seizes the session`, (draft) => seizeToEnd(draft, index));
    case 'settling':
      return add(`${index} ${ender.type}: learns that it hosts`, (draft) => settleToEnd(draft, index));
  }
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
  return tab !== undefined && (tab.life !== 'awake' || (tab.host?.term === term && tab.host.closing !== 'no'));
}

/** Whether it could hold a session now. */
function isFree({ bid, ender, host }: Tab): boolean {
  return !bid && !ender && !host;
}

/** Nobody has it, or a tab that can't run and is in no record: it will not come back to say so. */
function isSeatFree(state: State): boolean {
  const { seat, record, tabs } = state;
  if (seat === null) return true;
  const holder = tabs.find(({ locks }) => locks.includes(seat));
  return record.term === null && holder?.life !== 'awake';
}

/** Refused on the record, with the proof that its host lives. */
function isRefused(state: State, rules: Rules, index: number, bid: Bid): boolean {
  const { record } = state;
  if (record.term !== null && !isLocked(state, record.term)) return false;
  const { verdict } = rules(record, previewOf(bid, tabOf(state, index)), factsOf(state, index));
  return verdict === 'refused' || verdict === 'void';
}

function mayResume(state: State, rules: Rules, tab: Tab): boolean {
  const { record } = state;
  if (record.phase !== 'recovering' || record.term !== null) return false;
  const candidate = { term: '', tabId: tab.id };
  const call = { type: 'resume', candidate, key: tab.key } as const;
  return rules(record, call, factsOf(state, state.tabs.indexOf(tab))).verdict === 'granted';
}

function previewOf({ type, term, isAutomatic }: Bid, { id, key }: Tab) {
  const candidate = { term, tabId: id };
  const recovery = { by: 'same-tab', windowMs: 1, attempts: 1 } as const;
  if (type === 'start') return { type, candidate, recovery } as const;
  if (type === 'resume') return { type, candidate, key: isAutomatic ? key : null } as const;
  return { type, candidate } as const;
}

function factsOf(state: State, index: number) {
  return { tabId: tabOf(state, index).id, now: 0, known: state.record, isStored: true, watched: null };
}
