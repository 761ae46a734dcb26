/**
 * The far end, which knows only what drivers tell it: which sessions were begun there, and how each came to its end. One that
 * nobody ends stays live there for ever, whatever the tabs believe.
 */
import type { Commit } from './machine';
import type { Page } from './page';

/** A session as the far end sees it. */
export interface ServiceSession {
  /** What its driver published as `{ session }`; else the `id` of what the driver resolved with, or one of the network's own. */
  readonly id: string;
  readonly scope: string;
  /** Under which it began. */
  readonly epoch: number;
  /** `ended`: a driver's `end` was called for it. `over`: the far end itself said so, by `context.ended` or when it was resumed. */
  readonly state: 'live' | 'ended' | 'over';
  /** It was stored as active: every tab can know of it. Not any more once what is stored was wiped. */
  readonly established: boolean;
  /** Virtual milliseconds; null while a tab has it. */
  readonly lostAt: number | null;
  /** The tab that had it let go of it: its move to another tab is under way, or failed. */
  readonly isReleased: boolean;
  readonly ends: readonly ServiceEnd[];
}

/** A driver's `end` that was called for a session. */
export interface ServiceEnd {
  /** The document that did it. */
  readonly page: string;
  /** Virtual milliseconds. */
  readonly at: number;
  /** It did not have the session: no tab had it any more. */
  readonly isOrphan: boolean;
}

interface Entry extends ServiceSession {
  state: ServiceSession['state'];
  established: boolean;
  lostAt: number | null;
  isReleased: boolean;
  readonly ends: ServiceEnd[];
  /** The document that has it, and under which epoch. */
  holder: { readonly page: Page; readonly epoch: number } | null;
  /** It was stored that it is over: no tab resumes it any more. */
  isToldOver: boolean;
}

export class Service {
  readonly sessions: Entry[] = [];

  /** A session begins. */
  open(scope: string, id: string, epoch: number): Entry {
    const entry: Entry = {
      id,
      scope,
      epoch,
      state: 'live',
      established: false,
      lostAt: null,
      isReleased: false,
      ends: [],
      holder: null,
      isToldOver: false,
    };
    this.sessions.push(entry);
    return entry;
  }

  /**
   * The session that `info` names. Where it names none: the last one that is live and that no tab has, as far as `isHeld` knows;
   * else the first one that is live. One that every tab can know of goes before one that none can. `epoch`: none that began later.
   * `isToGoOn`: to resume it, so one that was stored as over is out of the question as long as there is another.
   */
  find(
    scope: string,
    info: unknown,
    isHeld: (session: ServiceSession) => boolean,
    epoch = Number.POSITIVE_INFINITY,
    isToGoOn = false,
  ): Entry | undefined {
    const id = sessionIn(info);
    const ofScope = this.sessions.filter((session) => session.scope === scope).reverse();
    if (id !== undefined) return ofScope.find((session) => session.id === id);
    const candidates = ofScope.filter((session) => session.state === 'live' && session.epoch <= epoch);
    const open = candidates.filter(({ isToldOver }) => !(isToGoOn && isToldOver));
    const known = (open.length > 0 ? open : candidates).filter(({ established }) => established);
    const live = known.length > 0 ? known : candidates;
    return live.find((session) => !isHeld(session)) ?? live[live.length - 1];
  }

  /** Its host stored that a session is active: from now on it is everybody's duty that it comes to its end. Or it is stored that none is. */
  onCommit({ page, scope, after }: Commit): void {
    if (typeof after !== 'object' || after === null || !('phase' in after && 'epoch' in after)) return;
    const { phase, epoch } = after;
    if (typeof epoch !== 'number') return;
    for (const session of this.sessions) {
      if (session.scope !== scope) continue;
      // Once what is stored was wiped, another session may have the same epoch.
      const isIts = session.holder?.page === page && session.holder.epoch === epoch;
      if (phase === 'active' && isIts) session.established = true;
      if (phase === 'idle' && session.epoch <= epoch) session.isToldOver = true;
    }
  }

  /** Nobody can know any more what was stored, until the host writes it anew. */
  onWipe(): void {
    for (const session of this.sessions) session.established = false;
  }
}

/** The session that published `info` names. */
export function sessionIn(info: unknown): string | undefined {
  if (typeof info !== 'object' || info === null || !('session' in info)) return undefined;
  return typeof info.session === 'string' ? info.session : undefined;
}
