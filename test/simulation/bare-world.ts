import type { Driver, DriverContext } from '../../src';
import { SimulatedBrowser, type SimulatedBrowserOptions } from '../../src/testing/browser';
import type { SimulatedShape } from '../../src/testing/network';
import type { Script } from '../../src/testing/scripted-driver';
import type { SimulatedTab } from '../../src/testing/tab';

/** A world for tests of the ports themselves: its tabs have no coordinator. */
export function bareWorld(options: SimulatedBrowserOptions = {}): {
  readonly world: SimulatedBrowser;
  openTab(): SimulatedTab;
} {
  const world = new SimulatedBrowser(() => {
    throw new Error('These tabs are bare.');
  }, options);
  return { world, openTab: () => world.openTab({ bare: true }) };
}

export interface FakeContext extends DriverContext {
  info: unknown;
  /** What the driver said, in order. */
  readonly said: string[];
  abort(): void;
}

/** A driver's context of a term, for calling a driver without a coordinator. */
export function contextOf(epoch: number, info: unknown = null): FakeContext {
  const control = new AbortController();
  const said: string[] = [];
  const nothing = (): void => undefined;
  const context: FakeContext = {
    ...{ signal: control.signal, epoch, info, said, emit: nothing, error: nothing },
    ...{ reconnecting: nothing, reconnected: nothing, abort: () => control.abort() },
    publish(published) {
      context.info = published;
      said.push('publish');
    },
    ended: (reason) => void said.push(`ended ${reason}`),
  };
  return context;
}

/** A scripted driver lacks nothing, and keeps everybody waiting. */
type ScriptedDriver = {
  readonly [Call in 'start' | 'join' | 'resume' | 'release' | 'end']: (
    ...given: Parameters<Required<Driver<SimulatedShape>>[Call]>
  ) => Promise<Awaited<ReturnType<Required<Driver<SimulatedShape>>[Call]>>>;
};

/** The driver of a tab that has no coordinator. */
export function driverIn(
  world: SimulatedBrowser,
  script: Partial<Script> = {},
  tab: Pick<SimulatedTab, 'page'> = world.openTab({ bare: true }),
): ScriptedDriver {
  const { page } = tab;
  const scripted = world.network.script(page, 'auto', { scope: 'scope', endAll: () => Promise.resolve(), ...script });
  // `watch` leaves out what the driver lacks, and answers with promises.
  return world.network.watch(page, 'scope', scripted) as unknown as ScriptedDriver;
}
