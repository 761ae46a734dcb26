import type { CommandsOn, DriverContext, InferredDriver } from '../driver';
import type { InferredShape, Shape } from '../shape';
import { ChannelHub } from './channels';
import { Database } from './database';
import { areLossy, type Faults, NO_FAULTS } from './faults';
import { watchInvariants } from './invariants';
import type { Boot, TabOptions, TabWorld } from './load-page';
import type { Machine, Participant, Watcher } from './machine';
import { type Attempt, Network, type SimulatedShape } from './network';
import type { Page } from './page';
import { type EngineName, PROFILES } from './profiles';
import { createRandom } from './random';
import { Scheduler } from './scheduler';
import { SiteLocks } from './site-locks';
import { SimulatedTab } from './tab';
import { Timeline } from './timeline';
import { watchCalls } from './waiting';

export interface SimulatedBrowserOptions {
  /** Decides every delay, fault and random id. Default 1. */
  readonly seed?: number;
  /** Whose quirks the pages have. Default `chromium`. */
  readonly engine?: EngineName;
  /** Default: none. May be changed later, on `world.faults`. */
  readonly faults?: Partial<Faults>;
  /** False: nothing happens by itself, only by `settle`, `advance` and `step`. Default true. */
  readonly automatic?: boolean;
  /** Default `throw`: the next awaited method of the world rejects. `collect`: only `world.violations` tells. */
  readonly violations?: 'throw' | 'collect';
  /**
   * Real milliseconds after which the console tells which calls wait and what for, if nothing happens meanwhile: a test that awaits them
   * hangs. Default 2,000; `Infinity`: never.
   */
  readonly hintAfterMs?: number;
}

type AnyTab = SimulatedTab<Shape>;

/** A tab or a frame. */
interface Document {
  readonly name: string;
  readonly page: Page;
}

/** One browser profile: its tabs share storage, locks and messages. Everything happens in virtual time, from one seed. */
export class SimulatedBrowser {
  /** In the order in which they were opened. Those that crashed or were closed are still listed. */
  readonly tabs: AnyTab[] = [];
  /** What the drivers were asked to do. */
  readonly network: Network;
  readonly faults: Faults;
  /** What went against the promises of solotab: empty, or a bug. */
  readonly violations: string[] = [];
  readonly machine: Machine;
  /** All that are held or asked for, whichever lock manager they belong to. */
  readonly locks: SiteLocks;
  /** Every coordinator that was ever created, in order, with its document. */
  readonly participants: Participant[] = [];
  readonly #world: TabWorld;
  readonly #databases = new Map<string, Database>();
  /** The `sessionStorage` of every tab. */
  readonly #tabStorages: Map<string, string>[] = [];
  /** Those that were open when the browser was quit. */
  #quitTabs: readonly AnyTab[] = [];
  readonly #throws: boolean;
  #thrown = 0;

  constructor(boot: Boot, options: SimulatedBrowserOptions = {}) {
    const { seed = 1, engine = 'chromium', faults = {}, automatic = true, violations = 'throw' } = options;
    const { hintAfterMs = 2_000 } = options;
    const random = createRandom(seed);
    const watchers: Watcher[] = [];
    const scheduler = new Scheduler({
      automatic,
      onUncaught: (error) => {
        for (const watcher of watchers) watcher.onUncaught?.(error);
      },
      afterStep: () => {
        for (const watcher of watchers) watcher.afterStep?.();
      },
    });
    this.#throws = violations === 'throw';
    this.faults = { ...NO_FAULTS, ...faults };
    const timeline = new Timeline();
    const ids = random.fork();
    const machine = {
      scheduler,
      random,
      ids,
      profile: PROFILES[engine],
      faults: this.faults,
      timeline,
      watchers,
      forked: false,
      isOnline: true,
      clocksDiffer: false,
      lostStoreAt: Number.NEGATIVE_INFINITY,
      outOfReachUntil: Number.NEGATIVE_INFINITY,
    };
    this.machine = machine;
    this.network = new Network(machine);
    if (automatic && hintAfterMs < Number.POSITIVE_INFINITY) {
      watchers.push({ onJoin: watchCalls({ scheduler, network: this.network, afterMs: hintAfterMs }) });
    }
    this.locks = new SiteLocks(machine);
    const channels = new ChannelHub(machine);
    this.#world = {
      machine,
      network: this.network,
      boot,
      servers: { locks: this.locks, channels, database: (scope) => this.#database(scope) },
      joined: (participant) => this.#joined(participant),
      open: (tabOptions, storage) => this.#open(tabOptions, storage),
      focused: async (tab) => {
        for (const other of this.tabs) if (other !== tab) await other.focus(false);
      },
    };
    watchers.push({ onUncaught: (error) => this.violate(`uncaught: ${describe(error)}`) });
    watchers.push(watchInvariants(machine, this.network, (what) => this.violate(what)));
  }

  /** Virtual milliseconds since the world began. */
  get now(): number {
    return this.machine.scheduler.now;
  }

  /** How much is under way, and how many timers are set: nothing, where all scopes are idle and settled. */
  get pending(): { readonly work: number; readonly timers: number; readonly locks: number } {
    return { ...this.machine.scheduler.pending, locks: this.locks.claims.length };
  }

  openTab<S extends Shape = SimulatedShape>(options?: TabOptions<S>): SimulatedTab<S>;
  openTab<Session, Start, Join, Commands extends CommandsOn<Session>>(
    options: Omit<TabOptions, 'driver'> & { readonly driver: InferredDriver<Session, Start, Join, Commands> },
  ): SimulatedTab<InferredShape<Session, Start, Join, Commands>>;
  openTab<S extends Shape>(options: TabOptions<S> = {}): SimulatedTab<S> {
    return this.#open(options, new Map());
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    await this.machine.scheduler.advance(ms);
    this.#complain();
  }

  /** Until nothing is under way: no transaction, no message, no lock, no connection. Timers stay. */
  async settle(): Promise<void> {
    await this.machine.scheduler.settle();
    this.#complain();
  }

  /** The next thing that happens, whenever it is due. Resolves with false if there is none. */
  async step(): Promise<boolean> {
    const happened = await this.machine.scheduler.step();
    this.#complain();
    return happened;
  }

  /** The attempt that waits in `tab` connects. Throws if none does. */
  async connect(tab: Document): Promise<void> {
    await this.settle();
    this.#attemptIn(tab).connect();
    await this.settle();
  }

  /** The attempt that waits in `tab` fails with `error`. Throws if none does. */
  async fail(tab: Document, error: unknown = new TypeError('Failed to fetch')): Promise<void> {
    await this.settle();
    this.#attemptIn(tab).fail(error);
    await this.settle();
  }

  /** The driver's context of the session in `tab`: emits, reports, publishes. Throws if there is none, or the tab can't run. */
  contextIn(tab: Document): DriverContext {
    const live = [...this.network.live].find(({ page }) => page === tab.page);
    if (!live) throw new Error(`There is no session in tab ${tab.name}.`);
    if (!tab.page.awake) throw new Error(`Tab ${tab.name} can’t run.`);
    return live.context;
  }

  /** IndexedDB alone is deleted, as by a script or in the devtools. `sessionStorage`, locks and channels stay as they are. */
  wipeStorage(): void {
    this.note('the storage is wiped');
    this.#eraseDatabases();
    for (const tab of this.tabs) tab.loseConnection(false);
  }

  /**
   * The response header `Clear-Site-Data: "storage"`, as of a log-out. Erases what is stored, every tab's `sessionStorage` too,
   * and closes all connections to it. In Chromium the documents that are open then keep their lock manager, and those that are
   * loaded later have another one; messages and the new database are shared by all.
   */
  clearSiteData(): void {
    this.note('the site’s data is cleared');
    this.#eraseDatabases();
    for (const storage of this.#tabStorages) storage.clear();
    if (this.machine.profile.clearingParts) this.locks.renew();
    for (const tab of this.tabs) tab.loseConnection();
  }

  /** All tabs are closed at once, each as by its user or, with `crash`, without a word. `restore` opens them again. */
  async quit(how: 'quit' | 'crash' = 'quit'): Promise<void> {
    this.note(how === 'quit' ? 'the browser is quit' : 'the browser crashes');
    const open = this.tabs.filter(({ state }) => state !== 'closed');
    const shown = open.filter(({ state }) => state !== 'away');
    this.#quitTabs = shown;
    if (how === 'crash') for (const { page } of open) page.life = 'gone';
    await Promise.all(open.map((tab) => (tab.state === 'away' ? tab.evict() : tab.close())));
  }

  /** The tabs that were open when the browser was quit are back, each with its old `sessionStorage`. */
  async restore(): Promise<void> {
    this.note('the browser restores its tabs');
    const closed = this.#quitTabs.filter(({ state }) => state === 'closed');
    this.#quitTabs = [];
    await Promise.all(closed.map((tab) => tab.restore()));
  }

  /** What is stored for a scope. */
  recordOf(scope = 'simulated'): unknown {
    return this.#database(scope).record;
  }

  /** What is stored in the journal of a scope. */
  journalOf(scope = 'simulated'): readonly unknown[] {
    return [...this.#database(scope).journal.values()];
  }

  /** The browser knows whether it has a network, and tells its pages. The far end takes no notice. */
  setOnline(isOnline: boolean): void {
    this.note(isOnline ? 'the browser is online' : 'the browser is offline');
    this.machine.isOnline = isOnline;
    for (const { page } of this.tabs) page.deliver('lifecycle', () => page.tell('network'));
  }

  /** Stores anything as the record of a scope, as a broken or hostile program might; before the first tab is opened, too. */
  putRecord(record: unknown, scope = 'simulated'): void {
    this.note('the record is overwritten by somebody else');
    this.#database(scope).put(record);
    for (const watcher of this.machine.watchers) watcher.onWipe?.();
  }

  /** Stores anything as entries of the journal of a scope, by their slots. */
  putJournal(entries: Iterable<readonly [slot: number, entry: unknown]>, scope = 'simulated'): void {
    this.note('the journal is overwritten by somebody else');
    this.#database(scope).putJournal(entries);
    for (const watcher of this.machine.watchers) watcher.onWipe?.();
  }

  /** No more faults from here on. Pages that sleep still sleep. */
  heal(): void {
    this.note('the faults stop');
    if (areLossy(this.faults)) this.machine.outOfReachUntil = Math.max(this.machine.outOfReachUntil, this.now);
    Object.assign(this.faults, NO_FAULTS);
  }

  /** Adds a line to the timeline. */
  note(what: string | (() => string), who = ''): void {
    this.machine.timeline.add(this.now, who, what);
  }

  /** What happened so far, one line each: virtual milliseconds, document, event. */
  timeline(): string {
    return this.machine.timeline.toString();
  }

  /** Reports that a promise was broken. */
  violate(what: string): void {
    this.violations.push(what);
    this.note(`VIOLATION: ${what}`);
  }

  #open<S extends Shape>(options: TabOptions<S>, storage: Map<string, string>): SimulatedTab<S> {
    const tab = new SimulatedTab(this.#world, tabName(this.tabs.length), options, storage);
    this.#tabStorages.push(storage);
    // A list of tabs of any shape.
    this.tabs.push(tab as unknown as AnyTab);
    tab.join();
    return tab;
  }

  #joined(participant: Participant): void {
    this.participants.push(participant);
    for (const watcher of this.machine.watchers) watcher.onJoin?.(participant);
  }

  #eraseDatabases(): void {
    for (const database of this.#databases.values()) database.wipe();
    for (const watcher of this.machine.watchers) watcher.onWipe?.();
  }

  #database(scope: string): Database {
    let database = this.#databases.get(scope);
    if (!database) {
      database = new Database(this.machine, scope);
      this.#databases.set(scope, database);
    }
    return database;
  }

  #attemptIn(tab: Document): Attempt {
    const attempt = [...this.network.attempts].find(({ page }) => page === tab.page);
    if (!attempt) throw new Error(`Nothing is connecting in tab ${tab.name}.`);
    return attempt;
  }

  #complain(): void {
    if (!this.#throws || this.#thrown === this.violations.length) return;
    const fresh = this.violations.slice(this.#thrown);
    this.#thrown = this.violations.length;
    throw new Error(`${fresh.join('\n')}\n\n${this.timeline()}`);
  }
}

/** A, B, … Z, then T27. */
function tabName(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : `T${index + 1}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
