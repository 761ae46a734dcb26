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

/** The lock of whoever has the session, or is about to. */
export const SEAT = 'seat';

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
        return await (when === 'queue' ? asked : answered(asked, (lock) => lock?.release()));
      }
    } catch (error) {
      giveUp(error);
    }
    // Stands for a lock where there are none.
    return { release() {}, lost: new Promise<void>(() => {}) };
  }

  /** Rejects if there is no answer in time; `giveBack` gets one that comes after all. */
  function answered<Answer>(asked: Promise<Answer>, giveBack?: (answer: Answer) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const cancel = afterAwake(clock, ANSWER_LIMIT_MS, () => {
        reject(new Error('A request for a Web Lock was not answered.'));
        asked.then(giveBack, () => undefined);
      });
      asked.then(resolve, reject).finally(cancel);
    });
  }

  /**
   * Whether the list of all locks has that name, which nobody can make up: so it needs no `check`, and costs less than half of the two
   * requests. A list that can't be had, as while the page is frozen, says nothing.
   */
  async function isListed(term: string): Promise<boolean> {
    try {
      if (locks) return await answered(locks.isTaken(lockPrefix(scope) + term).catch(() => false));
    } catch (error) {
      giveUp(error);
    }
    return false;
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
    takeSeat: (when) => request(SEAT, 'exclusive', when),
    async probe(term, isChecked) {
      // Where many tabs do this at once the list is long, and one request is all that it would save.
      if (!isChecked && (await isListed(term))) return locks ? 'held' : 'unknown';
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
