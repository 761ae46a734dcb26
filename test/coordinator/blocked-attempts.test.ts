/** Attempts whose end can't be written down, as another page blocks the store. */
import { expect, test } from 'vitest';
import { openBlockable } from '../support/blockable';
import { deferred, follow } from '../support/world';

const A_MINUTE = 60_000;

/** A tab whose driver connects, for as long as the test lets it, when another page begins to block the store. */
async function openBlocked() {
  const attempt = deferred<string>();
  const done: string[] = [];
  const { world, coordinator, block } = await openBlockable({
    start: () => attempt.promise,
    end: (session) => void done.push(`end ${session}`),
    release: (session) => void done.push(`release ${session}`),
  });
  const control = new AbortController();
  const started = follow(coordinator.start(undefined, { signal: control.signal }));
  await world.advance(100);
  block(true);
  return { world, coordinator, block, attempt, control, started, done };
}

test('an attempt that fails while another page blocks the store is rejected all the same, with what the driver said', async () => {
  const { world, coordinator, block, attempt, started } = await openBlocked();
  const cause = new Error('The line is busy.');
  attempt.reject(cause);
  await world.advance(A_MINUTE);
  expect(started.error).toMatchObject({ name: 'SessionError', code: 1001, cause });
  block(false);
  await world.advance(A_MINUTE);
  expect(coordinator.getSnapshot().phase).toBe('idle');
});

test('a session that connects after its attempt was given up is ended, also while another page blocks the store', async () => {
  const { world, coordinator, block, attempt, control, started, done } = await openBlocked();
  control.abort(new Error('changed my mind'));
  attempt.resolve('late');
  await world.advance(A_MINUTE);
  expect(started.outcome).toBe('Error');
  expect(done).toEqual(['end late']);
  block(false);
  await world.advance(A_MINUTE);
  expect(coordinator.getSnapshot().phase).toBe('idle');
  expect(done).toEqual(['end late']);
});

test('a session that connects while another page blocks the store is ended, as nobody can be told of it', async () => {
  const { world, attempt, started, done } = await openBlocked();
  attempt.resolve('untold');
  await world.advance(A_MINUTE);
  expect(started.error).toMatchObject({ code: 9999 });
  expect(done).toEqual(['end untold']);
});
