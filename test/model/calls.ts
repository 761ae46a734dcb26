/** The callers' shell in the model: the loop of `Election.run`, between its transactions. */
import type { Call as Command, Decision } from '../../src/session/command';
import { commit } from './commit';
import { abandon, connect, hold, see } from './host';
import {
  type Call,
  type Draft,
  mint,
  releaseLocks,
  type Slot,
  type State,
  seenBy,
  type Tab,
  tabOf,
  takeSeat,
} from './state';

/** A call begins. */
export function call(
  draft: Draft,
  index: number,
  slot: Slot,
  type: Call['type'],
  { isAutomatic = false, insists = false }: { readonly isAutomatic?: boolean; readonly insists?: boolean } = {},
): void {
  tabOf(draft, index)[slot] = {
    ...{ type, isAutomatic, insists, origin: null, term: mint(draft), step: 'looking', host: null, hadSeat: false },
    ...{ isAborted: false, hasSlept: false, isWritten: false, granted: null, isBeforeClear: false },
  };
}

export function commandOf({ type, isAutomatic, term, origin }: Call, { id, key }: Tab, { recovery }: State): Command {
  const candidate = { term, tabId: id };
  switch (type) {
    case 'start':
      return { type, candidate, recovery };
    case 'resume':
      return { type, candidate, key: isAutomatic ? key : null };
    case 'takeOver':
      return { type, candidate };
    case 'cancel':
    case 'end':
      return { type, candidate, ...(origin !== null && { origin }) };
  }
}

/** The compare-and-set. */
export function claim(draft: Draft, index: number, slot: Slot): void {
  const tab = tabOf(draft, index);
  const own = tab[slot];
  if (!own) return;
  const { verdict, record } = commitCall(draft, index, own);
  if (verdict === 'granted') granted(draft, index, own);
  else if (verdict === 'asked') asked(draft, index, slot, record.term);
  else if (verdict === 'refused' && record.term === null) giveUp(draft, index, slot);
  else lookAgain(draft, index, slot);
}

/** The same, as if the host that was asked and is silent were none. */
export function claimWithout(draft: Draft, index: number, slot: Slot): void {
  const own = tabOf(draft, index)[slot];
  if (!own?.host) return;
  if (!isStolen(draft, tabOf(draft, index), own)) {
    commitCall(draft, index, own, own.host);
    if (draft.record.term === own.term) return granted(draft, index, own);
  }
  lookAgain(draft, index, slot);
}

/** The host was asked, and the record says what came of it. */
export function seeAnswer(draft: Draft, index: number, slot: Slot): void {
  const { [slot]: own, locks, isOld } = tabOf(draft, index);
  if (!own) return;
  if (draft.record.term !== own.term) return lookAgain(draft, index, slot);
  if (!own.isAborted && !isOld && !locks.includes(own.term))
    draft.violations.push(`tab ${index} hosts ${own.term} without its lock`);
  granted(draft, index, own);
}

export function withdraw(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { bid } = tab;
  if (!bid) return;
  commit(draft, index, { type: 'withdraw', candidate: { term: bid.term, tabId: tab.id } });
  see(draft, index);
  if (draft.record.term === bid.term && !bid.isAborted) return granted(draft, index, bid);
  giveUp(draft, index, 'bid');
}

/** The tab learns that it was granted. One that was stopped meanwhile looks again before it acts. */
export function settle(draft: Draft, index: number, slot: Slot): void {
  const tab = tabOf(draft, index);
  const own = tab[slot];
  if (!own?.granted) return;
  if (own.hasSlept && seenBy(draft, tab).term !== own.term) return lookAgain(draft, index, slot);
  tab[slot] = null;
  const host = hold(draft, index, own.term, own.granted, slot === 'bid' ? 'connect' : 'end');
  if (!host || slot === 'ender') return;
  if (!own.isAborted) return connect(draft, index, host, own.isBeforeClear);
  see(draft, index);
  abandon(draft, index);
}

/** Its seat was stolen while the tab was stopped: the thief has a session, and the claim is undone. */
export function undo(draft: Draft, index: number, slot: Slot): void {
  const own = tabOf(draft, index)[slot];
  if (!own) return;
  if (draft.record.term === own.term) {
    commit(draft, index, { type: 'lost', term: own.term });
    see(draft, index);
  }
  lookAgain(draft, index, slot);
}

export function isStolen({ seat }: State, { isOld }: Tab, { term, hadSeat, isAborted }: Call): boolean {
  return hadSeat && !isOld && !isAborted && seat !== term;
}

function commitCall(draft: Draft, index: number, own: Call, silent?: string): Decision {
  const tab = tabOf(draft, index);
  const command = commandOf(own, tab, draft);
  const { origin } = seenBy(draft, tab);
  const decision = commit(draft, index, silent === undefined ? command : { ...command, silent });
  if (decision.changed && own.origin !== null && tab.ender === own && origin !== own.origin)
    draft.violations.push(`tab ${index} was to end session ${own.origin}, and ends session ${origin}`);
  see(draft, index);
  return decision;
}

function granted(draft: Draft, index: number, own: Call): void {
  if (own.isWritten) draft.violations.push(`${own.term} is granted a second time`);
  if (!own.hadSeat || own.step !== 'claiming') takeSeat(draft, index, own);
  Object.assign(own, { step: 'settling', isWritten: true, granted: draft.record });
}

function asked(draft: Draft, index: number, slot: Slot, host: string | null): void {
  const own = tabOf(draft, index)[slot];
  if (!own) return;
  if (own.isAborted && slot === 'ender') return giveUp(draft, index, slot);
  Object.assign(own, { step: own.isAborted ? 'withdrawing' : 'asked', host });
}

/** A call that was given up looks no more; the others look again, or are refused. A term that was granted is spent. */
function lookAgain(draft: Draft, index: number, slot: Slot): void {
  const own = tabOf(draft, index)[slot];
  if (!own) return;
  if (own.isAborted) return giveUp(draft, index, slot);
  const { term, successor } = draft.record;
  const isNamed = term === own.term || successor?.term === own.term;
  releaseLocks(draft, index, own.term);
  Object.assign(
    own,
    { step: 'looking', host: null, granted: null, hadSeat: false, hasSlept: false, isBeforeClear: false },
    isNamed ? {} : { term: mint(draft), isWritten: false },
  );
}

export function giveUp(draft: Draft, index: number, slot: Slot): void {
  const tab = tabOf(draft, index);
  const own = tab[slot];
  if (own) releaseLocks(draft, index, own.term);
  tab[slot] = null;
}
