/** What a host says last is stored before its coordinator is closed, and what a page that is left meanwhile keeps: nothing. */
import { type DriverContext, SessionError } from 'solotab';
import { describe, expect, test } from 'vitest';
import { follow, hear, hearNumbers, look, openSession, openWorld, rejects } from '../support/world';

const BROKEN = new SessionError(1016);

describe('what a host says last', () => {
  test.each([
    ['an error and the end', (context: DriverContext) => [context.error(BROKEN), context.ended('closed')]],
    ['the end and an error', (context: DriverContext) => [context.ended('closed'), context.error(BROKEN)]],
  ] as const)('in the turn of close(), %s, reaches every tab, also one that slept', async (_, speak) => {
    const { a, b, c, world } = await openSession();
    const heard = [hear(b), hear(c)];
    await b.freeze();
    speak(world.contextIn(a));
    follow(a.coordinator.close());
    await world.advance(1_000);
    await b.wake();
    await world.advance(30_000);
    expect(heard).toEqual(Array(2).fill(['session_error 1016', 'session_ended closed']));
  });

  test.each([0, 0.1])('%s ms after close() was called is stored as well, or told to nobody', async (ms) => {
    const { a, b, c, world } = await openSession();
    const heard = [hear(b), hear(c)];
    await b.freeze();
    const context = world.contextIn(a);
    context.error(BROKEN);
    follow(a.coordinator.close());
    await world.advance(ms);
    context.error(new SessionError(1013));
    await world.advance(1_000);
    await b.wake();
    await world.advance(30_000);
    expect(heard[0]).toEqual(heard[1]);
  });

  test.each(['none', 'any-tab'] as const)('is that the session is over: it is, where %s may resume', async (by) => {
    const { a, b, world } = await openSession({ recovery: { by } });
    const heard = hear(b);
    world.contextIn(a).ended('hung-up');
    follow(a.coordinator.close());
    await world.advance(1_000);
    expect([heard, look(b)]).toEqual([['session_ended hung-up'], 'idle none']);
    expect(world.network.requests).not.toContain('resume');
  });

  test('is heard once and in order, however much it is', async () => {
    const { a, b, c, world } = await openSession();
    const heard = [hearNumbers(b, 'note'), hearNumbers(c, 'note')];
    const context = world.contextIn(a);
    for (let index = 0; index < 50; index += 1) context.emit('note', index);
    context.ended('closed');
    for (let index = 0; index < 10; index += 1) context.emit('note', index);
    await world.advance(5_000);
    expect([heard[0]?.length, new Set(heard[0]).size, heard[1]]).toEqual([61, 61, heard[0]]);
    expect(heard[0]?.at(-1)).toMatch(/session_ended/);
  });

  test('is published: who resumes gets it', async () => {
    const infos: unknown[] = [];
    const contexts: DriverContext[] = [];
    const driver = {
      start: (_: unknown, context: DriverContext) => void contexts.push(context),
      resume: ({ info }: { readonly info: unknown }) => void infos.push(info),
      end: () => undefined,
    };
    const { world, a } = await openWorld({ driver: driver as never, recovery: { by: 'any-tab' } });
    await a.coordinator.start();
    contexts[0]?.publish({ version: 1 });
    follow(a.coordinator.close());
    await world.advance(5_000);
    expect(infos).toEqual([{ version: 1 }]);
  });
});

describe('a page that is left while close() stores what its driver said', () => {
  test.each(['freeze', 'navigateAway'] as const)('by %s keeps no lock', async (leave) => {
    const { a, b, world } = await openSession();
    world.contextIn(a).error(BROKEN);
    follow(a.coordinator.close());
    await a[leave]();
    await world.advance(1_000);
    expect(look(b)).toBe('recovering follower');
    const resumed = follow(b.coordinator.resume());
    await world.settle();
    await world.connect(b);
    expect([resumed.outcome, look(b)]).toEqual(['done', 'active host']);
  });
});

test.each([
  ['same-tab', 'recovering follower'],
  ['none', 'idle none'],
] as const)('what a closed coordinator shows (%s) its subscribers were told, and no event', async (by, shown) => {
  const { a, world } = await openSession({ recovery: { by } });
  const events = hear(a);
  let told = look(a);
  a.coordinator.subscribe(() => {
    told = look(a);
  });
  follow(a.coordinator.close());
  await world.advance(300_000);
  expect([told, look(a), events]).toEqual([shown, shown, []]);
});

test('every call of a closed coordinator rejects as such, also with a signal that is aborted', async () => {
  const { a, world } = await openWorld();
  const { coordinator } = a;
  await Promise.all([coordinator.close(), world.settle()]);
  const given = { signal: AbortSignal.abort() };
  await rejects(coordinator.ensure(undefined, given), 'InvalidStateError');
  await rejects(coordinator.start(undefined, given), 'InvalidStateError');
  await rejects(coordinator.takeOver(given), 'InvalidStateError');
  await rejects(coordinator.call('ask' as never, undefined as never, given as never), 'InvalidStateError');
});

test('a session whose coordinator is closed as another one is made in its page is ended once', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { a, world } = await openSession({ browser: { seed }, publishes: true, recovery: { by: 'none' } });
    world.contextIn(a).emit('note');
    follow(a.coordinator.close());
    a.createCoordinator();
    await world.advance(10_000);
    expect(world.network.requests, `seed ${seed}`).toEqual(['start', 'end']);
  }
});

test('close() twice is one close(): both calls wait for it', async () => {
  const { a, world } = await openSession({ driver: 'auto', recovery: { by: 'none' } });
  const closed = [follow(a.coordinator.close()), follow(a.coordinator.close())];
  for (let step = 0; step < 3; step += 1) await undefined;
  expect(closed.map(({ outcome }) => outcome)).toEqual(['pending', 'pending']);
  await world.advance(1_000);
  expect(closed.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
});

test('a closed coordinator whose store fails now and then does not end what another tab has ended meanwhile', async () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const { a, b, world } = await openSession({ browser: { seed }, recovery: { by: 'manual' } });
    await a.crash();
    await world.advance(100);
    Object.assign(world.faults, { failTransactions: 0.15 });
    follow(b.coordinator.end());
    await world.advance(seed % 10);
    follow(b.coordinator.close());
    await world.advance(10_000);
    expect(world.network.calls.map(({ page }) => page).join(), `seed ${seed}`).not.toBe('A,C,B');
  }
});
