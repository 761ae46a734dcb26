/** What actions work with. */
import type { Coordinator, DriverContext } from '../../../src';
import type { SimulatedBrowser, SimulatedTab } from '../../../src/testing';
import type { Participant } from '../../../src/testing/machine';
import type { LiveSession } from '../../../src/testing/network';
import type { Page } from '../../../src/testing/page';
import type { Random } from '../../../src/testing/random';
import type { Calls } from './calls';
import type { Commands } from './commands';
import type { LastWords } from './last-words';
import type { FieldFault } from './plan';
import type { Published } from './published';
import type { Wishes } from './wishes';

export interface Scene {
  readonly world: SimulatedBrowser;
  readonly calls: Calls;
  readonly openTab: () => void;
  readonly hasWorkers: boolean;
  /** A dedicated worker of the page in `tab`, with a coordinator of the same scope. */
  readonly openWorker: (tab: SimulatedTab) => void;
  /** Storage is wiped and spoilt as well. */
  readonly hostile: boolean;
  readonly field: readonly FieldFault[];
  /** The session follows the focus. */
  readonly follows: boolean;
  readonly commands: Commands;
  readonly wishes: Wishes;
  readonly published: Published;
  readonly words: LastWords;
  /** Whether its tab says that it can't become the host by itself. */
  readonly isReluctant: (page: Page) => boolean;
  readonly duplicate: (tab: SimulatedTab) => void;
  /** What the driver of each page connected last: also once it was let go of, it may have something to say. */
  readonly lastOf: WeakMap<Page, LiveSession>;
}

export type Tab = SimulatedTab;

export interface Action {
  readonly weight: number;
  /** Whether this tab can do it now. A closed tab is asked only for what is done with closed tabs. */
  readonly fits: (tab: Tab, scene: Scene) => boolean;
  readonly run: (tab: Tab, scene: Scene, random: Random) => unknown;
  /** The app or the driver does it by itself, so it can do more of the kind in the same turn. */
  readonly isCode?: true;
  /** Whether it can be done next, in the same turn or some milliseconds later, where that is more than `fits`. */
  readonly fitsNext?: Action['fits'];
  /** Is done with a closed tab. */
  readonly ofClosed?: true;
}

const MOST_TABS = 6;

export const isAwake = (tab: Tab): boolean => tab.page.awake;
export const isOpen = (tab: Tab): boolean => tab.state === 'open' && !tab.stopped;
export const hasRoom = ({ world }: Scene): boolean => world.tabs.filter(({ page }) => !page.gone).length < MOST_TABS;
export const hosts = (tab: Tab, { world }: Scene): boolean => tab.page.awake && liveIn(tab, world) !== undefined;

export function liveIn({ page }: Tab, { network }: SimulatedBrowser): LiveSession | undefined {
  return [...network.live].find((live) => live.page.top === page);
}

/** What the driver in a tab has, or had a moment ago. */
function lastIn(tab: Tab, scene: Scene): LiveSession | undefined {
  const [last] = participantsIn(tab, scene).flatMap(({ page }) => scene.lastOf.get(page) ?? []);
  return last;
}

/** Those in the present document of a tab and its frames. */
export function participantsIn(tab: Tab, { world }: Scene): readonly Participant[] {
  return world.participants.filter(({ page }) => page.top === tab.page && !page.gone);
}

/** One of them. Nothing is drawn where there is no choice. */
export function pickParticipant(tab: Tab, scene: Scene, random: Random): Participant {
  const candidates = participantsIn(tab, scene);
  const [only] = candidates;
  return candidates.length === 1 && only ? only : random.pick(candidates);
}

/** A call of one of the tab's coordinators. */
export function callAction(weight: number, name: string, run: (coordinator: Coordinator) => Promise<unknown>): Action {
  return {
    weight,
    isCode: true,
    fits: isAwake,
    run(tab, scene, random) {
      scene.calls.make(pickParticipant(tab, scene, random), name, run);
    },
  };
}

/** Something the driver of a live session does; in a burst, also one that is just being let go of. */
export function driverAction(
  weight: number,
  run: (context: DriverContext, random: Random, scene: Scene, session: LiveSession) => void,
  name: string,
): Action {
  return {
    weight,
    isCode: true,
    fits: hosts,
    fitsNext: (tab, scene) => tab.page.awake && lastIn(tab, scene) !== undefined,
    run(tab, scene, random) {
      const session = liveIn(tab, scene.world) ?? lastIn(tab, scene);
      if (!session) return;
      session.page.log(`its driver calls context.${name}`);
      run(session.context, random, scene, session);
    },
  };
}
