/** `coordinator.session`: the live session, in the tab that has it and nowhere else. */
import { createSimulatedBrowser } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { deferred, follow, openSession, openWorld, type World } from '../support/world';

type Tab = World['a'];

/** What a tab has at each of its state changes, by the phase. */
function sessionsSeenBy({ coordinator }: Tab): [phase: string, session: unknown][] {
  const seen: [string, unknown][] = [];
  coordinator.on('statechange', ({ phase }) => seen.push([phase, coordinator.session]));
  return seen;
}

test('there is none before a start, while it connects, and after it was ended', async () => {
  const { a, world } = await openWorld();
  const seen = sessionsSeenBy(a);
  expect(a.coordinator.session).toBeUndefined();
  const started = a.coordinator.start();
  await world.settle();
  expect(a.coordinator.session).toBeUndefined();
  await world.connect(a);
  const session = await started;
  expect(a.coordinator.session).toBe(session);
  await a.coordinator.end();
  expect(seen).toEqual([
    ['connecting', undefined],
    ['active', session],
    ['ending', undefined],
    ['idle', undefined],
  ]);
});

test('there is none before all tabs may know that it is active, although the driver has connected', async () => {
  const { a, world } = await openWorld();
  const started = follow(a.coordinator.start());
  await world.settle();
  for (const attempt of world.network.attempts) attempt.connect();
  while (started.outcome === 'pending') {
    if (a.coordinator.getSnapshot().phase === 'connecting') expect(a.coordinator.session).toBeUndefined();
    await world.step();
  }
  expect(a.coordinator.session).toBe(started.value);
});

test('only the host’s tab has it, and after a take-over only the tab that it moved to', async () => {
  const { a, b, c, world, session } = await openSession();
  expect([a, b, c].map(({ coordinator }) => coordinator.session)).toEqual([session, undefined, undefined]);
  const taken = b.coordinator.takeOver();
  await world.settle();
  await world.connect(b);
  const moved = await taken;
  expect([a, b, c].map(({ coordinator }) => coordinator.session)).toEqual([undefined, moved, undefined]);
});

test('a resume that nobody called has it too', async () => {
  const { a, world } = await openSession();
  await a.reload();
  await world.settle();
  expect(a.coordinator.session).toBeUndefined();
  await world.connect(a);
  expect(a.coordinator.getSnapshot().phase).toBe('active');
  expect(a.coordinator.session).toEqual({ id: 'session-2', epoch: a.coordinator.getSnapshot().epoch });
});

test('a tab that was fenced has it no more', async () => {
  const { a, b, world } = await openSession();
  await a.stop();
  const taken = b.coordinator.takeOver({ force: true });
  await world.advance(5_000);
  await world.connect(b);
  await taken;
  const seen = sessionsSeenBy(a);
  await a.cont();
  await world.settle();
  expect(a.coordinator.session).toBeUndefined();
  expect(seen.map(([, session]) => session)).not.toContainEqual(expect.anything());
});

test('a coordinator that was closed has none', async () => {
  const { a } = await openSession();
  await a.coordinator.close();
  expect(a.coordinator.session).toBeUndefined();
});

describe('while its host reconnects', () => {
  test('the old one stays, and is the same afterwards if none replaces it', async () => {
    const { a, world, session } = await openSession();
    const seen = sessionsSeenBy(a);
    world.contextIn(a).reconnecting();
    await world.settle();
    world.contextIn(a).reconnected();
    await world.settle();
    expect(seen).toEqual([
      ['recovering', session],
      ['active', session],
    ]);
  });

  test('context.reconnected(session) replaces it, and release and end get the new one', async () => {
    const released = deferred<unknown>();
    const { a, b, world } = await openWorld({
      driver: {
        start: () => ({ id: 'first', epoch: 1 }),
        resume: () => ({ id: 'third', epoch: 2 }),
        release: (session) => released.resolve(session),
        end: () => undefined,
      },
    });
    await a.coordinator.start();
    const seen = sessionsSeenBy(a);
    const second = { id: 'second', epoch: 1 };
    world.contextIn(a).reconnecting();
    await world.settle();
    world.contextIn(a).reconnected(second);
    await world.settle();
    expect(seen.at(-1)).toEqual(['active', second]);
    expect(a.coordinator.session).toBe(second);
    await b.coordinator.takeOver();
    expect(await released.promise).toBe(second);
  });
});

test('that it is replaced while it is active is a change of state: another snapshot that says the same', async () => {
  const ended: unknown[] = [];
  const { a, b, world } = await openWorld({
    driver: { start: () => ({ id: 'first', epoch: 1 }), end: (session) => void ended.push(session) },
  });
  await a.coordinator.start();
  await world.settle();
  const before = a.coordinator.getSnapshot();
  const [seen, others] = [sessionsSeenBy(a), sessionsSeenBy(b)];
  const second = { id: 'second', epoch: 1 };
  world.contextIn(a).reconnected(second);
  expect(seen).toEqual([['active', second]]);
  expect(a.coordinator.getSnapshot()).not.toBe(before);
  expect(a.coordinator.getSnapshot()).toEqual(before);
  await world.settle();
  expect([seen.length, others]).toEqual([1, []]);
  await a.coordinator.end();
  expect(ended).toEqual([second]);
});

describe('what a server shows', () => {
  const SERVER = {
    ...{ phase: 'idle', role: 'none', kind: null, hostTabId: null, epoch: 0, since: null },
    ...{ info: null, lastError: null, guarantee: 'exclusive' },
  };

  test('is one frozen object in every tab, whatever goes on', async () => {
    const { a, b } = await openSession();
    const [inA, inB] = [a, b].map(({ coordinator: { getServerSnapshot } }) => getServerSnapshot());
    expect(inA).toEqual(SERVER);
    expect(inA).toBe(inB);
    expect(Object.isFrozen(inA)).toBe(true);
  });

  test.each([
    ['', {}, 'exclusive'],
    [', also where nothing works', { capabilities: { store: false, locks: false } }, 'best-effort'],
  ])(
    'is what a page shows until it is ready, so that what is hydrated never differs%s',
    async (_, options, guarantee) => {
      const { world, a } = await openWorld({ driver: 'auto', ...options });
      const started = a.coordinator.start();
      await world.advance(1_000);
      await started;
      const { coordinator } = world.openTab(options);
      const shown: unknown[] = [];
      coordinator.subscribe(() => shown.push(coordinator.getSnapshot()));
      const isReady = follow(coordinator.ready);
      while (isReady.outcome === 'pending') {
        expect(coordinator.getSnapshot()).toBe(coordinator.getServerSnapshot());
        await world.step();
      }
      await world.advance(1_000);
      expect(shown).toEqual([expect.objectContaining({ phase: 'active', role: 'follower', guarantee })]);
    },
  );

  test('is still what a page shows that found nothing else', async () => {
    const { coordinator } = createSimulatedBrowser().openTab();
    await coordinator.ready;
    expect(coordinator.getSnapshot()).toBe(coordinator.getServerSnapshot());
  });
});
