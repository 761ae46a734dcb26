import { describe, expect, test } from 'vitest';
import type { Call, Command, Decision, Facts, Report } from '../../src/session/commands';
import { busyCode, decide } from '../../src/session/decide';
import type { JournalEntry } from '../../src/session/events';
import { idleRecord, type Phase, PHASES, type RecoveryPolicy, type SessionRecord } from '../../src/session/record';
import {
  BEFORE,
  CALLER,
  FACTS,
  factsOf,
  HOST,
  NOW,
  notes,
  RECOVERY,
  recordIn,
  reportOf,
  type State,
  STATES,
} from '../support/records';

const CALLS: Readonly<Record<Call['type'], Call>> = {
  start: { type: 'start', candidate: CALLER, recovery: RECOVERY },
  join: { type: 'join', candidate: CALLER, recovery: RECOVERY },
  resume: { type: 'resume', candidate: CALLER, key: null },
  takeOver: { type: 'takeOver', candidate: CALLER },
  cancel: { type: 'cancel', candidate: CALLER },
  end: { type: 'end', candidate: CALLER },
};

/** An answer in a word: the code of a refusal, or what came of the call and where the scope is now. */
function answer({ verdict, code, record }: Decision): number | string {
  return verdict === 'refused' ? (code ?? 'refused') : verdict === 'void' ? 'void' : `${verdict}, ${record.phase}`;
}

function told({ entries }: Decision): string[] {
  return entries.map(({ type, reason, error }) => [type, error?.code ?? reason].filter(Boolean).join(' '));
}

describe('a call', () => {
  /** The table of the design, line by line. */
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
    'connecting again': {
      start: 1002,
      join: 1002,
      resume: 1002,
      takeOver: 1002,
      cancel: 'asked, canceling',
      end: 'asked, canceling',
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

  test.each(cells)('$name while $state: $expected', ({ state, call, expected }) => {
    expect(answer(decide(recordIn(state), call, FACTS))).toBe(expected);
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
      expect(decide(record, call, FACTS)).toMatchObject({ record, changed: false, entries: [] });
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
    '%s opens the next epoch for its tab and forgets the session before',
    (type) => {
      const lastError = { ...factsOf(1016), local: false, tabId: 'x', epoch: 3, seq: 7, at: BEFORE };
      const { record } = decide(recordIn('idle', { lastError }), CALLS[type], FACTS);
      expect(record).toMatchObject({
        ...{
          phase: 'connecting',
          kind: type,
          epoch: 4,
          origin: 4,
          term: CALLER.term,
          hostTabId: CALLER.tabId,
          since: NOW,
        },
        ...{ established: false, info: null, lastError: null, attempts: 0, resumeKey: CALLER.term, recovery: RECOVERY },
        ...{ revision: 11, seq: 7 },
      });
    },
  );

  test.each(['absent', 'malformed'] as const)(
    'stands on an %s record, above every epoch that this tab has seen',
    (stored) => {
      const known = idleRecord({ revision: 40, epoch: 9, seq: 300, lostEpoch: 8 });
      const { record } = decide(stored, CALLS.start, { ...FACTS, known });
      expect(record).toMatchObject({ phase: 'connecting', epoch: 10, revision: 41, seq: 300, lostEpoch: 8 });
    },
  );
});

test('a session that no store remembers can’t be recovered, and its epoch goes by time: its tabs may not know each other', () => {
  const { record } = decide('absent', CALLS.start, { ...FACTS, isStored: false });
  expect(record).toMatchObject({ phase: 'connecting', epoch: NOW, recovery: { by: 'none' } });
  const known = recordIn('idle', { epoch: NOW });
  expect(decide(known, CALLS.start, { ...FACTS, isStored: false }).record.epoch).toBe(NOW + 1);
});

test.each(Object.values(CALLS))('a record of a newer version is left alone: $type is refused with 1004', (call) => {
  expect(decide('newer', call, FACTS)).toMatchObject({ verdict: 'refused', code: 1004, changed: false });
});

describe('cancel and end of a session that no tab has', () => {
  test.each(['cancel', 'end'] as const)('%s asks for a term before it makes this tab the one that ends it', (type) => {
    const record = recordIn('recovering');
    expect(decide(record, { type }, FACTS)).toMatchObject({ verdict: 'needs-term', record, changed: false });
    expect(decide(record, { type, candidate: CALLER }, FACTS).record).toMatchObject({
      ...{ phase: 'ending', term: CALLER.term, hostTabId: CALLER.tabId, epoch: 4 },
    });
  });

  test.each(['cancel', 'end'] as const)('%s of a session that a tab has needs no term', (type) => {
    expect(decide(recordIn('reconnecting'), { type }, FACTS)).toMatchObject({
      verdict: 'asked',
      record: { phase: 'ending', term: HOST.term, asked: 1 },
    });
  });
});

describe('what a host reports', () => {
  type HostedState = Exclude<State, 'idle' | 'recovering'>;
  const hosted: readonly HostedState[] = [
    'connecting',
    'connecting again',
    'active',
    'reconnecting',
    'canceling',
    'ending',
  ];
  const reports: Readonly<Record<string, Report>> = {
    connected: { type: 'connected' },
    failed: { type: 'failed', error: factsOf(1016) },
    'failed for its caller': { type: 'failed' },
    'give-up': { type: 'give-up' },
    settled: { type: 'settled' },
    'settled badly': { type: 'settled', error: factsOf(9999) },
    ended: { type: 'ended', reason: 'agent-left' },
    reconnecting: { type: 'reconnecting' },
    reconnected: { type: 'reconnected' },
    'hand-over': { type: 'hand-over' },
  };
  /** `[where the scope is then, ...what every tab is told]`; nothing where a report comes too late to matter. */
  const table: Readonly<Record<keyof typeof reports, Partial<Record<HostedState, readonly [Phase, ...string[]]>>>> = {
    connected: {
      connecting: ['active', 'session_started'],
      'connecting again': ['active', 'session_resumed'],
    },
    failed: {
      connecting: ['idle', 'session_error 1016'],
      'connecting again': ['recovering', 'session_error 1016'],
      canceling: ['idle', 'session_ended canceled'],
    },
    'failed for its caller': {
      connecting: ['idle'],
      'connecting again': ['recovering'],
      canceling: ['idle', 'session_ended canceled'],
    },
    'give-up': { connecting: ['canceling'], 'connecting again': ['canceling'] },
    settled: { canceling: ['idle', 'session_ended canceled'], ending: ['idle', 'session_ended ended'] },
    'settled badly': {
      canceling: ['idle', 'session_error 9999', 'session_ended canceled'],
      ending: ['idle', 'session_error 9999', 'session_ended ended'],
    },
    ended: {
      connecting: ['idle', 'session_ended agent-left'],
      'connecting again': ['idle', 'session_ended agent-left'],
      active: ['idle', 'session_ended agent-left'],
      reconnecting: ['idle', 'session_ended agent-left'],
      canceling: ['idle', 'session_ended canceled'],
      ending: ['idle', 'session_ended agent-left'],
    },
    reconnecting: { active: ['recovering', 'session_reconnecting'] },
    reconnected: { reconnecting: ['active', 'session_resumed'] },
    'hand-over': {},
  };
  const cells = Object.entries(reports).flatMap(([name, report]) =>
    hosted.map((state) => ({ name, report, state, expected: table[name]?.[state] })),
  );

  test.each(cells)('$name while $state: $expected', ({ report, state, expected }) => {
    const record = recordIn(state);
    const decision = decide(record, reportOf(report), FACTS);
    expect([decision.record.phase, ...told(decision)]).toEqual(expected ?? [record.phase]);
    // What was reported already is done, and changes nothing.
    const isRepeated = report.type === 'connected' && state === 'active';
    expect(decision.verdict).toBe(expected || isRepeated ? 'done' : 'void');
    expect(decision.changed).toBe(expected !== undefined);
    expect(decision.record.epoch).toBe(record.epoch);
  });

  test('a joined session is told as joined', () => {
    const record = recordIn('connecting', { kind: 'join' });
    expect(told(decide(record, reportOf({ type: 'connected' }), FACTS))).toEqual(['session_joined']);
  });

  test('is void under a term that is over, whatever it is: nothing of it is stored and none of its events is told', () => {
    for (const state of STATES) {
      for (const report of [
        ...Object.values(reports),
        { type: 'alive' } as const,
        { type: 'publish', info: 1 } as const,
      ]) {
        const record = recordIn(state);
        const command = reportOf(report, { term: 'term-of-old', entries: notes(2) });
        expect(decide(record, command, FACTS), `${report.type} while ${state}`).toEqual({
          ...{ verdict: 'fenced', record, changed: false, entries: [] },
        });
      }
    }
  });

  test.each(hosted)('what it published while %s is kept with the revision at which it changed', (state) => {
    const record = recordIn(state);
    const published = decide(record, reportOf({ type: 'publish', info: { pin: 'B2' } }), FACTS).record;
    expect(published).toMatchObject({ info: { pin: 'B2' }, revision: 11, infoRevision: 11, phase: record.phase });
  });

  test('answers a challenge, whatever it says', () => {
    const record = recordIn('active', { asked: 3, answered: 1 });
    const { record: after, changed } = decide(record, reportOf({ type: 'alive' }), FACTS);
    expect(after.answered).toBe(3);
    expect(changed).toBe(true);
  });

  test('is not written where nothing is new', () => {
    const record = recordIn('active');
    expect(decide(record, reportOf({ type: 'alive' }), FACTS).changed).toBe(false);
  });

  test.each(['absent', 'malformed'] as const)('puts its own record back where the stored one is %s', (stored) => {
    const record = recordIn('active');
    const decision = decide(stored, reportOf({ type: 'alive' }), { ...FACTS, known: record });
    expect(decision).toMatchObject({ verdict: 'done', record, changed: true });
  });

  test('does not overwrite a record of a newer version', () => {
    expect(decide('newer', reportOf({ type: 'alive' }), FACTS).changed).toBe(false);
  });
});

describe('the journal', () => {
  test('numbers on from what the host sent, and its own event comes after those', () => {
    const record = recordIn('connecting');
    const { entries, record: after } = decide(record, reportOf({ type: 'connected' }, { entries: notes(2) }), FACTS);
    expect(entries.map(({ type, seq, epoch }) => [type, seq, epoch])).toEqual([
      ['note', 8, 3],
      ['note', 9, 3],
      ['session_started', 10, 3],
    ]);
    expect(after.seq).toBe(10);
  });

  test('tells who reported an event, and when', () => {
    const record = recordIn('active');
    const { entries } = decide(record, { type: 'lost', term: HOST.term }, { ...FACTS, tabId: 'finder' });
    expect(entries).toEqual([]);
    const ended = decide(recordIn('ending'), { type: 'lost', term: HOST.term }, { ...FACTS, tabId: 'finder' });
    expect(ended.entries).toMatchObject([
      { type: 'session_ended', reason: 'ended', tabId: 'finder', at: NOW, epoch: 4, seq: 8 },
    ]);
  });

  test.each([
    ['with its report', reportOf({ type: 'failed', error: factsOf(2001) })],
    ['among its events', reportOf({ type: 'alive' }, { entries: [errorEntry()] })],
  ])('an error that a host sends %s is the last error until the next start', (_, command) => {
    const { record } = decide(recordIn('connecting'), command, FACTS);
    expect(record.lastError).toMatchObject({ code: 2001, exception: 'TOKEN_INVALID', local: false, epoch: 3, seq: 8 });
    const idle = { ...record, ...recordIn('idle'), lastError: record.lastError };
    expect(decide(idle, CALLS.start, FACTS).record.lastError).toBeNull();
  });

  test('the last of several errors counts', () => {
    const record = recordIn('ending');
    const entries = [errorEntry()];
    const command = reportOf({ type: 'settled', error: factsOf(9999) }, { entries });
    expect(decide(record, command, FACTS).record.lastError).toMatchObject({ code: 9999, seq: 9 });
  });

  test('a resume keeps the last error: it is the same session', () => {
    const lastError = { ...factsOf(1016), local: false, tabId: 'x', epoch: 3, seq: 7, at: BEFORE };
    expect(decide(recordIn('recovering', { lastError }), CALLS.resume, FACTS).record.lastError).toEqual(lastError);
  });

  function errorEntry(): JournalEntry {
    return { type: 'session_error', epoch: 3, seq: 8, tabId: HOST.tabId, at: NOW, error: factsOf(2001) };
  }
});

describe('a host that is lost', () => {
  const lost: Command = { type: 'lost', term: HOST.term };

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
    const decision = decide(record, lost, FACTS);
    if (phase === 'void') {
      expect(decision).toEqual({ verdict: 'void', record, changed: false, entries: [] });
      return;
    }
    expect(decision.record).toMatchObject({ phase, term: null, hostTabId: null });
    expect(told(decision)).toEqual(events);
    // A new epoch: what the dead host still had under way can't be mistaken for what came after.
    expect(decision.record.epoch).toBe(record.epoch + 1);
    expect(decision.entries.every(({ epoch }) => epoch === record.epoch + 1)).toBe(true);
  });

  test('is lost once: the second tab that notices changes nothing', () => {
    const { record } = decide(recordIn('active'), lost, FACTS);
    expect(decide(record, lost, FACTS)).toMatchObject({ verdict: 'void', changed: false });
  });

  test('ends the session at once where nothing can resume it', () => {
    const record = recordIn('active', { recovery: { ...RECOVERY, by: 'none' } });
    const decision = decide(record, lost, FACTS);
    expect(decision.record.phase).toBe('idle');
    expect(told(decision)).toEqual(['session_ended host-lost']);
  });

  test('keeps what was published, its kind and its origin', () => {
    const record = recordIn('active');
    const { info, kind, origin, resumeKey, activeEpoch } = record;
    expect(decide(record, lost, FACTS).record).toMatchObject({ info, kind, origin, resumeKey, activeEpoch });
  });

  test('a window that runs already, because the host was reconnecting, does not begin again', () => {
    expect(decide(recordIn('reconnecting'), lost, FACTS).record.lostSince).toBe(BEFORE);
    expect(decide(recordIn('active'), lost, FACTS).record.lostSince).toBe(NOW);
  });
});

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
  const fail = (record: SessionRecord): Decision =>
    decide(record, reportOf({ type: 'failed', error: factsOf(1016) }, { term: CALLER.term }), FACTS);

  test('the last one that fails ends the session, with 1011 for every tab', () => {
    let record = recordIn('recovering');
    record = fail(decide(record, CALLS.resume, FACTS).record).record;
    expect(record).toMatchObject({ phase: 'recovering', attempts: 1 });
    const last = fail(decide(record, CALLS.resume, FACTS).record);
    expect(last.record.phase).toBe('idle');
    expect(told(last)).toEqual(['session_error 1016', 'session_error 1011', 'session_ended recovery-expired']);
  });

  test('a failure that is 1011 itself is told once', () => {
    const record = decide(recordIn('recovering', { attempts: 1 }), CALLS.resume, FACTS).record;
    const command = reportOf({ type: 'failed', error: factsOf(1011) }, { term: CALLER.term });
    expect(told(decide(record, command, FACTS))).toEqual(['session_error 1011', 'session_ended recovery-expired']);
  });

  test('a tab that dies while it resumes has spent one', () => {
    const { record } = decide(recordIn('recovering', { attempts: 1 }), CALLS.resume, FACTS);
    const decision = decide(record, { type: 'lost', term: CALLER.term }, FACTS);
    expect(told(decision)).toEqual(['session_error 1011', 'session_ended recovery-expired']);
  });

  test('are counted anew once it was connected again', () => {
    const { record } = decide(recordIn('recovering', { attempts: 1 }), CALLS.resume, FACTS);
    const connected = decide(record, reportOf({ type: 'connected' }, { term: CALLER.term }), FACTS).record;
    expect(connected).toMatchObject({ attempts: 0, lostSince: null, activeEpoch: 4, resumeKey: CALLER.term });
  });
});

describe('the recovery window', () => {
  const { windowMs } = RECOVERY;
  const at = (now: number, forMs?: number): Facts => ({
    ...FACTS,
    now,
    watched: forMs === undefined ? null : { lostSince: BEFORE, forMs },
  });
  const expire: Command = { type: 'expire' };

  test.each([
    ['by the stored time', at(BEFORE + windowMs)],
    ['by what this tab has watched, though the clock jumped back', at(BEFORE - 3_600_000, windowMs)],
    ['by the stored time, though this tab has just come', at(BEFORE + windowMs, 0)],
  ])('is over %s', (_, facts) => {
    const decision = decide(recordIn('recovering'), expire, facts);
    expect(decision.record).toMatchObject({ phase: 'idle', lostSince: null });
    expect(told(decision)).toEqual(['session_error 1011', 'session_ended recovery-expired']);
  });

  test.each([
    ['a moment before its end', at(BEFORE + windowMs - 1)],
    ['where the clock jumped back', at(BEFORE - 3_600_000)],
    ['where another loss was watched for long', { ...at(NOW), watched: { lostSince: BEFORE - 1, forMs: windowMs } }],
  ])('is not over %s', (_, facts) => {
    expect(decide(recordIn('recovering'), expire, facts)).toMatchObject({ verdict: 'void', changed: false });
  });

  test.each(['idle', 'connecting', 'connecting again', 'active', 'canceling', 'ending'] as const)(
    'does not run while %s',
    (state) => {
      expect(decide(recordIn(state), expire, at(BEFORE + 10 * windowMs)).changed).toBe(false);
    },
  );

  test('is over for a host that reconnects as well, but by no clock that steps: it is fenced', () => {
    const record = recordIn('reconnecting');
    expect(decide(record, expire, at(BEFORE + windowMs)).changed).toBe(false);
    const watched = { lostSince: BEFORE, forMs: windowMs };
    const decision = decide(record, expire, { ...FACTS, watched });
    expect(decision.record).toMatchObject({ phase: 'idle', epoch: record.epoch + 1, term: null });
    expect(decide(decision.record, reportOf({ type: 'reconnected' }), FACTS).verdict).toBe('fenced');
  });

  test.each(['start', 'join'] as const)('lets %s through once it is over, in the same step', (type) => {
    const decision = decide(recordIn('recovering'), CALLS[type], at(BEFORE + windowMs));
    expect(answer(decision)).toBe('granted, connecting');
    expect(told(decision)).toEqual(['session_error 1011', 'session_ended recovery-expired']);
    expect(decision.record).toMatchObject({ lastError: null, info: null });
  });

  test.each(['resume', 'takeOver'] as const)('refuses %s with 1011 once it is over', (type) => {
    const decision = decide(recordIn('recovering'), CALLS[type], at(BEFORE + windowMs));
    expect(decision).toMatchObject({ verdict: 'refused', code: 1011, changed: true, record: { phase: 'idle' } });
  });

  test('stands still while a tab connects again, and goes on if that fails', () => {
    const { record } = decide(recordIn('recovering'), CALLS.resume, FACTS);
    expect(record.lostSince).toBe(BEFORE);
    const failed = decide(record, reportOf({ type: 'failed' }, { term: CALLER.term }), FACTS).record;
    expect(failed).toMatchObject({ phase: 'recovering', lostSince: BEFORE });
  });
});

describe('a take-over', () => {
  const asked = (): SessionRecord => decide(recordIn('active'), CALLS.takeOver, FACTS).record;

  test('names its successor and challenges the host', () => {
    expect(asked()).toMatchObject({
      phase: 'active',
      term: HOST.term,
      successor: CALLER,
      asked: 1,
      answered: 0,
      epoch: 3,
    });
  });

  test('is completed by the host, who opens the next epoch for the successor', () => {
    const { record, verdict } = decide(asked(), reportOf({ type: 'hand-over' }), FACTS);
    expect(verdict).toBe('done');
    expect(record).toMatchObject({
      ...{ phase: 'connecting', epoch: 4, term: CALLER.term, hostTabId: CALLER.tabId, successor: null },
      ...{ asked: 0, answered: 0, attempts: 0, established: true, activeEpoch: 3 },
    });
    // Until the new tab is connected the old one has the key: if the move fails, it may resume.
    expect(record.resumeKey).toBe(HOST.term);
  });

  test('is withdrawn by the tab that asked, and by no other', () => {
    expect(decide(asked(), { type: 'withdraw', term: 'term-of-other' }, FACTS).verdict).toBe('void');
    const withdrawn = decide(asked(), { type: 'withdraw', term: CALLER.term }, FACTS);
    expect(withdrawn.record.successor).toBeNull();
    expect(decide(withdrawn.record, reportOf({ type: 'hand-over' }), FACTS).verdict).toBe('void');
  });

  test('a later one replaces the one before', () => {
    const other = { term: 'term-of-other', tabId: 'other' };
    const { record } = decide(asked(), { type: 'takeOver', candidate: other }, FACTS);
    expect(record).toMatchObject({ successor: other, asked: 2 });
  });

  test('is forgotten when the session is ended instead', () => {
    expect(decide(asked(), CALLS.end, FACTS).record).toMatchObject({ phase: 'ending', successor: null });
  });

  test('of a session that no tab has is a resume', () => {
    const { record } = decide(recordIn('recovering'), CALLS.takeOver, FACTS);
    expect(record).toMatchObject({ phase: 'connecting', epoch: 4, term: CALLER.term, attempts: 1 });
  });

  test('by force opens the next epoch; the old host keeps its key but can write nothing', () => {
    const seize = { type: 'seize', term: HOST.term, candidate: CALLER, for: 'takeOver' } as const;
    const decision = decide(recordIn('active'), seize, FACTS);
    expect(answer(decision)).toBe('granted, connecting');
    expect(decision.record).toMatchObject({ epoch: 4, term: CALLER.term });
    expect(decide(decision.record, reportOf({ type: 'connected' }), FACTS).verdict).toBe('fenced');
  });
});

describe('a host that does not answer', () => {
  test.each<[State, Phase | 'void', Phase | 'void']>([
    ['connecting', 'canceling', 'void'],
    ['connecting again', 'canceling', 'void'],
    ['active', 'ending', 'connecting'],
    ['reconnecting', 'ending', 'connecting'],
    ['canceling', 'canceling', 'void'],
    ['ending', 'ending', 'void'],
  ])('while %s: seized to end it, %s; to take it over, %s', (state, toEnd, toTakeOver) => {
    const seize = (purpose: 'end' | 'takeOver'): Decision =>
      decide(recordIn(state), { type: 'seize', term: HOST.term, candidate: CALLER, for: purpose }, FACTS);
    for (const [decision, phase] of [
      [seize('end'), toEnd],
      [seize('takeOver'), toTakeOver],
    ] as const) {
      if (phase === 'void') expect(decision).toMatchObject({ verdict: 'void', changed: false });
      else expect(decision).toMatchObject({ verdict: 'granted', record: { phase, epoch: 4, term: CALLER.term } });
    }
  });

  test('is left alone if its term is over already', () => {
    for (const type of ['lost', 'ask'] as const) {
      expect(decide(recordIn('active'), { type, term: 'term-of-old' }, FACTS).verdict).toBe('void');
    }
    const seize = { type: 'seize', term: 'term-of-old', candidate: CALLER, for: 'end' } as const;
    expect(decide(recordIn('active'), seize, FACTS)).toMatchObject({ verdict: 'void', changed: false });
  });

  test('is challenged by a number that only its own write can answer', () => {
    const { record, verdict } = decide(recordIn('active'), { type: 'ask', term: HOST.term }, FACTS);
    expect([verdict, record.asked, record.answered]).toEqual(['asked', 1, 0]);
    expect(decide(record, reportOf({ type: 'alive' }), FACTS).record.answered).toBe(1);
  });
});

describe('a record that only its host has', () => {
  const idle = recordIn('idle');

  test('is stored with its events by a tab that can', () => {
    const told = recordIn('connecting', { epoch: 4, revision: 3 });
    const entries = notes(1, { epoch: 4 });
    expect(decide(idle, { type: 'adopt', record: told, entries }, FACTS)).toEqual({
      ...{ verdict: 'done', record: told, changed: true, entries },
    });
  });

  test('is dropped if a later one is stored', () => {
    const told = recordIn('connecting', { epoch: 2 });
    expect(decide(idle, { type: 'adopt', record: told, entries: notes(1) }, FACTS)).toEqual({
      ...{ verdict: 'void', record: idle, changed: false, entries: [] },
    });
  });
});

test('a phase began when it began: what happens in it does not make it younger', () => {
  const record = recordIn('active');
  expect(decide(record, reportOf({ type: 'publish', info: 1 }), FACTS).record.since).toBe(BEFORE);
  expect(decide(record, CALLS.end, FACTS).record.since).toBe(NOW);
  expect(decide(record, reportOf({ type: 'ended', reason: 'x' }), FACTS).record.since).toBeNull();
});

test('the table knows every phase', () => {
  expect(new Set(STATES.map((state) => recordIn(state).phase))).toEqual(new Set(PHASES));
});
