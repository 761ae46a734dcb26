import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  idleRecord,
  isCount,
  isFurther,
  isNewer,
  isObject,
  parseErrorEvent,
  parseRecord,
  PROTOCOL_VERSION,
  type SessionRecord,
  standIn,
} from '../../src/session/record';
import { parseJournalEntry } from '../../src/session/events';
import { BEFORE, factsOf, HOST, NOW, notes, recordIn, STATES } from '../support/records';

const ERROR_EVENT = { ...factsOf(1016), local: false, tabId: 'A', epoch: 3, seq: 7, at: NOW };
const FULL = recordIn('active', { lastError: ERROR_EVENT, successor: { term: 'next', tabId: 'B' } });

/** Anything at all, and things that look like what is expected. */
const hostile = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  key: fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'phase', 'version', 'epoch', 'term', 'toString'),
    fc.string(),
  ),
});

/** A value that refers to itself. */
function cycle(): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

const NEVER_COUNTS = [
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 52,
  2 ** 53,
  -0.1,
  '1',
  1n,
  null,
  undefined,
  [1],
  {},
];
const NEVER_TEXTS = [7, true, {}, [], undefined, Symbol('text')];

describe('a record that is read back', () => {
  test.each(STATES)('is the same while %s', (state) => {
    const record = recordIn(state);
    expect(parseRecord(structuredClone(record))).toEqual(record);
  });

  test('is the same with a last error and a successor', () => {
    expect(parseRecord(structuredClone(FULL))).toEqual(FULL);
  });

  test('has lost the fields that nobody knows', () => {
    expect(parseRecord({ ...FULL, token: 'secret', recovery: { ...FULL.recovery, extra: 1 } })).toEqual(FULL);
  });

  test('keeps whatever was published, as it is', () => {
    for (const info of [null, 0, '', { deep: [1] }, new Map([[1, 2]]), cycle()]) {
      expect(parseRecord({ ...FULL, info })).toHaveProperty('info', info);
    }
    const { info: _, ...rest } = FULL;
    expect(parseRecord(rest)).toHaveProperty('info', null);
  });
});

describe('what is no record', () => {
  test.each([undefined, null])('%s is absent', (value) => {
    expect(parseRecord(value)).toBe('absent');
  });

  test.each([0, 'text', true, [], {}, () => undefined, new Date(0), new Map(), cycle(), Object.create(null)])(
    '%o is malformed',
    (value) => {
      expect(parseRecord(value)).toBe('malformed');
    },
  );

  test('is never taken for one, nor throws, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(['absent', 'malformed', 'newer']).toContain(parseRecord(value));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a record in which one field was replaced by anything is that record, or malformed, or newer', () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(FULL) as (keyof SessionRecord)[])), hostile, (key, value) => {
        const parsed = parseRecord({ ...FULL, [key]: value });
        if (typeof parsed === 'object') expect(Object.keys(parsed).sort()).toEqual(Object.keys(FULL).sort());
        else expect(parsed === 'malformed' || (parsed === 'newer' && key === 'version')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  const counts = [
    'revision',
    'epoch',
    'origin',
    'attempts',
    'activeEpoch',
    'infoRevision',
    'seq',
    'asked',
    'answered',
    'lostEpoch',
  ] as const;
  test.each(counts)('one without a proper %s is malformed', (name) => {
    for (const value of NEVER_COUNTS) expect(parseRecord({ ...FULL, [name]: value }), String(value)).toBe('malformed');
    const { [name]: _, ...rest } = FULL;
    expect(parseRecord(rest)).toBe('malformed');
  });

  test.each<[string, Record<string, unknown>]>([
    ['an unknown phase', { phase: 'paused' }],
    ['the name of a method for a phase', { phase: 'toString' }],
    ['an unknown kind', { kind: 'watch' }],
    ['a time that is no number', { since: 'now' }],
    ['a loss at an infinite time', { lostSince: Number.POSITIVE_INFINITY }],
    ['a term that is no text', { term: 7 }],
    ['a term but no host', { hostTabId: null }],
    ['a host but no term', { term: null }],
    ['no host while active', { term: null, hostTabId: null }],
    ['a host while idle', { phase: 'idle' }],
    ['an unknown recovery policy', { recovery: { ...FULL.recovery, by: 'magic' } }],
    ['a recovery window without end', { recovery: { ...FULL.recovery, windowMs: Number.POSITIVE_INFINITY } }],
    ['half a successor', { successor: { term: 'next' } }],
    ['an error that is none', { lastError: { code: 1002 } }],
    ['an established that is no boolean', { established: 1 }],
    ['a resume key that is no text', { resumeKey: 5 }],
    ['an older version', { version: PROTOCOL_VERSION - 1 }],
    ['a version that is no number', { version: '1' }],
  ])('one with %s is malformed', (_, change) => {
    expect(parseRecord({ ...FULL, ...change })).toBe('malformed');
  });

  test('one with fields from its prototype is as good as one with its own: storage yields no prototypes', () => {
    const polluted = JSON.parse('{"__proto__": {"phase": "idle"}, "version": 1}');
    expect(parseRecord(polluted)).toBe('malformed');
    expect(({} as Record<string, unknown>).phase).toBeUndefined();
  });
});

test.each([PROTOCOL_VERSION + 1, 99])('a record of version %i is newer, whatever else is in it', (version) => {
  expect(parseRecord({ ...FULL, version })).toBe('newer');
  expect(parseRecord({ version, phase: 'dancing' })).toBe('newer');
});

describe('what stands in for a spoilt record', () => {
  const idle = idleRecord({ revision: 5, epoch: 2, seq: 9, lostEpoch: 1 });

  test('is what this tab knew last', () => {
    expect(standIn(FULL, 'garbage')).toEqual(FULL);
    expect(standIn(idle, undefined)).toEqual(idle);
  });

  test('goes above the epoch that is left of it, as far as that can be believed', () => {
    expect(standIn(idle, { epoch: 40 }).epoch).toBe(40);
    for (const epoch of [1, ...NEVER_COUNTS]) expect(standIn(idle, { epoch }).epoch, String(epoch)).toBe(2);
  });
});

describe('the newer of two records', () => {
  test.each<[string, Partial<SessionRecord>, Partial<SessionRecord>]>([
    ['has the higher epoch, whatever its revision', { epoch: 4, revision: 1 }, { epoch: 3, revision: 99 }],
    ['has the higher revision within an epoch', { revision: 12 }, { revision: 11 }],
    [
      'is that of the lower term where two hosts have claimed one epoch',
      { term: 'a', revision: 1 },
      { term: 'b', revision: 9 },
    ],
  ])('%s', (_, newer, older) => {
    expect(isNewer({ ...FULL, ...newer }, { ...FULL, ...older })).toBe(true);
    expect(isNewer({ ...FULL, ...older }, { ...FULL, ...newer })).toBe(false);
  });

  test('is neither where they are the same', () => {
    expect(isNewer(FULL, { ...FULL })).toBe(false);
  });

  test('of the same revision of a term is the one that is further on', () => {
    const earlier = { ...FULL, phase: 'connecting' } as const;
    expect([isNewer(FULL, earlier), isFurther(FULL, earlier), isFurther(earlier, FULL)]).toEqual([false, true, false]);
    expect(isFurther(FULL, { ...earlier, term: 'another' })).toBe(false);
    expect(isFurther(FULL, FULL)).toBe(false);
  });
});

describe('an error event that is read back', () => {
  test('is the same', () => {
    expect(parseErrorEvent(structuredClone(ERROR_EVENT))).toEqual(ERROR_EVENT);
    expect(parseErrorEvent({ ...ERROR_EVENT, seq: null, stack: 'secret' })).toEqual({ ...ERROR_EVENT, seq: null });
  });

  test.each(Object.keys(ERROR_EVENT))('is none without a proper %s', (name) => {
    for (const value of [undefined, {}, [], Number.NaN, -1.5]) {
      if (name === 'at' && value === -1.5) continue; // Before 1970, by a clock that is wrong: a time all the same.
      expect(parseErrorEvent({ ...ERROR_EVENT, [name]: value }), String(value)).toBeUndefined();
    }
  });

  test('is never made of anything else, and nothing throws', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(parseErrorEvent(value)).toBeUndefined();
      }),
    );
  });
});

describe('a journal entry that is read back', () => {
  const entry = { type: 'note', epoch: 3, seq: 8, tabId: HOST.tabId, at: BEFORE };

  test.each([
    { ...entry, payload: { deep: [1] } },
    { ...entry, payload: null },
    { ...entry, tooLarge: true as const },
    { ...entry, type: 'session_ended', reason: 'agent-left' },
    { ...entry, type: 'session_error', error: factsOf(1016) },
    ...notes(1),
  ])('is the same: %o', (value) => {
    expect(parseJournalEntry(structuredClone(value))).toEqual(value);
  });

  test.each<[string, Record<string, unknown>]>([
    ...NEVER_TEXTS.map((type): [string, Record<string, unknown>] => [`type ${String(type)}`, { type }]),
    ...NEVER_TEXTS.map((tabId): [string, Record<string, unknown>] => [`tabId ${String(tabId)}`, { tabId }]),
    ...NEVER_COUNTS.map((seq): [string, Record<string, unknown>] => [`seq ${String(seq)}`, { seq }]),
    ...NEVER_COUNTS.map((epoch): [string, Record<string, unknown>] => [`epoch ${String(epoch)}`, { epoch }]),
    ['a time that is none', { at: 'now' }],
    ['a reason that is no text', { reason: 7 }],
    ['an error that is none', { type: 'session_error', error: { code: 'x' } }],
    ['an error event without error', { type: 'session_error' }],
    ['an error in another event', { error: factsOf(1016) }],
  ])('is dropped with %s', (_, change) => {
    expect(parseJournalEntry({ ...entry, ...change })).toBeUndefined();
  });

  test('an error of a code that this build does not know keeps it, and gets the texts of 9999 where its own are missing', () => {
    const parsed = parseJournalEntry({ ...entry, type: 'session_error', error: { code: 3001, exception: 'NEW' } });
    expect(parsed?.error).toEqual({ ...factsOf(9999), code: 3001, exception: 'NEW' });
  });

  test('nothing throws, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(parseJournalEntry(value)).toBeUndefined();
      }),
    );
  });
});

test('a count is a whole number from 0 that can still be counted up', () => {
  expect([0, 1, 2 ** 52 - 1].every(isCount)).toBe(true);
  expect(NEVER_COUNTS.some(isCount)).toBe(false);
});

test('an object is anything that can have fields', () => {
  expect([{}, [], new Map(), Object.create(null)].every(isObject)).toBe(true);
  expect([null, undefined, 1, 'text', () => undefined].some(isObject)).toBe(false);
});
