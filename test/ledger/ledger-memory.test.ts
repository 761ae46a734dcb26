import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/session/command';
import type { SessionRecord } from '../../src/session/record';
import { setUpLedger } from '../support/fake-platform';
import { flush } from '../support/fakes';
import { CALLER, CALLS, HOST, notes, recordIn, reportOf } from '../support/records';
import { deferred, follow } from '../support/world';

const ACTIVE = recordIn('active');
/** A session whose home is its host's memory. */
const UNSTORED = recordIn('active', { isStored: false });

const types = (posted: readonly Readonly<Record<string, unknown>>[]): unknown[] => posted.map(({ type }) => type);
const notesIn = (told: readonly string[]): string[] => told.filter((what) => what.startsWith('note'));

describe('a session that is in its host’s memory', () => {
  const ahead = (change: Partial<SessionRecord> = {}): SessionRecord => ({ ...UNSTORED, revision: 20, ...change });

  test.each([true, false])(
    'is believed by a tab whether it has a store or not (%s), and stored by none',
    async (hasStore) => {
      const { ledger, told, writes, hear } = setUpLedger({ hasStore, record: recordIn('idle') });
      if (hasStore) await ledger.refresh();
      await hear({ type: 'state', record: ahead(), entries: notes(1) });
      expect([ledger.record, writes(), told.includes('active r20')]).toEqual([ahead(), 0, true]);
      // The first that this tab knows of it: what happened before is no news.
      expect(notesIn(told)).toEqual([]);
      await hear({ type: 'state', record: ahead({ revision: 21, seq: 9 }), entries: notes(2) });
      await hear({ type: 'state', record: ahead({ revision: 21, seq: 9 }), entries: notes(2) });
      expect(notesIn(told)).toEqual(['note 3:8', 'note 3:9']);
    },
  );

  test('began where the store of its host failed: the events before that are read from the store, and then told in order', async () => {
    const { ledger, told, posted, store, hear, forget } = setUpLedger({ record: recordIn('idle', { seq: 7 }) });
    await ledger.refresh();
    const [stored, ...inMemory] = notes(3);
    store(recordIn('idle', { revision: 11, seq: 8 }), stored ? [stored] : []);
    forget();
    await hear({ type: 'state', record: ahead({ epoch: 3, seq: 10 }), entries: inMemory });
    expect(notesIn(told)).toEqual(['note 3:8', 'note 3:9', 'note 3:10']);
    // A hundred tabs that all asked the host for its state again would be told it ten thousand times.
    expect(posted).toEqual([]);
  });

  test('is told up to its end, also if the next session is in the store already', async () => {
    const { ledger, told, store, hear, forget } = setUpLedger({ record: recordIn('idle') });
    await ledger.refresh();
    store(recordIn('active', { epoch: 5, revision: 30, seq: 9 }), notes(1, { epoch: 5, seq: 8 }));
    forget();
    await hear({ type: 'state', record: ahead({ epoch: 4, seq: 8 }), entries: notes(1, { epoch: 4 }) });
    expect(notesIn(told)).toEqual(['note 4:8', 'note 5:9']);
  });

  test('is believed by a tab that has not looked at its store yet, and what happened before that tab came is no news to it', async () => {
    const journal = [...notes(1, { epoch: 4 }), ...notes(1, { epoch: 5, seq: 8 })];
    const { ledger, told, store, hear } = setUpLedger({});
    store(recordIn('active', { epoch: 5, revision: 30, seq: 9 }), journal);
    // A host that slept long after its session was ended in the store, and wakes.
    await hear({ type: 'state', record: ahead(), entries: [] });
    await ledger.refresh();
    expect([ledger.record.epoch, notesIn(told)]).toEqual([5, []]);
  });

  test('is not told once more where the storage was wiped and numbers began anew', async () => {
    const { ledger, told, store, hear, forget } = setUpLedger({ record: recordIn('idle') });
    await ledger.refresh();
    await hear({ type: 'state', record: ahead({ epoch: 5, seq: 8 }), entries: notes(1, { epoch: 5 }) });
    for (const [epoch, seq] of [
      [6, 9],
      [4, 3],
      [7, 4],
    ] as const) {
      forget();
      store(recordIn('active', { epoch, revision: 30, seq }));
      await ledger.refresh();
    }
    expect(notesIn(told)).toEqual([]);
  });

  test('is heard of by a tab that had not heard that the one before it was forgotten', async () => {
    const { ledger, told, hear } = setUpLedger({ hasStore: false });
    await hear({ type: 'state', record: ahead(), entries: [] });
    await hear({ type: 'state', record: ahead({ epoch: 9, seq: 8, erasedEpoch: 4 }), entries: notes(1, { epoch: 9 }) });
    expect([ledger.record.erasedEpoch, notesIn(told)]).toEqual([4, ['note 9:8']]);
  });

  test('is not believed to be what it was before', async () => {
    const { ledger, hear } = setUpLedger({ hasStore: false });
    await hear({ type: 'state', record: ahead(), entries: [] });
    await hear({ type: 'state', record: ahead({ revision: 19, phase: 'connecting' }), entries: [] });
    await hear({ type: 'state', record: ahead({ epoch: 2, revision: 90 }), entries: [] });
    expect(ledger.record).toEqual(ahead());
  });

  test('is not overwritten by a look at a store that does not know it', async () => {
    const { ledger, hear } = setUpLedger({ record: recordIn('idle') });
    await hear({ type: 'state', record: ahead({ epoch: 9 }), entries: [] });
    await ledger.refresh();
    expect(ledger.record).toEqual(ahead({ epoch: 9 }));
  });

  test('is not over because a tab without a store waited for its host: what is stored still waits to be ended', async () => {
    const { ledger, hear } = setUpLedger({ record: recordIn('recovering') });
    await ledger.refresh();
    await hear({ type: 'state', record: recordIn('idle', { revision: 20, isStored: false }), entries: [] });
    expect(ledger.record).toEqual(recordIn('recovering'));
  });

  test.each<[string, Command]>([
    ['takes over', CALLS.takeOver],
    ['ends', CALLS.end],
    ['cancels', CALLS.cancel],
    ['wants to resume', CALLS.resume],
    ['asks', { type: 'ask', term: HOST.term }],
    ['withdraws', { type: 'withdraw', candidate: CALLER }],
  ])('is decided by its host: a tab that %s sends its call, and changes nothing', async (_, command) => {
    const { ledger, posted, writes, hear, forget } = setUpLedger({ record: recordIn('idle') });
    await hear({ type: 'state', record: ahead(), entries: [] });
    forget();
    const decision = await ledger.transact(command);
    expect(posted).toEqual([{ type: 'call', version: 1, command }]);
    expect([decision, ledger.record, writes()]).toEqual([ledger.preview(command), ahead(), 0]);
  });

  test.each<[string, Command]>([
    ['was silent', { ...CALLS.end, silent: HOST.term }],
    ['is gone', { type: 'lost', term: HOST.term }],
  ])('whose host %s is decided here', async (_, command) => {
    const { ledger, posted, hear, forget } = setUpLedger({ record: recordIn('idle') });
    await hear({ type: 'state', record: ahead(), entries: [] });
    forget();
    const { record } = await ledger.transact(command);
    expect(record.term).not.toBe(HOST.term);
    expect(types(posted)).toEqual(['look']);
    expect(ledger.record).toEqual(record);
  });

  test('is not begun by a tab that is no host: what it was about to ask as it gave up its store, it asks the host', async () => {
    const { ledger, posted, clock, obstruct, forget } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    forget();
    obstruct(() => Promise.reject(new Error('It failed.')));
    const command: Command = { type: 'ask', term: HOST.term };
    const asked = follow(ledger.transact(command));
    await clock.advance(1_000);
    expect([asked.outcome, ledger.record, posted]).toEqual(['done', ACTIVE, [{ type: 'call', version: 1, command }]]);
  });

  test('is not made out of one that a tab writes to the store which another transaction of it gave up meanwhile', async () => {
    const { ledger, stored, clock, obstruct } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    const slow = deferred();
    obstruct(() => slow.promise);
    const written = follow(ledger.transact({ type: 'ask', term: HOST.term }));
    await flush();
    obstruct(() => Promise.reject(new Error('It failed.')));
    follow(ledger.peek());
    await clock.advance(1_000);
    expect(ledger.isStored).toBe(false);
    slow.resolve();
    await flush();
    expect([written.outcome, stored.record]).toEqual(['done', expect.objectContaining({ asked: 1, isStored: true })]);
  });

  test('is asked about again with the call itself, while this tab waits for what comes of it', async () => {
    const { ledger, posted, clock, hear, forget } = setUpLedger({ hasStore: false });
    await hear({ type: 'state', record: ahead(), entries: [] });
    forget();
    follow(ledger.until(() => false, 500, undefined, CALLS.end));
    await clock.advance(500);
    const call = { type: 'call', version: 1, command: CALLS.end };
    expect(posted).toEqual([call, call]);
  });

  test('is asked about with every look at events', async () => {
    const { ledger, posted, hear, forget } = setUpLedger({ record: recordIn('idle') });
    await ledger.refresh();
    expect(posted).toEqual([]);
    await hear({ type: 'state', record: ahead(), entries: [] });
    forget();
    await ledger.refresh();
    expect(posted).toEqual([{ type: 'call', version: 1, command: { type: 'look' } }]);
  });
});

describe('a session in the store, in a tab without one,', () => {
  test.each<[string, Partial<SessionRecord>]>([
    ['begins', { phase: 'active', term: 'next' }],
    ['ends', { phase: 'idle', term: null, hostTabId: null }],
  ])('that %s is heard of, whatever comes first', async (_, change) => {
    const { told, hear } = setUpLedger({ hasStore: false });
    await hear({ type: 'state', record: ACTIVE, entries: [] });
    const record = { ...ACTIVE, revision: 20, epoch: 4, seq: 9, ...change };
    const [first, second] = notes(2, { epoch: 4 });
    for (const entry of [first, second]) await hear({ type: 'look', term: record.term, entries: [entry] });
    // Its host has told what it stores, and has none of it in its memory.
    await hear({ type: 'state', record, entries: [] });
    expect(notesIn(told)).toEqual(['note 4:8', 'note 4:9']);
  });

  test('is not told what a fenced host sent', async () => {
    const { told, hear } = setUpLedger({ hasStore: false });
    await hear({ type: 'state', record: ACTIVE, entries: [] });
    await hear({ type: 'look', term: 'fenced', entries: notes(1, { epoch: 4 }) });
    await hear({ type: 'state', record: { ...ACTIVE, revision: 20, epoch: 5, seq: 9, term: 'next' }, entries: [] });
    expect(notesIn(told)).toEqual([]);
  });
});

describe('a host without a store', () => {
  async function hosting() {
    const set = setUpLedger({ hasStore: false, tabId: HOST.tabId });
    await set.ledger.transact({ ...CALLS.start, candidate: HOST });
    await set.ledger.transact(reportOf({ type: 'connected' }));
    set.forget();
    return set;
  }

  test('tells its state with every change, and the events of its session with it', async () => {
    const { ledger, posted } = await hosting();
    await ledger.transact(reportOf({ type: 'alive' }, { published: { info: 'pin' } }));
    expect(types(posted)).toEqual(['state']);
    expect(posted[0]).toMatchObject({
      record: { phase: 'active', info: 'pin', isStored: false },
      entries: [{ type: 'session_started' }],
    });
  });

  test('carries out what other tabs call, and says what became of it', async () => {
    const { ledger, posted, hear } = await hosting();
    await hear({ type: 'call', command: { type: 'takeOver', candidate: CALLER } });
    expect(ledger.record.successor).toEqual(CALLER);
    expect(posted.at(-1)).toMatchObject({ type: 'state', record: { successor: CALLER, asked: 1 } });
  });

  test('answers whoever asks what it knows', async () => {
    const { ledger, posted, hear } = await hosting();
    await hear({ type: 'call', command: { type: 'look' } });
    expect(posted).toMatchObject([{ type: 'state', record: { revision: ledger.record.revision } }]);
  });

  test('says so to whoever looks for it in a store in vain', async () => {
    const { posted, hear, forget } = await hosting();
    forget();
    await hear({ type: 'look', term: null, entries: [] });
    expect(types(posted)).toContain('state');
  });

  test('is not told what its own session is', async () => {
    const { ledger, hear } = await hosting();
    const { record } = ledger;
    await hear({ type: 'state', record: { ...record, phase: 'connecting', revision: 1 }, entries: [] });
    expect(ledger.record).toEqual(record);
  });
});

describe('whoever asks what a tab knows', () => {
  const ask = { type: 'call', command: { type: 'look' } };

  test.each<[string, SessionRecord, boolean]>([
    ['is not answered by a follower of a session that is stored: its host does that', ACTIVE, false],
    ['is answered for a session that no tab has', recordIn('recovering'), true],
    ['is answered for an idle scope that is stored: it has no host that could', recordIn('idle'), true],
  ])('%s', async (_, record, isAnswered) => {
    const { ledger, posted, hear, forget } = setUpLedger({ record });
    await ledger.refresh();
    forget();
    await hear(ask);
    expect(types(posted)).toEqual(isAnswered ? ['state'] : []);
  });

  test('is answered by a follower of a session that is in a memory', async () => {
    const { posted, hear, forget } = setUpLedger({ record: recordIn('idle') });
    await hear({ type: 'state', record: { ...UNSTORED, revision: 20 }, entries: [] });
    forget();
    await hear(ask);
    expect(types(posted)).toEqual(['state']);
  });

  test('is answered for a session in no store that is over: else a tab that heard only of its beginning would resume it', async () => {
    const { posted, hear, forget } = setUpLedger({ hasStore: false });
    await hear({ type: 'state', record: { ...recordIn('idle'), isStored: false }, entries: [] });
    forget();
    await hear(ask);
    expect(types(posted)).toEqual(['state']);
  });

  test('is not answered by a tab that can’t look up any more whether what was stored is over', async () => {
    const { posted, hear, forget } = setUpLedger({ hasStore: false });
    await hear({ type: 'state', record: recordIn('recovering'), entries: [] });
    forget();
    await hear(ask);
    expect(types(posted)).toEqual([]);
  });
});

describe('a tab that ended the term of a host', () => {
  const setUp = async () => {
    const tab = setUpLedger({ hasStore: false });
    const { ledger, hear, forget } = tab;
    await hear({ type: 'state', record: UNSTORED, entries: [] });
    await ledger.transact({ type: 'lost', term: HOST.term });
    forget();
    return tab;
  };

  test('tells that host, once it hears that it goes on', async () => {
    const { ledger, posted, hear } = await setUp();
    await hear({ type: 'state', record: { ...UNSTORED, revision: 20 }, entries: [] });
    expect(posted).toEqual([expect.objectContaining({ type: 'state', record: ledger.record })]);
    expect(ledger.record.term).toBe(null);
  });

  test.each<[string, SessionRecord]>([
    ['its session is in a store: that decides, not what this tab took for true without one', ACTIVE],
    ['it was another host', { ...UNSTORED, epoch: 2 }],
    // Two tabs that answered each other would never stop.
    ['another tab tells that it ended the same term', { ...UNSTORED, epoch: 4, lostEpoch: 3 }],
  ])('says nothing where %s', async (_, record) => {
    const { posted, hear } = await setUp();
    await hear({ type: 'state', record, entries: [] });
    expect(posted).toEqual([]);
  });

  test('is not taken for one that knows of no term at all', async () => {
    const { posted, hear } = setUpLedger({ hasStore: false });
    const record = recordIn('idle', { isStored: false, epoch: 0 });
    for (let time = 0; time < 2; time++) await hear({ type: 'state', record, entries: [] });
    expect(posted).toEqual([]);
  });
});

describe('a store that fails in mid-session', () => {
  const FAILED = new Error('quota');

  test('makes its host’s memory the record, which it tells; and is brought up to date by the host when it works again', async () => {
    const { ledger, posted, told, clock, obstruct, stored } = setUpLedger({ record: ACTIVE, tabId: HOST.tabId });
    await ledger.refresh();
    obstruct(() => Promise.reject(FAILED));
    const report = follow(ledger.transact(reportOf({ type: 'alive' }, { published: { info: 'pin' } })));
    await clock.advance(420);
    expect([report.outcome, ledger.isStored]).toEqual(['done', false]);
    expect(posted.at(-1)).toMatchObject({ type: 'state', record: { info: 'pin', isStored: false, term: HOST.term } });
    obstruct(() => undefined);
    told.length = 0;
    await clock.advance(30_000);
    await ledger.peek();
    await flush();
    expect([ledger.isStored, told.includes('gone')]).toEqual([true, true]);
    await ledger.transact(reportOf({ type: 'here' }));
    expect(stored.record).toMatchObject({ info: 'pin', isStored: true, phase: 'active' });
  });

  test('in a follower makes it go by what the host tells, and look again when it works', async () => {
    const { ledger, clock, obstruct, reads, store, hear } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    obstruct(() => Promise.reject(FAILED));
    follow(ledger.peek());
    await clock.advance(420);
    expect(ledger.isStored).toBe(false);
    await hear({ type: 'state', record: { ...ACTIVE, revision: 15, info: 'told' }, entries: [] });
    expect(ledger.record.info).toBe('told');
    obstruct(() => undefined);
    store({ ...ACTIVE, revision: 16, info: 'stored' });
    await clock.advance(30_000);
    reads.length = 0;
    await ledger.peek();
    await flush();
    expect(ledger.record.info).toBe('stored');
  });
});

test('what is forgotten is not told to the next tab out of memory', async () => {
  const { ledger, posted, hear } = setUpLedger({ hasStore: false });
  const record = recordIn('idle', { isStored: false, revision: 20, seq: 9 });
  await hear({ type: 'state', record, entries: notes(2) });
  await ledger.transact({ type: 'forget' });
  await hear({ type: 'call', command: { type: 'look' } });
  expect(posted.at(-1)).toMatchObject({ type: 'state', entries: [] });
});

test('that a host was lost is told once for all its messages of a second, and again if it has not heard of it then', async () => {
  const { clock, posted, hear } = setUpLedger({ hasStore: false, record: recordIn('idle') });
  const lost = { ...UNSTORED, epoch: 4, lostEpoch: 3, revision: 20 };
  await hear({ type: 'state', record: lost, entries: [] });
  const fromTheHost = { type: 'state', record: { ...UNSTORED, epoch: 3, revision: 30 }, entries: [] };
  for (let times = 0; times < 3; times += 1) await hear(fromTheHost);
  expect(types(posted)).toEqual(['state']);
  await clock.advance(1_000);
  await hear(fromTheHost);
  expect(types(posted)).toEqual(['state', 'state']);
});
