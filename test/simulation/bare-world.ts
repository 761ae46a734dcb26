import { SimulatedBrowser, type SimulatedBrowserOptions } from '../../src/testing/browser';
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
