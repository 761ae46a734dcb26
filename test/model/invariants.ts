/** What must be true of every state and of every step to it. */
import { parseRecord, SIGN_OF_LIFE_MS } from '../../src/session/record';
import { type Commit, type Draft, isWindowOver, type State, tabOf } from './state';
import { wishIn } from './wishes';

type Check = (isTrue: boolean, what: string) => void;

export function violationsOf(before: State, draft: Draft): readonly string[] {
  const { tabs, violations, commit } = draft;
  const found = [...violations];
  const check: Check = (isTrue, what) => void (isTrue || found.push(what));
  if (commit) {
    checkRecovery(before, draft, commit, check);
    checkDeath(before, commit, check);
    if (commit.decision.changed) checkWrite(draft, commit, check);
    else check(before.isGone || commit.decision.record === commit.found, 'the record changes, and is not written');
  }
  const hosts = draft.isGone ? [] : tabs.filter(({ host }) => host && host.term === draft.record.term);
  check(hosts.length <= 1, 'two tabs host one term');
  check(
    hosts.every(({ id, host }) => id === draft.record.hostTabId && host?.epoch === draft.record.epoch),
    'a tab hosts a term that the record gives to another',
  );
  for (const [index, { life, locks }] of tabs.entries())
    check(life !== 'frozen' || locks.length === 0, `tab ${index} is frozen and holds a lock`);
  const epochs = tabs.flatMap(({ host }) => (host && !host.isBeforeClear ? [host.epoch] : []));
  check(new Set(epochs).size === epochs.length, 'two tabs act under one epoch');
  for (const session of leaked(draft)) found.push(`${session} was active, is over, and nobody ends it at the service`);
  return found;
}

function checkWrite({ record }: Draft, { decision, command, found }: Commit, check: Check): void {
  const { revision, epoch, seq, term } = found;
  const { type } = command;
  check(record.revision > revision || record === found, `revision ${record.revision} is written over ${revision}`);
  check(record.epoch >= epoch, `epoch ${record.epoch} is written over ${epoch}`);
  check(record.seq >= seq, `event number ${record.seq} is written over ${seq}`);
  check(record.term === null || record.term === term || record.epoch > epoch, 'a term begins without a new epoch');
  const isOthers = term !== null && record.term !== term && !('entries' in command);
  check(!isOthers || record.epoch > epoch, "a host's term is ended without a new epoch");
  const isAnother = record.phase !== 'idle' && record.origin !== found.origin;
  const isOver = found.phase === 'idle' || decision.entries.some((entry) => entry.type === 'session_ended');
  check(!isAnother || isOver, 'a session begins before the last is over');
  check(typeof parseRecord(record) === 'object', `the record is malformed: ${JSON.stringify(record)}`);
  check(record.attempts <= record.recovery.attempts + 1, `${record.attempts} attempts of ${record.recovery.attempts}`);
  check((record.phase === 'recovering') <= (record.lostSince !== null), 'a loss without a time');
  const numbered = decision.entries.every((entry, index) => entry.seq === seq + 1 + index);
  check(numbered && record.seq === seq + decision.entries.length, 'events are not numbered one by one');
  const isCall = ['start', 'join', 'resume', 'takeOver'].includes(type) && !('silent' in command);
  check(!isCall || decision.verdict !== 'granted' || term === null, 'a call is granted over a host');
}

function checkRecovery(before: State, { tabs }: Draft, { tab, command, found, decision }: Commit, check: Check): void {
  const { id, key } = tabOf(before, tab);
  const { record, verdict } = decision;
  const { type } = command;
  check(
    record.attempts <= found.attempts || type === 'failed' || type === 'giveUp',
    `an attempt counts as failed because of ${type}`,
  );
  if (type === 'resume' && verdict === 'granted') {
    check(!isWindowOver(before, found), 'a session is resumed after its recovery window');
    const original = tabs.find(
      ({ life, host }) => life === 'awake' && host?.term === key && host.driver === 'connected',
    );
    check(command.key === null || !original, 'a copied key resumes while its host lives');
  }
  if (type === 'lost' && found.lostSince === null && record.lostSince !== null) {
    const latest = Math.min(Math.max(found.seenAt, command.at ?? 0), found.seenAt + 2 * SIGN_OF_LIFE_MS);
    check(record.lostSince <= latest, 'a loss begins after the last sign of life');
  }
  const isOver = record.phase === 'idle' && found.phase === 'recovering' && found.term !== null;
  const isDead = type === 'lost' || 'silent' in command;
  check(!isOver || isDead || found.hostTabId === id, 'the window of a host that reconnects is closed by another tab');
  const isGone = type === 'failed' && command.error.retryable === false && verdict === 'done';
  check(
    !isGone || found.phase !== 'connecting' || found.lostSince === null || record.phase === 'idle',
    'a session that is gone for good is kept',
  );
  const isStart = type === 'start' && found.phase === 'recovering' && found.term === null;
  check(
    !isStart || !isWindowOver(before, found) || verdict === 'granted',
    'a lost session is in the way after its window',
  );
}

/** Nobody is taken for dead who can answer, except who let go of its lock because its call was given up. */
function checkDeath({ tabs }: State, { tab, command, decision, found }: Commit, check: Check): void {
  const { term, hostTabId } = found;
  if (command.type !== 'lost' || decision.verdict === 'void' || term === null || tabs[tab]?.id === hostTabId) return;
  const isAlive = tabs.some(({ life, host, bid, ender, isOld, locks }) => {
    const isGivenUp = host?.isGivenUp || bid?.isAborted || ender?.isAborted;
    const acts = [host, bid, ender].some((own) => own?.term === term);
    return life === 'awake' && acts && (isOld ? !isGivenUp : locks.includes(term));
  });
  check(!isAlive, 'a living host is taken for dead');
}

/** Sessions that were active, of a scope in which nothing is under way, and that no tab will let go of once it wakes. */
function leaked({ live, record, isGone, tabs }: State): readonly string[] {
  if (live.length === 0 || isGone || record.phase !== 'idle') return [];
  if (tabs.some((tab) => tab.life === 'awake' && isUnderWay(tab))) return [];
  return live.filter((session) => !tabs.some(({ host, left }) => [host, left].some((own) => own?.session === session)));
}

function isUnderWay({ bid, ender, host, left, late }: State['tabs'][number]): boolean {
  return [bid, ender, host, left, late].some((one) => one !== null);
}

/** Nothing is under way: nobody waits, and the session is somewhere. */
export function isCalm(state: State): boolean {
  const { record, isGone, tabs, commands } = state;
  const { phase, hostTabId } = record;
  const isAwake = (tabId: string): boolean => tabs.some(({ id, life }) => id === tabId && life === 'awake');
  if (commands.some(({ caller, step }) => step !== 'over' && isAwake(caller))) return false;
  if (tabs.some((tab) => tab.life === 'awake' && ['due', 'over', 'failed'].includes(wishIn(state, tab) ?? '')))
    return false;
  const isSettled = phase === 'idle' || phase === 'active' || phase === 'recovering';
  // A host whose record is gone writes it anew.
  const isMissed = isGone && tabs.some(({ id, life, host }) => life === 'awake' && host && id === hostTabId);
  return (
    isSettled &&
    !isMissed &&
    tabs.every(({ life, bid, ender, left, late }) => life !== 'awake' || (!bid && !ender && !left && !late))
  );
}
