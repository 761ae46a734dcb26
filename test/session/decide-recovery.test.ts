import { describe, expect, test } from 'vitest';
import type { Call, Command, Decision, Facts } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import type { ErrorFacts } from '../../src/session/error-facts';
import type { RecoveryPolicy, SessionRecord } from '../../src/session/record';
import { windowLeftMs } from '../../src/session/steps';
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
  told,
} from '../support/records';

describe('an automatic resume', () => {
  const cases: readonly [RecoveryPolicy, string, 'granted' | 'void'][] = [
    ['same-tab', HOST.term, 'granted'],
    ['same-tab', 'another key', 'void'],
    ['same-tab', '', 'void'],
    ['any-tab', '', 'granted'],
    ['any-tab', HOST.term, 'granted'],
    ['manual', HOST.term, 'void'],
    ['manual', '', 'void'],
  ];
  test.each(cases)('by %s with the key "%s" is %s', (by, key, verdict) => {
    const record = recordIn('recovering', { recovery: { ...RECOVERY, by } });
    expect(decide(record, { type: 'resume', candidate: CALLER, key }, FACTS).verdict).toBe(verdict);
  });

  test.each(['same-tab', 'any-tab', 'manual'] as const)('by %s: a person may resume in any tab', (by) => {
    const record = recordIn('recovering', { recovery: { ...RECOVERY, by } });
    expect(decide(record, CALLS.resume, FACTS).verdict).toBe('granted');
  });

  test('spends the key: a duplicated tab that shows it again comes too late', () => {
    const resume = (tabId: string): Call => ({
      type: 'resume',
      candidate: { term: `term-of-${tabId}`, tabId },
      key: HOST.term,
    });
    const first = decide(recordIn('recovering'), resume('original'), FACTS);
    expect(first.record.resumeKey).toBe('term-of-original');
    expect(decide(first.record, resume('copy'), FACTS).code).toBe(1002);
    const lostAgain = decide(first.record, { type: 'lost', term: 'term-of-original' }, FACTS).record;
    expect(decide(lostAgain, resume('copy'), FACTS).verdict).toBe('void');
  });
});

describe('the attempts of one loss', () => {
  const fail = (record: SessionRecord, error: ErrorFacts): Decision =>
    decide(record, reportOf({ type: 'failed', error }, { term: CALLER.term }), FACTS);
  const resumed = (record: SessionRecord): SessionRecord => decide(record, CALLS.resume, FACTS).record;
  const NETWORK = factsOf(1016);

  test('the last one that fails ends the session, with 1011 for every tab', () => {
    let record = recordIn('recovering');
    record = fail(resumed(record), NETWORK).record;
    expect(record).toMatchObject({ phase: 'recovering', attempts: 1, term: null, hostTabId: null });
    const last = fail(resumed(record), NETWORK);
    expect(last.record.phase).toBe('idle');
    expect(told(last)).toEqual(['session_error 1016', 'session_error 1011', 'session_ended recovery-expired']);
  });

  test('a failure that is 1011 itself is told once', () => {
    const record = resumed(recordIn('recovering', { attempts: 1 }));
    expect(told(fail(record, factsOf(1011)))).toEqual(['session_error 1011', 'session_ended recovery-expired']);
  });

  test('one that its caller gave up counts, and is told to nobody', () => {
    const givenUp = reportOf({ type: 'giveUp' }, { term: CALLER.term });
    const decision = decide(resumed(recordIn('recovering')), givenUp, FACTS);
    expect(decision.record).toMatchObject({ phase: 'recovering', attempts: 1, term: null });
    expect(told(decision)).toEqual([]);
  });

  test('one that is cut off, because its tab was reloaded or died, has not failed', () => {
    let record = recordIn('recovering');
    for (let reload = 0; reload < 5; reload += 1) {
      record = decide(resumed(record), { type: 'lost', term: CALLER.term }, FACTS).record;
      expect(record).toMatchObject({ phase: 'recovering', attempts: 0, lostSince: BEFORE });
    }
  });

  test('does not count what only begins', () => {
    expect(resumed(recordIn('recovering')).attempts).toBe(0);
  });

  test('are counted anew once it was connected again', () => {
    const record = resumed(recordIn('recovering', { attempts: 1 }));
    const connected = decide(record, reportOf({ type: 'connected' }, { term: CALLER.term }), FACTS).record;
    expect(connected).toMatchObject({ attempts: 0, lostSince: null, activeEpoch: 4, resumeKey: CALLER.term });
  });

  test('a failure that nothing can mend ends the session at once, whatever attempts are left', () => {
    const decision = fail(resumed(recordIn('recovering')), { ...NETWORK, retryable: false });
    expect(decision.record.phase).toBe('idle');
    expect(told(decision)).toEqual(['session_error 1016', 'session_ended recovery-failed']);
    // So says the catalogue of some codes, and the facts leave that out.
    const full = fail(resumed(recordIn('recovering')), { code: 1012 });
    expect(told(full)).toEqual(['session_error 1012', 'session_ended recovery-failed']);
  });

  test('a move that fails is the first attempt of a loss that begins now, also if nothing can mend it in that tab', () => {
    const moved = decide(recordIn('active', { successor: CALLER }), reportOf({ type: 'handOver' }), {
      ...FACTS,
      tabId: HOST.tabId,
    }).record;
    for (const error of [NETWORK, { ...NETWORK, retryable: false }]) {
      const { record } = fail(moved, error);
      expect(record).toMatchObject({ phase: 'recovering', attempts: 1, lostSince: NOW, resumeKey: HOST.term });
    }
  });

  test('a start that fails is over, and has no attempts', () => {
    const { record } = decide(recordIn('idle'), CALLS.start, FACTS);
    const decision = fail(record, NETWORK);
    expect(decision.record.phase).toBe('idle');
    expect(told(decision)).toEqual(['session_error 1016']);
  });
});

describe('the recovery window', () => {
  const { windowMs } = RECOVERY;
  const at = (now: number, forMs = 0): Facts => ({ ...FACTS, now, watched: { lostSince: BEFORE, forMs } });
  const look: Command = { type: 'look' };

  test.each([
    ['by the stored time', at(BEFORE + windowMs)],
    ['by what this tab has watched, though the clock jumped back', at(BEFORE - 3_600_000, windowMs)],
    ['by the stored time, though this tab has watched for less', at(BEFORE + windowMs, 10)],
  ])('is over %s', (_, facts) => {
    const decision = decide(recordIn('recovering'), look, facts);
    expect(decision.record).toMatchObject({ phase: 'idle', lostSince: null });
    expect(told(decision)).toEqual(['session_error 1011', 'session_ended recovery-expired']);
  });

  test.each([
    ['a moment before its end', at(BEFORE + windowMs - 1)],
    ['where the clock jumped back', at(BEFORE - 3_600_000)],
    ['where another loss was watched for long', { ...at(NOW), watched: { lostSince: BEFORE - 1, forMs: windowMs } }],
  ])('is not over %s', (_, facts) => {
    expect(decide(recordIn('recovering'), look, facts)).toMatchObject({ verdict: 'void', changed: false });
  });

  test.each(['idle', 'connecting', 'connecting again', 'active', 'canceling', 'ending'] as const)(
    'does not run while %s',
    (state) => {
      expect(decide(recordIn(state), look, at(BEFORE + 10 * windowMs, 10 * windowMs)).changed).toBe(false);
    },
  );

  test('of a host that reconnects is closed by that host alone, and by no clock that steps', () => {
    const record = recordIn('reconnecting');
    const own = { ...at(NOW, windowMs), tabId: HOST.tabId };
    const alive = reportOf({ type: 'alive' });
    const later = { ...at(BEFORE + 10 * windowMs), tabId: HOST.tabId };
    expect(decide(record, alive, later).record.phase).toBe('recovering');
    expect(decide(record, look, at(NOW, 10 * windowMs)).changed).toBe(false);
    // Its page was left and is back: this tab holds it no more, and its term is to be lost, so that the session is ended.
    expect(decide(record, look, own).changed).toBe(false);
    const decision = decide(record, alive, own);
    expect(decision.record).toMatchObject({ phase: 'idle', epoch: record.epoch + 1, term: null });
    expect(told(decision)).toEqual(['session_error 1011', 'session_ended recovery-expired']);
    expect(decide(decision.record, reportOf({ type: 'reconnected' }), own).verdict).toBe('void');
  });

  test('that a host reconnected in vain is waited for by whoever wants a session, at random: windows end together where connections broke together', () => {
    const expired = (state: 'reconnecting' | 'recovering', forMs: number, random: number) => {
      const record = recordIn(state, { recovery: { ...RECOVERY, windowMs: forMs } });
      const command = state === 'reconnecting' ? reportOf({ type: 'alive' }) : look;
      return decide(record, command, { ...at(NOW, forMs), tabId: HOST.tabId, random }).record.failures;
    };
    // As long as `ensure` would wait by then: at most a minute.
    expect(expired('reconnecting', 120_000, 0.5)).toEqual({ count: 7, at: NOW, retryMs: 30_500 });
    expect(expired('reconnecting', 8_000, 0.5)).toEqual({ count: 3, at: NOW, retryMs: 4_500 });
    expect(expired('reconnecting', 100, 0)).toEqual({ count: 1, at: NOW, retryMs: 1_000 });
    // Nobody had it, so nothing says that the service is down.
    expect(expired('recovering', 8_000, 0.5)).toBeNull();
  });

  test.each(['start', 'join'] as const)('lets %s through once it is over, in the same step', (type) => {
    const decision = decide(recordIn('recovering'), CALLS[type], at(BEFORE + windowMs));
    expect(answer(decision)).toBe('granted, connecting');
    expect(told(decision)).toEqual(['session_error 1011', 'session_ended recovery-expired']);
    const origin = BEFORE + windowMs;
    expect(decision.record).toMatchObject({ lastError: null, info: null, activeEpoch: 0, epoch: origin, origin });
  });

  test.each(['resume', 'takeOver'] as const)('refuses %s with 1011 once it is over', (type) => {
    const decision = decide(recordIn('recovering'), CALLS[type], at(BEFORE + windowMs));
    expect(decision).toMatchObject({ verdict: 'refused', code: 1011, changed: true, record: { phase: 'idle' } });
  });

  test('stands still while a tab connects again, and goes on if that fails', () => {
    const { record } = decide(recordIn('recovering'), CALLS.resume, FACTS);
    expect(record.lostSince).toBe(BEFORE);
    const failed = decide(record, reportOf({ type: 'giveUp' }, { term: CALLER.term }), FACTS).record;
    expect(failed).toMatchObject({ phase: 'recovering', lostSince: BEFORE });
  });

  test('that is over when a tab’s attempt fails ends the session in the same step', () => {
    const { record } = decide(recordIn('recovering'), CALLS.resume, FACTS);
    const report = reportOf({ type: 'failed', error: factsOf(1016) }, { term: CALLER.term });
    const decision = decide(record, report, at(BEFORE + windowMs));
    expect(told(decision)).toEqual(['session_error 1016', 'session_error 1011', 'session_ended recovery-expired']);
  });

  test('lasts as long as is left of it, for whoever waits for its end', () => {
    expect(windowLeftMs(recordIn('recovering'), at(BEFORE + 1_000))).toBe(windowMs - 1_000);
    expect(windowLeftMs(recordIn('recovering'), at(BEFORE + 1_000, 7_000))).toBe(windowMs - 7_000);
    expect(windowLeftMs(recordIn('reconnecting'), at(BEFORE + 1_000, 200))).toBe(windowMs - 200);
  });
});
