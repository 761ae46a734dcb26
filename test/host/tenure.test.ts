/** What a host makes of a record that says that its term is over. */
import { expect, test } from 'vitest';
import { createTenure } from '../../src/host/tenure';
import { fakeLedger } from '../support/fake-ledger';
import { fakeClock, fakeLock, fakeLogger, flush } from '../support/fakes';
import { HOST, recordIn } from '../support/records';

const NO_LIFE = { isVisible: () => true, isFocused: () => true, isOnline: () => true, listen: () => undefined };

function setUp() {
  const record = recordIn('active');
  const clock = fakeClock();
  const ledger = fakeLedger(record, clock, { tabId: HOST.tabId });
  const told: string[] = [];
  const [termLock, seat] = [fakeLock(), fakeLock()];
  const tenure = createTenure(
    {
      ...{ ledger, clock, logger: fakeLogger(), tabId: HOST.tabId, connectTimeoutMs: 30_000 },
      clone: structuredClone,
      ...{ driver: { end: () => undefined }, lifecycle: NO_LIFE },
      locks: { watch: async () => undefined, distrust: () => void told.push('distrust'), takeSeat: async () => null },
      ...{ onAsked: () => undefined, onReplaced: () => undefined },
      onOver: (isSuperseded) => void told.push(`over${isSuperseded ? ', superseded' : ''}`),
    },
    { term: HOST.term, termLock, seat, record },
  );
  const lost = { ...record, epoch: 4, lostEpoch: 3, phase: 'recovering', term: null, hostTabId: null } as const;
  return { clock, ledger, tenure, told, termLock, seat, record, lost };
}

test('a young term that was found lost by its lock, which this tab holds: the two tabs have different lock managers', () => {
  const { tenure, told, lost, termLock, seat } = setUp();
  tenure.observe(lost);
  expect(told).toEqual(['distrust', 'over, superseded']);
  expect([termLock.isReleased, seat.isReleased]).toEqual([true, true]);
});

test('a term that is older may have been lost by its silence: locks are trusted on', async () => {
  const { clock, tenure, told, lost } = setUp();
  await clock.advance(3_001);
  tenure.observe(lost);
  expect(told).toEqual(['over, superseded']);
});

test('a lock that was stolen is a reason to look whether the term is still this tab’s', async () => {
  const { ledger, tenure, told, lost, termLock } = setUp();
  termLock.steal();
  await flush();
  expect([ledger.done, told]).toEqual([['refresh'], []]);
  tenure.observe(lost);
  expect(told).toEqual(['over, superseded']);
});

test('without a store a lock that was stolen says that the term is over', async () => {
  const { ledger, told, seat } = setUp();
  ledger.isStored = false;
  seat.steal();
  await flush();
  expect(told).toEqual(['over, superseded']);
});

test('the seat is free before the record says that the session is over: whoever sees that need not wait', async () => {
  const { ledger, tenure, told, seat, termLock, record } = setUp();
  const whenWritten: unknown[] = [];
  ledger.before = ({ type }) => void whenWritten.push([type, seat.isReleased, termLock.isReleased]);
  ledger.stored = { ...record, phase: 'ending' };
  await tenure.finish();
  expect(whenWritten).toEqual([['settled', true, false]]);
  expect([ledger.record.phase, told]).toEqual(['idle', ['over']]);
});

test('a host answers, however often it was asked before the record was lost and questions were counted anew', async () => {
  const { ledger, tenure, record } = setUp();
  const commands = (): string[] => ledger.commands.map(({ type }) => type);
  for (const asked of [1, 2, 1]) {
    ledger.stored = { ...record, asked, answered: asked - 1 };
    tenure.observe(ledger.stored);
    // The same question, as long as its answer is under way.
    tenure.observe(ledger.stored);
    await flush();
    expect(ledger.stored.answered).toBe(asked);
  }
  expect(commands()).toEqual(['here', 'here', 'here']);
});
