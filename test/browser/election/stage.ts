/** Candidates in tabs of a real browser, and what is seen of them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ChromiumBrowser, ChromiumPage } from '../support/chromium';
import type { Tab } from '../support/tab';
import type { CandidateState, Contender, Span } from './candidate';
import { overlap, without } from './spells';

export type CandidateTab = Tab<ChromiumPage>;

/** What a scenario has shown. */
export interface Finding {
  /** From what happened until another tab led; null: none did for as long as it was watched. */
  readonly waitMs: number | null;
  /** So many led at once. What a page does not do while it is stopped or cached does not count. */
  readonly most: number;
  /** For so long more than one led. */
  readonly doubleMs: number;
  /** So many led when it was over, and had been left alone for a while. */
  readonly atEnd: number;
  /** Each leader had a higher number than the one before: a backend can refuse what an earlier one still sends. */
  readonly isFenced: boolean;
  /** It came back from the cache, and did not lead although nobody else did. */
  readonly isLeftOut?: boolean;
  /** The first thing that went wrong in a page. */
  readonly problem: string | null;
}

/** Between one look at all pages and the next. */
const LOOK_MS = 25;

/** How long candidates are left alone, to see whether there are two leaders. */
export const CALM_MS = 2_000;

let scopes = 0;

export class Stage {
  readonly tabs: CandidateTab[] = [];
  readonly #stops = new Map<CandidateTab, Span[]>();
  readonly #openTab: () => Promise<CandidateTab>;

  private constructor(openTab: () => Promise<CandidateTab>) {
    this.#openTab = openTab;
  }

  /** So many candidates of a new scope, none of which stands. */
  static async open(browser: ChromiumBrowser, contender: Contender, count: number, initScript?: string) {
    scopes += 1;
    const config = { scope: `candidates ${scopes}`, contender };
    const stage = new Stage(() => browser.openPage({ script: 'election', config, initScript }));
    while (stage.tabs.length < count) {
      const missing = Math.min(4, count - stage.tabs.length);
      await Promise.all(Array.from({ length: missing }, () => stage.add()));
    }
    return stage;
  }

  /** One more candidate, which does not stand yet. */
  async add(): Promise<CandidateTab> {
    const tab = await this.#openTab();
    this.tabs.push(tab);
    return tab;
  }

  /** The first tab leads, and the others stand. Null where nobody comes to lead. */
  static async openLed(
    browser: ChromiumBrowser,
    contender: Contender,
    { count = 2, initScript = '' } = {},
  ): Promise<{ stage: Stage; leader: CandidateTab } | null> {
    const stage = await Stage.open(browser, contender, count, initScript);
    const [leader, ...others] = stage.tabs;
    if (!leader) throw new Error('There is no tab.');
    await leader.evaluate(() => window.candidate.stand());
    if (!(await stage.until((leaders) => leaders.includes(leader), 10_000))) {
      await stage.close();
      return null;
    }
    for (const tab of others) await tab.evaluate(() => window.candidate.stand());
    await others.at(-1)?.page.show();
    // Until they wait.
    await stage.watch(500);
    return { stage, leader };
  }

  /** Looks at the candidates until `condition` holds of those who lead. False: it did not within `limitMs`. */
  async until(condition: (leaders: readonly CandidateTab[]) => boolean, limitMs: number): Promise<boolean> {
    for (const begunMs = performance.now(); performance.now() - begunMs < limitMs; await pause(LOOK_MS)) {
      if (condition(await this.#leaders())) return true;
    }
    return false;
  }

  async watch(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  /** Loses a tab for good: it is looked at no more. */
  drop(tab: CandidateTab): void {
    this.tabs.splice(this.tabs.indexOf(tab), 1);
  }

  async stop(tab: CandidateTab): Promise<number> {
    await tab.page.stop();
    const from = wall();
    this.#stops.set(tab, [...(this.#stops.get(tab) ?? []), { from, until: null }]);
    return from;
  }

  wake(tab: CandidateTab): void {
    const stops = this.#stops.get(tab) ?? [];
    const until = wall();
    tab.page.wake();
    this.#stops.set(
      tab,
      stops.map((stop) => ({ ...stop, until: stop.until ?? until })),
    );
  }

  /** What has been seen since something happened at `at`. */
  async finding(at: number): Promise<Finding> {
    const states = await this.#states();
    const now = wall();
    const groups = states.map(({ tab, state }) =>
      without(state.spells, [...state.pauses, ...(this.#stops.get(tab) ?? [])], now),
    );
    const spells = states.flatMap(({ state }) => state.spells).sort((a, b) => a.from - b.from);
    const epochs = spells.map(({ epoch }) => epoch ?? 0);
    const next = spells.find(({ from }) => from > at);
    return {
      waitMs: next ? next.from - at : null,
      ...overlap(groups),
      atEnd: states.filter(({ state }) => state.leads).length,
      isFenced: epochs.every((epoch, index) => epoch > (epochs[index - 1] ?? 0)),
      problem: states.flatMap(({ state }) => state.problems)[0] ?? null,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.tabs.map((tab) => tab.close().catch(() => undefined)));
  }

  async #leaders(): Promise<CandidateTab[]> {
    return (await this.#states()).filter(({ state }) => state.leads).map(({ tab }) => tab);
  }

  /** Of all that can be asked: a stopped page answers nothing. */
  async #states(): Promise<{ readonly tab: CandidateTab; readonly state: CandidateState }[]> {
    const awake = this.tabs.filter((tab) => !this.#stops.get(tab)?.some(({ until }) => until === null));
    return Promise.all(awake.map(async (tab) => ({ tab, state: await tab.evaluate(() => window.candidate.state()) })));
  }
}

export function wall(): number {
  return performance.timeOrigin + performance.now();
}
