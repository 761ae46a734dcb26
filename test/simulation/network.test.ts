/** What the far end sees of sessions, and the drivers that make it hard for a coordinator. */
import { expect, test } from 'vitest';
import type { SimulatedBrowser, SimulatedTab } from '../../src/testing';
import { bareWorld, contextOf, driverIn, type FakeContext } from './bare-world';

const PREVIOUS = { kind: 'start', epoch: 1 } as const;

/** Stores that a session is active under `epoch`, as its host does once it is connected. */
async function storeActive({ platform }: Pick<SimulatedTab, 'platform'>, epoch: number): Promise<void> {
  const record = { phase: 'active', epoch };
  await platform.openStore('scope')?.transact(() => ({ write: { record }, result: null }));
}

function statesIn({ network }: SimulatedBrowser): string[] {
  return network.sessions.map(({ id, state, established }) => `${id} ${state}${established ? ' established' : ''}`);
}

/** Records are made up here. */
const careless = { violations: 'collect' } as const;

test('a session is live at the far end from its start until a driver ends it, whoever has it', async () => {
  const { world } = bareWorld(careless);
  const tab = world.openTab({ bare: true });
  const [first, second] = [driverIn(world, {}, tab), driverIn(world)];
  const context = contextOf(1);
  const session = await first.start(null, context);
  expect(statesIn(world)).toEqual(['session-1 live']);
  await storeActive(tab, 1);
  expect(statesIn(world)).toEqual(['session-1 live established']);
  expect(world.network.sessions[0]?.lostAt).toBe(null);
  await first.release(session, context);
  expect(world.network.sessions[0]?.lostAt).toBeGreaterThan(0);
  const later = contextOf(2);
  const resumed = await second.resume({ ...PREVIOUS, info: null }, later);
  expect(statesIn(world)).toEqual(['session-1 live established']);
  expect(world.network.sessions[0]?.lostAt).toBe(null);
  await second.end(resumed, later);
  expect(statesIn(world)).toEqual(['session-1 ended established']);
  expect(world.network.sessions[0]?.ends).toMatchObject([{ page: 'B', isOrphan: false }]);
});

test('a session that nobody has any more is ended by what was published of it', async () => {
  const { world } = bareWorld(careless);
  const tabs = [world.openTab({ bare: true }), world.openTab({ bare: true }), world.openTab({ bare: true })] as const;
  const infos: unknown[] = [];
  for (const [index, tab] of tabs.slice(0, 2).entries()) {
    const context = contextOf(index + 1);
    await driverIn(world, { publishes: true }, tab).start(null, context);
    await storeActive(tab, index + 1);
    infos.push(context.info);
    await tab.crash();
  }
  expect(infos).toEqual([{ session: 'session-1' }, { session: 'session-2' }]);
  await driverIn(world, {}, tabs[2]).end(null, contextOf(3, { ...Object(infos[0]), pin: 'A1' }));
  expect(statesIn(world)).toEqual(['session-1 ended established', 'session-2 live established']);
  expect(world.network.sessions[0]?.ends).toMatchObject([{ page: 'C', isOrphan: true }]);
  expect(world.network.calls.at(-1)).toMatchObject({ call: 'end', session: 'session-1', isOrphan: true });
});

test('where nothing was published, it is the last session that no tab has', async () => {
  const { world } = bareWorld(careless);
  const lost = world.openTab({ bare: true });
  await driverIn(world).start(null, contextOf(1));
  await driverIn(world, {}, lost).start(null, contextOf(2));
  await lost.crash();
  await driverIn(world).start(null, contextOf(3));
  await driverIn(world).end(null, contextOf(4));
  expect(statesIn(world)).toEqual(['session-1 live', 'session-2 ended', 'session-3 live']);
});

test('where nothing was published, a session that tabs can know of goes before one that was wiped away', async () => {
  const { world } = bareWorld(careless);
  const [lost, asleep] = [world.openTab({ bare: true }), world.openTab({ bare: true })];
  await driverIn(world, {}, lost).start(null, contextOf(1));
  await lost.crash();
  await driverIn(world, {}, asleep).start(null, contextOf(2));
  await storeActive(asleep, 2);
  await driverIn(world).end(null, contextOf(3));
  expect(statesIn(world)).toEqual(['session-1 live', 'session-2 ended established']);
});

test('a session that its driver says is over needs no end, and one that was wiped away is nobody’s duty', async () => {
  const { world } = bareWorld(careless);
  const tab = world.openTab({ bare: true });
  const context = contextOf(1);
  let watched = context as FakeContext;
  const own = world.network.watch(tab.page, 'scope', {
    start: (_, given) => {
      watched = given as FakeContext;
      given.publish({ session: 'mine' });
      return 'session';
    },
    join: () => 'session',
    end: () => undefined,
  });
  await own.start(null, context);
  await storeActive(tab, 1);
  expect(statesIn(world)).toEqual(['mine live established']);
  world.wipeStorage();
  expect(statesIn(world)).toEqual(['mine live']);
  // Another one's session, which after a wipe may have the same epoch.
  await storeActive(world.openTab({ bare: true }), 1);
  expect(statesIn(world)).toEqual(['mine live']);
  watched.ended('agent-left');
  expect(statesIn(world)).toEqual(['mine over']);
  expect(context.said).toEqual(['publish', 'ended agent-left']);
  expect(world.network.live.size).toBe(0);
});

test('the other side hangs up before, in the very moment, or after it connects: nothing is live then', async () => {
  const said = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const { world } = bareWorld({ ...careless, seed, faults: { hangUps: 1 } });
    const context = contextOf(1);
    const order: string[] = [];
    const started = driverIn(world)
      .start(null, { ...context, ended: () => void order.push('ended') })
      .then(() => order.push('connected'));
    await world.settle();
    await started;
    expect(world.network.live.size).toBe(0);
    expect(statesIn(world)).toEqual(['session-1 over']);
    said.add(order.join(', '));
  }
  expect([...said].sort()).toEqual(['connected, ended', 'ended, connected']);
});

test('a session that is gone for good is told in either of two ways, and is over at the far end', async () => {
  const ways = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const { world } = bareWorld({ ...careless, seed, faults: { goneForGood: 1 } });
    const lost = world.openTab({ bare: true });
    await driverIn(world, {}, lost).start(null, contextOf(1));
    await lost.crash();
    const context = contextOf(2);
    const resumed = driverIn(world).resume({ ...PREVIOUS, info: null }, context);
    const outcome = resumed.then(
      () => 'resumed',
      ({ retryable }: { readonly retryable: boolean }) => `rejected, retryable: ${retryable}`,
    );
    await world.settle();
    ways.add(context.said.join() || (await outcome));
    expect(statesIn(world)).toEqual(['session-1 over']);
  }
  expect([...ways].sort()).toEqual(['ended gone-for-good', 'rejected, retryable: false']);
});

test('what was ended, or said that it is over, can’t be resumed', async () => {
  const { world } = bareWorld(careless);
  const [first, second] = [driverIn(world, { publishes: true }), driverIn(world, { publishes: true })];
  const context = contextOf(1);
  await first.end(await first.start(null, context), context);
  const again = contextOf(2, context.info);
  const outcome = second.resume({ ...PREVIOUS, info: context.info }, again).then(
    () => 'resumed',
    () => 'rejected',
  );
  await world.settle();
  expect(again.said.join() || (await outcome)).toMatch(/ended gone-for-good|rejected/);
  expect(world.network.live.size).toBe(0);
});

test('a slow resume takes seconds', async () => {
  const { world } = bareWorld({ ...careless, faults: { slowResumes: 1 } });
  const driver = driverIn(world);
  await driver.start(null, contextOf(1));
  const startedAt = world.now;
  await driver.resume({ ...PREVIOUS, info: null }, contextOf(2));
  expect(startedAt).toBeLessThan(100);
  expect(world.now - startedAt).toBeGreaterThan(500);
});

test('a flood publishes up to hundreds of values in a turn, each of which names the session, until the term is over', async () => {
  let most = 0;
  for (let seed = 1; seed <= 10; seed++) {
    const { world } = bareWorld({ ...careless, seed, faults: { floods: 1 } });
    const context = contextOf(1);
    await driverIn(world, { publishes: true }).start(null, context);
    await world.settle();
    most = Math.max(most, context.said.length);
    expect(context.info).toMatchObject({ session: 'session-1' });
  }
  expect(most).toBeGreaterThan(300);
  for (let seed = 1; seed <= 10; seed++) {
    const { world } = bareWorld({ ...careless, seed, faults: { floods: 1 } });
    const context = contextOf(1);
    void driverIn(world)
      .start(null, context)
      .catch(() => undefined);
    context.abort();
    await world.settle();
    expect(context.said).toEqual([]);
  }
});

test('a driver’s end can call the end of its coordinator, and waits for it', async () => {
  const { world } = bareWorld({ ...careless, faults: { endsCallEnd: 1 } });
  let finish: () => void = () => undefined;
  const called = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const driver = driverIn(world, { endAll: () => called });
  const context = contextOf(1);
  const session = await driver.start(null, context);
  let ended = false;
  const done = driver.end(session, context).then(() => {
    ended = true;
  });
  await world.advance(60_000);
  expect(ended).toBe(false);
  finish();
  await done;
});
