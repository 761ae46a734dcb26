/** What must be true of every state and of every step to it. */
import { parseRecord } from '../../src/session/record';
import type { Draft, State } from './state';

export function violationsOf(before: State, draft: Draft): readonly string[] {
  const { record, tabs, violations, commit } = draft;
  const found = [...violations];
  const check = (isTrue: boolean, what: string): void => void (isTrue || found.push(what));
  if (commit?.decision.changed) {
    const { revision, epoch, seq, term } = before.record;
    check(record.revision > revision, `revision ${record.revision} is written over ${revision}`);
    check(record.epoch >= epoch, `epoch ${record.epoch} is written over ${epoch}`);
    check(record.seq >= seq, `event number ${record.seq} is written over ${seq}`);
    check(record.term === null || record.term === term || record.epoch > epoch, 'a term begins without a new epoch');
    const isOthers = term !== null && record.term !== term && commit.command.type !== 'report';
    check(!isOthers || record.epoch > epoch, "a host's term is ended without a new epoch");
    const isAnother = record.phase !== 'idle' && record.origin !== before.record.origin;
    check(!isAnother || before.record.phase === 'idle', 'a session begins before the last is over');
    const { lostSince, recovery } = record;
    check(typeof parseRecord(record) === 'object', `the record is malformed: ${JSON.stringify(record)}`);
    check(record.attempts <= recovery.attempts + 1, `${record.attempts} attempts of ${recovery.attempts}`);
    check((record.phase === 'recovering') <= (lostSince !== null), 'a loss without a time');
    const numbered = commit.decision.entries.every((entry, index) => entry.seq === seq + 1 + index);
    check(numbered && record.seq === seq + commit.decision.entries.length, 'events are not numbered one by one');
    const isCall = ['start', 'join', 'resume', 'takeOver'].includes(commit.command.type);
    check(!isCall || commit.decision.verdict !== 'granted' || term === null, 'a call is granted over a host');
  } else if (commit) {
    check(record === before.record, 'the record changes, and is not written');
  }
  const hosts = tabs.filter(({ host }) => host && host.term === record.term);
  check(hosts.length <= 1, 'two tabs host one term');
  check(
    hosts.every(({ id, host }) => id === record.hostTabId && host?.epoch === record.epoch),
    'a tab hosts a term that the record gives to another',
  );
  for (const [index, { life, locks }] of tabs.entries())
    check(life !== 'frozen' || locks.length === 0, `tab ${index} is frozen and holds a lock`);
  const epochs = tabs.flatMap(({ host }) => (host ? [host.epoch] : []));
  check(new Set(epochs).size === epochs.length, 'two tabs act under one epoch');
  return found;
}

/** Nothing is under way: nobody waits, and the session is somewhere. */
export function isCalm({ record: { phase }, tabs }: State): boolean {
  const isSettled = phase === 'idle' || phase === 'active' || phase === 'recovering';
  return isSettled && tabs.every(({ life, bid, ender }) => life !== 'awake' || (!bid && !ender));
}
