/**
 * `solotab/testing`: for tests of solotab and of apps that use it. A browser in virtual time, in which the coordinators are the real
 * ones and only the platform below them is simulated; and a fake coordinator, which shows a component whatever a test wants.
 */
import { createCoordinatorOn } from '../tab/coordinator';
import { SimulatedBrowser, type SimulatedBrowserOptions } from './browser';

export type { SimulatedBrowser, SimulatedBrowserOptions } from './browser';
export { createFakeCoordinator } from './fake-coordinator';
export type {
  ErrorPatch,
  FakeCall,
  FakeCommands,
  FakeCoordinator,
  FakeEvents,
  FakeOptions,
  SnapshotPatch,
} from './fake-types';
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
