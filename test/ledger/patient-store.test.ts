import { describe, expect, test } from 'vitest';
import { patientStore } from '../../src/ledger/patient-store';
import type { Store } from '../../src/platform/platform';
import { fakeClock, fakeLogger, flush } from '../support/fakes';
import { deferred, follow } from '../support/world';

const FAILURE = new Error('quota');
const BLOCKED = new DOMException('blocked', 'TimeoutError');
const UNSTORABLE = new DOMException('a module', 'DataCloneError');

function setUp({ hasStore = true } = {}) {
  const clock = fakeClock();
  const logger = fakeLogger();
  let changes = 0;
  let reads = 0;
  let isClosed = false;
  let probe: () => Promise<never> | Promise<{ record: unknown; journal: readonly unknown[] }> = async () => ({
    ...{ record: undefined, journal: [] },
  });
  const store: Store = {
    transact: () => Promise.reject(FAILURE),
    read() {
      reads += 1;
      return probe();
    },
    onLost: () => undefined,
    close() {
      isClosed = true;
    },
  };
  const patient = patientStore({
    ...{ store: hasStore ? store : null, clock, logger },
    onChange() {
      changes += 1;
    },
  });
  /** Work that fails so many times before it succeeds. */
  const failing = (times: number, error: unknown = FAILURE) => {
    let tries = 0;
    const run = patient.attempt(async () => {
      tries += 1;
      if (tries <= times) throw error;
      return 'result';
    });
    return { call: follow(run), tries: () => tries };
  };
  return {
    ...{ clock, logger, patient, failing },
    probeWith(next: typeof probe) {
      probe = next;
    },
    seen: () => ({ changes, reads, isClosed, works: patient.works, warnings: logger.lines.length }),
  };
}

test('what a store that works returns is passed on at once', async () => {
  const { failing, clock, seen } = setUp();
  const { call, tries } = failing(0);
  await flush();
  expect([call.value, tries(), clock.pending]).toEqual(['result', 1, 0]);
  expect(seen()).toEqual({ changes: 0, reads: 0, isClosed: false, works: true, warnings: 0 });
});

test('without a store nothing is done, now or later, and nobody is warned', async () => {
  const { failing, clock, seen, patient } = setUp({ hasStore: false });
  const { call, tries } = failing(0);
  await clock.advance(1e9);
  expect([call.outcome, call.value, tries()]).toEqual(['done', undefined, 0]);
  expect(seen()).toMatchObject({ changes: 0, works: false, warnings: 0 });
  patient.close();
});

describe('a store that fails', () => {
  test('is tried again after 20, 100 and 300 ms', async () => {
    const { failing, clock, seen } = setUp();
    const { call, tries } = failing(3);
    const seenTries: number[] = [];
    for (const ms of [0, 19, 1, 99, 1, 299, 1]) {
      await clock.advance(ms);
      seenTries.push(tries());
    }
    expect(seenTries).toEqual([1, 1, 2, 2, 3, 3, 4]);
    expect(call.value).toBe('result');
    expect(seen()).toMatchObject({ changes: 0, works: true, warnings: 0 });
  });

  test('four times is given up, with one warning', async () => {
    const { failing, clock, seen } = setUp();
    const { call, tries } = failing(4);
    await clock.advance(420);
    expect([call.outcome, call.value, tries()]).toEqual(['done', undefined, 4]);
    expect(seen()).toMatchObject({ changes: 1, works: false, warnings: 1 });
  });

  test('to open in time is given up at once: who waited for that has waited for long enough', async () => {
    const { failing, seen } = setUp();
    const { call, tries } = failing(4, Object.assign(new Error('hangs'), { name: 'OpenTimeoutError' }));
    await flush();
    expect([call.outcome, call.value, tries()]).toEqual(['done', undefined, 1]);
    expect(seen()).toMatchObject({ changes: 1, works: false, warnings: 1 });
  });

  test('is given up once by all who tried at the same time', async () => {
    const { failing, clock, seen } = setUp();
    const calls = [failing(9), failing(9), failing(9)];
    await clock.advance(420);
    expect(calls.map(({ call }) => call.value)).toEqual([undefined, undefined, undefined]);
    expect(seen()).toMatchObject({ changes: 1, warnings: 1 });
  });

  test('and was given up is left alone for 30 s: calls go on without it at once', async () => {
    const { failing, clock, seen } = setUp();
    failing(4);
    await clock.advance(420);
    await clock.advance(29_999);
    const { call, tries } = failing(0);
    await flush();
    expect([call.outcome, call.value, tries(), seen().reads]).toEqual(['done', undefined, 0, 0]);
  });

  test('is tried again after 30 s behind the scenes, and used from then on if it works', async () => {
    const { failing, clock, seen } = setUp();
    failing(4);
    await clock.advance(420 + 30_000);
    const first = failing(0);
    await flush();
    expect([first.call.value, seen().reads, seen().changes, seen().works]).toEqual([undefined, 1, 2, true]);
    const second = failing(0);
    await flush();
    expect(second.call.value).toBe('result');
  });

  test('still is left alone for 30 s more, without another warning', async () => {
    const { failing, clock, seen, probeWith } = setUp();
    probeWith(() => Promise.reject(FAILURE));
    failing(4);
    await clock.advance(420);
    for (const reads of [1, 2, 3]) {
      await clock.advance(30_000);
      failing(0);
      failing(0);
      await flush();
      expect(seen()).toMatchObject({ reads, changes: 1, works: false, warnings: 1 });
    }
  });

  test('and hangs as it is tried again holds up nobody', async () => {
    const { failing, clock, probeWith } = setUp();
    probeWith(() => new Promise(() => undefined));
    failing(4);
    await clock.advance(420 + 30_000);
    const { call } = failing(0);
    await flush();
    expect([call.outcome, call.value]).toEqual(['done', undefined]);
  });
});

describe.each([
  ['is blocked by a page that was stopped', BLOCKED, { code: 9999, local: true, cause: BLOCKED }],
  ['can’t take a value', UNSTORABLE, { name: 'DataCloneError' }],
])('a store that %s', (_, error, told) => {
  test('says so to whoever asked, is not tried again, and is not given up', async () => {
    const { failing, clock, seen } = setUp();
    const { call, tries } = failing(1, error);
    await flush();
    expect(call.error).toMatchObject(told);
    await clock.advance(60_000);
    expect([tries(), clock.pending]).toEqual([1, 0]);
    expect(seen()).toMatchObject({ changes: 0, works: true, warnings: 0 });
  });

  test('says so also if it failed before', async () => {
    const { patient, clock, seen } = setUp();
    const errors = [FAILURE, error];
    const call = follow(patient.attempt(() => Promise.reject(errors.shift())));
    await clock.advance(20);
    expect(call.error).toMatchObject(told);
    expect(seen().works).toBe(true);
  });
});

describe('after it was closed', () => {
  test('the store is closed, and nothing is done any more', async () => {
    const { patient, failing, seen } = setUp();
    patient.close();
    const { call, tries } = failing(0);
    await flush();
    expect([call.value, tries(), seen().isClosed]).toEqual([undefined, 0, true]);
  });

  test('what was to be tried again is not, and nobody is told that it failed', async () => {
    const { patient, failing, clock, seen } = setUp();
    const { call, tries } = failing(9);
    await clock.advance(420 - 1);
    patient.close();
    await clock.advance(1);
    expect([call.outcome, call.value, tries()]).toEqual(['done', undefined, 3]);
    expect(seen()).toMatchObject({ changes: 0, warnings: 0 });
  });

  test('a last try that fails is not told', async () => {
    const { patient, clock, seen } = setUp();
    const last = deferred<string>();
    let tries = 0;
    const call = follow(
      patient.attempt(() => {
        tries += 1;
        return tries === 4 ? last.promise : Promise.reject(FAILURE);
      }),
    );
    await clock.advance(420);
    patient.close();
    last.reject(FAILURE);
    await flush();
    expect(call.value).toBeUndefined();
    expect(seen()).toMatchObject({ changes: 0, warnings: 0 });
  });

  test('a store that works again is not told of', async () => {
    const { patient, failing, clock, seen, probeWith } = setUp();
    const answer = deferred<{ record: unknown; journal: readonly unknown[] }>();
    probeWith(() => answer.promise);
    failing(4);
    await clock.advance(420 + 30_000);
    failing(0);
    patient.close();
    answer.resolve({ record: undefined, journal: [] });
    await flush();
    expect(seen().changes).toBe(1);
  });
});
