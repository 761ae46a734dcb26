/**
 * The session backend of the tests: the far end that the drivers in the pages talk to. It writes down who acted when, in
 * the order in which it heard it, and under which epoch; so it, and no tab, is the judge of "never two".
 *
 * It checks the fencing token: what comes under an epoch older than one that it has served is refused as `stale`. It can
 * be told to hold a request back, to delay it or to deny it.
 */
import { scheduler } from 'node:timers/promises';

export type ActType = 'start' | 'join' | 'resume' | 'release' | 'end' | 'act';

export interface Act {
  readonly order: number;
  /** Milliseconds by the monotonic clock of the test process. */
  readonly at: number;
  readonly scope: string;
  readonly type: ActType;
  readonly tabId: string;
  readonly epoch: number;
  /** Whatever the page sent along. */
  readonly body: unknown;
  /** `aborted`: the page gave the request up, or died, before it was answered. */
  outcome: 'pending' | 'ok' | 'stale' | 'denied' | 'aborted';
}

/** A session that somebody connected and nobody has let go of, as far as the backend was told. */
export interface LiveSession {
  readonly tabId: string;
  readonly epoch: number;
}

/** What a page is answered with instead of a session: rejects its driver with an error of this code. */
export interface Denial {
  readonly code?: number;
  readonly message?: string;
  /** The session is gone for good. The driver says so by what it rejects with, or by `context.ended`. */
  readonly gone?: 'rejects' | 'says so';
}

/** When the other side hangs up: before its answer is used, a microtask after the driver resolved, or some milliseconds later. */
export type HangUp = 'before' | 'as it connects' | 'later';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A request that waits until the test says how it ends. */
export interface HeldRequest {
  readonly act: Act;
  allow(): void;
  deny(denial: Denial): void;
}

interface Rules {
  holding: Set<ActType>;
  denials: Map<ActType, Denial>;
  delays: Map<ActType, number>;
  hangUps: HangUp[];
}

const CONNECTS: readonly ActType[] = ['start', 'join', 'resume'];

/** Longer than anything waits that is not stuck. */
const HANG_MS = 20_000;

export class SessionBackend {
  readonly #acts: Act[] = [];
  readonly #held = new Set<HeldRequest>();
  readonly #rules = new Map<string, Rules>();
  readonly #watchers = new Set<() => void>();

  /** Every act so far, the oldest first. */
  acts(scope: string, ...types: readonly ActType[]): readonly Act[] {
    return this.#acts.filter((act) => act.scope === scope && (types.length === 0 || types.includes(act.type)));
  }

  /** The sessions that are connected now. A tab that died is not known to be gone. */
  live(scope: string): readonly LiveSession[] {
    const live = new Map<string, LiveSession>();
    for (const { type, tabId, epoch, outcome } of this.acts(scope)) {
      if (outcome !== 'ok') continue;
      if (CONNECTS.includes(type)) live.set(tabId, { tabId, epoch });
      if (type === 'end' || type === 'release') live.delete(tabId);
    }
    return [...live.values()];
  }

  /**
   * What must never happen: two tabs that were served under one epoch, or a tab that was served under an epoch older than one served before. `release`
   * and `end` don't count: to clean up after oneself is allowed at any time.
   */
  violations(scope: string): readonly string[] {
    const found: string[] = [];
    const holders = new Map<number, string>();
    let newest = 0;
    for (const act of this.acts(scope, 'act', ...CONNECTS)) {
      if (act.outcome !== 'ok') continue;
      const holder = holders.get(act.epoch) ?? act.tabId;
      if (holder !== act.tabId) found.push(`two tabs under epoch ${act.epoch}: ${holder}, then ${describe(act)}`);
      if (act.epoch < newest) found.push(`epoch ${newest} had been served before ${describe(act)}`);
      holders.set(act.epoch, holder);
      newest = Math.max(newest, act.epoch);
    }
    return found;
  }

  /** What happened, for a person to read. */
  timeline(scope: string): string {
    return this.acts(scope).map(describe).join('\n');
  }

  /** From now on, requests of this type wait for `allow` or `deny`. */
  hold(scope: string, type: ActType): void {
    this.#rulesOf(scope).holding.add(type);
  }

  /** Requests of this type are answered at once again. Those already held stay so. */
  unhold(scope: string, type: ActType): void {
    this.#rulesOf(scope).holding.delete(type);
  }

  /** Resolves with the first request of this type that is being held, as soon as there is one. */
  async held(scope: string, type: ActType): Promise<HeldRequest> {
    const find = (): HeldRequest | undefined =>
      [...this.#held].find(({ act }) => act.scope === scope && act.type === type && act.outcome === 'pending');
    await this.until(() => find() !== undefined, `a held ${type} of ${scope}`);
    return find() as HeldRequest; // until() has just seen it
  }

  /** From now on, requests of this type are denied; `null` ends that. */
  deny(scope: string, type: ActType, denial: Denial | null): void {
    const { denials } = this.#rulesOf(scope);
    if (denial) denials.set(type, denial);
    else denials.delete(type);
  }

  /** From now on, requests of this type take this long. */
  delay(scope: string, type: ActType, ms: number): void {
    this.#rulesOf(scope).delays.set(type, ms);
  }

  /** The other side hangs up on whoever connects next; `null` ends that. */
  hangUp(scope: string, how: HangUp | null): void {
    this.#rulesOf(scope).hangUps = how ? [how] : [];
  }

  /** Resolves as soon as `condition` holds; looked at after every change. Rejects when nothing has come of it for long. */
  until(condition: (backend: this) => boolean, what = 'a condition of the backend'): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (!condition(this)) return;
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`Waited in vain for ${what}.\n${this.#acts.map(describe).join('\n')}`));
      }, HANG_MS);
      const stop = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Serves one request of a page. */
  async serve(request: Omit<Act, 'order' | 'at' | 'outcome'>, signal: AbortSignal): Promise<Answer> {
    const act: Act = { ...request, order: this.#acts.length, at: performance.now(), outcome: 'pending' };
    this.#acts.push(act);
    this.#changed();
    const settle = (outcome: Act['outcome'], status: number, body: unknown): Answer => {
      act.outcome = outcome;
      this.#changed();
      return { status, body };
    };
    const { holding, denials, delays } = this.#rulesOf(act.scope);
    let denial = denials.get(act.type);
    const delayMs = delays.get(act.type);
    if (delayMs !== undefined) await scheduler.wait(delayMs);
    if (holding.has(act.type)) denial = await this.#holdBack(act, signal);
    if (signal.aborted) return settle('aborted', 499, null);
    if (denial) return settle('denied', 400, denial);
    const cleansUp = act.type === 'release' || act.type === 'end';
    if (!cleansUp && act.epoch < this.#newestEpoch(act.scope)) {
      return settle('stale', 409, { message: `epoch ${act.epoch} is stale` });
    }
    const hangUp = CONNECTS.includes(act.type) ? this.#rulesOf(act.scope).hangUps.shift() : undefined;
    return settle('ok', 200, { session: `${act.scope}#${act.epoch}`, ...(hangUp && { hangUp }) });
  }

  #holdBack(act: Act, signal: AbortSignal): Promise<Denial | undefined> {
    return new Promise((resolve) => {
      const finish = (denial?: Denial): void => {
        this.#held.delete(held);
        resolve(denial);
      };
      const held: HeldRequest = { act, allow: () => finish(), deny: finish };
      this.#held.add(held);
      signal.addEventListener('abort', () => finish());
      this.#changed();
    });
  }

  #newestEpoch(scope: string): number {
    const counting = this.acts(scope).filter(({ outcome }) => outcome === 'ok');
    return Math.max(0, ...counting.map(({ epoch }) => epoch));
  }

  #rulesOf(scope: string): Rules {
    const rules = this.#rules.get(scope) ?? {
      ...{ holding: new Set(), denials: new Map(), delays: new Map() },
      hangUps: [],
    };
    this.#rules.set(scope, rules);
    return rules;
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

function describe({ order, at, type, tabId, epoch, outcome }: Act): string {
  return `#${order} ${at.toFixed(0)} ms: tab ${tabId.slice(0, 8)} ${type} under epoch ${epoch}: ${outcome}`;
}
