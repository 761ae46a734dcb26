/**
 * The locks of a term, for as long as this tab is its host. A tab that waited for one which was stopped in the middle of its claim may take
 * the seat from a host that has claimed meanwhile: it is refused then, but the seat would be free for a tab whose store fails. So the host
 * takes it back. The term lock nobody else ever asks for.
 */
import type { Tenancy } from '../election/election';
import type { ScopeLocks } from '../election/locks';
import type { HeldLock } from '../platform/platform';

export interface HeldLocks {
  /** One of them was taken away. Without a store nothing else says that the term may be over. */
  readonly areLost: boolean;
  releaseSeat(): void;
  release(): void;
}

/** `look`: whether the record says that the term goes on. */
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
