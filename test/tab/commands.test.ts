/** What a tab does with a command that it calls, from one look at the record to the next. */
import { expect, test } from 'vitest';
import type { Answer, CommandMessage } from '../../src/ledger/messages';
import type { HeldLock } from '../../src/platform/platform';
import { localError } from '../../src/session/errors';
import type { SessionRecord } from '../../src/session/record';
import { type CommandCallPorts, createCommandCalls } from '../../src/tab/commands';
import { fakeLedger } from '../support/fake-ledger';
import { type FakeLock, fakeClock, fakeLock, flush } from '../support/fakes';
import { CALLER, HOST, recordIn } from '../support/records';
import { deferred, follow } from '../support/world';

const UNKNOWN = { outcome: 'unknown' };

function setUp(record: SessionRecord = recordIn('active'), ports: Partial<CommandCallPorts> = {}) {
  const clock = fakeClock();
  const ledger = fakeLedger(record, clock);
  const sent: CommandMessage[] = [];
  ledger.send = (message) => void sent.push(message);
  const reaped: string[] = [];
  const given: FakeLock[] = [];
  let state = { isLocking: false };
  const grant = (): FakeLock => {
    const lock = fakeLock();
    given.push(lock);
    return lock;
  };
  const unused = async () => undefined;
  const locks = {
    ...{ distrust: () => undefined, takeSeat: async () => null, probe: async () => 'held' as const, watch: unused },
    ...{ work: () => state.isLocking, takeTerm: async (): Promise<HeldLock | null> => grant() },
  };
  const calls = createCommandCalls({
    ...{ ledger, locks, clock, tabId: CALLER.tabId, clone: structuredClone },
    proof: {
      ...{ look: unused, challenge: async () => null, reap: unused, hearGoodbye: unused },
      reapIfFree: async (term) => void reaped.push(term),
    },
    terms: {
      ...{ held: undefined, lettingGo: undefined, leave: unused, comeBack: () => undefined, letGo: unused },
      hold: () => Promise.reject(new Error('unused')) as never,
    },
    ...{
      ready: unused,
      throwIfClosed: () => undefined,
      refused: (why) => localError(why, { tabId: '', epoch: 0, at: 0 }),
    },
    ...ports,
  });
  /** The record changes, and this tab sees it. */
  const see = (change: Partial<SessionRecord>): void => {
    ledger.change(change);
    calls.observe(ledger.record);
  };
  const answer = (state: 'begun' | 'done'): void =>
    calls.hear({
      type: 'answer',
      id: `${CALLER.tabId}:1`,
      answer: state === 'begun' ? { state } : { state, result: 'result' },
    });
  const haveLocks = (): void => {
    state = { isLocking: true };
  };
  return { clock, ledger, locks, calls, sent, reaped, given, grant, see, answer, haveLocks };
}

/** The same in the tab of the host, whose driver has not begun anything yet, or says at once what came of it. */
function setUpHost(answer?: Answer) {
  const heard: string[] = [];
  const commands = {
    async hear({ id }: { readonly id: string }, reply: (answer: Answer) => void) {
      heard.push(id);
      if (answer) reply(answer);
    },
    takeBack: () => true,
    stop: () => undefined,
  };
  // Nothing else of a term is looked at.
  const held = { term: HOST.term, commands } as never;
  return { ...setUp(recordIn('connecting'), { terms: { held } as never }), heard };
}

test('a command without a name is refused at the call', async () => {
  const { calls, sent } = setUp();
  await expect(calls.call(undefined as never, 1)).rejects.toBeInstanceOf(TypeError);
  expect(sent).toEqual([]);
});

test('a command whose signal is aborted already is not sent, and rejects with its reason', async () => {
  const { calls, sent } = setUp();
  const reason = new Error('no longer needed');
  await expect(calls.call('run', 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(sent).toEqual([]);
});

test('a command that is given up while this tab takes its lock is not sent', async () => {
  const { calls, sent, locks, grant, haveLocks } = setUp();
  const asked = deferred<HeldLock | null>();
  haveLocks();
  locks.takeTerm = () => asked.promise;
  const own = new AbortController();
  const called = follow(calls.call('run', 1, { signal: own.signal }));
  await flush();
  own.abort(new Error('no longer needed'));
  asked.resolve(grant());
  await flush();
  expect([called.outcome, sent]).toEqual(['Error', []]);
});

test('a command in the tab of the host, which lets go of its session, is asked for again until its caller waits no longer', async () => {
  const { calls, clock, see, heard } = setUpHost();
  see({ phase: 'active' });
  const called = follow(calls.call('run', 1, { timeoutMs: 30_000 }));
  await clock.advance(29_000);
  expect([called.outcome, heard.length > 2]).toEqual(['pending', true]);
  await clock.advance(1_000);
  expect(called.outcome).not.toBe('pending');
  const asked = heard.length;
  await clock.advance(60_000);
  expect(heard).toHaveLength(asked);
});

test('a command that the host in this tab has an answer to at once leaves no timer', async () => {
  const { calls, clock, see } = setUpHost({ state: 'done', result: 'result' });
  see({ phase: 'active' });
  expect([await calls.call('run', 1), clock.pending]).toEqual(['result', 0]);
});

test('a page that is left in whichever moment of a call keeps no lock', async () => {
  for (let turns = 0; turns < 12; turns += 1) {
    const { calls, given, haveLocks } = setUp();
    haveLocks();
    const called = follow(calls.call('run', 1));
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    calls.stop(new Error('left'));
    await flush();
    expect([turns, called.outcome, given.every(({ isReleased }) => isReleased)]).toEqual([turns, 'Error', true]);
  }
});

test('an attempt that fails is 1011 for the command that waits for it, also if the next one has begun', async () => {
  const { calls, ledger } = setUp(recordIn('connecting'));
  const called = follow(calls.call('run', 1));
  await flush();
  ledger.change({ ...recordIn('idle'), revision: 11 });
  ledger.stored = recordIn('connecting', { revision: 12 });
  await flush();
  expect(called.outcome).toBe(1011);
});

test('the time that a caller gives bounds all its waits together', async () => {
  const { calls, clock, see, heard } = setUpHost();
  const called = follow(calls.call('run', 1, { timeoutMs: 30_000 }));
  await clock.advance(20_000);
  see({ phase: 'active' });
  await flush();
  see({ phase: 'recovering' });
  await clock.advance(9_000);
  expect([heard, called.outcome]).toEqual([['caller:1'], 'pending']);
  await clock.advance(2_000);
  expect(called.outcome).toBe(1002);
});

test('in the tab of the host a command that had not begun is run after the reconnection, however long that took', async () => {
  const { calls, clock, see, heard } = setUpHost();
  see({ phase: 'active' });
  const called = follow(calls.call('run', 1));
  await flush();
  see({ phase: 'recovering' });
  await clock.advance(8_000);
  see({ phase: 'active' });
  await flush();
  expect([heard, called.outcome]).toEqual([['caller:1', 'caller:1'], 'pending']);
});

test('a command that has begun is asked for again every two seconds, as its answer may have been lost', async () => {
  const { calls, clock, sent, answer } = setUp();
  const called = follow(calls.call('run', 1));
  await flush();
  answer('begun');
  await clock.advance(5_000);
  expect([sent.length, called.outcome]).toEqual([4, 'pending']);
  answer('done');
  await clock.advance(10_000);
  expect([sent.length, called.value]).toEqual([4, 'result']);
});

test('a command that had not begun is sent again after the reconnection of its host', async () => {
  const { calls, clock, see, sent, answer } = setUp();
  const called = follow(calls.call('run', 1));
  await flush();
  see({ phase: 'recovering' });
  await clock.advance(5_000);
  expect([sent.length, called.outcome]).toEqual([1, 'pending']);
  see({ phase: 'active' });
  await flush();
  answer('done');
  await flush();
  expect([sent.length, called.value]).toEqual([2, 'result']);
});

test('a command that may have begun is unknown once its caller has waited enough for the reconnection', async () => {
  const { calls, clock, see } = setUp();
  const called = follow(calls.call('run', 1, { timeoutMs: 1_000 }));
  await flush();
  see({ phase: 'recovering' });
  await clock.advance(1_100);
  expect(called.error).toMatchObject(UNKNOWN);
});

test('a command that has begun is answered while its host reconnects', async () => {
  const { calls, see, answer } = setUp();
  const called = follow(calls.call('run', 1));
  await flush();
  answer('begun');
  see({ phase: 'recovering' });
  await flush();
  answer('done');
  await flush();
  expect(called.value).toBe('result');
});

test('a session that is ended in the moment in which its host reconnects: unknown, and not refused', async () => {
  const { calls, see } = setUp();
  const called = follow(calls.call('run', 1));
  await flush();
  see({ phase: 'recovering' });
  see({ phase: 'ending' });
  await flush();
  expect(called.error).toMatchObject(UNKNOWN);
});

test('who finds a host silent looks whether it is gone', async () => {
  const { calls, clock, reaped } = setUp();
  const called = follow(calls.call('run', 1));
  await clock.advance(3_100);
  expect([reaped, called.error]).toMatchObject([[HOST.term], UNKNOWN]);
});

test('the lock by which a host notices that its caller is gone is given back with the session, and when the page sleeps', async () => {
  const { calls, see, given, answer, haveLocks } = setUp();
  haveLocks();
  const called = follow(calls.call('run', 1));
  await flush();
  answer('done');
  await flush();
  expect([called.outcome, given.map(({ isReleased }) => isReleased)]).toEqual(['done', [false]]);
  see({ phase: 'idle', term: null, hostTabId: null });
  await flush();
  expect(given.map(({ isReleased }) => isReleased)).toEqual([true]);
  see(recordIn('active'));
  follow(calls.call('run', 1));
  await flush();
  calls.stop(new Error('The page was left.'));
  await flush();
  expect(given.map(({ isReleased }) => isReleased)).toEqual([true, true]);
});
