/** What a page has its browser do, counted: the calls that would wake it or others. */
import type { Counts } from './page-api';

/** Counts from now on. The object that it returns goes on counting. */
export function startCounting(): Readonly<Counts> {
  const counts = { timers: 0, messages: 0, transactions: 0, lockRequests: 0 };
  count(window, 'setTimeout', () => {
    counts.timers += 1;
  });
  count(window, 'setInterval', () => {
    counts.timers += 1;
  });
  count(BroadcastChannel.prototype, 'postMessage', () => {
    counts.messages += 1;
  });
  count(IDBDatabase.prototype, 'transaction', () => {
    counts.transactions += 1;
  });
  if (navigator.locks) {
    count(LockManager.prototype, 'request', () => {
      counts.lockRequests += 1;
    });
  }
  return counts;
}

/** Calls `note` before each call of a method. */
function count(owner: object, method: string, note: () => void): void {
  const original = Reflect.get(owner, method);
  Reflect.set(owner, method, function counted(this: unknown, ...args: unknown[]) {
    note();
    return Reflect.apply(original, this, args);
  });
}
