/** The checks can fail: each is shown a world that breaks its promise. */
import { expect, test } from 'vitest';
import { idleRecord, type SessionRecord } from '../../src/session/record';
import type { SimulatedBrowser, SimulatedSession } from '../../src/testing';
import type { Driver, DriverContext } from '../../src';
import { bareWorld } from './bare-world';

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
  return idleRecord({ revision, epoch, seq, lostEpoch: 0, isStored: true });
}

test('a revision that does not rise, or an epoch that falls, is a violation', async () => {
  const { world } = bareWorld();
  await write(world, record(4, 2));
  await write(world, record(5, 2));
  await expect(write(world, record(5, 3))).rejects.toThrow('wrote revision 5 over 5');
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

/** A driver's context of a term, for calling a driver without a coordinator. */
function contextOf(epoch: number): DriverContext {
  const nothing = (): void => undefined;
  const { signal } = new AbortController();
  return {
    ...{ signal, epoch, info: null, publish: nothing, emit: nothing, error: nothing },
    ...{ reconnecting: nothing, reconnected: nothing, ended: nothing },
  };
}

function driverIn(world: SimulatedBrowser): Driver<SimulatedSession> {
  const { page } = world.openTab({ bare: true });
  return world.network.watch(page, 'scope', world.network.script(page, 'auto', true));
}

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
