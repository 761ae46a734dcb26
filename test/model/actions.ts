/** What people, drivers and machines do to three tabs. */
import { askAgain, bid } from './calls';
import { abandon, leave } from './host';
import {
  type Draft,
  type Ender,
  newTab,
  type Rules,
  releaseLocks,
  releaseSeat,
  type State,
  type Tab,
  tabOf,
} from './state';
import { collect, type Step } from './steps';

/** What people ask for, and what machines do. The other actions vary them. */
export const SEVEN = [
  'calls start',
  'calls end',
  'calls cancel',
  'calls takeOver',
  'crashes',
  'is frozen',
  'wakes',
] as const;

/** `only`: no others than these. */
export function actions(state: State, rules: Rules, only?: readonly string[]): Step[] {
  return collect(state, rules, (add) => {
    for (const [index, tab] of state.tabs.entries()) {
      const act = (label: string, change: (own: Tab, draft: Draft) => void): void => {
        if (!only || only.includes(label)) add(`${index} ${label}`, (draft) => change(tabOf(draft, index), draft));
      };
      if (tab.life === 'dead') {
        act('opens', (_, draft) => open(draft, index, tab.key));
        state.tabs.forEach((original, from) => {
          if (original.life === 'awake' && original.key !== '' && original.key !== tab.key)
            act(`opens as a copy of ${from}`, (_, draft) => open(draft, index, original.key));
        });
        continue;
      }
      act('crashes', (_, draft) => crash(draft, index));
      if (tab.life !== 'awake') {
        act('wakes', (_, draft) => wake(draft, index));
        continue;
      }
      act('is frozen', (_, draft) => freeze(draft, index));
      act('is stopped', (_, draft) => stop(draft, index));
      if (!tab.bid && !isHosting(tab, state)) {
        for (const type of ['start', 'resume', 'takeOver'] as const)
          act(`calls ${type}`, (_, draft) => bid(draft, index, type));
        act('calls takeOver by force', (_, draft) => bid(draft, index, 'takeOver', { force: true }));
      }
      if (!tab.ender)
        for (const type of ['cancel', 'end'] as const) act(`calls ${type}`, (_, draft) => callEnd(draft, index, type));
      if (tab.bid && !tab.bid.isAborted) act('aborts its call', (_, draft) => abort(draft, index));
      const { host } = tab;
      if (host?.closing !== 'no') continue;
      if (host.driver === 'connecting' && !host.isGivenUp)
        act('aborts its attempt', (_, draft) => abandon(draft, index));
      if (host.driver !== 'connected') continue;
      act('is told by its driver that the session is over', (own, draft) => {
        if (!own.host) return;
        Object.assign(own.host, { closing: 'ended', driver: 'none' });
        releaseSeat(draft, own.host.term);
        own.host.reports.push('ended');
      });
      for (const type of ['reconnecting', 'reconnected'] as const)
        if ((state.record.phase === 'active') === (type === 'reconnecting') && !host.reports.includes(type))
          act(`is told by its driver: ${type}`, (own) => void own.host?.reports.push(type));
    }
  });
}

export function open(draft: Draft, index: number, key: string): void {
  draft.ids += 1;
  draft.tabs[index] = newTab(`tab-${index}-${draft.ids}`, key);
}

export function crash(draft: Draft, index: number): void {
  const { id, key, locks } = tabOf(draft, index);
  if (draft.seat !== null && locks.includes(draft.seat)) draft.seat = null;
  draft.tabs[index] = { ...newTab(id, key), life: 'dead' };
}

/** `hide`: lets go of everything that would hold up others, as far as one turn allows. */
export function freeze(draft: Draft, index: number): void {
  abort(draft, index);
  abortEnder(draft, index);
  leave(draft, index);
  tabOf(draft, index).life = 'frozen';
}

export function stop(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  tab.life = 'stopped';
  for (const call of [tab.bid, tab.ender])
    if (call && ['claiming', 'asking', 'seizing', 'settling'].includes(call.step)) call.hasSlept = true;
}

export function wake(draft: Draft, index: number): void {
  tabOf(draft, index).life = 'awake';
}

/** The signal of a call that is not granted yet. A transaction that is under way is decided yet, without the locks. */
export function abort(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid) return;
  bid.isAborted = true;
  releaseLocks(draft, index, bid.term);
  if (bid.step === 'looking') tab.bid = null;
  if (bid.step === 'asked') bid.step = 'withdrawing';
}

/** The same for a call that ends the session: only the page, going to sleep, gives it up. */
function abortEnder(draft: Draft, index: number): void {
  const { ender } = tabOf(draft, index);
  if (!ender) return;
  ender.isAborted = true;
  releaseLocks(draft, index, ender.term);
  if (ender.step === 'locking') askAgain(draft, index);
}

export function callEnd(draft: Draft, index: number, type: Ender['type']): void {
  abort(draft, index);
  tabOf(draft, index).ender = {
    ...{ type, origin: null, step: 'asking', term: '', host: null },
    ...{ isAborted: false, hasSlept: false, granted: null },
  };
}

/** `refuseIfBusy`: a term that the record has done with is only being tidied up. */
function isHosting({ host }: Tab, { record }: State): boolean {
  return host !== null && host.term === record.term;
}
