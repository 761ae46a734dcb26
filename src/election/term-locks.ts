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
 * Where locks don't exist or don't work, nothing is locked, every answer is "unknown", and the record decides alone.
 */
import type { HeldLock, LockRequest, Locks } from '../platform/platform';

/** Stands for a lock where there are none. */
function noLock(): HeldLock {
  return { release() {}, lost: new Promise(() => {}) };
}

export class TermLocks {
  constructor(
    private locks: Locks | null,
    private readonly scope: string,
    private readonly onBroken: (error: unknown) => void,
  ) {}

  get work(): boolean {
    return this.locks !== null;
  }

  /** The lock of a new term: nobody else knows its name yet. */
  async takeTerm(term: string): Promise<HeldLock> {
    return (await this.request(term, { mode: 'exclusive', when: 'probe' })) ?? noLock();
  }

  /** The seat, or `null` while another tab has it. */
  takeSeat(when: LockRequest['when'], signal?: AbortSignal): Promise<HeldLock | null> {
    return this.request('seat', { mode: 'exclusive', when, ...(signal && { signal }) });
  }

  /** Whether the host of `term` is still there. */
  async probe(term: string): Promise<'held' | 'free' | 'unknown'> {
    const lock = await this.request(term, { mode: 'shared', when: 'probe' });
    lock?.release();
    if (!this.work) return 'unknown';
    return lock ? 'free' : 'held';
  }

  /** Resolves with true when the host of `term` is gone; with false when `signal` aborts first. Without locks it waits for `signal`. */
  async watch(term: string, signal: AbortSignal): Promise<boolean> {
    if (this.work) {
      const lock = await this.request(term, { mode: 'shared', when: 'queue', signal });
      lock?.release();
      if (this.work) return lock !== null;
    }
    return new Promise((resolve) => {
      if (signal.aborted) resolve(false);
      else signal.addEventListener('abort', () => resolve(false), { once: true });
    });
  }

  private async request(name: string, request: LockRequest): Promise<HeldLock | null> {
    if (!this.locks) return noLock();
    try {
      return await this.locks.request(`solotab:${this.scope}:${name}`, request);
    } catch (error) {
      // They exist and throw, as in a sandboxed frame: from now on there are none.
      this.locks = null;
      this.onBroken(error);
      return noLock();
    }
  }
}
