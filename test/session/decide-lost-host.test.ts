import { describe, expect, test } from 'vitest';
import type { Call, Command, Facts } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import { type Phase, type Recovery, type SessionRecord, SIGN_OF_LIFE_MS } from '../../src/session/record';
import {
  answer,
  BEFORE,
  CALLER,
  CALLS,
  FACTS,
  factsOf,
  HOST,
  NOW,
  RECOVERY,
  recordIn,
  reportOf,
  STATES,
  type State,
  told,
} from '../support/records';

const LOST: Command = { type: 'lost', term: HOST.term };
/** Said by the host itself, as its page goes away: it has the session still. */
const LEAVES: Command = { ...LOST, isHeld: true };

function without(change: Partial<Recovery>): Partial<SessionRecord> {
  return { recovery: { ...RECOVERY, ...change } };
}

describe('a host that is lost', () => {
  test.each<[State, Phase | 'void', ...string[]]>([
    ['idle', 'void'],
    ['connecting', 'idle', 'session_ended host-lost'],
    ['connecting again', 'recovering'],
    ['active', 'recovering'],
    ['reconnecting', 'recovering'],
    ['recovering', 'void'],
    ['canceling', 'idle', 'session_ended canceled'],
    ['ending', 'idle', 'session_ended ended'],
  ])('while %s: %s', (state, phase, ...events) => {
    const record = recordIn(state);
    const decision = decide(record, LOST, FACTS);
    if (phase === 'void') {
      expect(decision).toEqual({ verdict: 'void', record, changed: false, entries: [], orphan: undefined });
      return;
    }
    expect(decision.verdict).toBe('done');
    expect(decision.record).toMatchObject({ phase, term: null, hostTabId: null, successor: null });
    expect(told(decision)).toEqual(events);
    // A new epoch: what the dead host still had under way can't be mistaken for what came after.
    expect(decision.record).toMatchObject({ epoch: record.epoch + 1, lostEpoch: record.epoch });
    expect(decision.entries.every(({ epoch }) => epoch === record.epoch + 1)).toBe(true);
  });

  test.each([
    [0, 'done'],
    [1, 'void'],
  ] as const)('by its silence, is lost unless it gave a sign of life since: %i more: %s', (more, verdict) => {
    const { seenAt } = recordIn('active');
    expect(decide(recordIn('active', { seenAt: seenAt + more }), { ...LOST, seenAt }, FACTS)).toMatchObject({
      verdict,
    });
  });

  test('is lost once: the second tab that notices changes nothing', () => {
    const { record } = decide(recordIn('active'), LOST, FACTS);
    expect(decide(record, LOST, FACTS)).toMatchObject({ verdict: 'void', changed: false });
  });

  test('ends the session at once where nothing can resume it', () => {
    const decision = decide(recordIn('active', without({ by: 'none' })), LOST, FACTS);
    expect(decision.record.phase).toBe('idle');
    expect(told(decision)).toEqual(['session_ended host-lost']);
  });

  test('keeps what was published, its kind and its origin', () => {
    const record = recordIn('active');
    const { info, kind, origin, resumeKey, activeEpoch } = record;
    expect(decide(record, LOST, FACTS).record).toMatchObject({ info, kind, origin, resumeKey, activeEpoch });
  });
});

describe('the loss of a session', () => {
  const lostAt = (at: number, state: State = 'active'): number | null =>
    decide(recordIn(state), { ...LOST, at }, FACTS).record.lostSince;

  test('began with the host’s last sign of life, not when somebody noticed', () => {
    expect(decide(recordIn('active'), LOST, FACTS).record.lostSince).toBe(BEFORE);
    expect(decide(recordIn('active', { seenAt: NOW - 90_000 }), LOST, FACTS).record.lostSince).toBe(NOW - 90_000);
  });

  test('began later if the tab that says so knows that it lived until then', () => {
    expect(lostAt(NOW - 1_000)).toBe(NOW - 1_000);
  });

  test('did not begin before the host’s last sign of life, whatever a tab says', () => {
    expect(lostAt(BEFORE - 1_000)).toBe(BEFORE);
  });

  test('that began already, because the host was reconnecting or a tab connects again, does not begin anew', () => {
    const seen = { seenAt: NOW, lostSince: BEFORE - 2_000 };
    for (const state of ['reconnecting', 'connecting again'] as const) {
      expect(decide(recordIn(state, seen), { ...LOST, at: NOW }, FACTS).record.lostSince, state).toBe(BEFORE - 2_000);
    }
  });

  test('of one that just moved began with the new host’s last sign of life', () => {
    const moved = recordIn('connecting again', { lostSince: null });
    expect(decide(moved, LOST, FACTS).record).toMatchObject({ phase: 'recovering', lostSince: BEFORE });
  });

  test('so long ago that its recovery window is over ends it at once: nothing is resumed after a night', () => {
    const yesterday = recordIn('active', { seenAt: NOW - 86_400_000 });
    const decision = decide(yesterday, LOST, FACTS);
    expect(decision.record.phase).toBe('idle');
    expect(told(decision)).toEqual(['session_error 1011', 'session_ended recovery-expired']);
    expect(decide(decision.record, CALLS.start, FACTS).verdict).toBe('granted');
  });

  test('noticed only today, by a tab that slept, began when its host stopped giving signs of life', () => {
    const noticed: Command = { ...LOST, at: NOW };
    const yesterday = decide(recordIn('active', { seenAt: NOW - 86_400_000 }), noticed, FACTS);
    expect(yesterday.record.phase).toBe('idle');
    expect(told(yesterday)).toEqual(['session_error 1011', 'session_ended recovery-expired']);
    // A hidden page gives one within two minutes: that long the witness is believed.
    const seenAt = NOW - 2 * SIGN_OF_LIFE_MS;
    expect(decide(recordIn('active', { seenAt }), noticed, FACTS).record).toMatchObject({ lostSince: NOW });
    const wide = { seenAt: seenAt - 1_000, recovery: { ...RECOVERY, windowMs: 600_000 } };
    expect(decide(recordIn('active', wide), noticed, FACTS).record).toMatchObject({ lostSince: NOW - 1_000 });
  });

  test('just within its window can be resumed still', () => {
    const seenAt = NOW - RECOVERY.windowMs;
    expect(decide(recordIn('active', { seenAt: seenAt + 1 }), LOST, FACTS).record.phase).toBe('recovering');
    expect(decide(recordIn('active', { seenAt }), LOST, FACTS).record.phase).toBe('idle');
  });
});

describe('a session that is over without its host', () => {
  /** The host's own word. */
  const own: Facts = { ...FACTS, tabId: HOST.tabId };
  const expired: Facts = { ...FACTS, now: BEFORE + RECOVERY.windowMs };
  const failed = reportOf({ type: 'failed', error: factsOf(1016) });
  const goneForGood = reportOf({ type: 'failed', error: { ...factsOf(1011), retryable: false } });
  const last = { attempts: RECOVERY.attempts - 1 };

  test.each<[string, SessionRecord, Command, Facts]>([
    ['whose host was lost, where nothing can resume it', recordIn('active', without({ by: 'none' })), LOST, FACTS],
    ['whose host was lost as it ended it', recordIn('ending'), LOST, FACTS],
    ['that was to be ended in a tab that finds that it does not act for it', recordIn('ending'), LOST, own],
    ['whose term its own tab finds abandoned', recordIn('active', without({ by: 'none' })), LOST, own],
    ['whose host was lost so long ago that its window is over', recordIn('active', { seenAt: 0 }), LOST, FACTS],
    ['whose window is over', recordIn('recovering'), { type: 'look' }, expired],
    ['whose window is over when a new one begins', recordIn('recovering'), CALLS.start, expired],
    ['whose window is over when somebody wants to go on with it', recordIn('recovering'), CALLS.resume, expired],
    ['whose last attempt failed', recordIn('connecting again', last), failed, own],
    [
      'that can’t be resumed and could not be moved',
      recordIn('connecting again', without({ by: 'none' })),
      failed,
      own,
    ],
  ])('%s is an orphan: whoever writes that ends it at the service', (_, record, command, facts) => {
    const decision = decide(record, command, facts);
    expect(decision.orphan).toMatchObject({ info: { pin: 'A1' }, origin: record.origin, kind: record.kind });
    // Under the epoch in which it was over, so that a service which checks that can tell.
    expect(decision.orphan?.epoch).toBe(decision.entries.at(-1)?.epoch);
    expect(decision.orphan?.activeEpoch).toBeGreaterThan(0);
  });

  test.each<[string, SessionRecord, Command, Facts]>([
    ['that its host ended for a person', recordIn('ending'), reportOf({ type: 'settled' }), own],
    ['of which its driver said that it is over', recordIn('active'), reportOf({ type: 'ended', reason: 'x' }), own],
    ['of which a resuming driver said so', recordIn('connecting again'), reportOf({ type: 'ended', reason: 'x' }), own],
    ['that is gone for good, as a resuming driver found', recordIn('connecting again'), goneForGood, own],
    ['whose host leaves and ends it itself', recordIn('active', without({ by: 'none' })), LEAVES, own],
    ['whose host leaves as it ends it', recordIn('ending'), LEAVES, own],
    [
      'whose host gives up reconnecting, and still has it',
      recordIn('reconnecting'),
      reportOf({ type: 'alive' }),
      watchedFor(own),
    ],
    ['that was never active', recordIn('connecting'), LOST, FACTS],
    ['that was never active and was canceled', recordIn('canceling'), LOST, FACTS],
    ['that failed to start', recordIn('connecting'), failed, own],
  ])('%s leaves none', (_, record, command, facts) => {
    const decision = decide(record, command, facts);
    expect(decision.record.phase).toBe('idle');
    expect(decision.orphan).toBeUndefined();
  });

  test.each(['active', 'reconnecting', 'connecting again'] as const)(
    'is none while it can be resumed: lost while %s',
    (state) => {
      expect(decide(recordIn(state), LOST, FACTS).orphan).toBeUndefined();
    },
  );

  test('is one for the tab that wrote it, and for no other', () => {
    const { record } = decide(recordIn('active', without({ by: 'none' })), LOST, FACTS);
    for (const command of [LOST, { type: 'look' } as const, CALLS.end, CALLS.start]) {
      expect(decide(record, command, FACTS).orphan, command.type).toBeUndefined();
    }
  });

  function watchedFor(facts: Facts): Facts {
    return { ...facts, watched: { lostSince: BEFORE, forMs: RECOVERY.windowMs } };
  }
});

describe('a call that was told that the host is silent', () => {
  const silently = (type: Call['type'], silent = HOST.term): Call => ({ ...CALLS[type], silent });

  test.each<[State, Record<Call['type'], number | string>]>([
    [
      'connecting',
      {
        start: 1002,
        join: 1002,
        resume: 1002,
        takeOver: 1002,
        cancel: 'granted, canceling',
        end: 'granted, canceling',
      },
    ],
    [
      'connecting again',
      { start: 1002, join: 1002, resume: 1002, takeOver: 1002, cancel: 'granted, ending', end: 'granted, ending' },
    ],
    [
      'active',
      {
        start: 1004,
        join: 1004,
        resume: 1004,
        takeOver: 'granted, connecting',
        cancel: 'void',
        end: 'granted, ending',
      },
    ],
    [
      'reconnecting',
      {
        start: 1002,
        join: 1002,
        resume: 'granted, connecting',
        takeOver: 'granted, connecting',
        cancel: 'granted, ending',
        end: 'granted, ending',
      },
    ],
    [
      'canceling',
      {
        start: 1017,
        join: 1017,
        resume: 1017,
        takeOver: 1017,
        cancel: 'granted, canceling',
        end: 'granted, canceling',
      },
    ],
    [
      'ending',
      { start: 1017, join: 1017, resume: 1017, takeOver: 1017, cancel: 'granted, ending', end: 'granted, ending' },
    ],
  ])('is decided while %s as if there were no host, under a new epoch', (state, expected) => {
    for (const type of Object.keys(CALLS) as Call['type'][]) {
      const decision = decide(recordIn(state), silently(type), FACTS);
      expect(answer(decision), type).toBe(expected[type]);
      if (decision.verdict === 'granted') {
        expect(decision.record, type).toMatchObject({ epoch: 4, term: CALLER.term, hostTabId: CALLER.tabId });
        expect(decide(decision.record, reportOf({ type: 'connected' }), FACTS).verdict).toBe('void');
      }
    }
  });

  test.each(STATES)('is decided as any other if another term has come since, while %s', (state) => {
    for (const type of Object.keys(CALLS) as Call['type'][]) {
      expect(decide(recordIn(state), silently(type, 'term-of-old'), FACTS), type).toEqual(
        decide(recordIn(state), CALLS[type], FACTS),
      );
    }
  });
});
