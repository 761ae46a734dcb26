/**
 * Wishes in the model: `createWishes`, around `stateOfWish`. The pause after a failure may be over at any time: a browser that is online
 * again does not wait for it.
 */
import { stateOfWish, type WishState } from '../../src/session/wish';
import { abort } from './actions';
import { call } from './calls';
import { commit } from './commit';
import { abandon } from './host';
import { type Draft, type State, seenBy, type Tab, tabOf } from './state';

export function ensure(draft: Draft, index: number): void {
  commit(draft, index, { type: 'want' });
  const tab = tabOf(draft, index);
  const { stops, seq } = seenBy(draft, tab);
  tab.wish = { stops, seq, enders: [], isStopped: false };
}

/** What becomes of the wish of a tab, if it has one. */
export function wishIn(state: State, tab: Tab): WishState['type'] | undefined {
  return tab.wish ? stateOfWish(tab.wish, seenBy(state, tab), state.now).type : undefined;
}

export function addWish(
  state: State,
  index: number,
  isFree: boolean,
  add: (label: string, change: (draft: Draft) => void) => void,
): void {
  const tab = tabOf(state, index);
  const wish = wishIn(state, tab);
  if (wish === 'over' || wish === 'failed')
    add(`${index} learns that its wish is ${wish}`, (draft) => drop(draft, index));
  if (wish === 'due' && isFree)
    add(`${index} starts what it wants`, (draft) => {
      const { stops, failures } = seenBy(draft, tabOf(draft, index));
      call(draft, index, 'bid', 'start', { isAutomatic: true, wish: { stops, failures }, failed: draft.failed });
    });
}

/** The wish is given up, and with it the attempt that the tab makes for it. */
function drop(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  tab.wish = null;
  if (tab.bid?.wish) abort(draft, index);
  if (tab.host?.isWished && tab.host.driver === 'connecting') abandon(draft, index);
}

/** A person ends: what is wanted by now is wanted no more once that call is done. */
export function endBegins({ tabs }: Draft, ender: string): void {
  for (const { wish } of tabs) wish?.enders.push(ender);
}

export function endIsDone({ tabs }: Draft, ender: string): void {
  for (const { wish } of tabs) if (wish?.enders.includes(ender)) wish.isStopped = true;
}
