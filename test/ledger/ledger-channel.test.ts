import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/session/command';
import { setUpLedger } from '../support/fake-platform';
import { flush } from '../support/fakes';
import { CALLS, HOST, notes, recordIn, reportOf } from '../support/records';
import { deferred } from '../support/world';

const ACTIVE = recordIn('active');

const types = (posted: readonly Readonly<Record<string, unknown>>[]): unknown[] => posted.map(({ type }) => type);
const notesIn = (told: readonly string[]): string[] => told.filter((what) => what.startsWith('note'));

describe('what is decided', () => {
  test('is hinted at, with the events that it added', async () => {
    const { ledger, posted } = setUpLedger({ record: recordIn('ending') });
    await ledger.transact({ type: 'lost', term: HOST.term });
    expect(posted).toEqual([
      { type: 'look', version: 1, term: null, entries: [expect.objectContaining({ type: 'session_ended', seq: 8 })] },
    ]);
  });

  test('is told to this tab too, once, after its snapshot shows it', async () => {
    const { ledger, told, forget } = setUpLedger({ record: recordIn('connecting') });
    await ledger.refresh();
    forget();
    await ledger.transact({ type: 'lost', term: HOST.term });
    await ledger.refresh();
    expect(told[0]).toBe('idle r11');
    expect(told.filter((what) => what.startsWith('session_ended'))).toEqual(['session_ended 4:8']);
  });

  test('is nobody’s business if nothing changed', async () => {
    const { ledger, posted } = setUpLedger({ record: ACTIVE });
    await ledger.transact(CALLS.start);
    expect(posted).toEqual([]);
  });

  test('about the host’s life alone is no news; what it published, and that it is there after all, is', async () => {
    const { ledger, posted, forget } = setUpLedger({ record: ACTIVE, tabId: HOST.tabId });
    const commands: readonly (readonly [Command, readonly string[]])[] = [
      [reportOf({ type: 'alive' }), []],
      [reportOf({ type: 'alive' }, { entries: notes(1) }), []],
      [reportOf({ type: 'alive' }, { published: { info: 1 } }), ['look']],
      [reportOf({ type: 'here' }), ['look']],
    ];
    for (const [command, expected] of commands) {
      await ledger.transact(command);
      expect(types(posted)).toEqual(expected);
      forget();
    }
  });

  test('about events is news where the channel could not carry them', async () => {
    const { ledger, posted } = setUpLedger({ record: ACTIVE, tabId: HOST.tabId, channel: 'hints' });
    await ledger.transact(reportOf({ type: 'alive' }, { entries: notes(1) }));
    expect(posted).toEqual([{ type: 'look', version: 1, term: HOST.term, entries: [] }]);
  });
});

describe('events of this tab’s session', () => {
  test('go to the others first: its own listeners take their time', async () => {
    const { ledger, posted, told, forget } = setUpLedger({ record: ACTIVE, tabId: HOST.tabId });
    await ledger.refresh();
    forget();
    ledger.sendEvents(HOST.term, notes(2));
    expect(posted).toEqual([{ type: 'events', version: 1, term: HOST.term, entries: notes(2) }]);
    expect(told).toEqual(['note 3:8', 'note 3:9']);
  });

  test('are not sent over a channel that goes through storage', async () => {
    const { ledger, posted, told } = setUpLedger({ record: ACTIVE, tabId: HOST.tabId, channel: 'hints' });
    await ledger.refresh();
    ledger.sendEvents(HOST.term, notes(1));
    expect([posted, notesIn(told)]).toEqual([[], ['note 3:8']]);
  });
});

test.each([
  ['full', ['answer']],
  ['hints', []],
] as const)('what a command came to is sent over a channel of the kind %s: %o', (channel, sent) => {
  const { ledger, posted, forget } = setUpLedger({ record: ACTIVE, tabId: HOST.tabId, channel });
  forget();
  ledger.send({ type: 'answer', id: 'one', answer: { state: 'done', result: 'SECRET' } });
  expect(types(posted)).toEqual(sent);
});

describe('news from another tab', () => {
  test('is looked up in the store before its events are told', async () => {
    const { ledger, told, store, hear, forget } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    forget();
    store(recordIn('active', { revision: 11, info: 'new', seq: 8 }), notes(1));
    await hear({ type: 'look', term: HOST.term, entries: notes(1) });
    expect(told[0]).toBe('active r11');
    expect(notesIn(told)).toEqual(['note 3:8']);
    expect(ledger.record.info).toBe('new');
  });

  test('keeps what came after it in order', async () => {
    const { ledger, told, obstruct, store, hear } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    const gate = deferred();
    obstruct(() => gate.promise);
    store(recordIn('active', { revision: 11, seq: 8 }), notes(1));
    await hear({ type: 'look', term: HOST.term, entries: notes(1) });
    await hear({ type: 'events', term: HOST.term, entries: notes(1, { seq: 8 }) });
    expect(notesIn(told)).toEqual([]);
    gate.resolve();
    await flush();
    expect(notesIn(told)).toEqual(['note 3:8', 'note 3:9']);
  });

  test('about events alone is told at once', async () => {
    const { ledger, told, reads, hear, forget } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    forget();
    await hear({ type: 'events', term: HOST.term, entries: notes(2) });
    expect([told, reads]).toEqual([['note 3:8', 'note 3:9'], []]);
  });

  test('of a term that is not the record’s is looked up first', async () => {
    const { ledger, told, hear, clock, store } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    await hear({ type: 'events', term: 'term-of-next', entries: notes(1, { epoch: 4 }) });
    expect(notesIn(told)).toEqual([]);
    store(recordIn('active', { revision: 12, epoch: 4, seq: 8, term: 'term-of-next' }), notes(1, { epoch: 4 }));
    await clock.advance(5);
    expect(notesIn(told)).toEqual(['note 4:8']);
  });

  test('that is waited for is read as soon as the record shows it: a hidden page’s timer may come a second late', async () => {
    const { ledger, hear, store, told, clock } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    await hear({ type: 'look', term: 'term-of-next', entries: notes(1, { epoch: 4 }) });
    expect([notesIn(told), clock.pending]).toEqual([[], 1]);
    store(recordIn('active', { revision: 12, epoch: 4, seq: 8, term: 'term-of-next' }), notes(1, { epoch: 4 }));
    await ledger.transact({ type: 'lost', term: HOST.term });
    await flush();
    expect([notesIn(told), clock.pending]).toEqual([['note 4:8'], 0]);
  });

  test('that has a gap before it is found in the journal, after 5 ms and then every 100 ms', async () => {
    const { ledger, told, reads, clock, hear, store, forget } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    forget();
    await hear({ type: 'events', term: HOST.term, entries: notes(1, { seq: 8 }) });
    const looks: number[] = [];
    for (const ms of [4, 1, 99, 1, 99, 1]) {
      await clock.advance(ms);
      looks.push(reads.length);
    }
    expect(looks).toEqual([0, 1, 1, 2, 2, 3]);
    store(recordIn('active', { revision: 11, seq: 9 }), notes(2));
    await clock.advance(100);
    expect(notesIn(told)).toEqual(['note 3:8', 'note 3:9']);
    expect(clock.pending).toBe(0);
  });

  test('that never was is looked for ten times', async () => {
    const { ledger, reads, clock, hear, forget } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    forget();
    await hear({ type: 'events', term: HOST.term, entries: notes(1, { seq: 90 }) });
    await clock.advance(60_000);
    expect([reads.length, clock.pending]).toEqual([10, 0]);
  });

  test('after a gap that was given up has its first look as soon', async () => {
    const { ledger, reads, clock, hear, forget } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    await hear({ type: 'events', term: HOST.term, entries: notes(1, { seq: 90 }) });
    await clock.advance(60_000);
    forget();
    await hear({ type: 'events', term: HOST.term, entries: notes(1, { seq: 95 }) });
    await clock.advance(5);
    expect(reads).toEqual(['journal']);
  });

  test('that a host leaves is passed on', async () => {
    const { told, hear } = setUpLedger({ record: ACTIVE });
    await hear({ type: 'bye', term: HOST.term });
    expect(told).toEqual(['bye term-of-host']);
  });

  test('that nobody understands is dropped, and shown to whoever debugs', async () => {
    const { told, hear, logger } = setUpLedger({ record: ACTIVE });
    await hear({ type: 'dance' });
    await hear({ type: 'look' });
    expect([told, logger.lines.map((line) => line.slice(0, 5))]).toEqual([[], ['debug', 'debug']]);
  });
});

test('a state of a session that is stored is a reason to look, and not believed by a tab with a store', async () => {
  const { ledger, reads, hear, forget } = setUpLedger({ record: ACTIVE });
  await ledger.refresh();
  forget();
  await hear({ type: 'state', record: recordIn('ending', { revision: 99 }), entries: [] });
  expect([ledger.record, reads]).toEqual([ACTIVE, ['record']]);
});

describe('the channel', () => {
  test('of a page that is left is closed, and opened again when it is back', async () => {
    const { ledger, posted, isListening } = setUpLedger({ record: ACTIVE });
    ledger.sayGoodbye(HOST.term);
    ledger.closeChannel();
    expect([ledger.isDeaf, isListening(), types(posted)]).toEqual([true, false, ['bye']]);
    ledger.sayGoodbye(HOST.term);
    expect(posted).toHaveLength(1);
    ledger.openChannel();
    ledger.openChannel();
    expect([ledger.isDeaf, isListening()]).toEqual([false, true]);
  });

  test('that is closed looks for no gap any more', async () => {
    const { ledger, reads, clock, hear, forget } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    await hear({ type: 'events', term: HOST.term, entries: notes(1, { seq: 8 }) });
    forget();
    ledger.closeChannel();
    await clock.advance(60_000);
    expect([reads, clock.pending]).toEqual([[], 0]);
  });

  test('that does not exist makes the tab deaf, and nothing else fails', async () => {
    const { ledger, stored } = setUpLedger({ record: recordIn('idle'), channel: null });
    expect(ledger.isDeaf).toBe(true);
    const { record } = await ledger.transact(CALLS.start);
    expect(stored.record).toEqual(record);
  });
});
