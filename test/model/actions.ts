/** What people, drivers and machines do to three tabs. */
import { bid } from './calls';
import { abandon, over } from './host';
import { type Draft, type Ender, newTab, type Rules, releaseLocks, type State, type Tab, tabOf } from './state';
import { collect, type Step } from './steps';

export function actions(state: State, rules: Rules): Step[] {
  return collect(state, rules, (add) => {
    for (const [index, tab] of state.tabs.entries()) {
      const act = (label: string, change: (own: Tab, draft: Draft) => void): void =>
        add(`${index} ${label}`, (draft) => change(tabOf(draft, index), draft));
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
      if (!tab.bid && !tab.host) {
        for (const type of ['start', 'resume', 'takeOver'] as const)
          act(`calls ${type}`, (_, draft) => bid(draft, index, type));
        act('calls takeOver by force', (_, draft) => bid(draft, index, 'takeOver', { force: true }));
      }
      if (!tab.ender)
        for (const type of ['cancel', 'end'] as const)
          act(`calls ${type}`, (_, draft) => callEnd(draft, index, type, state.record.origin));
      if (tab.bid && !tab.bid.isAborted) act('aborts its call', (_, draft) => abort(draft, index));
      const { host } = tab;
      if (host?.closing !== 'no') continue;
      if (host.driver === 'connecting' && !host.isGivenUp)
        act('aborts its attempt', (_, draft) => abandon(draft, index));
      if (host.driver !== 'connected') continue;
      act('is told by its driver that the session is over', (own, draft) => {
        if (!own.host) return;
        Object.assign(own.host, { closing: 'ended', driver: 'none' });
        draft.seat = null;
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
  const tab = tabOf(draft, index);
  abort(draft, index);
  if (tab.host) {
    tab.leaving = tab.host.term;
    over(draft, index);
  }
  tab.life = 'frozen';
}

export function stop(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  tab.life = 'stopped';
  if (tab.bid) tab.sleptThroughGrant = true;
}

export function wake(draft: Draft, index: number): void {
  tabOf(draft, index).life = 'awake';
}

/** The signal of a call that is not granted yet. */
export function abort(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid) return;
  bid.isAborted = true;
  switch (bid.step) {
    case 'looking':
      tab.bid = null;
      return;
    case 'claiming':
    case 'settling':
      // What is under way is decided yet, without the locks.
      if (bid.host === null) releaseLocks(draft, index, bid.term);
      return;
    case 'asked':
      bid.step = 'withdrawing';
      return;
    case 'asking':
    case 'seizing':
    case 'withdrawing':
  }
}

export function callEnd(draft: Draft, index: number, type: Ender['type'], origin: number): void {
  abort(draft, index);
  tabOf(draft, index).ender = { type, origin, step: 'asking', term: '', host: null, granted: null };
}
