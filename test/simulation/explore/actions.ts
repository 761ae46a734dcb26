/** What can happen in a schedule. */
import type { DriverContext } from '../../../src';
import type { SimulatedBrowser, SimulatedTab } from '../../../src/testing';
import type { Random } from '../../../src/testing/random';
import type { Calls } from './calls';
import { PUBLIC, SECRET } from './watchers';

export interface Scene {
  readonly world: SimulatedBrowser;
  readonly calls: Calls;
  readonly openTab: () => void;
  /** Storage is wiped and spoilt as well. */
  readonly hostile: boolean;
}

type Tab = SimulatedTab;

interface Action {
  readonly weight: number;
  /** Whether this tab can do it now. */
  readonly fits: (tab: Tab, scene: Scene) => boolean;
  readonly run: (tab: Tab, scene: Scene, random: Random) => unknown;
}

const MOST_TABS = 6;

const isAwake = (tab: Tab): boolean => tab.page.awake;
const isOpen = (tab: Tab): boolean => tab.state === 'open' && !tab.stopped;
const hosts = (tab: Tab, { world }: Scene): boolean =>
  tab.page.awake && [...world.network.live].some(({ page }) => page === tab.page);

/** Something the driver of a live session does. */
function driverAction(weight: number, run: (context: DriverContext, random: Random) => void, name: string): Action {
  return {
    weight,
    fits: hosts,
    run(tab, { world }, random) {
      tab.page.log(`its driver calls context.${name}`);
      run(world.contextIn(tab), random);
    },
  };
}

export const ACTIONS: Readonly<Record<string, Action>> = {
  start: {
    weight: 7,
    fits: isAwake,
    run: (tab, { calls }) => calls.make(tab, 'start', (coordinator) => coordinator.start({ token: SECRET })),
  },
  join: {
    weight: 2,
    fits: isAwake,
    run: (tab, { calls }) => calls.make(tab, 'join', (coordinator) => coordinator.join({ token: SECRET })),
  },
  startAndAbort: {
    weight: 1,
    fits: isAwake,
    run(tab, { calls, world }, random) {
      const control = new AbortController();
      calls.make(tab, 'start', (coordinator) => coordinator.start({ token: SECRET }, { signal: control.signal }));
      const { page } = tab;
      world.machine.scheduler.work(random.between(0, 60), () =>
        page.deliver('network', () => {
          page.log('aborts its start');
          control.abort();
        }),
      );
    },
  },
  resume: {
    weight: 1,
    fits: isAwake,
    run: (tab, { calls }) => calls.make(tab, 'resume', (coordinator) => coordinator.resume()),
  },
  takeOver: {
    weight: 2,
    fits: isAwake,
    run: (tab, { calls }) => calls.make(tab, 'takeOver', (coordinator) => coordinator.takeOver()),
  },
  takeOverByForce: {
    weight: 2,
    fits: isAwake,
    run: (tab, { calls }) =>
      calls.make(tab, 'takeOver by force', (coordinator) => coordinator.takeOver({ force: true })),
  },
  cancel: {
    weight: 2,
    fits: isAwake,
    run: (tab, { calls }) => calls.make(tab, 'cancel', (coordinator) => coordinator.cancel()),
  },
  end: {
    weight: 3,
    fits: isAwake,
    run: (tab, { calls }) => calls.make(tab, 'end', (coordinator) => coordinator.end()),
  },
  closeCoordinator: {
    weight: 0.4,
    fits: isAwake,
    run: (tab, { calls }) => calls.make(tab, 'close', (coordinator) => coordinator.close()),
  },

  open: {
    weight: 1,
    fits: (_, { world }) => world.tabs.filter(({ page }) => !page.gone).length < MOST_TABS,
    run: (_, { openTab }) => openTab(),
  },
  duplicate: {
    weight: 1,
    fits: (tab, { world }) => isOpen(tab) && world.tabs.filter(({ page }) => !page.gone).length < MOST_TABS,
    run: (tab) => void tab.duplicate(),
  },
  crash: { weight: 2, fits: ({ state }) => state === 'open' || state === 'frozen', run: (tab) => tab.crash() },
  close: { weight: 1, fits: isOpen, run: (tab) => tab.close() },
  reload: { weight: 2, fits: isOpen, run: (tab) => tab.reload() },
  reloadCrashed: { weight: 4, fits: ({ state }) => state === 'crashed', run: (tab) => tab.reload() },
  freeze: {
    weight: 2,
    fits: (tab, { world }) => isOpen(tab) && world.machine.profile.freezes,
    run: (tab) => tab.freeze(),
  },
  wake: { weight: 4, fits: ({ state, stopped }) => state === 'frozen' && !stopped, run: (tab) => tab.wake() },
  stop: { weight: 3, fits: isOpen, run: (tab) => tab.stop() },
  cont: { weight: 6, fits: ({ stopped, page }) => stopped && !page.gone, run: (tab) => tab.cont() },
  navigateAway: { weight: 2, fits: isOpen, run: (tab) => tab.navigateAway() },
  goBack: { weight: 4, fits: ({ state }) => state === 'away', run: (tab) => tab.goBack() },
  evict: { weight: 1, fits: ({ state }) => state === 'away', run: (tab) => tab.evict() },
  hide: { weight: 1, fits: ({ hidden }) => !hidden, run: (tab) => tab.hide() },
  show: { weight: 1, fits: ({ hidden }) => hidden, run: (tab) => tab.show() },
  jumpClock: {
    weight: 0.5,
    // Without a store epochs go by the clock: such tabs may then not know each other.
    fits: ({ state, page }) => state !== 'closed' && !page.gone && !page.hasNoStore,
    run: (tab, _, random) => tab.jumpClock(Math.round(random.between(-1, 1) * random.pick([100, 10_000, 4e6]))),
  },
  loseConnection: { weight: 0.7, fits: isAwake, run: (tab) => tab.loseConnection() },
  wipeStorage: { weight: 0.4, fits: (_, { hostile }) => hostile, run: (_, { world }) => world.wipeStorage() },
  putRecord: {
    weight: 0.4,
    fits: (_, { hostile }) => hostile,
    run: (_, { world }, random) => world.putRecord(random.pick([null, 7, 'garbage', { version: 1, phase: 'idle' }])),
  },

  emit: driverAction(4, (context, random) => context.emit('note', `${PUBLIC} ${random.integer(0, 99)}`), 'emit'),
  publish: driverAction(
    1,
    (context, random) => context.publish({ pin: `${PUBLIC} ${random.integer(0, 99)}` }),
    'publish',
  ),
  error: driverAction(1, (context) => context.error(new Error(SECRET)), 'error'),
  reconnecting: driverAction(1, (context) => context.reconnecting(), 'reconnecting'),
  reconnected: driverAction(1.5, (context) => context.reconnected(), 'reconnected'),
  ended: driverAction(1, (context) => context.ended('agent-left'), 'ended'),
};
