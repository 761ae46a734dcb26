import type { Platform } from '../platform/platform';
import type { Shape } from '../shape';
import type { Coordinator } from '../types';
import { SimulatedFrame } from './frame';
import { createCoordinatorIn, type LoadedPage, loadPage, type TabOptions, type TabWorld } from './load-page';
import type { SimulatedShape } from './network';
import type { Page } from './page';
import type { LocksHealth } from './page-locks';
import type { TabFacts } from './page-platform';

export type TabState = 'open' | 'frozen' | 'away' | 'crashed' | 'closed';

/**
 * One tab of the simulated browser. What happens to it is done when the promise resolves; storage, messages and the
 * other tabs go on after that: `await world.settle()`. Each method throws where a real tab could not do it.
 */
export class SimulatedTab<S extends Shape = SimulatedShape> {
  readonly #world: TabWorld;
  readonly #options: TabOptions<S>;
  readonly #facts: { -readonly [Fact in keyof TabFacts]: TabFacts[Fact] };
  #state: Exclude<TabState, 'frozen'> = 'open';
  #loads = 0;
  /** How many coordinators were created in the present document, and how many frames opened in it. */
  #created = 0;
  #frames: SimulatedFrame<S>[] = [];
  #loaded: LoadedPage<S>;

  constructor(
    world: TabWorld,
    readonly name: string,
    options: TabOptions<S>,
    storage: Map<string, string>,
  ) {
    this.#world = world;
    this.#options = options;
    this.#facts = {
      storage,
      capabilities: options.capabilities ?? {},
      hidden: options.hidden ?? false,
      hiddenSince: world.machine.scheduler.now,
      focused: false,
      clockOffsetMs: 0,
    };
    this.#loaded = this.#load();
  }

  get state(): TabState {
    return this.#state === 'open' && this.page.life === 'frozen' ? 'frozen' : this.#state;
  }

  get stopped(): boolean {
    return this.page.stopped;
  }

  get hidden(): boolean {
    return this.#facts.hidden;
  }

  /** The present document. */
  get page(): Page {
    return this.#loaded.page;
  }

  /** Without a coordinator. */
  get isBare(): boolean {
    return this.#loaded.coordinator === null;
  }

  /** The ports of the present document. */
  get platform(): Platform {
    return this.#loaded.platform;
  }

  /** The coordinator of the present document: another one after a reload. */
  get coordinator(): Coordinator<S> {
    const { coordinator } = this.#loaded;
    if (coordinator === null) throw new Error(`Tab ${this.name} was opened without a coordinator.`);
    return coordinator;
  }

  /** The frames of the present document that were not removed. */
  get frames(): readonly SimulatedFrame<S>[] {
    return this.#frames.filter(({ page }) => !page.gone);
  }

  /** Another coordinator in the same document, as of a micro-frontend, or of a module that was replaced without closing its own. */
  createCoordinator(options: TabOptions<S> = this.#options): Coordinator<S> {
    this.#expect('open');
    const { page, platform } = this.#loaded;
    const name = `${page.name}+${++this.#created}`;
    const coordinator = createCoordinatorIn(this.#world, this.#loaded, options, name);
    this.#world.joined({ name, page, platform, coordinator });
    return coordinator;
  }

  /** A frame of the same origin: a document of its own, with keys of its own in the `sessionStorage` of its tab. It goes with the page that it is in. */
  openFrame(options: TabOptions<S> = this.#options): SimulatedFrame<S> {
    this.#expect('open');
    const { page } = this;
    const name = `${page.name}:${this.#frames.length + 1}`;
    const frame = new SimulatedFrame(this.#world, loadPage(this.#world, this.#facts, options, name, page));
    this.#frames.push(frame);
    if (!frame.isBare)
      this.#world.joined({ name, page: frame.page, platform: frame.platform, coordinator: frame.coordinator });
    return frame;
  }

  /** Its process dies: no event, no goodbye. Its locks are free some milliseconds later. */
  crash(): Promise<void> {
    this.#expect('open', 'frozen');
    this.page.log('crashes');
    this.#state = 'crashed';
    this.page.life = 'gone';
    return this.#then();
  }

  /** The user closes it. */
  close(): Promise<void> {
    this.#expect('open', 'frozen', 'crashed');
    const page = this.page;
    return this.#unload('is closed', () => {
      this.#state = 'closed';
      page.life = 'gone';
    });
  }

  /** Loads its document anew, after a crash as well. `sessionStorage` stays. */
  reload(): Promise<void> {
    this.#expect('open', 'frozen', 'crashed');
    return this.#unload('is reloaded', () => {
      this.page.life = 'gone';
      this.#reopen();
    });
  }

  /** The closed tab is opened again, by its user or because the browser restores its tabs. `sessionStorage` is what it was. */
  restore(): Promise<void> {
    this.#expect('closed');
    this.page.log('is restored');
    this.#reopen();
    return this.#then();
  }

  /** Opens a copy with the same options and a copy of `sessionStorage`. */
  duplicate(): SimulatedTab<S> {
    this.#expect('open', 'frozen', 'away', 'crashed');
    this.page.log('is duplicated');
    return this.#world.open(this.#options, new Map(this.#facts.storage));
  }

  /** The browser freezes the page, and tells it before. Chromium only. */
  freeze(): Promise<void> {
    this.#expect('open');
    if (!this.#world.machine.profile.freezes) throw new Error('Only Chromium freezes pages.');
    this.#expectRunning();
    const page = this.page;
    page.log('is frozen');
    page.tell('hide');
    return this.#then(() => {
      page.life = 'frozen';
    });
  }

  /** The end of `freeze`: the page is told, then what waited runs. */
  wake(): Promise<void> {
    this.#expect('frozen');
    this.page.log('wakes');
    this.page.life = 'running';
    this.page.tellFirst('show');
    return this.#then();
  }

  /** Its process is stopped (SIGSTOP), as when it is wedged or the device sleeps: nothing runs, and it is not told. */
  stop(): Promise<void> {
    this.#expect('open', 'frozen');
    this.page.log('is stopped');
    const page = this.page;
    return this.#then(() => {
      page.stopped = true;
    });
  }

  /** The end of `stop`: queued messages run first, the news of stolen locks last. */
  cont(): Promise<void> {
    this.page.log('goes on');
    this.page.stopped = false;
    return this.#then();
  }

  /** To another site. The page goes into the back/forward cache if this browser lets it. */
  navigateAway(): Promise<void> {
    this.#expect('open');
    const { machine, servers } = this.#world;
    const page = this.page;
    const cacheable = page.awake;
    this.#state = 'away';
    return this.#unload('is navigated away', () => {
      const documents = [page, ...page.frames];
      const holdsLocks = documents.some((each) => servers.locks.holds(each));
      if (cacheable && (machine.profile.cachesLockHolders || !holdsLocks)) {
        page.life = 'cached';
        if (!machine.profile.cachedKeepLocks) for (const each of documents) servers.locks.confiscate(each);
      } else {
        page.life = 'gone';
      }
    });
  }

  /** Back from the other site: the cached page, if it is still there, or a new one. */
  goBack(): Promise<void> {
    this.#expect('away');
    this.#state = 'open';
    if (this.page.life === 'cached') {
      this.page.log('is back from the cache');
      this.page.life = 'running';
      for (let told = 0; told < this.#tellings; told++) this.page.tellFirst('show');
    } else {
      this.#reopen();
    }
    return this.#then();
  }

  /** The browser throws the page out of the back/forward cache. */
  evict(): Promise<void> {
    this.#expect('away');
    this.page.log('is thrown out of the cache');
    this.page.life = 'gone';
    return this.#then();
  }

  /** The user looks at another tab. */
  hide(): Promise<void> {
    if (!this.#facts.hidden) {
      this.#facts.hidden = true;
      this.#facts.hiddenSince = this.#world.machine.scheduler.now;
      this.page.log('is hidden');
    }
    return this.#then();
  }

  /** The user looks at this tab. */
  show(): Promise<void> {
    if (this.#facts.hidden) {
      this.#facts.hidden = false;
      this.page.log('is shown');
      for (const page of [this.page, ...this.page.frames]) {
        page.shownAt = this.#world.machine.scheduler.now;
        page.deliver('lifecycle', () => page.hear('visible'));
        for (const run of [...page.overdue]) run();
      }
    }
    return this.#then();
  }

  /** The user clicks into this tab, which is shown if it was not; or, `false`, elsewhere. Another tab that had the focus loses it. */
  async focus(hasFocus = true): Promise<void> {
    if (hasFocus) {
      await this.show();
      await this.#world.focused(this);
    }
    if (this.#facts.focused === hasFocus) return;
    this.#facts.focused = hasFocus;
    this.page.log(hasFocus ? 'has the focus' : 'loses the focus');
    for (const page of [this.page, ...this.page.frames]) page.deliver('lifecycle', () => page.hear('focus'));
    return this.#then();
  }

  /** By how much its `Date` is off. */
  get clockOffsetMs(): number {
    return this.#facts.clockOffsetMs;
  }

  /** Its `Date` steps, either way. */
  jumpClock(ms: number): void {
    this.page.log(`has its clock set by ${ms} ms`);
    this.#facts.clockOffsetMs += ms;
    this.#world.machine.clocksDiffer = true;
  }

  /** From now on the store works, fails or hangs in this tab. */
  setStore(store: 'works' | 'fails' | 'hangs'): void {
    this.page.log(`has a store that ${store}`);
    this.#facts.capabilities = { ...this.#facts.capabilities, store: store === 'works' ? true : store };
  }

  /** From now on this tab's requests for locks are answered, or never are, or are told that the lock is taken. */
  setLocks(locks: LocksHealth): void {
    if (this.#facts.capabilities.locks === false) throw new Error(`Tab ${this.name} was opened without locks.`);
    this.page.log(`has locks that ${locks === 'taken' ? 'are all said to be taken' : `are ${locks}`}`);
    this.#facts.capabilities = { ...this.#facts.capabilities, locks: locks === 'work' ? true : locks };
    // What it did without locks it did without: it has them again with the next one that it asks for.
    if (locks !== 'work') for (const page of [this.page, ...this.page.frames]) page.loseLocks();
  }

  /** The browser closes this tab's connections to the store by itself; or (`isCleared` is false) a page deletes the database. */
  loseConnection(isCleared = true): void {
    for (const { platform } of [this.#loaded, ...this.frames]) platform.loseConnections(isCleared);
  }

  get #tellings(): number {
    return this.#world.machine.profile.tellsTwice ? 2 : 1;
  }

  #load(): LoadedPage<S> {
    this.#created = 0;
    this.#frames = [];
    return loadPage(
      this.#world,
      this.#facts,
      this.#options,
      ++this.#loads === 1 ? this.name : `${this.name}${this.#loads}`,
    );
  }

  #reopen(): void {
    this.#loaded = this.#load();
    this.#state = 'open';
    this.join();
  }

  /** Tells the world of the present document, once the world knows this tab. */
  join(): void {
    const { page, platform, coordinator } = this.#loaded;
    if (coordinator) this.#world.joined({ name: page.name, page, platform, coordinator });
  }

  /** Says `pagehide` to a page that can hear it, and lets it finish what it does then. */
  #unload(what: string, after: () => void): Promise<void> {
    const page = this.page;
    page.log(what);
    if (page.awake) {
      const tellings = this.#state === 'away' ? this.#tellings : 1;
      for (let told = 0; told < tellings; told++) page.tell('hide');
    }
    return this.#then(after);
  }

  #then(change: () => void = () => undefined): Promise<void> {
    return this.#world.machine.scheduler.transition(change);
  }

  #expect(...states: readonly TabState[]): void {
    if (!states.includes(this.state)) throw new Error(`Tab ${this.name} is ${this.state}.`);
  }

  #expectRunning(): void {
    if (this.page.stopped) throw new Error(`Tab ${this.name} is stopped.`);
  }
}
