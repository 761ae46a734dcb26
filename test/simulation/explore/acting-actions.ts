/** What tabs do with the session, for it and because of their user: commands, wishes, log-outs, the focus, connections that break. */
import { type DriverContext, reconnect, SessionError } from '../../../src';
import type { SimulatedBrowser } from '../../../src/testing';
import type { LiveSession } from '../../../src/testing/network';
import { createRandom, type Random } from '../../../src/testing/random';
import { type Action, hosts, isAwake, isOpen, liveIn, pickParticipant, type Tab } from './scene';

/** Of one connection that breaks: a second one at the same time would be a mistake of the driver. */
const reconnecting = new WeakSet<DriverContext>();

/** The connection of a session breaks, and its driver connects it again: soon, late, not at all, or heedless of who gave up. */
function breakConnection(live: LiveSession, world: SimulatedBrowser, chance: Random): void {
  const { page, context, service } = live;
  const { scheduler } = world.machine;
  const random = createRandom(chance.integer(1, 2 ** 31));
  const connect = (signal: AbortSignal): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) world.violate(`${page.name} connects what is over`);
      const settle = (run: () => void): void => page.deliver('network', run);
      const giveUp = (): void => settle(() => reject(signal.reason));
      if (random.chance(0.6)) signal.addEventListener('abort', giveUp);
      const result = random.next();
      scheduler.work(random.between(5, random.pick([50, 500, 8_000])), () =>
        settle(() => {
          signal.removeEventListener('abort', giveUp);
          if (result < 0.65) resolve({ id: service?.id, epoch: context.epoch });
          else if (result < 0.9) reject(new TypeError('Failed to fetch'));
          else reject(new SessionError(1011, { message: 'The session is gone.', retryable: false }));
        }),
      );
    });
  const delay = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      scheduler.work(ms, () => page.deliver('network', done));
    });
  page.log('loses its connection, and its driver reconnects');
  reconnecting.add(context);
  const options = { minDelayMs: 50, maxDelayMs: 2_000, random: () => random.next(), delay };
  void reconnect(context, connect, options).then(() => reconnecting.delete(context));
}

const isBroken = (live: LiveSession | undefined): boolean =>
  !live || reconnecting.has(live.context) || live.context.signal.aborted;

const workerIn = ({ frames }: Tab) => frames.find(({ page }) => page.isWorker);

export const ACTING_ACTIONS: Readonly<Record<string, Action>> = {
  call: {
    weight: 3,
    isCode: true,
    fits: isAwake,
    run(tab, scene, random) {
      for (let times = random.pick([1, 1, 2, 4] as const); times > 0; times--)
        scene.commands.call(pickParticipant(tab, scene, random), random);
    },
  },
  ensure: {
    weight: 0.6,
    isCode: true,
    fits: isAwake,
    run: (tab, scene, random) => scene.wishes.ensure(pickParticipant(tab, scene, random), random),
  },
  forget: {
    weight: 0.3,
    isCode: true,
    fits: isAwake,
    run: (tab, scene, random) => scene.published.forget(pickParticipant(tab, scene, random)),
  },
  focus: { weight: 1, fits: (tab, { follows }) => follows && isOpen(tab), run: (tab) => tab.focus() },
  blur: { weight: 0.3, fits: (tab, { follows }) => follows && isOpen(tab), run: (tab) => tab.focus(false) },
  goOffline: {
    weight: 0.15,
    fits: (_, { world }) => world.machine.isOnline,
    run: (_, { world }) => world.setOnline(false),
  },
  goOnline: {
    weight: 0.6,
    fits: (_, { world }) => !world.machine.isOnline,
    run: (_, { world }) => world.setOnline(true),
  },
  openWorker: {
    weight: 2,
    fits: (tab, { hasWorkers }) => hasWorkers && isOpen(tab) && !workerIn(tab),
    run: (tab, { openWorker }) => openWorker(tab),
  },
  terminateWorker: {
    weight: 0.3,
    fits: (tab) => isOpen(tab) && workerIn(tab) !== undefined,
    run: (tab) => workerIn(tab)?.remove(),
  },
  breakConnection: {
    weight: 1,
    fits: (tab, scene) => hosts(tab, scene) && !isBroken(liveIn(tab, scene.world)),
    run(tab, { world }, random) {
      const live = liveIn(tab, world);
      if (live) breakConnection(live, world, random);
    },
  },
};
