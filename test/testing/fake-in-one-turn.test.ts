/** Calls of one turn, on a fake coordinator and on a real one. */
import { createFakeCoordinator } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { follow, openWorld } from '../support/world';

describe.each(['real', 'fake'])('a %s coordinator', (kind) => {
  async function open() {
    const commands = { ask: () => 'answer' } as never;
    const { a, world } = await openWorld({ driver: 'auto', commands });
    const fake = createFakeCoordinator({}, { commands });
    const coordinator = (kind === 'real' ? a.coordinator : fake) as typeof fake;
    const settle = async (): Promise<void> => {
      await world.settle();
      await new Promise((resolve) => setTimeout(resolve));
    };
    return { coordinator, settle };
  }

  test('a wish that is given up, as by the first mount of a strict mode, does not end the next one', async () => {
    const { coordinator, settle } = await open();
    const first = new AbortController();
    const given = follow(coordinator.ensure(undefined, { signal: first.signal }));
    first.abort();
    const wanted = follow(coordinator.ensure());
    await settle();
    expect([given.error, wanted.outcome]).toEqual([first.signal.reason, 'done']);
    expect(coordinator.getSnapshot().phase).toBe('active');
  });

  test.each([true, false])('what is wanted after forget() is begun after it (active: %s)', async (isActive) => {
    const { coordinator, settle } = await open();
    if (isActive) await Promise.all([coordinator.start(), settle()]);
    const calls = [follow(coordinator.forget()), follow(coordinator.ensure())];
    await settle();
    const { phase } = coordinator.getSnapshot();
    expect([...calls.map(({ outcome }) => outcome), phase]).toEqual(['done', 'done', 'active']);
  });

  test.each(['forget', 'end'] as const)('%s() rejects if it is closed before that is done', async (method) => {
    const { coordinator, settle } = await open();
    await Promise.all([coordinator.start(), settle()]);
    const called = follow(coordinator[method]());
    await Promise.all([coordinator.close(), settle()]);
    expect(called.error).toMatchObject({ name: 'InvalidStateError' });
  });

  test.each(['cancel', 'end', 'forget'] as const)(
    'a start that %s() gave up was given up, and not closed',
    async (method) => {
      const { coordinator, settle } = await open();
      const started = follow(coordinator.start());
      follow(coordinator[method]());
      await Promise.all([coordinator.close(), settle()]);
      expect(started.error).toMatchObject({ name: 'AbortError' });
    },
  );

  test('a command that is called while the session is active runs, whatever is called after it', async () => {
    const { coordinator, settle } = await open();
    await Promise.all([coordinator.start(), settle()]);
    const asked = follow(coordinator.call('ask' as never));
    follow(coordinator.end());
    await settle();
    expect(asked.outcome).toBe('done');
  });
});
