/**
 * Web Locks: one queue per name, shared by all pages of one lock manager. A request is granted when it is first in its queue and nobody holds
 * the name in a way that excludes it. What the engines do with cached pages is in the profile; a frozen or cached page
 * that is first in a queue is granted the lock all the same, and starves the others.
 */
import type { LockRequest } from '../platform/platform';
import type { Machine } from './machine';
import type { Page } from './page';

export interface Claim {
  readonly page: Page;
  readonly name: string;
  readonly mode: LockRequest['mode'];
  readonly when: LockRequest['when'];
  /** Tells the page that it has the lock, or (false) that it won't get it. */
  readonly answer: (granted: boolean) => void;
  /** Tells the page that the lock it held is gone. */
  readonly lose: () => void;
}

interface Line {
  readonly held: Set<Claim>;
  readonly queue: Claim[];
}

export class LockManager {
  readonly #machine: Machine;
  readonly #lines = new Map<string, Line>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Every lock that is held or asked for. */
  get claims(): readonly Claim[] {
    return [...this.#lines.values()].flatMap(({ held, queue }) => [...held, ...queue]);
  }

  arrive(claim: Claim): void {
    if (this.#machine.profile.requestsEvict) this.#evict(claim);
    const line = this.#line(claim.name);
    if (claim.when === 'steal') {
      for (const victim of [...line.held]) {
        line.held.delete(victim);
        victim.lose();
      }
      this.#grant(line, claim);
    } else if (claim.when === 'probe') {
      if (line.queue.length === 0 && isFree(line, claim)) this.#grant(line, claim);
      else claim.answer(false);
    } else {
      line.queue.push(claim);
    }
    this.#advance(claim.name, line);
  }

  /** Gives a lock back, or gives up waiting for it. */
  release(claim: Claim): void {
    const line = this.#lines.get(claim.name);
    if (!line) return;
    line.held.delete(claim);
    const place = line.queue.indexOf(claim);
    if (place >= 0) line.queue.splice(place, 1);
    this.#advance(claim.name, line);
  }

  /** A page is gone, or goes where it keeps no locks. */
  drop(page: Page): void {
    for (const claim of this.#claimsOf(page)) this.release(claim);
  }

  /** WebKit takes the locks of a page that goes into the cache, and tells it when it is back. */
  confiscate(page: Page): void {
    for (const claim of this.#claimsOf(page)) {
      if (this.#lines.get(claim.name)?.held.has(claim)) claim.lose();
      else claim.answer(false);
      this.release(claim);
    }
  }

  holds(page: Page): boolean {
    return this.#claimsOf(page).some((claim) => this.#lines.get(claim.name)?.held.has(claim));
  }

  /** Whether some page holds the lock `name` for itself. */
  isTaken(name: string): boolean {
    for (const { mode } of this.#lines.get(name)?.held ?? []) if (mode !== 'shared') return true;
    return false;
  }

  /** The pages that hold the lock `name`. */
  holdersOf(name: string): readonly Page[] {
    return [...(this.#lines.get(name)?.held ?? [])].map(({ page }) => page);
  }

  /** Throws the cached pages out that are in the way of `claim`. */
  #evict(claim: Claim): void {
    for (const { page, ...holder } of this.#lines.get(claim.name)?.held ?? []) {
      if (page.life !== 'cached' || !excludes(holder, claim)) continue;
      page.log('is thrown out of the cache by a lock request');
      const { top } = page;
      const evicted = [top, ...top.frames];
      top.life = 'gone';
      for (const each of evicted) this.drop(each);
    }
  }

  #claimsOf(page: Page): readonly Claim[] {
    return this.claims.filter((claim) => claim.page === page);
  }

  #line(name: string): Line {
    let line = this.#lines.get(name);
    if (!line) {
      line = { held: new Set(), queue: [] };
      this.#lines.set(name, line);
    }
    return line;
  }

  #advance(name: string, line: Line): void {
    for (let first = line.queue[0]; first && isFree(line, first); first = line.queue[0]) {
      line.queue.shift();
      this.#grant(line, first);
    }
    if (line.held.size === 0 && line.queue.length === 0) this.#lines.delete(name);
  }

  #grant(line: Line, claim: Claim): void {
    line.held.add(claim);
    claim.answer(true);
  }
}

function isFree({ held }: Line, claim: Claim): boolean {
  return [...held].every((holder) => !excludes(holder, claim));
}

function excludes(holder: Pick<Claim, 'mode'>, claim: Claim): boolean {
  return holder.mode === 'exclusive' || claim.mode === 'exclusive';
}
