import type { HeldLock, LockRequest, Locks } from '../platform/platform';
import type { Claim, LockManager } from './locks';
import type { Machine } from './machine';
import type { Page } from './page';

/**
 * `silent`: no request is answered. `taken`: every name is said to be taken, for ever, and nothing can be stolen. What a page
 * asked for before, it gets and keeps.
 */
export type LocksHealth = 'work' | 'silent' | 'taken';

/** The `Locks` port of one page: requests and answers take a moment on their way, in order. */
export function createPageLocks(machine: Machine, page: Page, manager: LockManager, health: () => LocksHealth): Locks {
  const { random, scheduler } = machine;
  let lastArrival = 0;
  const send = (run: () => void): void => {
    lastArrival = Math.max(lastArrival, scheduler.now + random.between(0.05, 0.4));
    scheduler.work(lastArrival - scheduler.now, run);
  };

  const request = (name: string, { mode, when, signal }: LockRequest): Promise<HeldLock | null> =>
    new Promise((resolve) => {
      if (page.gone) return;
      if (signal?.aborted) {
        resolve(null);
        return;
      }
      if (health() !== 'work') {
        // For good: whoever asked for it does without locks from then on.
        page.hasNoLocks = true;
        page.log(() => `asks in vain for the lock ${name}`);
        // As the adapter does: nobody waits any longer than he wants to.
        signal?.addEventListener('abort', () => resolve(null), { once: true });
        if (health() === 'taken' && when !== 'queue') send(() => page.deliver('lock', () => resolve(null)));
        return;
      }
      let loseLock: () => void = () => undefined;
      const lost = new Promise<void>((resolveLost) => {
        loseLock = resolveLost;
      });
      let settled = false;
      const settle = (held: HeldLock | null): void => {
        if (settled) return;
        settled = true;
        signal?.removeEventListener('abort', giveUp);
        resolve(held);
      };
      const claim: Claim = {
        page,
        name,
        mode,
        when,
        answer: (granted) => {
          const held = granted ? { release: () => manager.release(claim), lost } : null;
          scheduler.work(random.between(0.05, 0.4), () => page.deliver('lock', () => settle(held)));
        },
        lose: () => {
          scheduler.work(random.between(0.05, 0.4), () =>
            page.deliver('lock-lost', () => {
              page.log(() => `lost the lock ${name}`);
              loseLock();
            }),
          );
        },
      };
      /** Also takes back a lock that was granted and is still on its way. As in the API, only those who wait give up. */
      const giveUp = (): void => {
        settle(null);
        manager.release(claim);
      };
      if (when === 'queue') signal?.addEventListener('abort', giveUp);
      send(() => {
        if (!page.gone && !settled) manager.arrive(claim);
      });
    });

  const isTaken = (name: string): Promise<boolean> =>
    new Promise((resolve) => {
      // Where every name is said to be taken, no list says by whom.
      if (!page.gone && health() !== 'silent')
        send(() => {
          const answer = health() === 'work' && manager.isTaken(name);
          scheduler.work(random.between(0.05, 0.4), () => page.deliver('lock', () => resolve(answer)));
        });
    });

  return {
    ...{ request, isTaken },
    abandon() {
      page.hasAbandonedLocks = true;
    },
  };
}
