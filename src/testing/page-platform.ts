import type { Clock, Logger, Platform, TabStorage } from '../platform/platform';
import type { ChannelHub } from './channels';
import { clone } from './clone';
import type { Database } from './database';
import type { Machine } from './machine';
import type { Page } from './page';
import { createPageLocks, type LocksHealth } from './page-locks';
import type { SiteLocks } from './site-locks';
import { openSimulatedStore, type SimulatedStore } from './store';

/** What this browser has, in this tab. */
export interface Capabilities {
  /** Default true. False: there is none. `fails`: every call rejects. `hangs`: it does not open. */
  readonly store?: boolean | 'fails' | 'hangs';
  /** Default true. False: there are none. `silent`: no request is answered. `taken`: every name is said to be taken, for ever. */
  readonly locks?: boolean | Exclude<LocksHealth, 'work'>;
  /** Default true. `hints`: only positions may be sent, as where messages go through storage. */
  readonly channel?: boolean | 'hints';
}

/** What all pages of a browser share. */
export interface Servers {
  readonly locks: SiteLocks;
  readonly channels: ChannelHub;
  database(scope: string): Database;
}

/** What a page takes over from its tab. */
export interface TabFacts {
  readonly capabilities: Capabilities;
  readonly storage: Map<string, string>;
  readonly hidden: boolean;
  readonly hiddenSince: number;
  /** Its user looks at it: at one tab of a browser at most. */
  readonly focused: boolean;
  readonly clockOffsetMs: number;
}

/** Some day. Tests should not depend on the present. */
export const EPOCH_MS = Date.UTC(2026, 10, 2, 9);

/** Nobody asks for the time so often within one event. */
const MOST_LOOKS = 10_000;

/** Chromium wakes the timers of a page that was hidden for this long once a minute, everybody those of a hidden page once a second. */
const INTENSIVE_AFTER_MS = 300_000;

export interface PagePlatform extends Platform {
  /** `isCleared`: the browser closed them by itself. */
  loseConnections(isCleared: boolean): void;
}

export function createPagePlatform(machine: Machine, page: Page, tab: TabFacts, servers: Servers): PagePlatform {
  const { scheduler } = machine;
  const stores: SimulatedStore[] = [];
  let minted = 0;

  /** A page that only awaits itself would stop the world: it is stopped with an error instead. */
  let looks = 0;
  let step = 0;
  const checkProgress = (): void => {
    if (step !== scheduler.steps) looks = 0;
    step = scheduler.steps;
    if (++looks <= MOST_LOOKS) return;
    const error = new Error(`${page.name} spins: it does not let go of its thread.`);
    for (const watcher of machine.watchers) watcher.onUncaught?.(error);
    throw error;
  };

  const clock: Clock = {
    now() {
      checkProgress();
      return Math.floor(EPOCH_MS + scheduler.now + tab.clockOffsetMs);
    },
    monotonic: () => scheduler.now - page.bornAt,
    after(ms, callback) {
      if (page.gone) return () => undefined;
      const schedule = (delayMs: number): void => {
        event = scheduler.timer(delayMs, () => {
          forget();
          const throttleMs = throttledForMs();
          if (throttleMs === 0) return page.deliver('timer', () => cancelled || callback());
          schedule(throttleMs);
          page.overdue.add(runNow);
        });
        page.timers.add(event);
      };
      const forget = (): void => {
        page.timers.delete(event);
        page.overdue.delete(runNow);
      };
      const cancel = (): void => {
        forget();
        scheduler.cancel(event);
      };
      const runNow = (): void => {
        cancel();
        schedule(0);
      };
      /** Hidden pages run their timers at full seconds or minutes, and what is overdue as soon as they are shown. */
      const throttledForMs = (): number => {
        if (!tab.hidden) return 0;
        const hiddenForMs = scheduler.now - Math.max(tab.hiddenSince, page.bornAt);
        const isIntensive = hiddenForMs >= INTENSIVE_AFTER_MS && machine.profile.name === 'chromium';
        const raster = isIntensive ? 60_000 : 1_000;
        const over = scheduler.now % raster;
        return over < 0.001 || raster - over < 0.001 ? 0 : raster - over;
      };
      let event: ReturnType<typeof scheduler.timer>;
      let cancelled = false;
      schedule(ms);
      return () => {
        cancelled = true;
        cancel();
      };
    },
  };

  /** Frames share the storage of their tab, each under its place, as in the browser's own adapter. */
  const own = (key: string): string => page.place + key;
  const tabStorage: TabStorage = {
    get: (key) => (page.isWorker ? null : (tab.storage.get(own(key)) ?? null)),
    set: (key, value) => {
      if (page.gone || page.isWorker) return;
      if (value === null) tab.storage.delete(own(key));
      else tab.storage.set(own(key), value);
    },
  };

  const report =
    (level: string) =>
    (message: string, ...details: readonly unknown[]) => {
      page.log(() => [`${level}: ${message}`, ...details.map(String)].join(' '));
      if (level === 'warning') for (const watcher of machine.watchers) watcher.onWarning?.(page, message);
    };
  const logger: Logger = { debug: report('debug'), warn: report('warning'), error: report('error') };

  page.hasNoLocks = (tab.capabilities.locks ?? true) !== true;
  const storeHealth = () => (typeof tab.capabilities.store === 'string' ? tab.capabilities.store : 'works');
  const locksHealth = () => (typeof tab.capabilities.locks === 'string' ? tab.capabilities.locks : 'work');

  const locks =
    tab.capabilities.locks === false ? null : createPageLocks(machine, page, servers.locks.of(page), locksHealth);
  const names = new Map<string, number>();
  return {
    openStore(scope) {
      page.hasNoStore = tab.capabilities.store === false;
      if (page.hasNoStore) return null;
      const store = openSimulatedStore(machine, page, servers.database(scope), storeHealth);
      stores.push(store);
      return store;
    },
    // Asked for anew by each coordinator of the page.
    get locks() {
      return page.hasAbandonedLocks || page.isWorker ? null : locks;
    },
    openChannel(scope, receive) {
      const { channel = true } = tab.capabilities;
      return channel === false
        ? null
        : servers.channels.open(page, scope, channel === 'hints' ? channel : 'full', receive);
    },
    clock,
    lifecycle: {
      isVisible: () => !page.isWorker && !tab.hidden && page.life === 'running',
      isFocused: () => !page.isWorker && tab.focused && !tab.hidden && page.life === 'running',
      isOnline: () => machine.isOnline,
      listen: (listener, signal) => page.isWorker || page.listen(listener, signal),
    },
    tabStorage,
    randomId() {
      const id = machine.ids.id();
      machine.timeline.name(id, `${page.name}#${++minted}`);
      return id;
    },
    random: () => machine.random.between(0, 1),
    clone,
    names: () => names,
    isBrowser: true,
    isPage: !page.isWorker,
    logger,
    loseConnections(isCleared) {
      for (const store of stores) store.lose(isCleared);
    },
  };
}
