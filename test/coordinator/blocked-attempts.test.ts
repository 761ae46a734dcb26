/** Attempts whose end can't be written down, as another page blocks the store. */
import { expect, test } from 'vitest';
import { openBlockable } from '../support/blockable';
import { follow } from '../support/world';

const A_MINUTE = 60_000;

test('an attempt that fails while another page blocks the store is rejected all the same, with what the driver said', async () => {
  let fail = (_error: unknown): void => {};
  const { world, coordinator, block } = await openBlockable({
    start: () =>
      new Promise((_, reject) => {
        fail = reject;
      }),
    end() {},
  });
  const started = follow(coordinator.start());
  await world.advance(100);
  block(true);
  const cause = new Error('The line is busy.');
  fail(cause);
  await world.advance(A_MINUTE);
  expect(started.error).toMatchObject({ name: 'SessionError', code: 1001, cause });
  block(false);
  await world.advance(A_MINUTE);
  expect(coordinator.getSnapshot().phase).toBe('idle');
});

test('a session that connects after its attempt was given up is ended, also while another page blocks the store', async () => {
  const done: string[] = [];
  let connect = (_session: string): void => {};
  const { world, coordinator, block } = await openBlockable({
    start: () =>
      new Promise((resolve) => {
        connect = resolve;
      }),
    end: (session) => void done.push(`end ${session}`),
    release: (session) => void done.push(`release ${session}`),
  });
  const control = new AbortController();
  const started = follow(coordinator.start(undefined, { signal: control.signal }));
  await world.advance(100);
  block(true);
  control.abort(new Error('changed my mind'));
  connect('late');
  await world.advance(A_MINUTE);
  expect(started.outcome).toBe('Error');
  expect(done).toEqual(['end late']);
  block(false);
  await world.advance(A_MINUTE);
  expect(coordinator.getSnapshot().phase).toBe('idle');
  expect(done).toEqual(['end late']);
});

test('a session that connects while another page blocks the store is ended, as nobody can be told of it', async () => {
  const done: string[] = [];
  let connect = (_session: string): void => {};
  const { world, coordinator, block } = await openBlockable({
    start: () =>
      new Promise((resolve) => {
        connect = resolve;
      }),
    end: (session) => void done.push(`end ${session}`),
    release: (session) => void done.push(`release ${session}`),
  });
  const started = follow(coordinator.start());
  await world.advance(100);
  block(true);
  connect('untold');
  await world.advance(A_MINUTE);
  expect(started.error).toMatchObject({ code: 9999 });
  expect(done).toEqual(['end untold']);
});
