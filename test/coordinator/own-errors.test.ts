/** Errors of an app's own, from the driver that reports them to every tab. */
import { SessionError, type SessionErrorEvent } from 'solotab';
import { describe, expect, test } from 'vitest';
import type { Watcher } from '../../src/testing/machine';
import { follow, look, openSession, openWorld } from '../support/world';

const OWN = { exception: 'PLAN_HAS_NO_VIDEO', message: 'Your plan has no video.', data: { plan: 'free' } };

/** A structured clone knows no functions. */
const UNCLONEABLE = { onRetry: () => undefined };
const TOO_LARGE = 'x'.repeat(40_000);

function errorsOf(tab: { readonly coordinator: Awaited<ReturnType<typeof openWorld>>['a']['coordinator'] }) {
  const heard: SessionErrorEvent[] = [];
  tab.coordinator.on('session_error', (event) => heard.push(event));
  return heard;
}

describe('an error of the app’s own', () => {
  test('that a driver reports is told to every tab with its name, its words and its data', async () => {
    const { tabs, a, world } = await openSession();
    const heard = tabs.map(errorsOf);
    const data = { plan: 'free' };
    world.contextIn(a).error(new SessionError(4711, { ...OWN, data }));
    data.plan = 'changed later';
    await world.settle();
    const told = { code: 4711, ...OWN, retryable: true, local: false, tabId: a.coordinator.tabId };
    expect(heard).toEqual(Array(3).fill([expect.objectContaining(told)]));
    for (const { coordinator } of tabs) expect(coordinator.getSnapshot().lastError).toMatchObject(told);
  });

  test('that a driver rejects with is what the call rejects with, and what every tab is told', async () => {
    const cause = new Error('inner');
    const { a, b, world } = await openWorld();
    const started = follow(a.coordinator.start());
    await world.fail(a, new SessionError(4711, { ...OWN, retryable: false, cause }));
    expect(started.error).toBeInstanceOf(SessionError);
    expect(started.error).toMatchObject({ code: 4711, ...OWN, retryable: false, local: false, cause });
    expect(b.coordinator.getSnapshot().lastError).toEqual((started.error as SessionError).toJSON());
  });

  test('is told to a tab that comes later too', async () => {
    const { a, world } = await openSession();
    world.contextIn(a).error(new SessionError(4711, OWN));
    await world.settle();
    const late = world.openTab();
    await world.settle();
    expect(late.coordinator.getSnapshot().lastError).toMatchObject({ code: 4711, ...OWN });
  });

  test.each<[string, unknown]>([
    ['can’t be cloned', UNCLONEABLE],
    ['is over 64 kB', TOO_LARGE],
  ])('is told without its data where that %s, with a warning, and the session goes on', async (_, data) => {
    const { a, b, world } = await openSession();
    const heard = errorsOf(b);
    world.contextIn(a).error(new SessionError(4711, { ...OWN, data }));
    await world.settle();
    expect(heard).toEqual([expect.objectContaining({ code: 4711, message: OWN.message })]);
    expect(heard[0]).not.toHaveProperty('data');
    expect(world.timeline()).toContain('the data of a SessionError was left out');
    expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  });

  test('fails a start without its data where that can’t be cloned: the call and the tabs hear the same', async () => {
    const { a, b, world } = await openWorld();
    const started = follow(a.coordinator.start());
    await world.fail(a, new SessionError(4711, { ...OWN, data: UNCLONEABLE }));
    expect(started.outcome).toBe(4711);
    expect(started.error).not.toHaveProperty('data');
    expect(b.coordinator.getSnapshot().lastError).toEqual((started.error as SessionError).toJSON());
  });

  test('leaves its data out of messages that go through the browser’s storage', async () => {
    const seen: unknown[] = [];
    const { a, b, world } = await openWorld({ driver: 'auto', capabilities: { channel: 'hints', store: false } });
    const watcher: Watcher = { onPost: (_page, _scope, message) => void seen.push(structuredClone(message)) };
    world.machine.watchers.push(watcher);
    follow(a.coordinator.start());
    await world.advance(5_000);
    world.contextIn(a).error(new SessionError(4711, { data: 'SECRET' }));
    await world.advance(1_000);
    expect(JSON.stringify(seen)).toContain('4711');
    expect(JSON.stringify(seen)).not.toContain('SECRET');
    expect(b.coordinator.getSnapshot().lastError).toMatchObject({ code: 4711 });
  });
});

test.each([
  ['by itself', new SessionError(1011, { retryable: false })],
  ['by the catalogue, which is not sent along', new SessionError(1006)],
])('a resume that fails with what is not retryable %s ends the session at once', async (_, error) => {
  const { a, world } = await openSession({ recovery: { by: 'manual', attempts: 9 } });
  await a.reload();
  await world.settle();
  const resumed = follow(a.coordinator.resume());
  await world.fail(a, error);
  expect(resumed.outcome).toBe(error.code);
  expect(look(a)).toBe('idle none');
});
