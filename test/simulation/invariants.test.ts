/** The checks can fail: each is shown a world that breaks its promise. */
import { expect, test } from 'vitest';
import type { DriverContext } from '../../src';
import { type SessionRecord, UNKNOWN } from '../../src/session/record';
import type { SimulatedBrowser } from '../../src/testing';
import { bareWorld, contextOf, driverIn } from './bare-world';

async function write(
  world: SimulatedBrowser,
  record: unknown,
  journal: readonly [number, unknown][] = [],
): Promise<void> {
  const tab = world.openTab({ bare: true });
  await tab.platform.openStore('scope')?.transact(() => ({ write: { record, journal }, result: null }));
  await world.settle();
}

function record(revision: number, epoch: number, seq = 0): SessionRecord {
  return { ...UNKNOWN, revision, epoch, seq, lostEpoch: 0, isStored: true };
}

test('a revision that does not rise under one epoch, or an epoch that falls, is a violation', async () => {
  const { world } = bareWorld();
  await write(world, record(4, 2));
  await write(world, record(5, 2));
  await expect(write(world, record(5, 2))).rejects.toThrow('wrote revision 5 over 5');
  await write(world, record(5, 3));
  await expect(write(world, record(6, 1))).rejects.toThrow('wrote epoch 1 over 3');
});

test('a record that is none is a violation', async () => {
  const { world } = bareWorld();
  await expect(write(world, { phase: 'idle' })).rejects.toThrow('stored a record that is malformed');
});

test('a gap in the journal is a violation', async () => {
  const { world } = bareWorld();
  await write(world, record(1, 1, 1), [[1, { epoch: 1, seq: 1 }]]);
  await expect(write(world, record(2, 1, 3), [[3, { epoch: 1, seq: 3 }]])).rejects.toThrow('wrote event 1:3 after 1:1');
});

test('after a wipe, counting may begin anew', async () => {
  const { world } = bareWorld();
  await write(world, record(4, 2));
  world.wipeStorage();
  await write(world, record(1, 1));
});

test('a session that starts beside another one is a violation', async () => {
  const { world } = bareWorld();
  await driverIn(world).start(null, contextOf(1));
  void driverIn(world).start(null, contextOf(2));
  await expect(world.settle()).rejects.toThrow('B calls driver.start while A still has the session');
});

test('a session that starts under an epoch that is over is a violation', async () => {
  const { world } = bareWorld();
  const [first, second] = [driverIn(world), driverIn(world)];
  await second.end(await second.start(null, contextOf(2)), contextOf(2));
  void first.join(null, contextOf(1));
  await expect(world.settle()).rejects.toThrow('A calls driver.join under epoch 1, after B acted under 2');
});

test('two that go on having a session are a violation', async () => {
  const { world } = bareWorld();
  const sleeper = world.openTab({ bare: true });
  await driverIn(world, {}, sleeper).start(null, contextOf(1));
  // While it sleeps, and for as long as it then may take to learn that it is not the host any more, it is not to blame.
  await sleeper.stop();
  await driverIn(world).start(null, contextOf(2));
  await world.advance(60_000);
  await sleeper.cont();
  await world.advance(14_000);
  await world.advance(20_000);
  await expect(world.settle()).rejects.toThrow('A and B both have a session');
});

test('a host whose store works again has as long to read that another tab has the session', async () => {
  const { world } = bareWorld();
  const lost = world.openTab({ bare: true });
  lost.page.hasNoLocks = true;
  await driverIn(world, {}, lost).start(null, contextOf(1));
  lost.page.hasNoStore = true;
  await driverIn(world).start(null, contextOf(2));
  await world.advance(60_000);
  lost.page.hasNoStore = false;
  await world.advance(14_000);
  await world.advance(2_000);
  await expect(world.settle()).rejects.toThrow('A and B both have a session');
});

test('two tabs that end the same session without having it are a violation, unless the first one died over it', async () => {
  for (const dies of [true, false]) {
    const { world } = bareWorld();
    const [lost, ender] = [world.openTab({ bare: true }), world.openTab({ bare: true })];
    await driverIn(world, {}, lost).start(null, contextOf(1));
    await lost.crash();
    const info = { session: 'session-1' };
    await driverIn(world, {}, ender).end(null, contextOf(2, info));
    if (dies) await ender.crash();
    void driverIn(world).end(null, contextOf(3, info));
    const settled = world.settle();
    if (dies) await settled;
    else await expect(settled).rejects.toThrow('C ends session-1 without having it, as B did before');
  }
});

test('to end a session that another tab has, without having it, is a violation', async () => {
  const { world } = bareWorld();
  await driverIn(world).start(null, contextOf(1));
  await world.advance(60_000);
  void driverIn(world).end(null, contextOf(2, { session: 'session-1' }));
  await expect(world.settle()).rejects.toThrow('B ends session-1, which A still has');
});

test('to resume a session that was ended is a violation', async () => {
  const { world } = bareWorld();
  const driver = driverIn(world);
  const context = contextOf(1);
  await driver.end(await driver.start(null, context), context);
  void driver.resume({ kind: 'start', epoch: 1, info: { session: 'session-1' } }, contextOf(2));
  await expect(world.settle()).rejects.toThrow('A resumes session-1, which A has ended');
});

test('to resume what was ended is a violation also where only messages tell of it, once they are there', async () => {
  for (const isThere of [false, true]) {
    const { world } = bareWorld();
    const tab = world.openTab({ bare: true });
    const [driver, context] = [driverIn(world, {}, tab), contextOf(1)];
    await driver.end(await driver.start(null, context), context);
    Object.assign(tab.page, { hasNoStore: true, hasNoLocks: true });
    if (isThere) await world.advance(20);
    const resumed = driver.resume({ kind: 'start', epoch: 1, info: { session: 'session-1' } }, contextOf(2));
    resumed.catch(() => undefined);
    const settled = world.settle();
    if (isThere) await expect(settled).rejects.toThrow('A resumes session-1, which A has ended');
    else await settled;
  }
});

test('to resume what was ended while this page slept is none, where only messages would have told it', async () => {
  const { world } = bareWorld();
  const tab = world.openTab({ bare: true });
  const [driver, context] = [driverIn(world, {}, tab), contextOf(1)];
  await driver.end(await driver.start(null, context), context);
  await world.advance(20);
  Object.assign(tab.page, { hasNoStore: true, awakeSince: world.now });
  driver.resume({ kind: 'start', epoch: 1, info: { session: 'session-1' } }, contextOf(2)).catch(() => undefined);
  await world.settle();
});

test('an error that nobody catches is a violation', async () => {
  const { world } = bareWorld();
  const tab = world.openTab({ bare: true });
  tab.platform.clock.after(10, () => {
    throw new RangeError('broken');
  });
  await expect(world.advance(20)).rejects.toThrow('RangeError: broken');
});

test('a page that spins is stopped', async () => {
  const { world } = bareWorld();
  const { clock } = world.openTab({ bare: true }).platform;
  const spin = async (): Promise<never> => {
    for (;;) {
      clock.now();
      await null;
    }
  };
  clock.after(10, () => void spin().catch(() => undefined));
  await expect(world.advance(20)).rejects.toThrow('A spins');
});

test('a driver that is told to let go of something that it never made is a violation', async () => {
  for (const call of ['end', 'release'] as const) {
    const { world } = bareWorld();
    const [driver, context] = [driverIn(world), contextOf(1)];
    await driver.start(null, context);
    void driver[call]({ id: 'session-9', epoch: 1 }, context);
    await expect(world.settle()).rejects.toThrow(`A calls driver.${call} with a session that its driver never made`);
  }
});

test('what a driver connected anew is its own, and null stands for a session that its tab has not got', async () => {
  const { world } = bareWorld();
  const tab = world.openTab({ bare: true });
  const contexts: DriverContext[] = [];
  const start = (_: unknown, context: DriverContext): string => {
    contexts.push(context);
    return 'first';
  };
  const driver = world.network.watch(tab.page, 'scope', { start, end: () => undefined });
  await driver.start(null, contextOf(1));
  contexts[0]?.reconnected('second');
  await driver.end('second', contextOf(1));
  await driver.end(null, contextOf(1));
  await world.settle();
  expect(world.network.requests).toEqual(['start', 'end', 'end']);
});

test('a warning of a coordinator is seen by the checks', () => {
  const { world } = bareWorld();
  const warnings: string[] = [];
  world.machine.watchers.push({ onWarning: ({ name }, message) => void warnings.push(`${name}: ${message}`) });
  world.openTab({ bare: true }).platform.logger.warn('Mind the gap.');
  expect(warnings).toEqual(['A: Mind the gap.']);
});
