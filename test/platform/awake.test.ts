import { expect, test } from 'vitest';
import { afterAwake } from '../../src/platform/awake';
import { fakeClock } from '../support/fakes';

function setUp(ms: number) {
  const clock = fakeClock();
  let acts = 0;
  const cancel = afterAwake(clock, ms, () => {
    acts += 1;
  });
  return { clock, cancel, acts: () => acts };
}

test('acts once after the time, if the page was awake for it', async () => {
  const { clock, acts } = setUp(3_000);
  await clock.advance(2_999);
  expect(acts()).toBe(0);
  await clock.advance(1);
  expect(acts()).toBe(1);
  await clock.advance(60_000);
  expect(acts()).toBe(1);
});

test('a page that slept has not waited: it begins once more', async () => {
  const { clock, acts } = setUp(3_000);
  clock.sleep(600_000);
  await clock.advance(2_999);
  expect(acts()).toBe(0);
  await clock.advance(1);
  expect(acts()).toBe(1);
});

test('a timer that is a little late is late for other reasons', async () => {
  const { clock, acts } = setUp(3_000);
  clock.sleep(4_000);
  await clock.advance(0);
  expect(acts()).toBe(1);
});

test.each([
  ['before', 0],
  ['while it waits once more', 600_000],
])('never acts after it was cancelled %s', async (_, sleepMs) => {
  const { clock, acts, cancel } = setUp(3_000);
  clock.sleep(sleepMs);
  await clock.advance(0);
  cancel();
  await clock.advance(60_000);
  expect([acts(), clock.pending]).toEqual([0, 0]);
});
