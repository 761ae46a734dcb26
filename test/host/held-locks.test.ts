import { expect, test } from 'vitest';
import { holdLocks } from '../../src/host/held-locks';
import { fakeLock, flush } from '../support/fakes';
import { HOST, recordIn } from '../support/records';
import { deferred } from '../support/world';

function setUp(granted: Promise<unknown> = Promise.resolve()) {
  const [termLock, seat, again] = [fakeLock(), fakeLock(), fakeLock()];
  const looked = deferred<boolean>();
  const requests: string[] = [];
  const locks = {
    async takeSeat(when: 'probe' | 'steal') {
      requests.push(when);
      await granted;
      return again;
    },
  };
  const record = recordIn('active');
  const held = holdLocks(locks, { term: HOST.term, termLock, seat, record }, () => looked.promise);
  return { held, termLock, seat, again, looked, requests };
}

test('a seat that was taken in vain is taken back, and released with the term', async () => {
  const { held, seat, again, looked, requests } = setUp();
  seat.steal();
  await flush();
  expect([held.areLost, requests]).toEqual([true, []]);
  looked.resolve(true);
  await flush();
  expect([held.areLost, requests]).toEqual([false, ['steal']]);
  held.release();
  expect(again.isReleased).toBe(true);
});

test('the seat is left to whoever took it, if the term does not go on', async () => {
  const { held, seat, looked, requests } = setUp();
  seat.steal();
  looked.resolve(false);
  await flush();
  expect([held.areLost, requests]).toEqual([true, []]);
});

test('a seat that was given back while this tab looked is not taken back', async () => {
  const { held, seat, looked, requests } = setUp();
  seat.steal();
  await flush();
  held.releaseSeat();
  looked.resolve(true);
  await flush();
  expect(requests).toEqual([]);
});

test('a seat that comes when the term is over is released', async () => {
  const granted = deferred();
  const { held, seat, again, looked, requests } = setUp(granted.promise);
  seat.steal();
  looked.resolve(true);
  await flush();
  held.release();
  expect([requests, again.isReleased]).toEqual([['steal'], false]);
  granted.resolve();
  await flush();
  expect(again.isReleased).toBe(true);
});

test('the lock of a term that was taken away is a loss, and no reason to take the seat', async () => {
  const { held, termLock, looked, requests } = setUp();
  termLock.steal();
  looked.resolve(true);
  await flush();
  expect([held.areLost, requests]).toEqual([true, []]);
});
