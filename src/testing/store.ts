import type { Store, StoreWrite } from '../platform/platform';
import { clone } from './clone';
import { type Database, storeFailure, type Transaction } from './database';
import type { ScheduledEvent } from './event-queue';
import type { Machine } from './machine';
import type { Page } from './page';

/** `hangs`: it does not open, and calls reject once the adapter has given up waiting. */
export type StoreHealth = 'works' | 'fails' | 'hangs';

/** The adapter gives up on a database that does not open after two tries of two seconds. That store has failed. */
const OPEN_LIMIT_MS = 4_000;

/**
 * And on a transaction that is not done by then: a page that was stopped in the middle of its own keeps it waiting. Only this is
 * a `TimeoutError`: the store is blocked, and works again once that page goes on.
 */
const TRANSACTION_LIMIT_MS = 5_000;

export interface SimulatedStore extends Store {
  /**
   * The connection is gone: what is under way begins anew on another one. `isCleared`: the browser closed it by itself, not
   * because a page deletes the database.
   */
  lose(isCleared: boolean): void;
}

export function openSimulatedStore(
  machine: Machine,
  page: Page,
  database: Database,
  health: () => StoreHealth,
): SimulatedStore {
  const { random, scheduler } = machine;
  const pending = new Set<Transaction>();
  const lostListeners: ((isCleared: boolean) => void)[] = [];
  let closed = false;

  const begin = <Result>(run: () => { readonly write?: StoreWrite; readonly result: Result }): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (page.gone) return;
      if (closed) {
        reject(storeFailure('InvalidStateError'));
        return;
      }
      if (health() !== 'works') page.hasNoStore = true;
      if (health() === 'hangs') {
        const timer = scheduler.timer(OPEN_LIMIT_MS, () =>
          page.deliver('timer', () =>
            reject(Object.assign(new Error('The simulated store does not open.'), { name: 'OpenTimeoutError' })),
          ),
        );
        page.whenGone(() => scheduler.cancel(timer));
        return;
      }
      if (health() === 'fails') {
        scheduler.work(random.between(0.1, 1), () => page.deliver('store', () => reject(storeFailure())));
        return;
      }
      const begunAt = scheduler.now;
      let result: Result;
      const giveUp = (): void => {
        if (!pending.has(transaction)) return;
        page.log('gives up a transaction');
        transaction.settle(storeFailure('TimeoutError'));
        database.abort(transaction);
      };
      const transaction: Transaction = {
        page,
        lost: false,
        aborted: false,
        step: () => {
          const decision = run();
          result = decision.result;
          return decision.write;
        },
        settle: (error) => {
          if (!pending.delete(transaction)) return;
          if (limit) {
            scheduler.cancel(limit);
            page.timers.delete(limit);
          }
          // One that began before the store failed proves nothing: by then the page may have gone on from memory.
          if (error !== undefined || begunAt > page.lostStoreAt) page.hasNoStore = error !== undefined;
          if (error === undefined) resolve(result);
          else reject(error);
        },
      };
      pending.add(transaction);
      const limitAfter = (giveUpThen: () => void): ScheduledEvent => {
        const timer = scheduler.timer(TRANSACTION_LIMIT_MS, giveUpThen);
        page.timers.add(timer);
        return timer;
      };
      const expire = (): void => page.deliver('timer', giveUp);
      let limit = machine.faults.blockingTransactions
        ? limitAfter(() => {
            if (page.canRun('timer')) expire();
            // Of a page that slept for so long, the timer may come before the answer: it is set once more.
            else page.deliver('timer', again);
          })
        : null;
      const again = (): void => {
        if (pending.has(transaction)) limit = limitAfter(expire);
      };
      database.begin(transaction);
    });

  return {
    transact: (step) => begin(() => step(clone(database.record))),
    read: ({ journal }) =>
      begin(() => ({
        result: {
          record: clone(database.record),
          journal: journal ? [...database.journal.values()].map(clone) : [],
        },
      })),
    onLost: (listener) => void lostListeners.push(listener),
    close: () => {
      closed = true;
    },
    lose: (isCleared) => {
      if (closed) return;
      page.log('loses its connection to the store');
      page.mayBeApart ||= isCleared;
      for (const transaction of pending) transaction.lost = true;
      page.deliver('store', () => {
        for (const listener of lostListeners) listener(isCleared);
      });
    },
  };
}
