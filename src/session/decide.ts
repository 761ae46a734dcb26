/**
 * Every rule of the session, as one pure function: it says which step a command comes to, and `steps.ts` what that step
 * writes. It runs inside the transaction that stores its answer, so a decision and its effect are one atomic step; the
 * shells around it read the clock, hold the locks and call the driver, and decide nothing.
 *
 * | phase      | start, join | resume            | takeOver              | cancel      | end         |
 * |------------|-------------|-------------------|-----------------------|-------------|-------------|
 * | idle       | granted     | 1011              | 1011                  | ends wishes | ends wishes |
 * | connecting | 1002        | 1002              | 1002                  | → canceling | → canceling |
 * | active     | 1004        | 1004              | the host is asked     | –           | → ending    |
 * | recovering | 1002        | granted if no tab | granted, or asked if  | → ending    | → ending    |
 * |            |             | has it, else 1002 | a tab has it          |             |             |
 * | canceling  | 1017        | 1017              | 1017                  | waits       | waits       |
 * | ending     | 1017        | 1017              | 1017                  | waits       | waits       |
 *
 * Where no tab has it, who calls `end` hosts it for that. A worker can't: it closes the recovery window, and a page ends the session.
 *
 * A session that was active once is ended and never canceled, also while it is `connecting` again in another tab.
 *
 * Three rules hold everywhere. A command about a term counts only while that is the current one (fencing). Whoever ends the
 * term of another tab opens a new epoch: what the fenced host still numbers can't be mistaken for what came after. And a
 * session that was active and is over without its host is an orphan: whoever wrote that ends it at the service.
 */
import type { SessionErrorCode } from './catalogue';
import type { Command, Decision, Facts, Step } from './command';
import type { JournalEntry } from './events';
import { foreign, IDLE, isClosing, isLive, isNewer, type Phase, type SessionRecord, type Stored } from './record';
import {
  asked,
  claimed,
  connected,
  done,
  ended,
  expired,
  failed,
  givenBack,
  HOSTLESS,
  hostedBy,
  isOutdated,
  lost,
  mayResume,
  refused,
  resumed,
  settled,
  told,
  unwanted,
  VOID,
  windowLeftMs,
} from './steps';

export function decide(stored: Stored, command: Command, facts: Facts): Decision {
  const { known, isStored, tabId, now } = facts;
  if (stored === 'newer') return { ...refused(1004), record: foreign(known), changed: false, entries: [] };
  const found = typeof stored !== 'object' ? unproven(known) : isAhead(known, stored) ? known : stored;
  const entries: JournalEntry[] = [];
  let record = found;
  let orphan: SessionRecord | undefined;

  /** Changes the record, and gives the events of the change their numbers. */
  const carryOut = ({ change, events = [], leavesOrphan }: Step): void => {
    if (!change) return;
    const before = record;
    record = { ...record, ...change };
    append(
      events.map((event, index) => ({ ...event, epoch: record.epoch, seq: record.seq + 1 + index, tabId, at: now })),
    );
    if (leavesOrphan && before.activeEpoch && record.phase === 'idle') orphan = { ...before, epoch: record.epoch };
  };
  const append = (more: readonly JournalEntry[]): void => {
    entries.push(...more);
    const seq = more[more.length - 1]?.seq ?? record.seq;
    const lastError = more.filter(({ error }) => error).pop() ?? record.lastError;
    record = { ...record, seq, lastError };
  };
  const isReport = 'entries' in command;
  const isFromHost = isReport && command.term === record.term;
  const expireIfOver = (): void => {
    // While a host reconnects it closes its window itself, as long as its term is not lost: it alone holds the session.
    const isMineToEnd = record.term === null || isFromHost;
    if (facts.isPage && record.phase === 'recovering' && isMineToEnd && windowLeftMs(record, facts) <= 0)
      carryOut(expired(record, facts));
  };

  expireIfOver();
  let step = VOID;
  if (!('term' in command) || command.term === record.term) {
    if (isReport) {
      // Every committed report proves that its host is alive and awake.
      const signs = { answered: record.asked, seenAt: now, proof: facts.proof, seq: Math.max(record.seq, command.seq) };
      record = { ...record, ...signs };
      append(command.entries);
      if (command.published) record = { ...record, ...command.published, infoRevision: found.revision + 1 };
    }
    step = ruleOn(record, command, facts);
    carryOut(step);
    expireIfOver();
  }
  // A record that is not as this tab knows it is written anew: by its host, and for a host that can't.
  const isRestored = found !== stored && (isReport ? step !== VOID : !found.isStored);
  const changed = record !== found || isRestored;
  if (record !== found) {
    const { phase } = record;
    const since = phase === 'idle' ? null : phase === found.phase ? found.since : now;
    record = { ...record, since, revision: found.revision + 1, isStored };
  }
  return { verdict: step.verdict, code: step.code, record, changed, entries, orphan };
}

/** What takes a record away can take the locks away too, so a free lock proves nothing until its host has written again. */
function unproven(known: SessionRecord): SessionRecord {
  return known.term === null ? known : { ...known, proof: 'answer' };
}

/**
 * Whether what this tab was told by tabs without a store is later than what is stored. That they take the stored term's host for
 * dead does not count, nor that they take the window of a stored session for over: tabs with a store see for themselves, and who
 * writes that a session is over ends it.
 */
export function isAhead(known: SessionRecord, stored: SessionRecord): boolean {
  const { term, phase, epoch, lostEpoch, isStored } = known;
  const takesForDead = term === null && lostEpoch === stored.epoch && epoch === stored.epoch + 1;
  const takesForOver = phase === 'idle' && epoch === stored.epoch && stored.term === null && stored.phase !== 'idle';
  const isGuess = takesForDead || takesForOver;
  return !isStored && !isGuess && isNewer(known, stored);
}

function ruleOn(record: SessionRecord, command: Command, facts: Facts): Step {
  const { term, phase } = record;
  if ('candidate' in command) {
    // The same claim once more, after a transaction that was committed and reported as failed.
    if (command.candidate.term === term) return { verdict: 'granted' };
    if ('silent' in command && command.silent === term) return ruleOn({ ...record, ...HOSTLESS }, command, facts);
  }
  switch (command.type) {
    case 'start':
    case 'join':
      if (phase !== 'idle') return refused(busyCode(phase));
      return isOutdated(command.wish, record) ? VOID : claimed(record, command, facts);
    case 'resume':
      if (phase === 'idle') return refused(1011);
      if (phase !== 'recovering' || term !== null) return refused(busyCode(phase));
      return mayResume(record, command.key) ? resumed(record, command.candidate, facts) : VOID;
    case 'takeOver':
      if (phase === 'idle') return refused(1011);
      if (!isLive(phase)) return refused(busyCode(phase));
      if (command.follows && (phase !== 'active' || term === null)) return VOID;
      return term === null
        ? resumed(record, command.candidate, facts)
        : asked(record, {
            successor: { ...command.candidate, ...(facts.proof === 'answer' && { proof: facts.proof }) },
          });
    case 'cancel':
    case 'end': {
      const { type, candidate, origin = record.origin } = command;
      const stopped = unwanted(record, facts);
      // Between two attempts there is none to end, nor if the one that was meant failed meanwhile: then only the wishes for one end.
      if (phase === 'idle' || origin !== record.origin) return record.isWanted ? done(stopped) : VOID;
      if (phase === 'active' && type === 'cancel') return VOID;
      // Asks the host to give up or to end; where there is none, the caller becomes the host that ends it.
      const change = { phase: record.activeEpoch ? 'ending' : 'canceling', ...stopped } as const;
      if (term !== null) return asked(record, { ...change, successor: null });
      return facts.isPage
        ? { verdict: 'granted', change: { ...hostedBy(candidate, record.epoch + 1, facts), ...change } }
        : asked(record, { recovery: { ...record.recovery, windowMs: 0 }, ...stopped });
    }
    case 'ask':
      return asked(record, {});
    case 'withdraw':
      return record.successor?.term === command.candidate.term ? done({ successor: null }) : VOID;
    case 'lost':
      if ((command.seenAt ?? record.seenAt) !== record.seenAt) return VOID;
      return lost(record, command.at, !command.isHeld, facts);
    case 'want':
      // What is in no store is its host's to write.
      return record.isWanted || (term !== null && !facts.isStored) ? VOID : done({ isWanted: true });
    case 'forget':
      return phase === 'idle' ? done({ ...IDLE, erasedEpoch: record.epoch }) : VOID;
    case 'look':
      return VOID;
    case 'connected': {
      if (phase === 'active') return done({});
      if (phase !== 'connecting') return VOID;
      const type = record.activeEpoch
        ? 'session_resumed'
        : record.kind === 'join'
          ? 'session_joined'
          : 'session_started';
      return done(connected(record), { type });
    }
    case 'failed':
      if (phase === 'canceling') return settled(record);
      return phase === 'connecting' ? failed(record, command.error, facts) : VOID;
    case 'giveUp':
      if (phase !== 'connecting') return VOID;
      // What was live before goes back to where it can be resumed.
      return record.activeEpoch ? failed(record, undefined, facts) : done({ phase: 'canceling' });
    case 'settled':
      return isClosing(phase) ? settled(record, told(command.error)) : VOID;
    case 'ended':
      return phase === 'canceling' ? settled(record) : ended({ ...record, ...unwanted(record, facts) }, command.reason);
    case 'reconnecting':
      return phase === 'active'
        ? done({ phase: 'recovering', lostSince: facts.now }, { type: 'session_reconnecting' })
        : VOID;
    case 'reconnected':
      return phase === 'recovering' ? done(connected(record), { type: 'session_resumed' }) : VOID;
    case 'handOver':
      if (!isLive(phase)) return VOID;
      if (record.successor === null) return givenBack(record, facts);
      // The key stays with the old tab until the new one is connected: if the move fails, the old one may resume.
      return done({
        ...hostedBy(record.successor, record.epoch + 1, facts),
        ...{ phase: 'connecting', proof: record.successor.proof ?? 'lock' },
      });
    case 'alive':
    case 'here':
      return done({});
  }
}

/** What a call is refused with while a session is in `phase`. */
export function busyCode(phase: Phase): SessionErrorCode {
  if (phase === 'active') return 1004;
  return isClosing(phase) ? 1017 : 1002;
}
