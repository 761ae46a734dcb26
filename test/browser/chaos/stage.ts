/**
 * Carries a plan out on the tabs of a real browser. What happens to one tab happens in the plan's order; what happens to
 * different tabs overlaps as far as the plan's pauses let it.
 */
import { DAMAGES } from '../field/damages';
import { changeStored } from '../field/steps';
import type { Tab, TestBrowser } from '../support/tab';
import type { Action, Place } from './actions';
import { Arrivals } from './arrivals';
import { describeAction } from './describe-action';
import { Obstacles } from './obstacles';
import {
  abortCall,
  callCommands,
  createSecond,
  deleteDatabase,
  hasSettled,
  makeCall,
  type Observation,
  observe,
  openFrame,
  storedInTab,
  takeProblems,
  tellDriver,
  tellNetwork,
} from './page';
import type { Pause, Plan, Step } from './plan';
import { type ChaosPage, type Slot, tabOf } from './slot';
import type { Timeline } from './timeline';
import { within } from './within';

/** A wait that gets nowhere is given up after this long; one for a tab that is stopped takes three seconds. */
const PATIENCE_MS = 200;
const LONG_PATIENCE_MS = 9_000;

/** Longer than anything takes that is not stuck, on a busy machine too. */
const HANG_MS = 20_000;

export interface StagePorts {
  readonly browser: TestBrowser<ChaosPage>;
  readonly plan: Plan;
  readonly scope: string;
  readonly timeline: Timeline;
  /** A page that nothing happens to. */
  readonly bystander: Tab<ChaosPage>;
  /** Open tabs of an earlier round; it is taken from, and given back to. */
  readonly pool: Tab<ChaosPage>[];
}

export class Stage {
  /** What went wrong with the rig itself. */
  readonly troubles: string[] = [];
  /** Uncaught errors that were remembered when the site's data was cleared. */
  readonly problems: string[] = [];
  readonly #ports: StagePorts;
  readonly #slots: Slot[] = [];
  readonly #obstacles: Obstacles;
  readonly #arrivals: Arrivals;

  constructor(ports: StagePorts) {
    const { browser, scope } = ports;
    this.#ports = ports;
    this.#obstacles = new Obstacles(browser.backend, scope);
    this.#arrivals = new Arrivals(ports);
  }

  /** Opens the tabs with which the round begins. */
  async open(): Promise<void> {
    const { browser, plan, scope } = this.#ports;
    const { connect, end, act } = plan.delayMs;
    for (const type of ['start', 'join', 'resume'] as const) browser.backend.delay(scope, type, connect);
    browser.backend.delay(scope, 'end', end);
    browser.backend.delay(scope, 'act', act);
    for (let index = 0; index < plan.tabs; index += 1) this.#open(this.#addSlot(index));
    await this.#quiet();
  }

  async perform({ tab: index, action, pause }: Step, name: string): Promise<void> {
    const { timeline, browser, scope } = this.#ports;
    const heard = browser.backend.acts(scope).length;
    timeline.note(`${name} ${describeAction(index, action)}`);
    const slot = this.#slots[index] ?? this.#addSlot(index);
    const done = this.#act(slot, action, name);
    await this.#wait(pause, slot, name, done, heard);
  }

  /** Ends every fault: all pages are awake and shown, and the backend is willing. Resolves with how many tabs are open. */
  async makePeace(): Promise<number> {
    this.#ports.timeline.note('peace');
    await this.#quiet();
    await this.#obstacles.clear();
    for (const slot of this.#slots) {
      if (slot.place === 'stopped') this.#act(slot, { type: 'wake' }, 'peace');
      if (slot.place === 'frozen') this.#act(slot, { type: 'unfreeze' }, 'peace');
      if (slot.place === 'away') this.#act(slot, { type: 'back' }, 'peace');
    }
    await this.#quiet();
    this.#tellNetwork('peace', true);
    await this.#quiet();
    while (this.#living.length < 2) {
      this.#open(this.#addSlot(this.#slots.length));
      await this.#quiet();
    }
    return this.#living.length;
  }

  /** What the living documents tell, in the order of the tabs. */
  async observe(): Promise<readonly Observation[]> {
    return (await Promise.all(this.#living.map(({ tab }) => observe(tab)))).flat();
  }

  /** Makes a call in one of the tabs that are left. */
  async call(chance: number, method: 'start' | 'end', name: string): Promise<void> {
    const slot = this.#living[chance % this.#living.length];
    if (!slot) throw new Error('No tab is left.');
    await this.perform({ tab: slot.index, action: { type: 'call', method }, pause: { type: 'done' } }, name);
  }

  /** A message to a page and back: the shortest wait there is. */
  async look(): Promise<void> {
    await this.#ports.bystander.evaluate(() => 0);
  }

  /** Gives the tabs back, and closes those that another round could not use. */
  async clear(): Promise<void> {
    await this.#quiet();
    const shares = (slot: Slot): boolean =>
      this.#slots.some((other) => other !== slot && other.process === slot.process);
    for (const slot of this.#slots) {
      if (!slot.tab) continue;
      if (slot.place === 'open' && !shares(slot) && this.#ports.pool.length < 4) this.#ports.pool.push(slot.tab);
      else await slot.tab.close().catch((error: unknown) => this.#trouble(`tab ${slot.index} does not close`, error));
    }
  }

  get #living(): (Slot & { tab: Tab<ChaosPage> })[] {
    return this.#slots.filter((slot): slot is Slot & { tab: Tab<ChaosPage> } => slot.place === 'open' && !!slot.tab);
  }

  #addSlot(index: number, process = index): Slot {
    const slot: Slot = {
      ...{ index, process, tab: null, place: 'open', left: '', kept: null, stopped: null },
      lane: Promise.resolve(),
    };
    this.#slots[index] = slot;
    return slot;
  }

  /** Everything that was begun has been done. */
  async #quiet(): Promise<void> {
    await Promise.all(this.#slots.map(({ lane }) => lane));
  }

  #trouble(what: string, error: unknown): void {
    this.troubles.push(`${what}: ${String(error)}`);
    this.#ports.timeline.note(`TROUBLE ${what}: ${String(error)}`);
  }

  #act(slot: Slot, action: Action, name: string): Promise<void> {
    if (action.type === 'open') return this.#open(slot);
    if (action.type === 'duplicate') return this.#duplicate(slot, action.as);
    if (action.type === 'restore') return this.#restore(slot, action.as);
    if (action.type === 'quit') return this.#quit(action.how, name);
    if (action.type === 'online' || action.type === 'offline') return this.#tellNetwork(name, action.type === 'online');
    if (action.type === 'hold' || action.type === 'deny' || action.type === 'allow') {
      return this.#obstacles[action.type](action.request);
    }
    if (action.type === 'lose') return this.#obstacles.lose(action.how);
    if (action.type === 'clear') return this.#clearSiteData(action.what);
    if (action.type === 'hangUp') return this.#obstacles.hangUp(action.how);
    if (action.type === 'tell') {
      const open = this.#slots.filter(({ place }) => place === 'open');
      const told = open.map((each) =>
        this.#inLane([each], `${name} in tab ${each.index}`, () => tellDriver(tabOf(each), action.method, name)),
      );
      return Promise.all(told).then(() => undefined);
    }
    const group = ['kill', 'stop', 'wake'].includes(action.type)
      ? this.#slots.filter(({ process, place }) => process === slot.process && place !== 'gone')
      : [slot];
    const place = PLACES[action.type];
    // At once, so that what follows knows; it happens when it is this tab's turn.
    if (place) for (const each of group) each.place = place;
    return this.#inLane(group, `${name} in tab ${slot.index}`, async () => {
      const tab = tabOf(slot);
      switch (action.type) {
        case 'call':
          return makeCall(tab, { ...action, step: name });
        case 'command':
          return callCommands(tab, action, name);
        case 'damage':
          return changeStored(
            tab,
            `(store) => (${DAMAGES[action.what]})(store, [${JSON.stringify(this.#ports.scope)}])`,
          ).catch((error: unknown) => {
            // The site's data is being cleared, and this with it.
            if (!String(error).includes('delete origin')) throw error;
          });
        case 'show':
          return tab.page.show();
        case 'abort':
          return abortCall(tab);
        case 'frame':
          return openFrame(tab);
        case 'second':
          return createSecond(tab);
        case 'close':
          slot.kept = await storedInTab(tab);
          return this.#close(slot);
        case 'reload':
          await tab.reload();
          return this.#arrivals.introduce(slot, 'is loaded again as');
        case 'leave':
          slot.left = await tab.documentId();
          return tab.leave();
        case 'back':
          return this.#arrivals.back(slot, tab);
        case 'kill':
          return tab.page.kill?.();
        case 'stop':
          slot.stopped = tab.page;
          return tab.page.stop?.();
        case 'wake':
          for (const each of group) {
            each.stopped?.wake?.();
            each.stopped = null;
          }
          return;
        case 'freeze':
          return this.#freeze(tab);
        case 'unfreeze':
          return tab.page.unfreeze?.();
      }
    });
  }

  /** By a page that has nothing to do with the session: what was remembered in the site's storage is read before. */
  async #clearSiteData(what: 'storage' | '*' | 'database'): Promise<void> {
    const { browser, bystander } = this.#ports;
    this.problems.push(...(await takeProblems(bystander)));
    if (what === 'database') return deleteDatabase(bystander);
    const url = browser.server.page({ headers: { 'clear-site-data': `"${what}"` } });
    await bystander.evaluate(async (address) => {
      await (await fetch(address)).text();
    }, url);
  }

  #inLane(slots: readonly Slot[], what: string, work: () => Promise<void> | undefined): Promise<void> {
    const done = Promise.all(slots.map(({ lane }) => lane))
      .then(async () => {
        // The engine's own limits are minutes.
        const done = Promise.resolve(work()).then(() => 'done');
        if (!(await within(HANG_MS, done))) throw new Error(`It is not done within ${HANG_MS / 1000} s.`);
      })
      .catch((error: unknown) => this.#trouble(what, error));
    for (const slot of slots) slot.lane = done;
    return done;
  }

  #open(slot: Slot): Promise<void> {
    return this.#inLane([slot], `opening tab ${slot.index}`, () => this.#arrivals.open(slot));
  }

  #duplicate(slot: Slot, as: number): Promise<void> {
    const copy = this.#addSlot(as, this.#arrivals.duplicates ? slot.process : as);
    return this.#inLane([slot, copy], `duplicating tab ${slot.index}`, () => this.#arrivals.duplicate(slot, copy));
  }

  #restore(closed: Slot, as: number): Promise<void> {
    const slot = this.#addSlot(as);
    return this.#inLane([closed, slot], `restoring tab ${closed.index}`, () => this.#arrivals.restore(closed, slot));
  }

  #quit(how: 'close' | 'kill', name: string): Promise<void> {
    const living = this.#living;
    for (const slot of living) slot.place = 'gone';
    return this.#inLane(living, `${name}: all tabs`, async () => {
      for (const slot of living) slot.kept = await storedInTab(tabOf(slot));
      // Tabs that share a process die together.
      const processes = new Map(living.map((slot) => [slot.process, tabOf(slot)]));
      if (how === 'kill') await Promise.all([...processes.values()].map(({ page }) => page.kill?.()));
      else await Promise.all(living.map((slot) => this.#close(slot)));
    });
  }

  #close(slot: Slot): Promise<void> {
    const tab = tabOf(slot);
    slot.tab = null;
    return tab.close();
  }

  #tellNetwork(name: string, isOnline: boolean): Promise<void> {
    const told = this.#living.map((slot) =>
      this.#inLane([slot], `${name} in tab ${slot.index}`, () => tellNetwork(tabOf(slot), isOnline)),
    );
    return Promise.all(told).then(() => undefined);
  }

  async #freeze(tab: Tab<ChaosPage>): Promise<void> {
    await this.#ports.bystander.page.show();
    await tab.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const look = (): void => void (document.visibilityState === 'hidden' && resolve());
          document.addEventListener('visibilitychange', look);
          look();
        }),
    );
    await tab.page.freeze?.();
  }

  async #wait(pause: Pause, slot: Slot, name: string, done: Promise<void>, heard: number): Promise<void> {
    const { browser, scope } = this.#ports;
    const until = async (isTrue: () => boolean | Promise<boolean>, patienceMs: number): Promise<void> => {
      const deadline = performance.now() + patienceMs;
      while (!(await isTrue()) && performance.now() < deadline) await this.look();
    };
    switch (pause.type) {
      case 'nothing':
        return;
      case 'done':
        return done;
      case 'looks':
        for (let looks = 0; looks < pause.count; looks += 1) await this.look();
        return;
      case 'heard':
        return until(() => browser.backend.acts(scope).length > heard, PATIENCE_MS);
      case 'settled': {
        await done;
        const { tab } = slot;
        if (tab) await until(() => hasSettled(tab, name), pause.long ? LONG_PATIENCE_MS : PATIENCE_MS);
      }
    }
  }
}

const PLACES: Partial<Record<Action['type'], Place>> = {
  ...{ close: 'gone', kill: 'gone', stop: 'stopped', leave: 'away', freeze: 'frozen' },
  ...{ wake: 'open', back: 'open', unfreeze: 'open' },
};
