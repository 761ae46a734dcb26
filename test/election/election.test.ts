/** What a call does with the locks of its term when it is given up, or when its page is left. */
import { expect, test } from 'vitest';
import { createElection } from '../../src/election/election';
import type { HeldLock } from '../../src/platform/platform';
import type { Decision } from '../../src/session/command';
import type { SessionRecord } from '../../src/session/record';
import { fakeLedger } from '../support/fake-ledger';
import { type FakeLock, fakeClock, fakeLock, flush } from '../support/fakes';
import { CALLER, CALLS, recordIn } from '../support/records';
import { deferred, follow } from '../support/world';

function setUp(record: SessionRecord) {
  const clock = fakeClock();
  const ledger = fakeLedger(record, clock);
  const page = new AbortController();
  const given: FakeLock[] = [];
  const grant = (): HeldLock => {
    const lock = fakeLock();
    given.push(lock);
    return lock;
  };
  const locks = {
    ...{ work: () => true, distrust: () => undefined },
    takeTerm: async () => grant(),
    takeSeat: async (): Promise<HeldLock | null> => grant(),
    probe: async () => 'held' as const,
    watch: async () => undefined,
  };
  const proof = {
    ...{ look: () => ledger.peek(), challenge: async () => null },
    reap: async (term: string) => void (await ledger.transact({ type: 'lost', term })),
    ...{ reapIfFree: async () => undefined, hearGoodbye: async () => undefined },
  };
  const election = createElection({
    ...{ ledger, locks, proof, clock, tabId: CALLER.tabId, isPage: true, patienceMs: 30_000 },
    newTerm: () => CALLER.term,
    awake: () => page.signal,
  });
  return { clock, ledger, locks, election, page, given, grant };
}

test('a call that is granted keeps its term lock and the seat', async () => {
  const { election, given } = setUp(recordIn('idle'));
  const tenancy = await election.run(() => CALLS.start, {});
  expect(tenancy).toMatchObject({ term: CALLER.term, record: { phase: 'connecting' } });
  expect(given.map(({ isReleased }) => isReleased)).toEqual([false, false]);
});

test('a call that is given up while it waits for its locks claims nothing, and gives back what it gets', async () => {
  const { election, ledger, locks, given, grant } = setUp(recordIn('idle'));
  const seat = deferred<HeldLock | null>();
  locks.takeSeat = () => seat.promise;
  const own = new AbortController();
  const call = follow(election.run(() => CALLS.start, { signal: own.signal }));
  await flush();
  own.abort(new Error('Enough.'));
  seat.resolve(grant());
  await flush();
  expect([call.error, ledger.commands]).toEqual([new Error('Enough.'), []]);
  expect(given.map(({ isReleased }) => isReleased)).toEqual([true, true]);
});

test('a lock that is granted after the page was left goes back at once: a page that sleeps must not keep it', async () => {
  const { election, ledger, locks, page, given, grant } = setUp(recordIn('active'));
  const seat = deferred<HeldLock | null>();
  locks.takeSeat = () => seat.promise;
  const moved = follow(election.run(() => CALLS.takeOver, {}));
  await flush();
  ledger.change({ ...CALLER, hostTabId: CALLER.tabId, phase: 'connecting', successor: null });
  await flush();
  // The record can't be written while the page sleeps.
  ledger.before = () => new Promise(() => undefined);
  page.abort(new Error('The page was left.'));
  seat.resolve(grant());
  await flush();
  expect(moved.outcome).toBe('pending');
  expect(given.map(({ isReleased }) => isReleased)).toEqual([true, true]);
});

test('a claim that finds the record lost waits for its host, also if this tab saw the loss while it took its locks', async () => {
  const { clock, election, ledger, locks, grant } = setUp(recordIn('idle'));
  const hasWaited: unknown[] = [];
  const { transact } = ledger;
  Object.assign(ledger, {
    async transact(...given: Parameters<typeof transact>): Promise<Decision> {
      hasWaited.push(given[1]?.hasWaited);
      if (given[1]?.hasWaited) return transact(...given);
      return { verdict: 'void', record: ledger.record, changed: false, entries: [] };
    },
  });
  locks.work = () => false;
  locks.takeSeat = async () => {
    Object.assign(ledger, { isSpoilt: true });
    return grant();
  };
  const started = follow(election.run(() => CALLS.start, {}));
  await flush();
  expect([hasWaited, started.outcome]).toEqual([[false], 'pending']);
  await clock.advance(3_000);
  expect([hasWaited, started.outcome]).toEqual([[false, true], 'done']);
});

test('a call that has the seat already when it finds its host silent keeps that one, and asks for no other', async () => {
  const { clock, election, ledger, given } = setUp(recordIn('recovering'));
  let isFirst = true;
  ledger.before = () => {
    // Another tab came first, and does not answer.
    if (isFirst) ledger.stored = recordIn('ending', { revision: 20 });
    isFirst = false;
  };
  const ended = follow(election.run((candidate) => ({ ...CALLS.end, candidate }), { insists: true }));
  await clock.advance(30_000);
  expect([ended.outcome, ledger.record.hostTabId]).toEqual(['done', CALLER.tabId]);
  expect(given.map(({ isReleased }) => isReleased)).toEqual([false, false]);
});

test('what a host wrote since its record was lost answers the question that was lost with it', async () => {
  const { clock, election, ledger } = setUp(recordIn('active'));
  const moved = follow(election.run(() => CALLS.takeOver, { insists: true }));
  await clock.advance(1_000);
  // It was lost and written anew: questions are counted from 0.
  ledger.change({ asked: 0, answered: 0, seenAt: ledger.record.seenAt + 500 });
  await clock.advance(5_000);
  expect([moved.outcome, ledger.commands.filter((command) => 'silent' in command)]).toEqual(['pending', []]);
});
