/**
 * The locks of a scope.
 *
 * - The *term lock* has a name that is unique to its term. The host holds it from before the record names it until its
 *   term is over, so "the lock is free" means "the host is gone". Followers queue for it in shared mode: when the host
 *   dies they are all told at once, and nobody ever asks for that name exclusively again, so a waiter that sleeps holds up
 *   no one.
 * - The *seat* has one name for the scope. Whoever hosts holds it, also in a tab whose storage failed, and a fresh request
 *   for it throws a host out of the back/forward cache.
 *
 * Locks can be missing, throw, never answer, call everything taken, or belong to storage that was cleared under this page. Then
 * they are not trusted any more: nothing is locked, every answer is "unknown", and hosts are asked instead.
 */

import { afterAwake } from '../platform/awake';
import { lockPrefix } from '../platform/names';
import type { Clock, HeldLock, LockRequest, Locks } from '../platform/platform';

/** A lock that need not be waited for is there, or not, in a millisecond. */
const ANSWER_LIMIT_MS = 3_000;

export interface ScopeLocks {
  work(): boolean;
  /** The lock of a new term: nobody else knows its name yet. `null`: somebody does. */
  takeTerm(term: string): Promise<HeldLock | null>;
  /** The seat, or `null` while another tab has it. */
  takeSeat(when: 'probe' | 'steal'): Promise<HeldLock | null>;
  /** Whether the host of `term` is still there. `isChecked`: this tab was just given another lock, so not every one is called taken. */
  probe(term: string, isChecked?: boolean): Promise<'held' | 'free' | 'unknown'>;
  /** Calls `onGone` when the host of `term` is gone. Without locks nobody ever knows. */
  watch(term: string, signal: AbortSignal, onGone: () => void): Promise<void>;
  /** From now on there are none, for whoever is in this page. */
  distrust(): void;
}

export interface LockPorts {
  readonly locks: Locks | null;
  readonly scope: string;
  readonly clock: Clock;
  randomId(): string;
  /** They are there and don't work. */
  onBroken(error: unknown): void;
}

export function scopeLocks({ locks: given, scope, clock, randomId, onBroken }: LockPorts): ScopeLocks {
  let locks = given;

  function giveUp(error: unknown): void {
    if (!locks) return;
    locks = null;
    onBroken(error);
  }

  async function request(
    name: string,
    mode: LockRequest['mode'],
    when: LockRequest['when'],
    signal?: AbortSignal,
  ): Promise<HeldLock | null> {
    try {
      if (locks) {
        const asked = locks.request(lockPrefix(scope) + name, { mode, when, ...(signal && { signal }) });
        return await (when === 'queue' ? asked : answered(asked));
      }
    } catch (error) {
      giveUp(error);
    }
    // Stands for a lock where there are none.
    return { release() {}, lost: new Promise<void>(() => {}) };
  }

  /** Rejects if there is no answer in time; a lock that is granted after all goes back. */
  function answered(asked: Promise<HeldLock | null>): Promise<HeldLock | null> {
    return new Promise((resolve, reject) => {
      const cancel = afterAwake(clock, ANSWER_LIMIT_MS, () => {
        reject(new Error('A request for a Web Lock was not answered.'));
        void asked.then(
          (lock) => lock?.release(),
          () => undefined,
        );
      });
      asked.then(resolve, reject).finally(cancel);
    });
  }

  /** Nobody can have a lock whose name was just made up. */
  async function check(): Promise<void> {
    const lock = await request(randomId(), 'shared', 'probe');
    if (!lock) giveUp(new Error('A Web Lock that nobody has was refused.'));
    lock?.release();
  }

  return {
    work: () => locks !== null,
    async takeTerm(term) {
      const lock = await request(term, 'exclusive', 'probe');
      if (!lock) await check();
      return lock;
    },
    takeSeat: (when) => request('seat', 'exclusive', when),
    async probe(term, isChecked) {
      const [lock] = await Promise.all([request(term, 'shared', 'probe'), isChecked || check()]);
      lock?.release();
      return !locks ? 'unknown' : lock ? 'free' : 'held';
    },
    async watch(term, signal, onGone) {
      const lock = await request(term, 'shared', 'queue', signal);
      lock?.release();
      if (locks && lock && !signal.aborted) onGone();
    },
    distrust() {
      locks?.abandon();
      locks = null;
    },
  };
}
