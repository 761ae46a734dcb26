import type { Tenancy } from '../election/election';
import type { ScopeLocks } from '../election/locks';
import type { HeldLock } from '../platform/platform';

export interface HeldLocks {
  /** One of them was taken away. Without a store nothing else says that the term may be over. */
  readonly areLost: boolean;
  releaseSeat(): void;
  release(): void;
}

/** The locks of a term. `look`: whether the record says that the term goes on. */
export function holdLocks(
  locks: Pick<ScopeLocks, 'takeSeat'>,
  { termLock, seat: given }: Tenancy,
  look: () => Promise<boolean>,
): HeldLocks {
  const lost = new Set<HeldLock>();
  let seat: HeldLock | null = given;

  async function keep(lock: HeldLock): Promise<void> {
    await lock.lost;
    lost.add(lock);
    // Who took the seat thought that its tab sleeps in the middle of a claim, and is refused. A tab whose store fails would find it free.
    if (!(await look()) || lock !== seat) return;
    const again = await locks.takeSeat('steal');
    if (!again) return;
    if (lock !== seat) return again.release();
    lost.delete(lock);
    seat = again;
    return keep(again);
  }

  function releaseSeat(): void {
    seat?.release();
    seat = null;
  }

  void keep(termLock);
  void keep(given);
  return {
    get areLost() {
      return lost.size > 0;
    },
    releaseSeat,
    release() {
      releaseSeat();
      termLock.release();
    },
  };
}
