import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Command, Decision, Facts, Report } from '../../src/session/commands';
import { decide } from '../../src/session/decide';
import {
  idleRecord,
  isNewer,
  parseRecord,
  RECOVERY_POLICIES,
  type SessionRecord,
  type Stored,
} from '../../src/session/record';
import { factsOf, NOW, notes } from '../support/records';

const NOTHING = idleRecord({ revision: 0, epoch: 0, seq: 0, lostEpoch: 0 });

/** What some tab does next. Terms are drawn from few, so that old ones come back. */
interface Intent {
  readonly tab: string;
  readonly term: string;
  /** Speaks for the present term rather than for `term`. */
  readonly asCurrent: boolean;
  readonly type: Command['type'] | Report['type'];
  readonly flag: boolean;
  readonly events: number;
  readonly now: number;
  readonly watchedMs: number;
  readonly policy: SessionRecord['recovery'];
}

const COMMANDS = [
  'start',
  'join',
  'resume',
  'takeOver',
  'cancel',
  'end',
  'lost',
  'seize',
  'ask',
  'withdraw',
  'expire',
] as const;
const REPORTS = [
  'connected',
  'failed',
  'give-up',
  'settled',
  'ended',
  'reconnecting',
  'reconnected',
  'hand-over',
  'alive',
  'publish',
] as const;

const intents: fc.Arbitrary<Intent> = fc.record({
  tab: fc.constantFrom('A', 'B', 'C'),
  term: fc.constantFrom('t1', 't2', 't3', 't4', 't5', 't6'),
  asCurrent: fc.boolean(),
  // A session that goes somewhere is worth more than one that is refused.
  type: fc.oneof(
    { arbitrary: fc.constantFrom(...COMMANDS), weight: 3 },
    { arbitrary: fc.constantFrom(...REPORTS), weight: 2 },
    { arbitrary: fc.constantFrom('start' as const, 'connected' as const, 'resume' as const), weight: 3 },
  ),
  flag: fc.boolean(),
  events: fc.nat(2),
  now: fc.integer({ min: NOW - 200_000, max: NOW + 200_000 }),
  watchedMs: fc.nat(150_000),
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
  switch (type) {
    case 'start':
    case 'join':
      return { type, candidate, recovery: policy };
    case 'resume':
      return { type, candidate, key: flag ? null : term };
    case 'takeOver':
      return { type, candidate };
    case 'cancel':
    case 'end':
      return flag ? { type } : { type, candidate };
    case 'lost':
    case 'ask':
    case 'withdraw':
      return { type, term };
    case 'seize':
      return { type, term, candidate, for: flag ? 'end' : 'takeOver' };
    case 'expire':
      return { type };
    case 'report':
    case 'adopt':
      throw new Error('not an intent');
    default: {
      const entries = term === record.term ? notes(intent.events, record) : notes(intent.events);
      return { type: 'report', term, report: reportOf(type, flag), entries };
    }
  }
}

function reportOf(type: Report['type'], flag: boolean): Report {
  switch (type) {
    case 'failed':
    case 'settled':
      return { type, ...(flag && { error: factsOf(1016) }) };
    case 'ended':
      return { type, reason: 'agent-left' };
    case 'publish':
      return { type, info: { flag } };
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
  let record = NOTHING;
  return steps.map((intent) => {
    const before = record;
    const command = commandOf(intent, before);
    const { lostSince } = before;
    const facts: Facts = {
      tabId: intent.tab,
      isStored: true,
      now: intent.now,
      known: before,
      watched: intent.flag && lostSince !== null ? { lostSince, forMs: intent.watchedMs } : null,
    };
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

describe('whatever the tabs do', () => {
  test('the revision rises with every change, and the epoch never falls', () => {
    always(({ before, decision: { record, changed } }) => {
      expect(record.epoch).toBeGreaterThanOrEqual(before.epoch);
      if (changed) expect(record.revision).toBeGreaterThan(before.revision);
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
      const byItself = command.type === 'report' && command.term === before.term;
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
    always(({ decision: { record } }) => {
      expect(record.term === null).toBe(record.hostTabId === null);
      if (record.phase === 'idle') expect(record.term).toBeNull();
      else if (record.phase !== 'recovering') expect(record.term).not.toBeNull();
    });
  });

  test('idle keeps nothing of the session but what counts on and the last error', () => {
    always(({ decision: { record } }) => {
      if (record.phase === 'idle') expect(record).toEqual({ ...idleRecord(record), lastError: record.lastError });
    });
  });

  test('only a session that was active recovers, and the window has a beginning', () => {
    always(({ decision: { record } }) => {
      if (record.phase === 'active') expect(record).toMatchObject({ established: true, lostSince: null, attempts: 0 });
      if (record.phase !== 'recovering') return;
      expect(record.established).toBe(true);
      expect(record.lostSince).not.toBeNull();
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

  test('the end of a session is told, unless it was never connected and failed', () => {
    always(({ before, command, decision: { record, entries } }) => {
      if (before.phase === 'idle' || record.phase !== 'idle') return;
      const failedAtFirst = command.type === 'report' && command.report.type === 'failed' && !before.established;
      const ends = entries.filter(({ type }) => type === 'session_ended').length;
      if (!failedAtFirst || before.phase === 'canceling') expect(ends).toBe(1);
      else expect(ends).toBe(0);
    });
  });

  test('a host whose term is over writes nothing', () => {
    always(({ before, command, decision: { verdict, entries, changed, record } }) => {
      if (command.type !== 'report' || command.term === before.term) return;
      expect(verdict).toBe('fenced');
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

  test('a refusal and a void answer leave no trace but that of a window that is over', () => {
    always(({ before, command, decision: { verdict, changed, record } }) => {
      if (command.type === 'report' || (verdict !== 'refused' && verdict !== 'void')) return;
      if (changed) expect([before.phase, record.phase]).toEqual(['recovering', 'idle']);
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
        const { verdict, record, entries } = decide(stored, command, { ...facts, known: before });
        expect({ verdict, record, entries }).toEqual({
          verdict: decision.verdict,
          record: decision.record,
          entries: decision.entries,
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
