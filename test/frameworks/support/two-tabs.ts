import type { Coordinator } from 'solotab';
import { createSimulatedBrowser, type SimulatedBrowser, type SimulatedShape, type SimulatedTab } from 'solotab/testing';

export type Coordinated = Coordinator<SimulatedShape>;

export interface TwoTabs {
  readonly world: SimulatedBrowser;
  readonly host: SimulatedTab;
  readonly follower: SimulatedTab;
}

/** Two tabs that know that there is no session. */
export async function twoIdleTabs(): Promise<TwoTabs> {
  const world = createSimulatedBrowser();
  const [host, follower] = [world.openTab(), world.openTab()];
  await world.settle();
  return { world, host, follower };
}

/** Two tabs, of which the first one has a session. */
export async function twoTabs(): Promise<TwoTabs> {
  const tabs = await twoIdleTabs();
  const started = tabs.host.coordinator.start();
  await tabs.world.connect(tabs.host);
  await started;
  return tabs;
}

/** What a coordinator shows on a server, whatever it knows. */
export function asOnServer(coordinator: Coordinated): Coordinated {
  return { ...coordinator, getSnapshot: coordinator.getServerSnapshot };
}
