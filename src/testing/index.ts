/**
 * `solotab/testing`: a browser in virtual time, for tests of solotab and of apps that use it. The coordinators in it are
 * the real ones; only the platform below them is simulated.
 */
import { createCoordinatorOn } from '../tab/coordinator';
import { SimulatedBrowser, type SimulatedBrowserOptions } from './browser';

export type { SimulatedBrowser, SimulatedBrowserOptions } from './browser';
export type { Faults } from './faults';
export type { SimulatedFrame } from './frame';
export type { TabOptions } from './load-page';
export type { NetworkCall, SimulatedSession, SimulatedShape } from './network';
export type { LocksHealth } from './page-locks';
export type { Capabilities } from './page-platform';
export type { EngineName } from './profiles';
export type { ServiceEnd, ServiceSession } from './service';
export type { SimulatedTab, TabState } from './tab';

/** A browser without tabs. */
export function createSimulatedBrowser(options: SimulatedBrowserOptions = {}): SimulatedBrowser {
  return new SimulatedBrowser(createCoordinatorOn, options);
}
