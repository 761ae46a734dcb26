import type { Shape } from '../shape';
import type { Coordinator } from '../types';
import type { LoadedPage, TabWorld } from './load-page';
import type { Page } from './page';
import type { PagePlatform } from './page-platform';

/** A frame of the same origin in a tab. It is hidden, shown, frozen, stopped and gone together with the page that it is in. */
export class SimulatedFrame<S extends Shape> {
  readonly #world: TabWorld;
  readonly #loaded: LoadedPage<S>;

  constructor(world: TabWorld, loaded: LoadedPage<S>) {
    this.#world = world;
    this.#loaded = loaded;
  }

  get name(): string {
    return this.page.name;
  }

  get page(): Page {
    return this.#loaded.page;
  }

  /** Without a coordinator. */
  get isBare(): boolean {
    return this.#loaded.coordinator === null;
  }

  /** The ports of its document. */
  get platform(): PagePlatform {
    return this.#loaded.platform;
  }

  get coordinator(): Coordinator<S> {
    const { coordinator } = this.#loaded;
    if (coordinator === null) throw new Error(`Frame ${this.name} was opened without a coordinator.`);
    return coordinator;
  }

  /** The page removes it; it is told before. */
  remove(): Promise<void> {
    const { page } = this;
    page.log('is removed');
    if (page.awake) page.tell('hide');
    return this.#world.machine.scheduler.transition(() => {
      page.life = 'gone';
    });
  }
}
