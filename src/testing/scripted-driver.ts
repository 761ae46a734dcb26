/** The drivers of tabs that bring none: they connect by hand, or by themselves and as badly as the faults allow. */

import type { Driver, DriverContext } from '../driver';
import { SessionError } from '../session/errors';
import type { DriverCall, Machine } from './machine';
import type { Attempt, Network, SimulatedSession, SimulatedShape } from './network';
import type { Page } from './page';
import { sessionIn } from './service';

/** Beside its mode, what a scripted driver needs to know. */
export interface Script {
  readonly scope: string;
  readonly resumable?: boolean | undefined;
  readonly publishes?: boolean | undefined;
  /** `end()` of the coordinator that it belongs to. */
  readonly endAll: () => Promise<void>;
}

/** What people with a fast clock publish in one go: one value, a second's worth at 60 Hz, a loop. */
const FLOOD_SIZES = [1, 60, 300] as const;

const FRAME_MS = 16;

/** How many microtasks pass until a coordinator has what its driver resolved with, and then some. */
const MOST_MICROTASKS = 12;

export function scriptedDriver(
  machine: Machine,
  network: Network,
  page: Page,
  mode: 'auto' | 'manual',
  { scope, resumable = true, publishes = false, endAll }: Script,
): Driver<SimulatedShape> {
  const { faults, random, scheduler } = machine;

  const connect = (call: DriverCall, context: DriverContext, isGone: boolean): Promise<SimulatedSession> =>
    new Promise((resolve, reject) => {
      const settle = (run: () => void): void =>
        page.deliver('network', () => {
          if (network.attempts.delete(attempt)) run();
        });
      let hangUp = (connectNow: () => void): void => connectNow();
      const attempt: Attempt = {
        page,
        context,
        connect: () =>
          settle(() => {
            const id = network.nextId();
            if (publishes && call !== 'resume') context.publish({ session: id });
            hangUp(() => resolve({ id, epoch: context.epoch }));
          }),
        fail: (error) => settle(() => reject(error)),
      };
      network.attempts.add(attempt);
      const giveUp = (): void => {
        if (random.chance(faults.ignoreAborts)) return;
        scheduler.work(random.between(0, 5), () => attempt.fail(context.signal.reason));
      };
      context.signal.addEventListener('abort', giveUp, { once: true });
      if (mode === 'manual' || random.chance(faults.hangConnects)) return;
      const failing = random.chance(faults.failConnects);
      const isLost = isGone || (call === 'resume' && random.chance(faults.goneForGood));
      const isSlow = call === 'resume' && random.chance(faults.slowResumes);
      if (random.chance(faults.hangUps)) hangUp = hangUpFrom(context);
      scheduler.work(isSlow ? random.between(500, 4_500) : random.between(5, 40), () => {
        if (isLost) sayGone(attempt);
        else if (failing) attempt.fail(random.chance(0.5) ? new TypeError('Failed to fetch') : new SessionError(2001));
        else attempt.connect();
      });
      if (random.chance(faults.floods)) flood(context, random.between(0, 200));
    });

  /** The other side hangs up in the very moment in which the call connects, or a moment before or after. */
  const hangUpFrom = (context: DriverContext): ((connect: () => void) => void) => {
    const end = (): void => context.ended('hung-up');
    switch (random.pick(['before', 'as it connects', 'later'] as const)) {
      case 'before':
        return (connectNow) => {
          end();
          connectNow();
        };
      case 'as it connects': {
        const microtasks = random.integer(0, MOST_MICROTASKS);
        return (connectNow) => {
          connectNow();
          void afterMicrotasks(microtasks).then(end);
        };
      }
      case 'later': {
        const delayMs = random.between(0, 60);
        return (connectNow) => {
          connectNow();
          scheduler.work(delayMs, () => page.deliver('network', () => context.signal.aborted || end()));
        };
      }
    }
  };

  /** The service knows no such session any more, and there are two ways for a driver to say so. */
  const sayGone = (attempt: Attempt): void => {
    const { context } = attempt;
    if (random.chance(0.5)) {
      page.deliver('network', () => {
        // Once it was given up, it is not asked any more.
        if (network.attempts.has(attempt)) context.ended('gone-for-good');
      });
    } else {
      network.lose(scope, context.info);
      attempt.fail(new SessionError(1011, { message: 'The session is gone for good.', retryable: false }));
    }
  };

  const flood = (context: DriverContext, delayMs: number): void => {
    const bursts = random.integer(1, 4);
    for (let burst = 0; burst < bursts; burst++) {
      const size = random.pick(FLOOD_SIZES);
      scheduler.work(delayMs + burst * FRAME_MS, () =>
        page.deliver('network', () => {
          if (context.signal.aborted) return;
          page.log(`its driver publishes ${size} values`);
          const session = sessionIn(context.info);
          for (let position = 0; position < size; position++) context.publish({ session, position });
        }),
      );
    }
  };

  const leave = async (call: DriverCall): Promise<void> => {
    if (call === 'end' && random.chance(faults.endsCallEnd)) {
      page.log('its driver.end calls coordinator.end');
      await endAll().catch(() => undefined);
    }
    await new Promise<void>((resolve, reject) => {
      if (random.chance(faults.hangEnds)) return;
      const failing = random.chance(faults.failEnds);
      scheduler.work(random.between(1, 15), () =>
        page.deliver('network', () => (failing ? reject(new TypeError('Failed to fetch')) : resolve())),
      );
    });
  };

  return {
    start: (_request, context) => connect('start', context, false),
    join: (_request, context) => connect('join', context, false),
    ...(resumable && {
      resume: ({ info }, context) => connect('resume', context, publishes && network.isGone(scope, info)),
    }),
    release: () => leave('release'),
    end: () => leave('end'),
  };
}

async function afterMicrotasks(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed++) await null;
}
