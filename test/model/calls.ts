/** The callers' shell in the model: `Election.claim` and `Election.endAnywhere`, between their transactions. */
import type { ClaimCall } from '../../src/election/claim';
import type { SessionRecord } from '../../src/session/record';
import { abandon, connect, hold, see } from './host';
import { type Bid, commit, type Draft, mint, RECOVERY, releaseLocks, type Tab, tabOf, takeLocks } from './state';

/** A call begins. */
export function bid(
  draft: Draft,
  index: number,
  type: Bid['type'],
  { isAutomatic = false, force = false }: { readonly isAutomatic?: boolean; readonly force?: boolean } = {},
): void {
  tabOf(draft, index).bid = {
    ...{ type, isAutomatic, force, term: mint(draft), step: 'looking', host: null },
    ...{ isAborted: false, isWritten: false, granted: null },
  };
}

function callOf({ type, isAutomatic, term }: Bid, { id, key }: Tab): ClaimCall {
  const candidate = { term, tabId: id };
  switch (type) {
    case 'start':
      return { type, candidate, recovery: RECOVERY };
    case 'resume':
      return { type, candidate, key: isAutomatic ? key : null };
    case 'takeOver':
      return { type, candidate };
  }
}

/** `tryToClaim`: the compare-and-set. */
export function claim(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid) return;
  const { verdict } = commit(draft, index, callOf(bid, tab));
  see(draft, index);
  if (verdict === 'granted') return granted(draft, bid);
  releaseLocks(draft, index, bid.term);
  lookAgain(tab, bid);
}

/** `askToHandOver`: asks the host, or finds that there is none. */
export function askToHandOver(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid) return;
  const { verdict, record } = commit(draft, index, callOf(bid, tab));
  see(draft, index);
  if (verdict === 'asked') {
    bid.host = record.term;
    bid.step = bid.isAborted ? 'withdrawing' : 'asked';
    return;
  }
  if (verdict === 'granted') {
    draft.seat = bid.term;
    return granted(draft, bid);
  }
  releaseLocks(draft, index, bid.term);
  lookAgain(tab, bid);
}

/** The host was asked, and the record says what came of it. */
export function handedOver(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { bid, locks } = tab;
  if (!bid) return;
  if (draft.record.term === bid.term) {
    if (!locks.includes(bid.term)) draft.violations.push(`tab ${index} hosts ${bid.term} without its lock`);
    draft.seat = bid.term;
    bid.isWritten = true;
    settle(draft, index, draft.record);
    return;
  }
  releaseLocks(draft, index, bid.term);
  lookAgain(tab, bid);
}

export function withdraw(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid) return;
  commit(draft, index, { type: 'withdraw', term: bid.term });
  see(draft, index);
  if (draft.record.term === bid.term) return handedOver(draft, index);
  releaseLocks(draft, index, bid.term);
  tab.bid = null;
}

/** `seize` for `takeOver({ force: true })`. */
export function seizeToTakeOver(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid?.host) return;
  const candidate = { term: bid.term, tabId: tab.id };
  const { verdict } = commit(draft, index, { type: 'seize', term: bid.host, candidate, for: 'takeOver' });
  see(draft, index);
  if (verdict === 'granted') return granted(draft, bid);
  releaseLocks(draft, index, bid.term);
  lookAgain(tab, bid);
}

/** The tab learns that it was granted. One that was stopped meanwhile looks again before it acts. */
export function settle(draft: Draft, index: number, record: SessionRecord): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid) return;
  if (tab.sleptThroughGrant && draft.record.term !== bid.term) {
    tab.sleptThroughGrant = false;
    releaseLocks(draft, index, bid.term);
    return lookAgain(tab, bid);
  }
  tab.bid = null;
  const host = hold(draft, index, bid.term, record, 'connect');
  if (host && bid.isAborted) {
    see(draft, index);
    abandon(draft, index);
  }
  if (host && !bid.isAborted) connect(draft, index, host);
  tab.sleptThroughGrant = false;
}

/** `cancel()` and `end()` in the record. */
export function askToEnd(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { ender } = tab;
  if (!ender) return;
  const { record: before } = draft;
  const { verdict, record, changed } = commit(draft, index, { type: ender.type });
  see(draft, index);
  const isAnother = ender.origin > 0 && record.origin !== ender.origin;
  if (changed && isAnother)
    draft.violations.push(`tab ${index} was to end session ${ender.origin}, and ends session ${before.origin}`);
  if (verdict === 'void' || isAnother) {
    tab.ender = null;
  } else if (verdict === 'needs-term') {
    ender.step = 'locking';
    ender.term = mint(draft);
  } else {
    ender.step = 'asked';
    ender.host = record.term;
  }
}

/** Nobody has the session: this tab becomes the host that ends it. */
export function claimToEnd(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { ender } = tab;
  if (!ender) return;
  const candidate = { term: ender.term, tabId: tab.id };
  const { verdict, record } = commit(draft, index, { type: ender.type, candidate });
  see(draft, index);
  if (verdict === 'granted') return void Object.assign(ender, { step: 'settling', granted: record });
  releaseLocks(draft, index, ender.term);
  ender.step = 'asking';
}

/** `seize` for `cancel()` and `end()`. */
export function seizeToEnd(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { ender } = tab;
  if (!ender?.host) return;
  const candidate = { term: ender.term, tabId: tab.id };
  const { verdict, record } = commit(draft, index, { type: 'seize', term: ender.host, candidate, for: 'end' });
  see(draft, index);
  if (verdict === 'granted') return void Object.assign(ender, { step: 'settling', granted: record });
  releaseLocks(draft, index, ender.term);
  ender.step = 'asking';
}

export function settleToEnd(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { ender } = tab;
  if (!ender?.granted) return;
  tab.ender = null;
  hold(draft, index, ender.term, ender.granted, 'end');
}

/** Takes the term lock, and the seat with it. */
export function takeSeat(draft: Draft, index: number, term: string): void {
  takeLocks(draft, index, term);
}

function granted(draft: Draft, bid: Bid): void {
  if (bid.isWritten && draft.commit?.decision.changed) draft.violations.push(`${bid.term} is written a second time`);
  Object.assign(bid, { step: 'settling', isWritten: true, granted: draft.record });
}

/** A call that was given up looks no more; the others look again, or are refused. */
function lookAgain(tab: Tab, bid: Bid): void {
  bid.step = 'looking';
  bid.host = null;
  if (bid.isAborted) tab.bid = null;
}
