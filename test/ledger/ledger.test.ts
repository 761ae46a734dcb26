import { describe, expect, test } from 'vitest';
import { setUpLedger } from '../support/fake-platform';
import { flush } from '../support/fakes';
import { BEFORE, CALLER, CALLS, errorEntry, HOST, notes, RECOVERY, recordIn, reportOf } from '../support/records';
import { deferred, follow } from '../support/world';

const BLOCKED = new DOMException('blocked', 'TimeoutError');
const ACTIVE = recordIn('active');

describe('what this tab knows', () => {
  test('is as old as the transaction that it is from, counted from its beginning', async () => {
    const { ledger, clock, obstruct } = setUpLedger({ record: ACTIVE });
    expect(ledger.ageMs).toBe(Number.POSITIVE_INFINITY);
    for (const begin of [() => ledger.peek(), () => ledger.transact({ type: 'ask', term: HOST.term })]) {
      const gate = deferred();
      obstruct(() => gate.promise);
      follow<unknown>(begin());
      await clock.advance(300);
      gate.resolve();
      await flush();
      expect(ledger.ageMs).toBe(300);
    }
  });

  test.each([true, false])('is of no known age once the store was lost (cleared: %s)', async (isCleared) => {
    const { ledger, lose, obstruct } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    obstruct(() => new Promise(() => undefined));
    lose(isCleared);
    expect(ledger.ageMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('is of no known age while what is stored is damaged, or no store answers', async () => {
    const { ledger, stored } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    stored.record = { damaged: true };
    await ledger.peek();
    const { ledger: other } = setUpLedger({ hasStore: false });
    await other.peek();
    expect([ledger.ageMs, other.ageMs]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});

describe('a look', () => {
  test('reads the record alone, or with the journal', async () => {
    const { ledger, reads } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    await ledger.refresh();
    expect(reads).toEqual(['record', 'journal']);
    expect(ledger.record).toEqual(ACTIVE);
  });

  test('is shared by all who come while another is under way, and sees what was stored before they came', async () => {
    const { ledger, reads, obstruct, store } = setUpLedger({ record: ACTIVE });
    const gates: (() => void)[] = [];
    obstruct(() => new Promise((resolve) => gates.push(resolve)));
    const first = follow(ledger.peek());
    await flush();
    store(recordIn('active', { revision: 20 }));
    const late = [ledger.peek(), ledger.peek(), ledger.peek()].map(follow);
    gates.shift()?.();
    await flush();
    expect([first.outcome, ...late.map(({ outcome }) => outcome)]).toEqual(['done', 'pending', 'pending', 'pending']);
    gates.shift()?.();
    await flush();
    expect(late.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
    expect([reads.length, ledger.record.revision]).toEqual([2, 20]);
  });

  test('that fails to share does not fail the next one', async () => {
    const { ledger, obstruct } = setUpLedger({ record: ACTIVE });
    const gate = deferred();
    obstruct(() => gate.promise);
    const looks = [follow(ledger.peek()), follow(ledger.peek())];
    await flush();
    obstruct(() => undefined);
    gate.reject(BLOCKED);
    await flush();
    expect(looks.map(({ outcome }) => outcome)).toEqual([9999, 'done']);
  });

  test('tells nobody of what was there before this tab, and everything since, once', async () => {
    const { ledger, told, store, forget } = setUpLedger({ record: ACTIVE });
    store(ACTIVE, notes(7, { seq: 0 }));
    await ledger.refresh();
    expect(told).toEqual(['active r10']);
    forget();
    store(recordIn('active', { revision: 11, seq: 9 }), notes(2));
    await ledger.refresh();
    await ledger.refresh();
    expect(told.filter((what) => what.startsWith('note'))).toEqual(['note 3:8', 'note 3:9']);
  });

  test('that reads the record alone reads the journal too if there are events in it that this tab does not know', async () => {
    const { ledger, told, reads, store, forget } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    forget();
    store(recordIn('active', { revision: 11, seq: 8 }), notes(1));
    await ledger.peek();
    await flush();
    expect(reads).toEqual(['record', 'journal']);
    // The record first: who listens for the event looks at the snapshot.
    expect(told.slice(0, 3)).toEqual(['active r11', 'active r11', 'note 3:8']);
  });

  test('leaves out what is no event', async () => {
    const { ledger, told, store, stored } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    store(recordIn('active', { revision: 11, seq: 8 }), notes(1));
    stored.journal.set(50, 'garbage').set(51, { type: 'note', epoch: 3, seq: -1 }).set(52, null);
    await ledger.refresh();
    expect(told.filter((what) => what.startsWith('note'))).toEqual(['note 3:8']);
  });
});

describe('what was stored and is no record', () => {
  test('is what this tab knew last, and its host is asked to write it anew', async () => {
    const { ledger, told, stored, forget } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    forget();
    stored.record = undefined;
    await ledger.peek();
    expect([ledger.record, ledger.isSpoilt, told]).toEqual([ACTIVE, true, ['active r10', 'gone']]);
  });

  test('is told once to the log if it is damaged, until it is whole again', async () => {
    const { ledger, logger, store, stored } = setUpLedger({ record: { ...ACTIVE, epoch: -1 } });
    for (let look = 0; look < 3; look += 1) await ledger.peek();
    expect([ledger.isSpoilt, logger.lines]).toEqual([
      true,
      ['warn: solotab: the stored session record is damaged and will be replaced'],
    ]);
    store(ACTIVE);
    await ledger.peek();
    expect(ledger.isSpoilt).toBe(false);
    stored.record = 7;
    await ledger.peek();
    expect(logger.lines).toHaveLength(2);
  });

  test('is a session that nobody here understands if it is of a newer version', async () => {
    const { ledger, writes } = setUpLedger({ record: { version: 2 } });
    await ledger.peek();
    expect(ledger.record.phase).toBe('active');
    expect(await ledger.transact(CALLS.start)).toMatchObject({ verdict: 'refused', code: 1004 });
    expect(writes()).toBe(0);
  });

  test('is not replaced by a claim, known as lost or not, before its host had the time to write it anew', async () => {
    const { ledger, stored, lose, writes } = setUpLedger({ record: recordIn('idle'), proof: 'answer' });
    await ledger.peek();
    stored.record = undefined;
    lose(true);
    await ledger.peek();
    expect(await ledger.transact(CALLS.start, { hasWaited: false })).toMatchObject({ verdict: 'void', changed: false });
    expect([ledger.isSpoilt, writes()]).toEqual([true, 0]);
    expect(await ledger.transact(CALLS.start, { hasWaited: true })).toMatchObject({
      verdict: 'granted',
      changed: true,
    });
  });

  test.each(['want', 'forget'] as const)(
    'is not replaced by what this tab knows when it says %s, as it finds that: a session may be live that it never saw',
    async (type) => {
      const { ledger, stored, writes, logger } = setUpLedger({ record: recordIn('idle') });
      await ledger.peek();
      stored.record = { damaged: true };
      expect(await ledger.transact({ type })).toMatchObject({ verdict: 'void', changed: false });
      expect(writes()).toBe(0);
      expect(logger.lines).toHaveLength(1);
      expect(await ledger.transact({ type })).toMatchObject({ changed: true });
    },
  );

  test.each([true, false])(
    'is written anew by a report of its host, and by none of a page that was left and slept since (host: %s)',
    async (isHost) => {
      const { ledger, stored, writes } = setUpLedger({ record: ACTIVE, isHost });
      await ledger.peek();
      stored.record = undefined;
      for (let report = 0; report < 2; report += 1) await ledger.transact(reportOf({ type: 'here' }));
      expect([writes() > 0, stored.record !== undefined]).toEqual([isHost, isHost]);
    },
  );

  test('is told to the others once: its host may not have looked since', async () => {
    const { ledger, posted, stored, forget } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    forget();
    stored.record = { damaged: true };
    for (let look = 0; look < 3; look += 1) await ledger.peek();
    expect(posted.map(({ type }) => type)).toEqual(['look']);
  });
});

describe('a decision', () => {
  test('is made on what is stored now, and stored with its events in one step', async () => {
    const { ledger, stored, store } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    store(recordIn('ending', { revision: 20 }));
    const { record } = await ledger.transact({ type: 'lost', term: HOST.term });
    expect(record).toMatchObject({ phase: 'idle', revision: 21 });
    expect([stored.record, ledger.record]).toEqual([record, record]);
    expect([...stored.journal.values()]).toMatchObject([{ type: 'session_ended', epoch: 4, seq: 8, reason: 'ended' }]);
  });

  test('that changes nothing writes nothing', async () => {
    const { ledger, writes } = setUpLedger({ record: ACTIVE });
    expect((await ledger.transact(CALLS.start)).code).toBe(1004);
    expect(writes()).toBe(0);
  });

  test('can be had beforehand, on the record as it was last seen', async () => {
    const { ledger, store, writes } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    store(recordIn('idle', { revision: 11 }));
    expect([ledger.preview(CALLS.start).code, writes()]).toEqual([1004, 0]);
  });

  test('that leaves an orphan says so to this tab, once', async () => {
    const record = recordIn('active', { recovery: { ...RECOVERY, by: 'none' } });
    const { ledger, told } = setUpLedger({ record });
    await ledger.transact({ type: 'lost', term: HOST.term });
    await ledger.transact({ type: 'lost', term: HOST.term });
    expect(told.filter((what) => what.startsWith('orphan'))).toEqual(['orphan {"pin":"A1"} 4']);
  });

  test('is journaled without a payload that is too large, which listeners hear all the same', async () => {
    const { ledger, stored } = setUpLedger({ record: ACTIVE, tabId: HOST.tabId });
    await ledger.peek();
    const entries = notes(1).map((note) => ({ ...note, payload: 'x'.repeat(70_000) }));
    await ledger.transact(reportOf({ type: 'alive' }, { entries }));
    expect([...stored.journal.values()]).toEqual([expect.objectContaining({ seq: 8, tooLarge: true })]);
    expect([...stored.journal.values()][0]).not.toHaveProperty('payload');
  });

  test('keeps no more of a flood than the journal holds', async () => {
    const { ledger, stored } = setUpLedger({ record: ACTIVE, tabId: HOST.tabId });
    await ledger.peek();
    await ledger.transact(reportOf({ type: 'alive' }, { entries: notes(1_000) }));
    expect(stored.journal.size).toBe(64);
    expect(ledger.record.seq).toBe(1_007);
  });
});

describe('a store that is blocked by a page that was stopped', () => {
  test('lets nothing be decided, not from memory either', async () => {
    const { ledger, obstruct, writes } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    obstruct(() => Promise.reject(BLOCKED));
    await expect(ledger.transact({ type: 'lost', term: HOST.term })).rejects.toMatchObject({
      code: 9999,
      cause: BLOCKED,
    });
    expect([ledger.record, ledger.isStored, writes()]).toEqual([ACTIVE, true, 0]);
  });

  test('has nothing new to show: a look that nobody waits for is no error', async () => {
    const { ledger, obstruct, lose } = setUpLedger({ record: ACTIVE });
    obstruct(() => Promise.reject(BLOCKED));
    await ledger.refresh();
    await expect(ledger.peek()).rejects.toMatchObject({ code: 9999, cause: BLOCKED });
    lose(false);
    await flush();
    expect(ledger.record.phase).toBe('idle');
  });
});

describe('a store whose connection is gone', () => {
  test.each([
    [true, ['cleared']],
    [false, []],
  ])('is looked at again; whether the browser cleared it: %s', async (isCleared, expected) => {
    const { ledger, told, reads, lose, forget } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    forget();
    lose(isCleared);
    await flush();
    expect(told.filter((what) => what === 'cleared')).toEqual(expected);
    expect(reads).toEqual(['journal']);
  });
});

describe('a wait', () => {
  test('is over at once if what it waits for is so', async () => {
    const { ledger, clock } = setUpLedger({ record: ACTIVE });
    expect(await ledger.until(() => true, 3_000)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('ends as soon as the record says so', async () => {
    const { ledger, hear, store, clock } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    const wait = follow(ledger.until(({ phase }) => phase === 'idle', 3_000));
    store(recordIn('idle', { revision: 11 }));
    await hear({ type: 'look', term: null, entries: [] });
    expect([wait.value, clock.pending]).toEqual([true, 0]);
  });

  test('looks again four to eight times a second, in case a message was lost, and tells the others to look too', async () => {
    const { ledger, clock, reads, posted, forget } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    forget();
    follow(ledger.until(() => false, 3_000));
    await clock.advance(1_000);
    expect(reads.length).toBeGreaterThanOrEqual(4);
    expect(reads.length).toBeLessThanOrEqual(8);
    expect(posted.map(({ type }) => type)).toEqual(reads.map(() => 'look'));
  });

  test.each([0, 1, 100, 3_000])('is given up after %i ms', async (ms) => {
    const { ledger, clock } = setUpLedger({ record: ACTIVE });
    const wait = follow(ledger.until(() => false, ms));
    await clock.advance(Math.max(0, ms - 1));
    expect(wait.outcome).toBe(ms === 0 ? 'done' : 'pending');
    await clock.advance(1);
    expect([wait.value, clock.pending]).toEqual([false, 0]);
  });

  test('counts only time in which the page was awake', async () => {
    const { ledger, clock } = setUpLedger({ record: ACTIVE });
    const wait = follow(ledger.until(() => false, 3_000));
    await clock.advance(1_000);
    clock.sleep(600_000);
    await clock.advance(1_000);
    expect(wait.outcome).toBe('pending');
    await clock.advance(1_000);
    expect(wait.outcome).toBe('done');
  });

  test.each([500, 2_100, 2_700])('is not over before another look if the page slept after %i ms', async (awakeMs) => {
    const { ledger, clock, store } = setUpLedger({ record: ACTIVE });
    await ledger.refresh();
    const wait = follow(ledger.until(({ answered }) => answered > 0, 3_000));
    await clock.advance(awakeMs);
    store(recordIn('active', { revision: 12, asked: 1, answered: 1 }));
    clock.sleep(60_000);
    await clock.advance(3_000);
    expect(wait.value).toBe(true);
  });

  test('counts a second of a hidden page as a second: its timers come no sooner', async () => {
    const { ledger, clock } = setUpLedger({ record: ACTIVE });
    const wait = follow(ledger.until(() => false, 3_000));
    for (let second = 1; second <= 3; second += 1) {
      expect(wait.outcome).toBe('pending');
      await flush();
      clock.sleep(1_000);
      await clock.advance(0);
    }
    expect(wait.outcome).toBe('done');
  });

  test('ends with its signal, and when the coordinator is closed', async () => {
    const { ledger, clock } = setUpLedger({ record: ACTIVE });
    const control = new AbortController();
    const waits = [follow(ledger.until(() => false, 3_000, control.signal)), follow(ledger.until(() => false, 3_000))];
    await flush();
    control.abort();
    await flush();
    expect(waits.map(({ value }) => value)).toEqual([false, undefined]);
    ledger.close();
    await flush();
    expect([waits.map(({ value }) => value), clock.pending]).toEqual([[false, false], 0]);
  });

  test('goes on while the store is blocked', async () => {
    const { ledger, clock, obstruct, store } = setUpLedger({ record: ACTIVE });
    await ledger.peek();
    obstruct(() => Promise.reject(BLOCKED));
    const wait = follow(ledger.until(({ phase }) => phase === 'idle', 3_000));
    await clock.advance(1_000);
    store(recordIn('idle', { revision: 11 }));
    obstruct(() => undefined);
    await clock.advance(250);
    expect(wait.value).toBe(true);
  });
});

test('the recovery window goes by how long this tab has watched the loss, if its clock jumped back', async () => {
  const { ledger, clock, store } = setUpLedger({ record: recordIn('recovering', { lostSince: BEFORE + 1e9 }) });
  await ledger.peek();
  await clock.advance(30_000);
  expect(ledger.windowLeftMs()).toBe(RECOVERY.windowMs - 30_000);
  // Another loss is watched from when it was seen.
  store(recordIn('recovering', { lostSince: BEFORE + 2e9, revision: 20 }));
  await ledger.peek();
  expect(ledger.windowLeftMs()).toBe(RECOVERY.windowMs);
});

test('after it was closed nothing is told, looked at or written any more', async () => {
  const { ledger, told, posted, reads, obstruct, hear, store } = setUpLedger({ record: ACTIVE });
  const gate = deferred();
  obstruct(() => gate.promise);
  const look = follow(ledger.peek());
  ledger.close();
  gate.resolve();
  await flush();
  store(recordIn('idle', { revision: 11 }));
  await hear({ type: 'look', term: null, entries: [] });
  await ledger.refresh();
  ledger.openChannel();
  ledger.sayGoodbye(CALLER.term);
  expect([look.outcome, told, posted, reads, ledger.isDeaf]).toEqual(['done', [], [], ['record'], true]);
});

test('an error that is not stored yet is the last one all the same, until a later one is', async () => {
  const { ledger, hear, store } = setUpLedger({ record: ACTIVE });
  await ledger.refresh();
  await hear({ type: 'events', term: HOST.term, entries: [errorEntry(1016, { seq: 8 })] });
  expect(ledger.record.lastError).toMatchObject({ seq: 8 });
  await ledger.peek();
  expect(ledger.record.lastError).toMatchObject({ seq: 8 });
  const later = errorEntry(9999, { seq: 9 });
  store(recordIn('active', { revision: 12, seq: 9, lastError: later }));
  await ledger.peek();
  expect(ledger.record.lastError).toEqual(later);
});

test('an error of a session that was forgotten before the news of it comes is told, and not the last one any more', async () => {
  const { ledger, told, hear, store } = setUpLedger({ record: ACTIVE });
  await ledger.refresh();
  store(recordIn('idle', { revision: 12, seq: 8, erasedEpoch: 3 }));
  await hear({ type: 'look', term: null, entries: [errorEntry(1016, { seq: 8 })] });
  expect([ledger.record.lastError, told.filter((what) => what.startsWith('session_error'))]).toEqual([
    null,
    ['session_error 3:8'],
  ]);
});
