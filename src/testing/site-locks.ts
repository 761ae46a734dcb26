/**
 * The lock managers of the site. There is one, until Chromium clears the site's data: pages that were loaded before keep
 * theirs, pages that are loaded later share a new one, and neither sees the locks of the other.
 */
import { type Claim, LockManager } from './locks';
import type { Machine } from './machine';
import type { Page } from './page';

export class SiteLocks {
  readonly #machine: Machine;
  readonly #managers: LockManager[];

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#managers = [new LockManager(machine)];
  }

  /** Every lock that is held or asked for. */
  get claims(): readonly Claim[] {
    return this.#managers.flatMap(({ claims }) => claims);
  }

  /** Whether some page holds the lock `name` for itself. */
  isTaken(name: string): boolean {
    return this.#managers.some((manager) => manager.isTaken(name));
  }

  /** The pages that hold the lock `name`. */
  holdersOf(name: string): readonly Page[] {
    return this.#managers.flatMap((manager) => manager.holdersOf(name));
  }

  holds(page: Page): boolean {
    return this.of(page).holds(page);
  }

  drop(page: Page): void {
    this.of(page).drop(page);
  }

  confiscate(page: Page): void {
    this.of(page).confiscate(page);
  }

  /** Which of the site's lock managers a page that is loaded now gets. */
  get current(): number {
    return this.#managers.length - 1;
  }

  of({ bucket }: Page): LockManager {
    const manager = this.#managers[bucket];
    if (!manager) throw new RangeError(`There is no lock manager ${bucket}.`);
    return manager;
  }

  renew(): void {
    this.#managers.push(new LockManager(this.#machine));
  }
}
