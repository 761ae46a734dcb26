/** What the host keeps of the commands that it runs, and for how long. */

import { expect, test } from 'vitest';
import { createCommands } from '../../src/host/commands';
import type { Answer, CommandRequest } from '../../src/ledger/messages';
import { createFakeCall } from '../attempts/fake-call';
import { fakeLedger } from '../support/fake-ledger';
import { fakeClock, flush } from '../support/fakes';
import { CALLER, HOST, recordIn } from '../support/records';
import { deferred } from '../support/world';

const REMEMBERED_MS = 10_000;

function setUp(run: (input: unknown) => unknown = () => 'done') {
  const clock = fakeClock();
  const ledger = fakeLedger(recordIn('active'), clock, { tabId: HOST.tabId });
  const ran: unknown[] = [];
  const term = new AbortController();
  const commands = createCommands({
    ...{
      ledger,
      clock,
      term: HOST.term,
      context: createFakeCall().context,
      signal: term.signal,
      clone: structuredClone,
    },
    driver: {
      commands: {
        run(_, input) {
          ran.push(input);
          return run(input);
        },
      },
    },
    session: () => ({ value: {} }),
    watch: async () => undefined,
  });
  const request = (id: string): CommandRequest => ({
    ...{ id, tabId: 'caller', name: 'run', input: id, at: clock.now(), isLocked: false },
  });
  /** What the host says to a request, in order. */
  async function hear(given: CommandRequest): Promise<Answer[]> {
    const answers: Answer[] = [];
    void commands.hear(given, (answer) => answers.push(answer));
    await flush();
    return answers;
  }
  return { clock, ledger, ran, term, request, hear, stop: commands.stop, takeBack: commands.takeBack };
}

test('a command that is heard again gets the same answer, and is not run again', async () => {
  const { ran, request, hear } = setUp();
  const once = request('once');
  expect(await hear(once)).toEqual([{ state: 'done', result: 'done' }]);
  expect(await hear(once)).toEqual([{ state: 'done', result: 'done' }]);
  expect(ran).toEqual(['once']);
});

test('that a command has begun is told at once, unless it is done at once', async () => {
  const slow = deferred<string>();
  const { request, hear } = setUp((input) => (input === 'slow' ? slow.promise : Promise.resolve('done')));
  expect(await hear(request('quick'))).toEqual([{ state: 'done', result: 'done' }]);
  const answers = await hear(request('slow'));
  expect(answers).toEqual([{ state: 'begun' }]);
  slow.resolve('done');
  await flush();
  expect(answers).toEqual([{ state: 'begun' }, { state: 'done', result: 'done' }]);
});

test('a command that is heard again while it runs has begun, and is not run again', async () => {
  const slow = deferred<string>();
  const { ran, request, hear } = setUp(() => slow.promise);
  const once = request('once');
  await hear(once);
  expect([await hear(once), ran]).toEqual([[{ state: 'begun' }], ['once']]);
});

test('of a command that was run and is forgotten nothing is known: it is not run again', async () => {
  const { clock, ran, request, hear } = setUp();
  const once = request('once');
  await hear(once);
  await clock.advance(REMEMBERED_MS + 1);
  expect([await hear(once), ran]).toEqual([[{ state: 'unknown' }], ['once']]);
  expect(clock.pending).toBe(0);
});

test('a command of three seconds ago is not run', async () => {
  const { clock, ran, request, hear } = setUp();
  const old = request('old');
  await clock.advance(3_001);
  expect([await hear(old), ran]).toEqual([[{ state: 'unknown' }], []]);
});

test('a command that was sent before the clock was set back is not run: nobody knows how long ago that was', async () => {
  const { clock, ran, request, hear } = setUp();
  expect(await hear({ ...request('early'), at: clock.now() + 3_001 })).toEqual([{ state: 'unknown' }]);
  expect(ran).toEqual([]);
});

test('a command that grows too old while the host looks whether the term is still its own is not run', async () => {
  const { clock, ledger, ran, request, hear } = setUp();
  const look = deferred();
  ledger.peek = () => look.promise;
  const answers = hear(request('slow'));
  await clock.advance(3_001);
  look.resolve();
  expect([await answers, ran]).toEqual([[], []]);
  await flush();
  expect(ran).toEqual([]);
});

test.each([
  ['another tab has the term', { term: 'another' }],
  ['its session reconnects', { phase: 'recovering' }],
] as const)('a host that finds that %s runs nothing, and says nothing', async (_, change) => {
  const { ledger, ran, request, hear } = setUp();
  ledger.stored = { ...ledger.stored, ...change };
  expect([await hear(request('late')), ran]).toEqual([[], []]);
});

test.each([
  [1_499, {}, 0],
  [1_500, {}, 1],
  [0, { asked: 1, answered: 0 }, 1],
  [0, { successor: CALLER }, 1],
])(
  'a host that looked %s ms ago, and found %o, looks %i more times before it runs a command',
  async (ageMs, found, looks) => {
    const { ledger, ran, request, hear } = setUp();
    ledger.change(found);
    let count = 0;
    ledger.ageMs = ageMs;
    ledger.peek = async () => {
      count += 1;
    };
    await hear(request('soon'));
    expect([count, ran]).toEqual([looks, ['soon']]);
  },
);

test('the last hundred answers are remembered, and of those before nothing but that they were run', async () => {
  const { ran, request, hear } = setUp();
  const requests = Array.from({ length: 101 }, (_, index) => request(String(index)));
  for (const one of requests) await hear(one);
  const [first, second] = requests;
  expect(first && (await hear(first))).toEqual([{ state: 'unknown' }]);
  expect(second && (await hear(second))).toEqual([{ state: 'done', result: 'done' }]);
  expect(ran).toHaveLength(101);
});

test('an answer of over 64 kB is given once, and not remembered', async () => {
  const { ran, request, hear } = setUp(() => 'x'.repeat(40_000));
  const large = request('large');
  expect((await hear(large)).at(-1)).toMatchObject({ state: 'done' });
  expect([await hear(large), ran]).toEqual([[{ state: 'unknown' }], ['large']]);
});

test('once the term is over nothing is kept: no timer, and no command that was not told to stop', async () => {
  const { clock, term, request, hear } = setUp();
  await hear(request('done'));
  expect(clock.pending).toBe(1);
  term.abort(new Error('over'));
  expect(clock.pending).toBe(0);
});

test('a command whose caller gave up while the host looked is not run', async () => {
  const { ledger, ran, request, hear, stop } = setUp();
  const looked = deferred<void>();
  ledger.peek = () => looked.promise;
  await hear(request('given up'));
  stop('given up');
  looked.resolve();
  await flush();
  expect(ran).toEqual([]);
});

test('what a command comes to after its term is over is not remembered', async () => {
  const result = deferred<string>();
  const { clock, term, request, hear } = setUp(() => result.promise);
  await hear(request('slow'));
  term.abort(new Error('The session was ended.'));
  result.resolve('done');
  await flush();
  expect(clock.pending).toBe(0);
});

test('a command that is taken back while its host looks is not run, and one that is sent again is run once', async () => {
  const { ledger, clock, ran, request, hear, takeBack } = setUp();
  const looked = deferred();
  ledger.peek = () => looked.promise;
  await clock.advance(2_000);
  const once = request('once');
  const first = await hear(once);
  expect(takeBack('once')).toBe(true);
  const second = await hear(once);
  looked.resolve();
  await flush();
  expect([first, second, ran]).toEqual([[], [{ state: 'done', result: 'done' }], ['once']]);
  expect(takeBack('once')).toBe(false);
  expect(await hear(once)).toEqual([{ state: 'done', result: 'done' }]);
  expect(ran).toEqual(['once']);
});
