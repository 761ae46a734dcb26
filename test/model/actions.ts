/** What people, drivers and machines do to three tabs. */
import { call, giveUp } from './calls';
import { callCommand } from './commands';
import { abandon, leave, letGone } from './host';
import { type Draft, newTab, type Rules, releaseLocks, type State, seenBy, type Tab, tabOf } from './state';
import { collect, fail, type Step } from './steps';
import { ensure } from './wishes';

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

/** Only where a scene asks for them: they multiply the states. */
export const ON_REQUEST: readonly string[] = ['calls ensure', 'calls a command'];

export const NOBODY_HOME = 'everything dies, and nobody is home until the window is over';

/** `only`: no others than these. */
export function actions(state: State, rules: Rules, only?: readonly string[]): Step[] {
  return collect(state, rules, (add) => {
    const world = (label: string, change: (draft: Draft) => void): void => {
      if (!only || only.includes(label)) add(label, change);
    };
    world('time passes', passTime);
    if (state.tabs.some(({ life }) => life !== 'dead')) {
      world(NOBODY_HOME, (draft) => {
        for (const index of draft.tabs.keys()) crash(draft, index);
        passTime(draft);
      });
      if (!state.isGone && state.tabs.every(({ isOld }) => !isOld)) world('the storage is cleared', clearStorage);
    }
    for (const [index, tab] of state.tabs.entries()) {
      const act = (label: string, change: (own: Tab, draft: Draft) => void): void => {
        if (!only || only.includes(label)) add(`${index} ${label}`, (draft) => change(tabOf(draft, index), draft));
      };
      if (tab.life === 'dead') {
        act('opens', (_, draft) => open(draft, index, tab.key, tab.isCopy));
        state.tabs.forEach((original, from) => {
          if (original.life === 'awake' && original.key !== '' && original.key !== tab.key)
            act(`opens as a copy of ${from}`, (_, draft) => open(draft, index, original.key, true));
        });
        continue;
      }
      act('crashes', (_, draft) => crash(draft, index));
      if (tab.life !== 'awake') {
        act('wakes', (own) => void Object.assign(own, { life: 'awake' }));
        continue;
      }
      act('is frozen', (_, draft) => freeze(draft, index));
      act('is stopped', (_, draft) => stop(draft, index));
      if (!tab.bid && !isHosting(tab, state)) {
        for (const type of ['start', 'resume', 'takeOver'] as const)
          act(`calls ${type}`, (_, draft) => call(draft, index, 'bid', type));
        act('calls takeOver by force', (_, draft) => call(draft, index, 'bid', 'takeOver', { insists: true }));
      }
      if (!tab.ender)
        for (const type of ['cancel', 'end'] as const)
          act(`calls ${type}`, (_, draft) => {
            abort(draft, index);
            call(draft, index, 'ender', type, { insists: true });
          });
      if (only?.includes('calls ensure') && !tab.wish) act('calls ensure', (_, draft) => ensure(draft, index));
      if (only?.includes('calls a command')) act('calls a command', (own, draft) => callCommand(draft, own.id));
      if (tab.bid && !tab.bid.isAborted) act('aborts its call', (_, draft) => abort(draft, index));
      const { host } = tab;
      if (host?.closing !== 'no') continue;
      if (host.driver === 'connecting' && !host.isGivenUp) {
        act('aborts its attempt', (_, draft) => abandon(draft, index));
        if (state.record.activeEpoch > 0 || host.isWished)
          act('is told by its driver that the session is gone', (own, draft) => {
            if (own.host) fail(draft, own.host, 'gone');
          });
      }
      if (host.driver !== 'connected') continue;
      act('is told by its driver that the session is over', (own, draft) => {
        if (!own.host) return;
        own.host.closing = 'ended';
        letGone(draft, own.host, 'ended');
      });
      for (const type of ['reconnecting', 'reconnected'] as const)
        if ((state.record.phase === 'active') === (type === 'reconnecting') && !host.reports.includes(type))
          act(`is told by its driver: ${type}`, (own) => void own.host?.reports.push(type));
    }
  });
}

/** Longer than any recovery window. */
function passTime(draft: Draft): void {
  draft.now += 2 * draft.recovery.windowMs;
}

/**
 * `Clear-Site-Data`: the record is gone, and tabs that are opened from now on get another lock manager. Nobody speaks for a
 * session that no tab holds any more.
 */
function clearStorage(draft: Draft): void {
  // Time passes until another session begins: by that alone its epoch is above those that nobody can read any more.
  draft.now += 1;
  draft.isGone = true;
  draft.seat = null;
  draft.acted = 0;
  for (const tab of draft.tabs) {
    tab.locks = [];
    if (tab.life === 'dead') continue;
    tab.isOld = true;
    if (tab.host) tab.host.isBeforeClear = true;
    for (const own of [tab.bid, tab.ender]) if (own?.granted) own.isBeforeClear = true;
  }
  const held = draft.tabs.flatMap(({ host, left }) => [host?.session, left?.session]);
  draft.live = draft.live.filter((session) => held.includes(session));
}

export function open(draft: Draft, index: number, key: string, isCopy = false): void {
  draft.ids += 1;
  draft.tabs[index] = newTab(`tab-${index}-${draft.ids}`, key, isCopy);
}

/** What it had to let go of goes with it, where the record does not tell of it. */
export function crash(draft: Draft, index: number): void {
  const { id, key, isCopy, locks, host, left } = tabOf(draft, index);
  if (draft.seat !== null && locks.includes(draft.seat)) draft.seat = null;
  const isTold = (session: string): boolean => !draft.isGone && draft.record.info === session;
  const held = [host?.session, left?.session];
  draft.live = draft.live.filter((session) => !held.includes(session) || isTold(session));
  draft.tabs[index] = { ...newTab(id, key, isCopy), life: 'dead', check: 'none' };
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
  for (const own of [tab.bid, tab.ender])
    if (own && ['claiming', 'insisting', 'settling'].includes(own.step)) own.hasSlept = true;
}

/** The signal of a call that is not granted yet. A transaction that is under way is decided yet, without the locks. */
export function abort(draft: Draft, index: number): void {
  const { bid } = tabOf(draft, index);
  if (!bid) return;
  bid.isAborted = true;
  releaseLocks(draft, index, bid.term);
  if (bid.step === 'looking') giveUp(draft, index, 'bid');
  if (bid.step === 'asked') bid.step = 'withdrawing';
}

/** The same for a call that ends the session: only the page, going to sleep, gives it up. */
function abortEnder(draft: Draft, index: number): void {
  const { ender } = tabOf(draft, index);
  if (!ender) return;
  ender.isAborted = true;
  releaseLocks(draft, index, ender.term);
  if (ender.step === 'looking' || ender.step === 'asked') giveUp(draft, index, 'ender');
}

/** `refuseIfBusy`: a term that the record has done with is only being tidied up. */
function isHosting(tab: Tab, state: State): boolean {
  return tab.host !== null && tab.host.term === seenBy(state, tab).term;
}
