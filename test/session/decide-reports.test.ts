import { describe, expect, test } from 'vitest';
import type { Command, Facts, Report } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import type { Phase, SessionRecord } from '../../src/session/record';
import {
  BEFORE,
  CALLS,
  errorEntry,
  FACTS,
  factsOf,
  HOST,
  NOW,
  notes,
  recordIn,
  reportOf,
  STATES,
  type State,
  told,
} from '../support/records';

type HostedState = Exclude<State, 'idle' | 'recovering'>;
const HOSTED: readonly HostedState[] = [
  'connecting',
  'connecting again',
  'active',
  'reconnecting',
  'canceling',
  'ending',
];
const REPORTS: Readonly<Record<string, Report>> = {
  connected: { type: 'connected' },
  failed: { type: 'failed', error: factsOf(1016) },
  'given up': { type: 'giveUp' },
  settled: { type: 'settled' },
  'settled badly': { type: 'settled', error: factsOf(9999) },
  ended: { type: 'ended', reason: 'agent-left' },
  reconnecting: { type: 'reconnecting' },
  reconnected: { type: 'reconnected' },
  'handed over': { type: 'handOver' },
  alive: { type: 'alive' },
  here: { type: 'here' },
};
/** As the host itself decides. */
const OWN: Facts = { ...FACTS, tabId: HOST.tabId };

describe('what a host reports', () => {
  /** `[where the scope is then, ...what every tab is told]`; nothing where a report comes too late to matter. */
  const table: Readonly<Record<keyof typeof REPORTS, Partial<Record<HostedState, readonly [Phase, ...string[]]>>>> = {
    connected: {
      connecting: ['active', 'session_started'],
      'connecting again': ['active', 'session_resumed'],
      active: ['active'],
    },
    failed: {
      connecting: ['idle', 'session_error 1016'],
      'connecting again': ['recovering', 'session_error 1016'],
      canceling: ['idle', 'session_ended canceled'],
    },
    // One that was active goes back to where it can be resumed.
    'given up': { connecting: ['canceling'], 'connecting again': ['recovering'] },
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
    // To nobody: who asked for it waits no longer.
    'handed over': { active: ['recovering'], reconnecting: ['recovering'] },
    alive: Object.fromEntries(HOSTED.map((state) => [state, [recordIn(state).phase]])),
    here: Object.fromEntries(HOSTED.map((state) => [state, [recordIn(state).phase]])),
  };
  const cells = Object.entries(REPORTS).flatMap(([name, report]) =>
    HOSTED.map((state) => ({ name, report, state, expected: table[name]?.[state] })),
  );

  test.each(cells)('$name while $state: $expected', ({ name, report, state, expected }) => {
    const record = recordIn(state);
    const decision = decide(record, reportOf(report), OWN);
    expect([decision.record.phase, ...told(decision)]).toEqual(expected ?? [record.phase]);
    expect(decision.verdict).toBe(expected ? 'done' : 'void');
    expect(decision.record.epoch - record.epoch).toBe(expected && name === 'handed over' ? 1 : 0);
  });

  test.each(cells.filter(({ expected }) => expected === undefined))(
    '$name while $state comes too late, and is a sign of life all the same',
    ({ report, state }) => {
      const record = recordIn(state);
      expect(decide(record, reportOf(report), OWN)).toEqual({
        ...{ verdict: 'void', changed: true, entries: [], orphan: undefined },
        record: { ...record, revision: 11, seenAt: NOW },
      });
    },
  );

  test('a joined session is told as joined', () => {
    const record = recordIn('connecting', { kind: 'join' });
    expect(told(decide(record, reportOf({ type: 'connected' }), OWN))).toEqual(['session_joined']);
  });

  test('a host that reconnects has lost its session in that moment, and not before', () => {
    const { record } = decide(recordIn('active'), reportOf({ type: 'reconnecting' }), OWN);
    expect(record).toMatchObject({ lostSince: NOW, term: HOST.term, hostTabId: HOST.tabId });
    const back = decide(record, reportOf({ type: 'reconnected' }), OWN).record;
    expect(back).toMatchObject({ lostSince: null, attempts: 0, activeEpoch: 3, resumeKey: HOST.term });
  });

  test('is void under a term that is over, whatever it is: nothing of it is stored and none of its events is told', () => {
    for (const state of STATES) {
      for (const report of Object.values(REPORTS)) {
        const record = recordIn(state, { asked: 2 });
        const cargo = { term: 'term-of-old', entries: notes(2), published: { info: 'stale' } };
        expect(decide(record, reportOf(report, cargo), OWN), `${report.type} while ${state}`).toEqual({
          ...{ verdict: 'void', record, changed: false, entries: [], orphan: undefined },
        });
      }
    }
  });
});

describe('what goes along with every report', () => {
  const cells = HOSTED.flatMap((state) => Object.entries(REPORTS).map(([name, report]) => ({ state, name, report })));
  /** The record keeps what a report brings, unless the session is over. */
  const goesOn = ({ phase }: SessionRecord): boolean => phase !== 'idle';

  test.each(cells)('is stored when it is $name while $state', ({ state, report }) => {
    const record = recordIn(state, { asked: 3, answered: 1, isStored: false, proof: 'lock' });
    const cargo = { entries: notes(2), published: { info: { pin: 'B2' } } };
    const { record: after, entries, changed } = decide(record, reportOf(report, cargo), { ...OWN, proof: 'answer' });
    expect(changed).toBe(true);
    expect(after).toMatchObject({ revision: 11, isStored: true });
    expect(entries.slice(0, 2)).toEqual(cargo.entries);
    if (!goesOn(after)) return;
    // It answers whoever asked, proves that its host is awake, and says how the others can find that out.
    const host = after.term === null ? {} : { answered: 3, seenAt: NOW, proof: 'answer' };
    expect(after).toMatchObject({ info: { pin: 'B2' }, infoRevision: 11, ...host });
  });

  test('nothing that was published stays what it was, with the revision at which it changed', () => {
    const { record } = decide(recordIn('active'), reportOf({ type: 'alive' }), OWN);
    expect(record).toMatchObject({ info: { pin: 'A1' }, infoRevision: 9, revision: 11 });
  });

  test('is only a sign of life if there is nothing else', () => {
    const record = recordIn('active');
    expect(decide(record, reportOf({ type: 'alive' }), OWN)).toEqual({
      ...{ verdict: 'done', changed: true, entries: [], orphan: undefined },
      record: { ...record, revision: 11, seenAt: NOW },
    });
  });

  test('says where its record is kept: a host whose store failed has it in memory', () => {
    const record = recordIn('active');
    expect(decide(record, reportOf({ type: 'alive' }), { ...OWN, isStored: false }).record.isStored).toBe(false);
  });
});

describe('a question to the host', () => {
  test('has a number that only its own write can answer', () => {
    const asked = decide(recordIn('active'), { type: 'ask', term: HOST.term }, FACTS);
    expect(asked).toMatchObject({ verdict: 'asked', record: { asked: 1, answered: 0, seenAt: BEFORE } });
    expect(decide(asked.record, reportOf({ type: 'here' }), OWN).record.answered).toBe(1);
  });

  test('is not put to a host whose term is over', () => {
    const record = recordIn('active');
    const command: Command = { type: 'ask', term: 'term-of-old' };
    expect(decide(record, command, FACTS)).toMatchObject({ verdict: 'void', record, changed: false });
  });
});

describe('a stored record that is not as its host knows it', () => {
  const known = recordIn('active', { seenAt: NOW });

  test.each(['absent', 'malformed'] as const)(
    'proves nothing by its lock where a call writes what was %s anew',
    (stored) => {
      const { record } = decide(stored, CALLS.end, { ...FACTS, known: recordIn('active') });
      expect(record).toMatchObject({ phase: 'ending', proof: 'answer' });
    },
  );

  test.each(['absent', 'malformed'] as const)('is written anew where it is %s', (stored) => {
    const decision = decide(stored, reportOf({ type: 'here' }), { ...OWN, known });
    expect(decision).toMatchObject({ verdict: 'done', changed: true, record: { ...known, revision: 11 } });
  });

  test('is written anew where the host had no store for a while, and went on', () => {
    const ahead = { ...known, isStored: false, revision: 20, info: { pin: 'B2' } };
    const decision = decide(recordIn('active'), reportOf({ type: 'here' }), { ...OWN, known: ahead });
    expect(decision).toMatchObject({ changed: true, record: { revision: 21, info: { pin: 'B2' }, isStored: true } });
  });

  test('is not written by another tab that looks: its host does that', () => {
    for (const stored of ['absent', 'malformed'] as const) {
      expect(decide(stored, { type: 'look' }, { ...FACTS, known })).toMatchObject({ verdict: 'void', changed: false });
    }
  });

  test('is left alone where it is of a newer version', () => {
    const decision = decide('newer', reportOf({ type: 'here' }), { ...OWN, known });
    expect(decision).toMatchObject({ verdict: 'refused', changed: false, entries: [] });
  });
});

describe('the journal', () => {
  test('numbers on from what the host sent, and its own event comes after those', () => {
    const record = recordIn('connecting');
    const { entries, record: after } = decide(record, reportOf({ type: 'connected' }, { entries: notes(2) }), OWN);
    expect(entries.map(({ type, seq, epoch }) => [type, seq, epoch])).toEqual([
      ['note', 8, 3],
      ['note', 9, 3],
      ['session_started', 10, 3],
    ]);
    expect(after.seq).toBe(10);
  });

  test('numbers on from what its host sent before, also where that was lost with the record', () => {
    const record = recordIn('ending', { seq: 1 });
    const { entries } = decide(record, reportOf({ type: 'settled' }, { seq: 5 }), OWN);
    expect(entries.map(({ type, seq }) => [type, seq])).toEqual([['session_ended', 6]]);
  });

  test('tells who reported an event, and when', () => {
    const ended = decide(recordIn('ending'), { type: 'lost', term: HOST.term }, { ...FACTS, tabId: 'finder' });
    expect(ended.entries).toEqual([
      { type: 'session_ended', reason: 'ended', tabId: 'finder', at: NOW, epoch: 4, seq: 8 },
    ]);
  });

  const error = errorEntry(2001, { seq: 8 });

  test.each<[string, Command]>([
    ['with its report', reportOf({ type: 'failed', error: factsOf(2001) })],
    ['among its events', reportOf({ type: 'alive' }, { entries: [error] })],
  ])('an error that a host sends %s is the last error until the next start', (_, command) => {
    const { record } = decide(recordIn('connecting'), command, OWN);
    expect(record.lastError).toMatchObject({ type: 'session_error', epoch: 3, seq: 8, error: { code: 2001 } });
    const idle = { ...record, ...recordIn('idle'), lastError: record.lastError };
    expect(decide(idle, CALLS.start, FACTS).record.lastError).toBeNull();
  });

  test('the last of several errors counts', () => {
    const command = reportOf({ type: 'settled', error: factsOf(9999) }, { entries: [error] });
    const { record } = decide(recordIn('ending'), command, OWN);
    expect(record.lastError).toMatchObject({ seq: 9, error: { code: 9999 } });
  });

  test('an event that is no error leaves the last one as it is', () => {
    const record = recordIn('active', { lastError: error });
    expect(decide(record, reportOf({ type: 'alive' }, { entries: notes(2) }), OWN).record.lastError).toEqual(error);
  });

  test('a resume keeps the last error: it is the same session', () => {
    expect(decide(recordIn('recovering', { lastError: error }), CALLS.resume, FACTS).record.lastError).toEqual(error);
  });

  test('a session that is over leaves its last error behind', () => {
    const record = recordIn('active', { lastError: error });
    expect(decide(record, reportOf({ type: 'ended', reason: 'x' }), OWN).record.lastError).toEqual(error);
  });
});
