/** The callers' shell in the model: `Election.claim` and `Election.endAnywhere`, between their transactions. */
import type { ClaimCall } from '../../src/election/claim';
import type { Command, Decision } from '../../src/session/commands';
import type { SessionRecord } from '../../src/session/record';
import { abandon, connect, hold, see } from './host';
import {
  type Bid,
  commit,
  type Draft,
  type Ender,
  mint,
  RECOVERY,
  releaseLocks,
  stealSeat,
  type Tab,
  tabOf,
} from './state';

/** A call begins. */
export function bid(
  draft: Draft,
  index: number,
  type: Bid['type'],
  { isAutomatic = false, force = false }: { readonly isAutomatic?: boolean; readonly force?: boolean } = {},
): void {
  tabOf(draft, index).bid = {
    ...{ type, isAutomatic, force, term: mint(draft), step: 'looking', host: null },
    ...{ isAborted: false, hasSlept: false, isWritten: false, granted: null },
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
  if (verdict === 'granted') granted(draft, bid);
  else lookAgain(draft, index, bid);
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
  } else if (verdict === 'granted') {
    stealSeat(draft, bid.term, bid.isAborted);
    granted(draft, bid);
  } else {
    lookAgain(draft, index, bid);
  }
}

/** The host was asked, and the record says what came of it. */
export function handedOver(draft: Draft, index: number): void {
  const { bid, locks } = tabOf(draft, index);
  if (!bid) return;
  if (draft.record.term !== bid.term) return lookAgain(draft, index, bid);
  if (!bid.isAborted && !locks.includes(bid.term))
    draft.violations.push(`tab ${index} hosts ${bid.term} without its lock`);
  stealSeat(draft, bid.term, bid.isAborted);
  granted(draft, bid);
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
  if (verdict === 'granted') granted(draft, bid);
  else lookAgain(draft, index, bid);
}

/** The tab learns that it was granted. One that was stopped meanwhile looks again before it acts. */
export function settle(draft: Draft, index: number, record: SessionRecord): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid) return;
  if (bid.hasSlept && draft.record.term !== bid.term) return lookAgain(draft, index, bid);
  tab.bid = null;
  const host = hold(draft, index, bid.term, record, 'connect');
  if (!host) return;
  if (!bid.isAborted) return connect(draft, index, host);
  see(draft, index);
  abandon(draft, index);
}

/** `cancel()` and `end()` in the record. */
export function askToEnd(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { ender } = tab;
  if (!ender) return;
  const { verdict, record } = commitEnd(draft, index, ender, { type: ender.type, ...targetOf(ender) });
  if (verdict === 'void' || ender.isAborted) {
    tab.ender = null;
    return;
  }
  ender.origin = record.origin;
  if (verdict === 'needs-term') Object.assign(ender, { step: 'locking', term: mint(draft) });
  else Object.assign(ender, { step: 'asked', host: record.term });
}

/** Nobody has the session: this tab becomes the host that ends it. */
export function claimToEnd(draft: Draft, index: number): void {
  const { id, ender } = tabOf(draft, index);
  if (!ender) return;
  const candidate = { term: ender.term, tabId: id };
  const decision = commitEnd(draft, index, ender, { type: ender.type, ...targetOf(ender), candidate });
  grantedToEnd(draft, index, ender, decision);
}

/** `seize` for `cancel()` and `end()`. */
export function seizeToEnd(draft: Draft, index: number): void {
  const { id, ender } = tabOf(draft, index);
  if (!ender?.host) return;
  const candidate = { term: ender.term, tabId: id };
  const decision = commitEnd(draft, index, ender, { type: 'seize', term: ender.host, candidate, for: 'end' });
  grantedToEnd(draft, index, ender, decision);
}

export function settleToEnd(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { ender } = tab;
  if (!ender?.granted) return;
  if (ender.hasSlept && draft.record.term !== ender.term) return askAgain(draft, index);
  tab.ender = null;
  hold(draft, index, ender.term, ender.granted, 'end');
}

/** The loop of `endAnywhere`, which a call that was given up leaves. */
export function askAgain(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { ender } = tab;
  if (!ender) return;
  releaseLocks(draft, index, ender.term);
  if (ender.isAborted) tab.ender = null;
  else Object.assign(ender, { step: 'asking', term: '', host: null, granted: null, hasSlept: false });
}

function targetOf({ origin }: Ender): { readonly origin?: number } {
  return origin === null ? {} : { origin };
}

/** Whoever ends a session ends the one that was there when he asked. */
function commitEnd(draft: Draft, index: number, { origin }: Ender, command: Command): Decision {
  const { record: before } = draft;
  const decision = commit(draft, index, command);
  if (decision.changed && origin !== null && before.origin !== origin)
    draft.violations.push(`tab ${index} was to end session ${origin}, and ends session ${before.origin}`);
  see(draft, index);
  return decision;
}

function grantedToEnd(draft: Draft, index: number, ender: Ender, { verdict, record }: Decision): void {
  if (verdict === 'granted') Object.assign(ender, { step: 'settling', granted: record });
  else askAgain(draft, index);
}

function granted(draft: Draft, bid: Bid): void {
  if (bid.isWritten) draft.violations.push(`${bid.term} is granted a second time`);
  Object.assign(bid, { step: 'settling', isWritten: true, granted: draft.record });
}

/** A call that was given up looks no more; the others look again, or are refused. A term that was granted is spent. */
function lookAgain(draft: Draft, index: number, bid: Bid): void {
  const { term, successor } = draft.record;
  const isNamed = term === bid.term || successor?.term === bid.term;
  releaseLocks(draft, index, bid.term);
  if (bid.isAborted) tabOf(draft, index).bid = null;
  else
    Object.assign(bid, { step: 'looking', host: null, granted: null, hasSlept: false }, isNamed ? {} : another(draft));
}

function another(draft: Draft): Pick<Bid, 'term' | 'isWritten'> {
  return { term: mint(draft), isWritten: false };
}
