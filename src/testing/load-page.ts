import type { Driver, DriverCommands } from '../driver';
import type { Platform } from '../platform/platform';
import type { Shape } from '../shape';
import type { Coordinator, CoordinatorOptions } from '../types';
import { delayOn } from './delay';
import type { Machine, Participant } from './machine';
import type { Network, SimulatedShape } from './network';
import { Page } from './page';
import { type Capabilities, createPagePlatform, type PagePlatform, type Servers, type TabFacts } from './page-platform';
import type { SimulatedTab } from './tab';

/** Options of the tab's coordinator, and of the tab. Whatever loads in it later (`reload`, `duplicate`) has the same. */
export interface TabOptions<S extends Shape = SimulatedShape> extends Partial<Omit<CoordinatorOptions<S>, 'driver'>> {
  /**
   * `manual` (the default): an attempt waits for `world.connect(tab)` or `world.fail(tab)`. `auto`: it connects by itself,
   * as the faults allow. Or your own. Each is watched by `world.network`.
   */
  readonly driver?: 'manual' | 'auto' | Driver<S>;
  /** False: the scripted driver has no `resume`. */
  readonly resumable?: boolean;
  /**
   * True: the scripted driver publishes `{ session: id }` before it is connected. By that the network knows which session a
   * `resume` or an `end` without a session is about. A driver of your own may publish the same.
   */
  readonly publishes?: boolean;
  /** The commands of the scripted driver. */
  readonly commands?: DriverCommands<S>;
  readonly capabilities?: Capabilities;
  /** Starts in the background. */
  readonly hidden?: boolean;
  /**
   * True: a worker. As a tab of its own it is a shared one; in `openFrame`, a dedicated one of that page. Nothing is told to it of the
   * life of any page, and it has no `sessionStorage`.
   */
  readonly worker?: boolean;
  /** True: without a coordinator, for tests that make their own on `tab.platform`. */
  readonly bare?: boolean;
}

/** Makes the coordinator of a new document. */
export type Boot = <S extends Shape>(platform: Platform, options: CoordinatorOptions<S>) => Coordinator<S>;

export interface TabWorld {
  readonly machine: Machine;
  readonly servers: Servers;
  readonly network: Network;
  readonly boot: Boot;
  /** A document was loaded, or another coordinator was created in one. */
  joined(participant: Participant): void;
  /** A tab gets the focus: no other has it. */
  focused(tab: object): Promise<void>;
  /** Opens another tab with this `sessionStorage`. */
  open<S extends Shape>(options: TabOptions<S>, storage: Map<string, string>): SimulatedTab<S>;
}

export interface LoadedPage<S extends Shape> {
  readonly page: Page;
  readonly platform: PagePlatform;
  /** Null in a bare tab. */
  readonly coordinator: Coordinator<S> | null;
}

/** A new document with its ports and, unless it is bare, its coordinator. With a `parent` it is a frame. */
export function loadPage<S extends Shape>(
  world: TabWorld,
  tab: TabFacts,
  options: TabOptions<S>,
  name: string,
  parent: Page | null = null,
): LoadedPage<S> {
  const { machine, servers, network } = world;
  const page = new Page(machine, name, servers.locks.current, parent);
  page.isWorker = options.worker === true;
  page.log('loads');
  page.whenGone(() => {
    network.drop(page);
    machine.scheduler.work(machine.random.between(...machine.profile.deathMs), () => {
      servers.locks.drop(page);
      for (const watcher of machine.watchers) watcher.onDeath?.(page);
    });
  });
  const platform = createPagePlatform(machine, page, tab, servers);
  const coordinator = options.bare ? null : createCoordinatorIn(world, { page, platform }, options, page.name);
  return { page, platform, coordinator };
}

/** A coordinator in a document, with the driver of the options. `name` is what the timeline calls it. */
export function createCoordinatorIn<S extends Shape>(
  { machine, network, boot }: TabWorld,
  { page, platform }: Pick<LoadedPage<S>, 'page' | 'platform'>,
  options: TabOptions<S>,
  name: string,
): Coordinator<S> {
  const { capabilities, hidden, bare, worker, driver = 'manual', resumable, publishes, commands, ...rest } = options;
  const { name: scope = 'simulated', ...given } = rest;
  const script = (mode: 'manual' | 'auto') => ({
    ...network.script(page, mode, { scope, resumable, publishes, endAll: () => coordinator.end() }),
    ...(commands && { commands }),
  });
  // What the network watches can be of any shape; and who leaves `driver` to the world leaves the shape at its default.
  const own = (typeof driver === 'string' ? script(driver) : driver) as unknown as Driver;
  const watched = network.watch(page, scope, own, delayOn(platform)) as unknown as CoordinatorOptions<S>['driver'];
  const coordinator: Coordinator<S> = boot(platform, { ...given, name: scope, driver: watched });
  machine.timeline.name(coordinator.tabId, name);
  return coordinator;
}
