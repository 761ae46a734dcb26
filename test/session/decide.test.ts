import { describe, expect, test } from 'vitest';
import type { Call } from '../../src/session/command';
import { busyCode, decide } from '../../src/session/decide';
import { PHASES, type SessionRecord, UNKNOWN } from '../../src/session/record';
import {
  answer,
  BEFORE,
  CALLER,
  CALLS,
  errorEntry,
  FACTS,
  HOST,
  NOW,
  RECOVERY,
  recordIn,
  reportOf,
  STATES,
  type State,
} from '../support/records';

describe('a call', () => {
  /** The table of the rules, line by line. */
  const table: Readonly<Record<State, Record<Call['type'], number | string>>> = {
    idle: {
      start: 'granted, connecting',
      join: 'granted, connecting',
      resume: 1011,
      takeOver: 1011,
      cancel: 'void',
      end: 'void',
    },
    connecting: {
      start: 1002,
      join: 1002,
      resume: 1002,
      takeOver: 1002,
      cancel: 'asked, canceling',
      end: 'asked, canceling',
    },
    // It was active: it is ended, also by who cancels.
    'connecting again': {
      start: 1002,
      join: 1002,
      resume: 1002,
      takeOver: 1002,
      cancel: 'asked, ending',
      end: 'asked, ending',
    },
    active: { start: 1004, join: 1004, resume: 1004, takeOver: 'asked, active', cancel: 'void', end: 'asked, ending' },
    reconnecting: {
      start: 1002,
      join: 1002,
      resume: 1002,
      takeOver: 'asked, recovering',
      cancel: 'asked, ending',
      end: 'asked, ending',
    },
    recovering: {
      start: 1002,
      join: 1002,
      resume: 'granted, connecting',
      takeOver: 'granted, connecting',
      cancel: 'granted, ending',
      end: 'granted, ending',
    },
    canceling: {
      start: 1017,
      join: 1017,
      resume: 1017,
      takeOver: 1017,
      cancel: 'asked, canceling',
      end: 'asked, canceling',
    },
    ending: { start: 1017, join: 1017, resume: 1017, takeOver: 1017, cancel: 'asked, ending', end: 'asked, ending' },
  };
  const cells = STATES.flatMap((state) =>
    Object.values(CALLS).map((call) => ({ state, call, name: call.type, expected: table[state][call.type] })),
  );

  test.each(STATES.filter((state) => state !== 'idle'))('nothing is erased while a session is %s', (state) => {
    const decision = decide(recordIn(state), { type: 'forget' }, FACTS);
    expect([decision.verdict, decision.changed]).toEqual(['void', false]);
  });

  test.each(cells)('$name while $state: $expected', ({ state, call, expected }) => {
    expect(answer(decide(recordIn(state), call, FACTS))).toBe(expected);
  });

  test.each(['recovering', 'reconnecting'] as const)('to follow its user moves no session here that is %s', (state) => {
    const record = recordIn(state);
    const decision = decide(record, { type: 'takeOver', candidate: CALLER, follows: true }, FACTS);
    expect(decision).toMatchObject({ verdict: 'void', record, changed: false });
  });

  test.each(cells)('$name while $state is safe to make twice', ({ state, call }) => {
    const first = decide(recordIn(state), call, FACTS);
    const second = decide(first.record, call, FACTS);
    expect(second.record.phase).toBe(first.record.phase);
    expect(second.record.epoch).toBe(first.record.epoch);
    expect(second.record.term).toBe(first.record.term);
  });

  test.each(cells.filter(({ expected }) => typeof expected === 'number' || expected === 'void'))(
    '$name while $state, which is answered $expected, changes nothing',
    ({ state, call }) => {
      const record = recordIn(state);
      expect(decide(record, call, FACTS)).toMatchObject({ record, changed: false, entries: [], orphan: undefined });
    },
  );

  test.each(cells.filter(({ expected }) => String(expected).startsWith('granted')))(
    '$name while $state, which was stored and reported as failed, is granted once more and writes nothing',
    ({ state, call }) => {
      const { record } = decide(recordIn(state), call, FACTS);
      expect(decide(record, call, FACTS)).toMatchObject({ verdict: 'granted', record, changed: false, entries: [] });
    },
  );

  test.each(['connecting', 'active', 'recovering', 'canceling', 'ending'] as const)(
    'is refused by the same code in memory as on the record while %s',
    (phase) => {
      const state = phase === 'recovering' ? 'reconnecting' : phase;
      expect(busyCode(phase)).toBe(decide(recordIn(state), CALLS.start, FACTS).code);
    },
  );
});

describe('a granted start or join', () => {
  test.each(['start', 'join'] as const)(
    '%s opens an epoch by the clock for its tab and forgets the session before',
    (type) => {
      const lastError = errorEntry(1016);
      const { record } = decide(recordIn('idle', { lastError }), CALLS[type], FACTS);
      expect(record).toEqual({
        ...UNKNOWN,
        revision: 11,
        epoch: NOW,
        seq: 7,
        lostEpoch: 0,
        isStored: true,
        ...{ phase: 'connecting', kind: type, origin: NOW, recovery: RECOVERY },
        ...{ term: CALLER.term, hostTabId: CALLER.tabId, resumeKey: CALLER.term },
        ...{ since: NOW, seenAt: NOW, proof: 'lock' },
      });
    },
  );

  test.each(['absent', 'malformed'] as const)(
    'stands on an %s record, above every epoch that this tab has seen',
    (stored) => {
      const known = { ...UNKNOWN, revision: 40, epoch: NOW + 9, seq: 300, lostEpoch: 8, isStored: true };
      const { record } = decide(stored, CALLS.start, { ...FACTS, known });
      expect(record).toMatchObject({ phase: 'connecting', epoch: NOW + 10, revision: 41, seq: 300, lostEpoch: 8 });
    },
  );

  test('goes above the epoch that this tab knows, also where a lower one is stored', () => {
    const known = recordIn('idle', { epoch: NOW + 9, revision: 2 });
    expect(decide(recordIn('idle'), CALLS.start, { ...FACTS, known }).record.epoch).toBe(NOW + 10);
  });

  test('goes above the last session although its record was cleared and this tab never knew of it', () => {
    const last = decide('absent', CALLS.start, { ...FACTS, now: BEFORE }).record;
    const next = decide('absent', CALLS.start, FACTS).record;
    expect([last.epoch, next.epoch]).toEqual([BEFORE, NOW]);
  });

  test('goes above the epoch that is stored or known, although the clock stepped back since', () => {
    const last = recordIn('idle', { epoch: NOW });
    const steppedBack = { ...FACTS, now: NOW - 3_600_000 };
    expect(decide(last, CALLS.start, steppedBack).record.epoch).toBe(NOW + 1);
    expect(decide('absent', CALLS.start, { ...steppedBack, known: last }).record.epoch).toBe(NOW + 1);
  });

  test('counts in whole milliseconds, whatever the clock says', () => {
    expect(decide('absent', CALLS.start, { ...FACTS, now: NOW + 0.75 }).record.epoch).toBe(NOW);
  });
});

describe('how others can find out whether its host lives', () => {
  const byAnswer = { ...FACTS, proof: 'answer' } as const;

  test.each([
    ['start', 'idle'],
    ['join', 'idle'],
    ['resume', 'recovering'],
    ['takeOver', 'recovering'],
    ['end', 'recovering'],
  ] as const)('is in the record from the %s on that was granted', (type, state) => {
    expect(decide(recordIn(state), CALLS[type], FACTS).record.proof).toBe('lock');
    expect(decide(recordIn(state), CALLS[type], byAnswer).record.proof).toBe('answer');
  });

  test('is not changed by a tab that only asks the host', () => {
    for (const type of ['takeOver', 'end'] as const) {
      expect(decide(recordIn('active'), CALLS[type], byAnswer).record.proof).toBe('lock');
    }
  });
});

describe('a session that no store remembers', () => {
  const unstored = { ...FACTS, isStored: false };

  test('can’t be recovered, and its epoch goes by the clock as any other', () => {
    const { record } = decide('absent', CALLS.start, unstored);
    expect(record).toMatchObject({ phase: 'connecting', epoch: NOW, isStored: false, recovery: { by: 'none' } });
    const known = recordIn('idle', { epoch: NOW });
    expect(decide(known, CALLS.start, unstored).record.epoch).toBe(NOW + 1);
  });
});

test.each(Object.values(CALLS))('a record of a newer version is left alone: $type is refused with 1004', (call) => {
  expect(decide('newer', call, FACTS)).toMatchObject({ verdict: 'refused', code: 1004, changed: false, entries: [] });
});

describe('cancel and end', () => {
  test.each(['cancel', 'end'] as const)('%s makes this tab the host that ends a session that no tab has', (type) => {
    expect(decide(recordIn('recovering'), CALLS[type], FACTS)).toMatchObject({
      verdict: 'granted',
      record: { phase: 'ending', term: CALLER.term, hostTabId: CALLER.tabId, epoch: 4, seenAt: NOW },
    });
  });

  test.each(['cancel', 'end'] as const)('%s asks the tab that has the session', (type) => {
    expect(decide(recordIn('reconnecting'), CALLS[type], FACTS)).toMatchObject({
      verdict: 'asked',
      record: { phase: 'ending', term: HOST.term, hostTabId: HOST.tabId, asked: 1, epoch: 3 },
    });
  });

  test.each(STATES)('of an earlier session do nothing to the one that is there now, while %s', (state) => {
    const record = recordIn(state);
    for (const type of ['cancel', 'end'] as const) {
      const call: Call = { type, candidate: CALLER, origin: record.origin - 1 };
      expect(decide(record, call, FACTS)).toMatchObject({ verdict: 'void', record, changed: false });
    }
  });

  test.each(STATES)(
    'of an earlier session that was wanted end the wishes, and not the session that is there now, while %s',
    (state) => {
      const record = recordIn(state, { isWanted: true, stops: 4 });
      for (const type of ['cancel', 'end'] as const) {
        const call: Call = { type, candidate: CALLER, origin: record.origin - 1 };
        expect(decide(record, call, FACTS)).toMatchObject({
          verdict: 'done',
          record: { ...record, revision: 11, isWanted: false, stops: NOW },
          entries: [],
        });
      }
    },
  );

  test.each(['cancel', 'end'] as const)('%s with the origin of the session that is there is as without one', (type) => {
    const record = recordIn('recovering');
    const call: Call = { type, candidate: CALLER, origin: record.origin };
    expect(decide(record, call, FACTS)).toEqual(decide(record, CALLS[type], FACTS));
  });

  test.each(['cancel', 'end'] as const)(
    '%s of a session that was active is told as ended, also while it connects again',
    (type) => {
      const { record } = decide(recordIn('connecting again'), CALLS[type], FACTS);
      const { entries } = decide(record, reportOf({ type: 'settled' }), FACTS);
      expect(entries.map(({ type, reason }) => [type, reason])).toEqual([['session_ended', 'ended']]);
    },
  );
});

describe('a take-over', () => {
  const asked = (): SessionRecord => decide(recordIn('active'), CALLS.takeOver, FACTS).record;
  const other = { term: 'term-of-other', tabId: 'other' };

  test('names its successor and asks the host', () => {
    expect(asked()).toEqual({ ...recordIn('active'), revision: 11, successor: CALLER, asked: 1, answered: 0 });
  });

  test('a tab without locks that asks for the session gets it as one that has to be asked whether it lives', () => {
    const { record } = decide(recordIn('active'), CALLS.takeOver, { ...FACTS, proof: 'answer' });
    expect(decide(record, reportOf({ type: 'handOver' }), FACTS).record.proof).toBe('answer');
    const fromOld = decide(asked(), reportOf({ type: 'handOver' }), { ...FACTS, proof: 'answer' });
    expect(fromOld.record.proof).toBe('lock');
  });

  test('is completed by the host, who opens the next epoch for the successor', () => {
    const { record, verdict } = decide(asked(), reportOf({ type: 'handOver' }), FACTS);
    expect(verdict).toBe('done');
    expect(record).toMatchObject({
      ...{ phase: 'connecting', epoch: 4, term: CALLER.term, hostTabId: CALLER.tabId, successor: null },
      ...{ asked: 0, answered: 0, attempts: 0, activeEpoch: 3, lostSince: null, info: { pin: 'A1' } },
    });
    // Until the new tab is connected the old one has the key: if the move fails, it may resume.
    expect(record.resumeKey).toBe(HOST.term);
  });

  test('is withdrawn by the tab that asked, and by no other', () => {
    expect(decide(asked(), { type: 'withdraw', candidate: other }, FACTS)).toMatchObject({
      verdict: 'void',
      changed: false,
    });
    const withdrawn = decide(asked(), { type: 'withdraw', candidate: CALLER }, FACTS);
    expect(withdrawn).toMatchObject({ verdict: 'done', record: { successor: null, phase: 'active' } });
  });

  test('that is withdrawn as its host lets go leaves a session that can be resumed, and nobody who was lost', () => {
    const given = decide(recordIn('active'), reportOf({ type: 'handOver' }), FACTS);
    expect(given).toMatchObject({
      verdict: 'done',
      record: { phase: 'recovering', term: null, epoch: 4, lostEpoch: 0 },
    });
    expect(given.record.lostSince).toBe(NOW);
  });

  test('a later one replaces the one before', () => {
    const { record } = decide(asked(), { type: 'takeOver', candidate: other }, FACTS);
    expect(record).toMatchObject({ successor: other, asked: 2 });
  });

  test('is forgotten when the session is ended instead', () => {
    expect(decide(asked(), CALLS.end, FACTS).record).toMatchObject({ phase: 'ending', successor: null });
  });

  test('is forgotten when the host is lost', () => {
    expect(decide(asked(), { type: 'lost', term: HOST.term }, FACTS).record.successor).toBeNull();
  });

  test('of a session that no tab has is a resume', () => {
    const { record } = decide(recordIn('recovering'), CALLS.takeOver, FACTS);
    expect(record).toMatchObject({ phase: 'connecting', epoch: 4, term: CALLER.term, resumeKey: CALLER.term });
    expect(record).toEqual(decide(recordIn('recovering'), CALLS.resume, FACTS).record);
  });
});

test('a phase began when it began: what happens in it does not make it younger', () => {
  const record = recordIn('active');
  expect(decide(record, reportOf({ type: 'alive' }, { published: { info: 1 } }), FACTS).record.since).toBe(BEFORE);
  expect(decide(record, CALLS.end, FACTS).record.since).toBe(NOW);
  expect(decide(record, reportOf({ type: 'ended', reason: 'x' }), FACTS).record.since).toBeNull();
});

test('the table knows every phase', () => {
  expect(new Set(STATES.map((state) => recordIn(state).phase))).toEqual(new Set(PHASES));
});
