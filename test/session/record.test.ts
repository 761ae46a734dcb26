import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCount, isObject, isText } from '../../src/session/check';
import {
  isCandidate,
  isNewer,
  PROTOCOL_VERSION,
  parseRecord,
  type SessionRecord,
  standIn,
  UNKNOWN,
} from '../../src/session/record';
import { errorEntry, HOST, recordIn, STATES } from '../support/records';

const FULL = recordIn('active', { lastError: errorEntry(1016), successor: { term: 'next', tabId: 'B' } });

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

  test('may have fields that nobody knows', () => {
    expect(parseRecord({ ...FULL, added: 1, recovery: { ...FULL.recovery, extra: 1 } })).toMatchObject(FULL);
  });

  test('keeps whatever was published, as it is', () => {
    for (const info of [null, 0, '', { deep: [1] }, new Map([[1, 2]]), cycle()]) {
      expect(parseRecord({ ...FULL, info })).toHaveProperty('info', info);
    }
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
        if (typeof parsed === 'object') expect(parsed).toEqual({ ...FULL, [key]: value });
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
    'stops',
    'erasedEpoch',
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
    ['an unknown proof of life', { proof: 'pulse' }],
    ['no proof of life', { proof: undefined }],
    ['a home that is neither the store nor a memory', { isStored: 1 }],
    ['a sign of life at no time', { seenAt: Number.NaN }],
    ['a number of attempts that is none', { recovery: { ...FULL.recovery, attempts: -1 } }],
    ['no recovery', { recovery: null }],
    ['a successor in a list', { successor: ['next', 'B'] }],
    ['a resume key that is no text', { resumeKey: 5 }],
    ['more answers than questions', { asked: 1, answered: 2 }],
    ['a wish that is neither there nor not', { isWanted: 'yes' }],
    ['failures that are none', { failures: 3 }],
    ['failures without a count', { failures: { at: 5, retryMs: 5 } }],
    ['a failure at no time', { failures: { count: 1, at: Number.NaN, retryMs: 5 } }],
    ['a pause without end', { failures: { count: 1, at: 5, retryMs: Number.POSITIVE_INFINITY } }],
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
  const idle = { ...UNKNOWN, revision: 5, epoch: 2, seq: 9, lostEpoch: 1, isStored: true };

  test('is what this tab knew last', () => {
    expect(standIn(FULL, 'garbage')).toEqual(FULL);
    expect(standIn(idle, undefined)).toEqual(idle);
  });

  test('goes above the epoch that is left of it, as far as that can be believed', () => {
    expect(standIn(idle, { epoch: 40 })).toEqual({ ...idle, epoch: 40 });
    expect(standIn(idle, { epoch: 2 ** 51 }).epoch).toBe(2 ** 51);
    for (const epoch of [1, 2 ** 51 + 1, ...NEVER_COUNTS])
      expect(standIn(idle, { epoch }).epoch, String(epoch)).toBe(2);
  });

  test('is the session that this tab knows, whatever epoch is left: its host lives, or is proven dead first', () => {
    expect(standIn(FULL, { epoch: 40 })).toEqual(FULL);
  });
});

describe('a record that has counted further than anyone counts', () => {
  test.each(['epoch', 'revision', 'seq'] as const)('by its %s was written to break an idle scope', (name) => {
    expect(parseRecord(recordIn('idle', { [name]: 2 ** 51 }))).toHaveProperty(name, 2 ** 51);
    expect(parseRecord(recordIn('idle', { [name]: 2 ** 51 + 1 }))).toBe('malformed');
    // A session is left to its host, which can still count.
    expect(parseRecord({ ...FULL, [name]: 2 ** 51 + 1 })).toHaveProperty(name, 2 ** 51 + 1);
  });
});

test('of a scope that it has not looked at, a tab knows that it is idle and nothing else', () => {
  expect(parseRecord(UNKNOWN)).toBe(UNKNOWN);
  expect(UNKNOWN).toMatchObject({ phase: 'idle', revision: 0, epoch: 0, seq: 0, lostEpoch: 0, isStored: true });
});

describe('the newer of two records', () => {
  test.each<[string, Partial<SessionRecord>, Partial<SessionRecord>]>([
    ['has the higher epoch, whatever its revision', { epoch: 4, revision: 1 }, { epoch: 3, revision: 99 }],
    ['has the higher revision within an epoch', { revision: 12 }, { revision: 11 }],
  ])('%s', (_, newer, older) => {
    expect(isNewer({ ...FULL, ...newer }, { ...FULL, ...older })).toBe(true);
    expect(isNewer({ ...FULL, ...older }, { ...FULL, ...newer })).toBe(false);
  });

  test('is neither where they are the same', () => {
    expect(isNewer(FULL, { ...FULL })).toBe(false);
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

test('a text is a text', () => {
  expect(['', 'text'].every(isText)).toBe(true);
  expect(NEVER_TEXTS.some(isText)).toBe(false);
});

test('a candidate has a term and a tab', () => {
  expect(isCandidate(HOST)).toBe(true);
  for (const value of [null, undefined, 'host', [], {}, { term: 't' }, { tabId: 'A' }, { term: 7, tabId: 'A' }]) {
    expect(isCandidate(value), JSON.stringify(value)).toBe(false);
  }
});
