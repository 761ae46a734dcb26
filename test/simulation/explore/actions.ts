/** What can happen in a schedule. */

import type { CallOptions } from '../../../src';
import { sessionIn } from '../../../src/testing/service';
import { NEWER } from '../../support/records';
import { ACTING_ACTIONS } from './acting-actions';
import { FIELD_ACTIONS } from './field-actions';
import { type Action, callAction, driverAction, hasRoom, hosts, isAwake, isOpen } from './scene';
import { SECRET } from './watchers';

export const ACTIONS: Readonly<Record<string, Action>> = {
  start: callAction(7, 'start', (coordinator) => coordinator.start({ token: SECRET })),
  join: callAction(2, 'join', (coordinator) => coordinator.join({ token: SECRET })),
  startAndAbort: {
    weight: 1,
    fits: isAwake,
    run(tab, { calls, world }, random) {
      const control = new AbortController();
      const start = (options: CallOptions = {}): void =>
        void calls.make(tab, 'start', (coordinator) => coordinator.start({ token: SECRET }, options));
      start(control);
      const { page } = tab;
      // As a component that is mounted anew.
      const startsAgain = random.chance(0.5);
      world.machine.scheduler.work(random.between(0, 60), () =>
        page.deliver('network', () => {
          page.log('aborts its start');
          control.abort();
          if (startsAgain) start();
        }),
      );
    },
  },
  resume: callAction(1, 'resume', (coordinator) => coordinator.resume()),
  takeOver: callAction(2, 'takeOver', (coordinator) => coordinator.takeOver()),
  takeOverByForce: callAction(2, 'takeOver by force', (coordinator) => coordinator.takeOver({ force: true })),
  cancel: callAction(2, 'cancel', (coordinator) => coordinator.cancel()),
  end: callAction(3, 'end', (coordinator) => coordinator.end()),
  closeCoordinator: callAction(0.4, 'close', (coordinator) => coordinator.close()),

  open: {
    weight: 1,
    fits: (_, scene) => hasRoom(scene),
    run: (_, { openTab }) => openTab(),
  },
  duplicate: {
    weight: 1,
    fits: (tab, scene) => isOpen(tab) && hasRoom(scene),
    run: (tab, scene) => scene.duplicate(tab),
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
    run: (_, { world }, random) =>
      world.putRecord(random.pick([null, 7, 'garbage', { version: 1, phase: 'idle' }, NEWER])),
  },

  emit: driverAction(4, (_context, _random, { words }, session) => words.say(session), 'emit'),
  publish: driverAction(
    1,
    (context, _, { published }) => context.publish({ session: sessionIn(context.info), pin: published.next() }),
    'publish',
  ),
  error: driverAction(1, (context) => context.error(new Error(SECRET)), 'error'),
  reconnecting: driverAction(1, (context) => context.reconnecting(), 'reconnecting'),
  reconnected: driverAction(1.5, (context) => context.reconnected(), 'reconnected'),
  // Said once.
  ended: { ...driverAction(1, (context) => context.ended('agent-left'), 'ended'), fitsNext: hosts },
  ...FIELD_ACTIONS,
  ...ACTING_ACTIONS,
};
