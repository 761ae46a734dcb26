import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command, Decision, Facts, Report } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import {
  IDLE,
  isNewer,
  parseRecord,
  RECOVERY_POLICIES,
  type SessionRecord,
  type Stored,
  UNKNOWN,
} from '../../src/session/record';
import { factsOf, NOW, notes } from '../support/records';

/** What some tab does next. Terms are drawn from few, so that old ones come back. */
interface Intent {
  readonly tab: string;
  readonly term: string;
  /** Speaks for the present term rather than for `term`. */
  readonly asCurrent: boolean;
  readonly type: Command['type'];
  readonly flag: boolean;
  readonly events: number;
  readonly now: number;
  readonly watchedMs: number;
  readonly proof: SessionRecord['proof'];
  readonly policy: SessionRecord['recovery'];
}

const CALLS = ['start', 'join', 'resume', 'takeOver', 'cancel', 'end'] as const;
const NOTICES = ['lost', 'ask', 'withdraw', 'look', 'want', 'forget'] as const;
const REPORTS = [
  ...(['connected', 'failed', 'giveUp', 'settled', 'ended', 'reconnecting', 'reconnected'] as const),
  ...(['handOver', 'alive', 'here'] as const),
];

const intents: fc.Arbitrary<Intent> = fc.record({
  tab: fc.constantFrom('A', 'B', 'C'),
  term: fc.constantFrom('t1', 't2', 't3', 't4', 't5', 't6'),
  asCurrent: fc.boolean(),
  // A session that goes somewhere is worth more than one that is refused.
  type: fc.oneof(
    { arbitrary: fc.constantFrom(...CALLS, ...NOTICES), weight: 3 },
    { arbitrary: fc.constantFrom(...REPORTS), weight: 2 },
    { arbitrary: fc.constantFrom('start' as const, 'connected' as const, 'resume' as const), weight: 3 },
  ),
  flag: fc.boolean(),
  events: fc.nat(2),
  now: fc.integer({ min: NOW - 200_000, max: NOW + 200_000 }),
  watchedMs: fc.nat(150_000),
  proof: fc.constantFrom('lock', 'answer'),
  policy: fc.record({
    by: fc.constantFrom(...RECOVERY_POLICIES),
    windowMs: fc.constantFrom(1_000, 120_000),
    attempts: fc.nat(2),
  }),
});

function commandOf(intent: Intent, record: SessionRecord): Command {
  const { tab, term: ownTerm, asCurrent, type, flag, policy } = intent;
  const term = asCurrent && record.term !== null ? record.term : ownTerm;
  const candidate = { term: ownTerm, tabId: tab };
  const silent = flag && asCurrent ? { silent: term } : {};
  switch (type) {
    case 'start':
    case 'join':
      return { type, candidate, recovery: policy, ...silent };
    case 'resume':
      return { type, candidate, key: flag ? null : term, ...silent };
    case 'takeOver':
      return { type, candidate, ...silent };
    case 'cancel':
    case 'end':
      return { type, candidate, ...silent, ...(intent.events > 0 && { origin: record.origin - intent.events + 1 }) };
    case 'lost':
      return { type, term, at: flag ? intent.now : undefined, ...(intent.events === 2 && { isHeld: true }) };
    case 'ask':
      return { type, term };
    case 'withdraw':
      return { type, candidate };
    case 'look':
    case 'want':
    case 'forget':
      return { type };
    default: {
      const entries = term === record.term ? notes(intent.events, record) : notes(intent.events);
      const published = flag ? { info: { flag, at: intent.now } } : undefined;
      return { ...reportOf(type, intent), term, entries, seq: entries.at(-1)?.seq ?? 0, published };
    }
  }
}

function reportOf(type: Report['type'], { flag, events }: Intent): Report {
  switch (type) {
    case 'failed':
      return { type, error: { ...factsOf(1016), retryable: events > 0 } };
    case 'settled':
      return { type, ...(flag && { error: factsOf(1016) }) };
    case 'ended':
      return { type, reason: 'agent-left' };
    default:
      return { type };
  }
}

interface StepTaken {
  readonly command: Command;
  readonly before: SessionRecord;
  readonly decision: Decision;
  readonly facts: Facts;
}

function run(steps: readonly Intent[]): StepTaken[] {
  let record = UNKNOWN;
  return steps.map((intent) => {
    const before = record;
    const command = commandOf(intent, before);
    const { lostSince } = before;
    const { flag, watchedMs, proof, now } = intent;
    // Half of the reports come from the host itself, as all real ones do.
    const tabId = intent.asCurrent ? (before.hostTabId ?? intent.tab) : intent.tab;
    const watched = { lostSince: flag ? lostSince : null, forMs: flag ? watchedMs : 0 };
    const facts: Facts = { tabId, isPage: true, isStored: true, proof, now, known: before, watched, random: 0.5 };
    const decision = decide(before, command, facts);
    record = decision.record;
    return { command, before, decision, facts };
  });
}

/** Checks every step of any run. */
function always(check: (step: StepTaken) => void): void {
  fc.assert(
    fc.property(fc.array(intents, { maxLength: 40 }), (steps) => {
      for (const step of run(steps)) check(step);
    }),
    { numRuns: 400 },
  );
}

const isReport = (command: Command): boolean => 'entries' in command;
const isCurrent = (command: Command, { term }: SessionRecord): boolean => 'term' in command && command.term === term;

describe('whatever the tabs do', () => {
  test('the revision rises with every change, and the epoch never falls', () => {
    always(({ before, decision: { record, changed } }) => {
      expect(record.epoch).toBeGreaterThanOrEqual(before.epoch);
      if (changed) expect(record.revision).toBe(before.revision + 1);
      else expect(record).toEqual(before);
    });
  });

  test('what was decided later is newer', () => {
    always(({ before, decision: { record, changed } }) => {
      if (changed) expect(isNewer(record, before)).toBe(true);
      expect(isNewer(before, record)).toBe(false);
    });
  });

  test('every term has an epoch of its own, above all before it', () => {
    always(({ before, decision: { record } }) => {
      if (record.term !== null && (record.term !== before.term || record.hostTabId !== before.hostTabId)) {
        expect(record.epoch).toBeGreaterThan(before.epoch);
      }
    });
  });

  test('a term ends by its own host’s word or under a new epoch', () => {
    always(({ before, command, decision: { record } }) => {
      if (before.term === null || record.term === before.term) return;
      const byItself = isReport(command) && isCurrent(command, before);
      if (!byItself) expect(record.epoch).toBeGreaterThan(before.epoch);
    });
  });

  test('what is decided can be stored, and is read back as it was', () => {
    always(({ decision: { record } }) => {
      expect(parseRecord(structuredClone(record))).toEqual(record);
      expect(parseRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
    });
  });

  test('there is a host in every phase but idle, and none in recovering unless it reconnects itself', () => {
    always(({ before, decision: { record } }) => {
      expect(record.term === null).toBe(record.hostTabId === null);
      if (record.phase === 'idle') expect(record.term).toBeNull();
      else if (record.phase !== 'recovering') expect(record.term).not.toBeNull();
      // Its own host begins to reconnect; whoever else makes it recovering takes the host away.
      if (record.phase === 'recovering' && record.term !== null) expect(record.term).toBe(before.term);
    });
  });

  test('idle keeps nothing of the session but what counts on and the last error', () => {
    always(({ decision: { record } }) => {
      if (record.phase === 'idle') expect(record).toEqual({ ...record, ...IDLE, lastError: record.lastError });
    });
  });

  test('only a session that was active recovers and is ended, and only one that was not is canceled', () => {
    always(({ decision: { record } }) => {
      const { phase, activeEpoch, lostSince, attempts, epoch } = record;
      if (phase === 'active')
        expect({ activeEpoch, lostSince, attempts }).toMatchObject({ lostSince: null, attempts: 0 });
      if (phase === 'active' || phase === 'recovering' || phase === 'ending') expect(activeEpoch).toBeGreaterThan(0);
      if (phase === 'canceling') expect(activeEpoch).toBe(0);
      if (phase === 'recovering') expect(lostSince).not.toBeNull();
      expect(activeEpoch).toBeLessThanOrEqual(epoch);
    });
  });

  test('the host’s last sign of life is its last write, or its claim', () => {
    always(({ before, command, facts, decision: { record } }) => {
      if (record.term === null) return;
      // Drawn from a few, a term's id can come again with the next claim: that has another epoch.
      const isNew = record.term !== before.term || record.epoch !== before.epoch;
      const isOwn = isNew || (isReport(command) && isCurrent(command, before));
      expect(record.seenAt).toBe(isOwn ? facts.now : before.seenAt);
    });
  });

  test('how a host’s life is proven is for the host to say, and whoever asks to take over says it of itself', () => {
    always(({ before, command, facts, decision: { record } }) => {
      if (record.term === null) return;
      const isNew = record.term !== before.term || record.epoch !== before.epoch;
      const isOwn = isReport(command) && isCurrent(command, before);
      if (isNew && isOwn) expect(record.proof).toBe(before.successor?.proof ?? 'lock');
      else expect(record.proof).toBe(isNew || isOwn ? facts.proof : before.proof);
    });
  });

  test('a question is answered by the host’s own write, and by nothing else', () => {
    always(({ before, command, decision: { record } }) => {
      if (record.term === null) return;
      const isNew = record.term !== before.term || record.epoch !== before.epoch;
      if (isNew) return expect([record.asked, record.answered]).toEqual([0, 0]);
      if (isReport(command) && isCurrent(command, before)) expect(record.answered).toBe(record.asked);
      else expect(record.answered).toBe(before.answered);
      expect(record.asked).toBeGreaterThanOrEqual(before.asked);
    });
  });

  test('what was published last is there until the session is over', () => {
    always(({ before, command, decision: { record } }) => {
      if (record.phase === 'idle' || record.origin !== before.origin) return;
      const published = isReport(command) && isCurrent(command, before) && 'published' in command && command.published;
      expect(record.info).toEqual(published ? published.info : before.info);
      expect(record.infoRevision).toBe(published ? before.revision + 1 : before.infoRevision);
    });
  });

  test('events are numbered without a gap, under an epoch that never falls', () => {
    always(({ before, decision: { record, entries } }) => {
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => before.seq + 1 + index));
      expect(record.seq).toBe(before.seq + entries.length);
      const epochs = [before.epoch, ...entries.map(({ epoch }) => epoch), record.epoch];
      expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
    });
  });

  test('the end of a session is told once, unless it was never connected and failed', () => {
    always(({ before, command, decision: { record, entries } }) => {
      const isOver = before.phase !== 'idle' && record.origin !== before.origin;
      const failedAtFirst = command.type === 'failed' && before.activeEpoch === 0 && before.phase === 'connecting';
      const ends = entries.filter(({ type }) => type === 'session_ended');
      expect(ends).toHaveLength(isOver && !failedAtFirst ? 1 : 0);
    });
  });

  test('a session that was active and is over is an orphan, unless its host says so', () => {
    always(({ before, command, decision: { orphan, record } }) => {
      const isOver = before.phase !== 'idle' && record.origin !== before.origin;
      if (!isOver || before.activeEpoch === 0) return expect(orphan).toBeUndefined();
      const { type } = command;
      if (before.term === null) expect(orphan, type).toMatchObject({ info: before.info, origin: before.origin });
      else if (type === 'settled' || type === 'ended') expect(orphan, type).toBeUndefined();
      else if (type === 'lost' && !command.isHeld) expect(orphan, type).toBeDefined();
    });
  });

  test('a host whose term is over writes nothing', () => {
    always(({ before, command, decision: { verdict, entries, changed, record } }) => {
      if (!isReport(command) || isCurrent(command, before)) return;
      expect(verdict).toBe('void');
      expect(entries.filter(({ type }) => type === 'note')).toEqual([]);
      if (changed) expect([before.phase, record.phase]).toEqual(['recovering', 'idle']);
    });
  });

  test('at most one call is granted per epoch, but for the same claim once more', () => {
    fc.assert(
      fc.property(fc.array(intents, { maxLength: 40 }), (steps) => {
        const granted = run(steps).filter(({ decision }) => decision.verdict === 'granted' && decision.changed);
        const epochs = granted.map(({ decision }) => decision.record.epoch);
        expect(new Set(epochs).size).toBe(epochs.length);
      }),
    );
  });

  test('a refusal and a void answer leave no trace but a sign of life, or that of a window that is over', () => {
    always(({ before, command, decision: { verdict, changed, record } }) => {
      if ((verdict !== 'refused' && verdict !== 'void') || !changed) return;
      if (isReport(command) && record.term !== null) expect(record.phase).toBe(before.phase);
      else expect([before.phase, record.phase]).toEqual(['recovering', 'idle']);
    });
  });
});

test('a decision depends on nothing but what it is given', () => {
  always(({ before, command, facts, decision }) => {
    const frozen = deepFreeze(structuredClone({ before, command, facts }));
    expect(decide(frozen.before, frozen.command, frozen.facts)).toEqual(decision);
  });
});

test('a stored value that is no record is answered as what this tab knew last', () => {
  fc.assert(
    fc.property(
      fc.array(intents, { minLength: 1, maxLength: 20 }),
      fc.constantFrom<Stored>('absent', 'malformed'),
      (steps, stored) => {
        const { before, command, facts, decision } = run(steps).at(-1) as StepTaken;
        const { verdict, record, entries, orphan } = decide(stored, command, { ...facts, known: before });
        expect({ verdict, record, entries, orphan }).toEqual({
          // What took the record away can have taken the locks away too: that alone may differ.
          ...{ verdict: decision.verdict, record: { ...decision.record, proof: record.proof } },
          ...{ entries: decision.entries, orphan: decision.orphan && { ...decision.orphan, proof: orphan?.proof } },
        });
      },
    ),
  );
});

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
