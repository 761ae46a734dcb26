import { describe, expect, test } from 'vitest';
import { decide } from '../../src/session/decide';
import type { JournalEntry } from '../../src/session/events';
import { type SessionRecord, UNKNOWN } from '../../src/session/record';
import { stateOfWish } from '../../src/session/wish';
import { FACTS, recordIn, reportOf } from '../support/records';

const NOW = 1_000_000;
const COUNTERS = { revision: 9, epoch: 7, seq: 20, lostEpoch: 0, isStored: true };

const idle = (changes: Partial<SessionRecord> = {}): SessionRecord => ({ ...UNKNOWN, ...COUNTERS, ...changes });
const failedWith = (retryMs: number | null, at = NOW) => ({ count: 2, at, retryMs });
const error = { type: 'session_error', epoch: 7, seq: 20, tabId: 'a', at: NOW, error: { code: 2001 } } as JournalEntry;

describe('a wish', () => {
  const wish = { stops: 5, seq: 12 };

  test('is due at once where nothing failed', () => {
    expect(stateOfWish(wish, idle({ stops: 5 }), NOW)).toEqual({ type: 'due', inMs: 0 });
  });

  test('is over once anybody ended after it was made', () => {
    expect(stateOfWish(wish, idle({ stops: 6 }), NOW).type).toBe('over');
    expect(stateOfWish(wish, idle({ stops: 4 }), NOW).type).toBe('due');
  });

  test('waits for what is left of the pause after a failure', () => {
    expect(stateOfWish(wish, idle({ failures: failedWith(8_000, NOW - 3_000) }), NOW)).toEqual({
      type: 'due',
      inMs: 5_000,
    });
    expect(stateOfWish(wish, idle({ failures: failedWith(8_000, NOW - 30_000) }), NOW)).toEqual({
      type: 'due',
      inMs: 0,
    });
  });

  test('never waits for longer than was meant, also if the clock was set back', () => {
    expect(stateOfWish(wish, idle({ failures: failedWith(8_000, NOW + 86_400_000) }), NOW)).toEqual({
      type: 'due',
      inMs: 8_000,
    });
  });

  test('has failed with an error after it was made that would come again, not with one from before', () => {
    const record = idle({ failures: failedWith(null), lastError: error });
    expect(stateOfWish(wish, record, NOW)).toEqual({ type: 'failed', entry: error });
    expect(stateOfWish({ ...wish, seq: 20 }, record, NOW)).toEqual({ type: 'due', inMs: 0 });
  });
});

describe('a start that no person asked for', () => {
  const candidate = { term: 'new', tabId: 'b' };
  const recovery = { by: 'none', windowMs: 1, attempts: 0 } as const;
  const verdictOn = (record: SessionRecord, wish?: Pick<SessionRecord, 'stops' | 'failures'>) =>
    decide(
      record,
      { type: 'start', candidate, recovery, ...(wish && { wish }) },
      {
        ...FACTS,
        known: record,
      },
    ).verdict;

  test('is granted on the record that made it due', () => {
    const record = idle({ stops: 3, failures: failedWith(1_000) });
    expect(verdictOn(record, record)).toBe('granted');
  });

  test('says that one is wanted, as that may not have been written down before: so who cancels between two attempts ends the wish', () => {
    const command = { type: 'start', candidate, recovery, wish: { stops: 3, failures: null } } as const;
    const known = idle({ stops: 3 });
    const { record } = decide(known, command, { ...FACTS, known });
    expect(record.isWanted).toBe(true);
    expect(decide(known, { type: 'start', candidate, recovery }, { ...FACTS, known }).record.isWanted).toBe(false);
    const between = { ...known, isWanted: record.isWanted };
    const canceled = decide(between, { type: 'cancel', candidate }, { ...FACTS, known: between });
    expect(stateOfWish({ stops: 3, seq: 20 }, canceled.record, FACTS.now).type).toBe('over');
  });

  test('is void once anybody ended', () => {
    expect(verdictOn(idle({ stops: 4 }), { stops: 3, failures: null })).toBe('void');
  });

  test('is void once another attempt failed', () => {
    const failures = { ...failedWith(1_000), count: 3 };
    expect(verdictOn(idle({ failures }), { stops: 0, failures: failedWith(1_000) })).toBe('void');
    expect(verdictOn(idle({ failures }), { stops: 0, failures: null })).toBe('void');
  });

  test('of a person is granted all the same', () => {
    expect(verdictOn(idle({ stops: 4, failures: failedWith(null) }))).toBe('granted');
  });
});

test('a session that comes about ends the row of failures, and the next pause is a short one again', () => {
  const record = recordIn('connecting', { failures: failedWith(60_000) });
  const { record: next } = decide(record, reportOf({ type: 'connected' }), { ...FACTS, known: record });
  expect([next.phase, next.failures]).toEqual(['active', null]);
});

test('where no store works, a tab writes no wish beside a host, which alone has the record; where there is no host it does', () => {
  const facts = { ...FACTS, isStored: false };
  const [hosted, free] = [recordIn('active', { isStored: false }), idle({ isStored: false })];
  expect(decide(hosted, { type: 'want' }, { ...facts, known: hosted })).toMatchObject({
    ...{ verdict: 'void', changed: false, record: hosted },
  });
  expect(decide(free, { type: 'want' }, { ...facts, known: free }).record.isWanted).toBe(true);
});
