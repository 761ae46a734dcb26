/** What a tab was told by tabs without a store, beside what is stored. */
import { describe, expect, test } from 'vitest';
import { isAhead } from '../../src/session/decide';
import type { SessionRecord } from '../../src/session/record';
import { recordIn } from '../support/records';

const record = (given: Partial<SessionRecord>): SessionRecord => ({ ...recordIn('active'), ...given });

const HOSTLESS = { phase: 'idle', term: null, hostTabId: null } as const;

describe('what is in no store', () => {
  const stored = record({ phase: 'active', epoch: 40, revision: 9 });

  test('is later than a stored session that ended since', () => {
    expect(isAhead(record({ ...HOSTLESS, epoch: 40, revision: 11, isStored: false }), stored)).toBe(true);
  });

  test('is later than a stored session after which another one ran, also when that one is over', () => {
    expect(isAhead(record({ ...HOSTLESS, epoch: 90, revision: 13, lostEpoch: 40, isStored: false }), stored)).toBe(
      true,
    );
  });

  test('is not later if it only says that the stored host is dead: a tab with a store sees for itself', () => {
    const guess = record({ ...HOSTLESS, phase: 'recovering', epoch: 41, revision: 10, lostEpoch: 40, isStored: false });
    expect(isAhead(guess, stored)).toBe(false);
  });

  test('is not later if it only says that the window of a stored session is over: who writes that ends it', () => {
    const window = { term: null, hostTabId: null, epoch: 41, revision: 10 };
    const recovering = record({ ...window, phase: 'recovering' });
    const over = record({ ...window, phase: 'idle', revision: 11, isStored: false });
    expect(isAhead(over, recovering)).toBe(false);
    expect(isAhead({ ...over, epoch: 42 }, recovering)).toBe(true);
    // Idle already: what was erased or wanted since is news.
    expect(isAhead(over, record({ ...window, phase: 'idle' }))).toBe(true);
    // Somebody goes on with it in memory.
    expect(isAhead(record({ epoch: 41, revision: 11, isStored: false }), recovering)).toBe(true);
  });

  test('is not later if it is older, or in the store as well', () => {
    expect(isAhead(record({ ...HOSTLESS, epoch: 39, revision: 99, isStored: false }), stored)).toBe(false);
    expect(isAhead(record({ ...HOSTLESS, epoch: 40, revision: 11 }), stored)).toBe(false);
  });
});
