import type { Platform } from '../platform/platform';
import type { Coordinator, CoordinatorOptions, Driver } from '../types';
import type { Machine } from './machine';
import type { Network, SimulatedSession } from './network';
import { Page } from './page';
import { type Capabilities, createPagePlatform, type PagePlatform, type Servers, type TabFacts } from './page-platform';
import type { SimulatedTab } from './tab';

/** Options of the tab's coordinator, and of the tab. Whatever loads in it later (`reload`, `duplicate`) has the same. */
export interface TabOptions<Session = SimulatedSession, Request = unknown>
  extends Partial<Omit<CoordinatorOptions<Session, Request>, 'driver'>> {
  /**
   * `manual` (the default): an attempt waits for `world.connect(tab)` or `world.fail(tab)`. `auto`: it connects by itself,
   * as the faults allow. Or your own. Each is watched by `world.network`.
   */
  readonly driver?: 'manual' | 'auto' | Driver<Session, Request>;
  /** False: the scripted driver has no `resume`. */
  readonly resumable?: boolean;
  readonly capabilities?: Capabilities;
  /** Starts in the background. */
  readonly hidden?: boolean;
  /** True: without a coordinator, for tests that make their own on `tab.platform`. */
  readonly bare?: boolean;
}

/** Makes the coordinator of a new document. */
export type Boot = <Session, Request>(
  platform: Platform,
  options: CoordinatorOptions<Session, Request>,
) => Coordinator<Session, Request>;

export interface TabWorld {
  readonly machine: Machine;
  readonly servers: Servers;
  readonly network: Network;
  readonly boot: Boot;
  /** A document was loaded. */
  loaded(tab: SimulatedTab<unknown, unknown>): void;
  /** Opens another tab with this `sessionStorage`. */
  open<Session, Request>(
    options: TabOptions<Session, Request>,
    storage: Map<string, string>,
  ): SimulatedTab<Session, Request>;
}

export interface LoadedPage<Session, Request> {
  readonly page: Page;
  readonly platform: PagePlatform;
  /** Null in a bare tab. */
  readonly coordinator: Coordinator<Session, Request> | null;
}

/** A new document with its ports and, unless the tab is bare, its coordinator. */
export function loadPage<Session, Request>(
  { machine, servers, network, boot }: TabWorld,
  tab: TabFacts,
  { driver = 'manual', resumable = true, bare = false, ...rest }: TabOptions<Session, Request>,
  name: string,
): LoadedPage<Session, Request> {
  const page = new Page(machine, name);
  page.log('loads');
  page.whenGone(() => {
    network.drop(page);
    machine.scheduler.work(machine.random.between(...machine.profile.deathMs), () => {
      servers.locks.drop(page);
      for (const watcher of machine.watchers) watcher.onDeath?.(page);
    });
  });
  const platform = createPagePlatform(machine, page, tab, servers);
  if (bare) return { page, platform, coordinator: null };
  const { capabilities, hidden, name: scope = 'simulated', ...options } = rest;
  // Who leaves `driver` to the world leaves `Session` at its default.
  const own = (typeof driver === 'string' ? network.script(page, driver, resumable) : driver) as Driver<
    Session,
    Request
  >;
  const coordinator = boot(platform, { ...options, name: scope, driver: network.watch(page, scope, own) });
  machine.timeline.name(coordinator.tabId, page.name);
  return { page, platform, coordinator };
}
