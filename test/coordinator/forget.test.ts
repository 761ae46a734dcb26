import type { DriverContext } from 'solotab';
import { expect, test } from 'vitest';
import { type SessionRecord, UNKNOWN } from '../../src/session/record';
import { openBlockable } from '../support/blockable';
import { follow, hear, look, openSession, openWorld } from '../support/world';

const options = { driver: 'auto', publishes: true } as const;

/** What a tab has in its `sessionStorage`. */
const keyOf = ({ platform }: { readonly platform: { readonly tabStorage: { get(key: string): string | null } } }) =>
  platform.tabStorage.get('solotab:simulated');

test.each(['a', 'b'] as const)('in tab %s: ends the session for all, and erases what is stored', async (who) => {
  const opened = await openSession(options);
  const { a, b, world } = opened;
  world.contextIn(a).emit('note', 'private');
  await world.settle();
  await opened[who].coordinator.forget();
  await world.settle();
  expect([a, b].map(look)).toEqual(['idle none', 'idle none']);
  expect(world.network.requests).toEqual(['start', 'end']);
  expect(world.recordOf()).toMatchObject({ phase: 'idle', info: null, lastError: null, resumeKey: null });
  expect(world.journalOf()).toEqual([]);
  expect([keyOf(a), keyOf(b)]).toEqual([null, null]);
});

test.each(['has', 'lost'] as const)(
  'where somebody %s the session: says that it is done only if it is, however soon its coordinator is closed',
  async (how) => {
    let rejected = 0;
    for (let ms = 0; ms < 60; ms += 1) {
      const { a, b, world } = await openSession({ ...options, recovery: { by: 'manual' } });
      world.contextIn(a).emit('note', 'private');
      await world.settle();
      if (how === 'lost') await a.crash();
      await world.settle();
      const forgotten = follow(b.coordinator.forget());
      await world.advance(ms);
      void b.coordinator.close();
      await world.advance(10_000);
      if (forgotten.error) rejected += 1;
      else expect(JSON.stringify(world.journalOf()), `closed after ${ms} ms`).not.toContain('private');
    }
    expect(rejected).toBeGreaterThan(0);
    expect(rejected).toBeLessThan(60);
  },
);

test('the next epoch is higher, also in a tab that is opened later, and tabs that were open hear its events', async () => {
  const { a, b, world } = await openSession(options);
  const before = a.coordinator.getSnapshot().epoch;
  await b.coordinator.forget();
  await world.settle();
  const late = world.openTab(options);
  await world.settle();
  const heard = [hear(a), hear(b)];
  await late.coordinator.start();
  world.contextIn(late).emit('note');
  await world.settle();
  expect(late.coordinator.getSnapshot().epoch).toBeGreaterThan(before);
  expect(heard).toEqual(Array(2).fill(['session_started']));
  expect(a.coordinator.getSnapshot().lastError).toBeNull();
});

test('with nothing stored it does nothing to be noticed', async () => {
  const { a, world } = await openWorld();
  const heard = hear(a);
  await a.coordinator.forget();
  await world.settle();
  expect([look(a), heard, world.network.requests]).toEqual(['idle none', [], []]);
});

test('a host that sleeps erases its own key when it wakes, and does not resume', async () => {
  const { a, b, world } = await openSession(options);
  await a.navigateAway();
  await world.settle();
  await b.coordinator.forget();
  await world.settle();
  expect(keyOf(a)).not.toBeNull();
  await a.goBack();
  await world.advance(10_000);
  expect([look(a), keyOf(a)]).toEqual(['idle none', null]);
  expect(world.network.requests.filter((call) => call === 'resume')).toEqual([]);
});

test('a follower that slept through it does not store what it knew', async () => {
  const { b, c, world } = await openSession(options);
  expect(world.recordOf()).toMatchObject({ info: { session: expect.stringContaining('session-') } });
  await c.freeze();
  await b.coordinator.forget();
  await c.wake();
  await world.advance(30_000);
  expect(look(c)).toBe('idle none');
  expect(JSON.stringify(world.recordOf())).not.toContain('session-');
  expect(world.recordOf()).toMatchObject({ info: null });
});

test.each(['cleared', 'damaged'] as const)(
  'a follower in the cache for which what is stored was %s as well hears from the others, and does not store what it knew',
  async (how) => {
    const { a, b, c, world } = await openSession(options);
    await c.navigateAway();
    await b.coordinator.forget();
    if (how === 'cleared') world.clearSiteData();
    else world.putRecord('damaged');
    await c.goBack();
    await world.advance(60_000);
    expect([a, b, c].map(look)).toEqual(Array(3).fill('idle none'));
    expect(JSON.stringify([world.recordOf(), world.journalOf()])).not.toContain('session-');
    expect([keyOf(c), world.network.requests]).toEqual([null, ['start', 'end']]);
  },
);

test('the key of a session that began since stays', async () => {
  const { a, b, world } = await openSession({ ...options, recovery: { by: 'same-tab' } });
  await a.coordinator.forget();
  await b.coordinator.start();
  await b.reload();
  await world.advance(5_000);
  expect(look(b)).toBe('active host');
});

test('those that want a session want none any more', async () => {
  const { a, b, world } = await openWorld(options);
  const wanted = follow(a.coordinator.ensure());
  await world.settle();
  await b.coordinator.forget();
  await world.advance(60_000);
  expect([wanted.outcome, look(a)]).toEqual(['done', 'idle none']);
});

test('another scope keeps what it has', async () => {
  const { a, world } = await openSession(options);
  const other = world.openTab({ ...options, name: 'other' });
  await other.coordinator.start();
  await world.settle();
  await a.coordinator.forget();
  await world.settle();
  expect(look(other)).toBe('active host');
  expect(world.recordOf('other')).toMatchObject({ phase: 'active' });
});

test('a session that begins meanwhile is ended too, or begins after what was before is erased', async () => {
  for (let earlyMs = 0; earlyMs < 12; earlyMs += 0.25) {
    const { a, b, world } = await openSession(options);
    await a.coordinator.end();
    const { epoch } = a.coordinator.getSnapshot();
    follow(b.coordinator.start());
    await world.advance(earlyMs);
    const forgotten = follow(a.coordinator.forget());
    await world.advance(20_000);
    expect([earlyMs, forgotten.outcome]).toEqual([earlyMs, 'done']);
    const { erasedEpoch } = world.recordOf() as SessionRecord;
    expect(erasedEpoch).toBeGreaterThanOrEqual(epoch);
  }
});

test('a session that begins between the look of forget() and its erasure keeps nothing from being erased', async () => {
  const stored = { ...UNKNOWN, epoch: 7, revision: 9 };
  for (let lateMs = 0; lateMs < 2; lateMs += 0.1) {
    const { a, b, world } = await openWorld(options);
    world.putRecord(stored);
    const forgotten = follow(a.coordinator.forget());
    await world.advance(lateMs);
    follow(b.coordinator.start());
    await world.advance(20_000);
    expect([lateMs, forgotten.outcome]).toEqual([lateMs, 'done']);
    expect(world.recordOf()).toMatchObject({ erasedEpoch: expect.toSatisfy((epoch) => epoch >= stored.epoch) });
  }
});

test('while another page blocks the store nothing can be erased, and the caller is told so', async () => {
  const { coordinator, world, block } = await openBlockable();
  block(true);
  const told: unknown[] = [];
  coordinator.on('session_error', ({ code }) => told.push(code));
  const forgotten = follow(coordinator.forget());
  await world.settle();
  const { tabId } = coordinator;
  expect(forgotten.error).toMatchObject({ name: 'SessionError', code: 9999, local: true, tabId });
  expect(told).toEqual([9999]);
  block(false);
  await coordinator.forget();
});

test('every tab hears the end of a session that is forgotten, though its driver says something as it ends', async () => {
  const driver = { start: () => ({}), end: (_: unknown, context: DriverContext) => context.emit('note') };
  for (let seed = 1; seed <= 60; seed += 1) {
    const { world, tabs, a } = await openWorld({ driver: driver as never, browser: { seed } });
    const heard = tabs.map((tab) => hear(tab));
    await a.coordinator.start();
    await a.coordinator.forget();
    await world.advance(20_000);
    for (const events of heard) expect([seed, ...events]).toContain('session_ended ended');
  }
});
