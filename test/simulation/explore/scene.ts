/** What actions work with. */
import type { Coordinator, DriverContext } from '../../../src';
import type { SimulatedBrowser, SimulatedTab } from '../../../src/testing';
import type { Participant } from '../../../src/testing/machine';
import type { LiveSession } from '../../../src/testing/network';
import type { Random } from '../../../src/testing/random';
import type { Calls } from './calls';
import type { FieldFault } from './plan';

export interface Scene {
  readonly world: SimulatedBrowser;
  readonly calls: Calls;
  readonly openTab: () => void;
  /** Storage is wiped and spoilt as well. */
  readonly hostile: boolean;
  readonly field: readonly FieldFault[];
}

export type Tab = SimulatedTab;

export interface Action {
  readonly weight: number;
  /** Whether this tab can do it now. A closed tab is asked only for what is done with closed tabs. */
  readonly fits: (tab: Tab, scene: Scene) => boolean;
  readonly run: (tab: Tab, scene: Scene, random: Random) => unknown;
  /** Is done with a closed tab. */
  readonly ofClosed?: true;
}

const MOST_TABS = 6;

export const isAwake = (tab: Tab): boolean => tab.page.awake;
export const isOpen = (tab: Tab): boolean => tab.state === 'open' && !tab.stopped;
export const hasRoom = ({ world }: Scene): boolean => world.tabs.filter(({ page }) => !page.gone).length < MOST_TABS;
export const hosts = (tab: Tab, { world }: Scene): boolean => tab.page.awake && liveIn(tab, world) !== undefined;

function liveIn({ page }: Tab, { network }: SimulatedBrowser): LiveSession | undefined {
  return [...network.live].find((live) => live.page.top === page);
}

/** Those in the present document of a tab and its frames. */
export function participantsIn(tab: Tab, { world }: Scene): readonly Participant[] {
  return world.participants.filter(({ page }) => page.top === tab.page && !page.gone);
}

/** A call of one of the tab's coordinators. */
export function callAction(weight: number, name: string, run: (coordinator: Coordinator) => Promise<unknown>): Action {
  return {
    weight,
    fits: isAwake,
    run(tab, scene, random) {
      const candidates = participantsIn(tab, scene);
      const [only] = candidates;
      const caller = candidates.length === 1 && only ? only : random.pick(candidates);
      scene.calls.make(caller, name, run);
    },
  };
}

/** Something the driver of a live session does. */
export function driverAction(
  weight: number,
  run: (context: DriverContext, random: Random) => void,
  name: string,
): Action {
  return {
    weight,
    fits: hosts,
    run(tab, { world }, random) {
      const live = liveIn(tab, world);
      if (!live) return;
      live.page.log(`its driver calls context.${name}`);
      run(live.context, random);
    },
  };
}
