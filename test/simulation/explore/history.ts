/** What was true when: by it, refusals are judged. */
import type { SessionError } from '../../../src';
import type { Phase } from '../../../src/session/record';
import type { SimulatedBrowser } from '../../../src/testing';
import type { Watcher } from '../../../src/testing/machine';
import type { Page } from '../../../src/testing/page';
import { parsed } from '../../../src/testing/parsed';
import type { Call } from './calls';
import { WINDOW_MS } from './plan';

interface Instant {
  readonly from: number;
  readonly phase: Phase | 'unknown';
  readonly term: string | null;
  readonly hostTabId: string | null;
  /** The document of the host, where it has no locks to show that it lives, or none that others can see. */
  readonly page: Page | null;
  /** The host, if there is one, had not died or left. */
  readonly alive: boolean;
  /** Since when nobody has the session. */
  readonly lostAt: number;
}

const UNKNOWN = { phase: 'unknown', term: null, hostTabId: null, page: null, alive: false, lostAt: Infinity } as const;

const TRUE_IN: Readonly<Record<number, readonly Instant['phase'][]>> = {
  1002: ['connecting', 'recovering'],
  1004: ['active'],
  1017: ['canceling', 'ending'],
};

/** How long an automatic resume that came too late may keep its tab busy: locks that never answer are given up after 3 s. And where the store may keep it waiting. */
const LINGERING_MS = 5_000;
const LINGERING_FOR_STORE_MS = 30_000;

/** What was read just before a call can be told just after it. */
const READING_MS = 3;

/** What came for a page while it was asleep is told within this. */
const JUST_WOKEN_MS = 10;

export class History {
  readonly #world: SimulatedBrowser;
  readonly #isDeaf: boolean;
  /** The store may keep a page waiting. What it kept waiting goes on when the faults stop. */
  readonly #isSlow: boolean;
  readonly #instants: Instant[] = [{ from: 0, ...UNKNOWN, phase: 'idle' }];

  constructor(world: SimulatedBrowser, isDeaf: boolean) {
    this.#world = world;
    this.#isDeaf = isDeaf;
    const { delayTransactions, failTransactions, blockingTransactions } = world.faults;
    this.#isSlow = delayTransactions + failTransactions > 0 || blockingTransactions;
    const watcher: Watcher = {
      onCommit: ({ after, page }) => this.#add(after, page),
      onWipe: () => this.#add(world.recordOf()),
      afterStep: () => this.#checkHost(),
    };
    world.machine.watchers.push(watcher);
  }

  /** Whether a local refusal was true at some instant of its call. Those of a host, or beside another call of the same tab, rest on memory. */
  check(call: Call, { code }: SessionError, calls: readonly Call[]): void {
    const { awakeSince, lostLocksAt } = call.page;
    // Locks that were right when this call asked the first time are believed the second time.
    if (lostLocksAt >= call.from) return;
    // A page that was asleep a moment ago has the answer to what it had read before: another phase of the same term.
    const wasAsleep = awakeSince >= call.from - JUST_WOKEN_MS && awakeSince <= this.#world.now;
    const phases = wasAsleep && TRUE_IN[code] ? Object.values(TRUE_IN).flat() : TRUE_IN[code];
    // A worker looks, and proves nothing.
    if (phases === undefined || call.page.isWorker) return;
    // Where somebody has to go on from memory, the store does not know all that is true.
    const { machine, participants } = this.#world;
    if (machine.forked || participants.some(({ page }) => !page.gone && page.hasNoStore)) return;
    // Decided in memory: the tab itself is at it, or was until just now, maybe without being asked.
    const from = this.#world.now === call.from ? this.#lingersSince(call) : call.from - READING_MS;
    const during = this.#since(from);
    if (from < call.from - READING_MS && during.some(({ phase }) => phase !== 'idle')) return;
    const beside = calls.some(
      (other) =>
        other !== call && !other.isCommand && other.coordinator === call.coordinator && other.from <= this.#world.now,
    );
    const own = call.coordinator.tabId;
    if (beside || during.some(({ phase, hostTabId }) => phase === 'unknown' || hostTabId === own)) return;
    // A host that died during the call may have been seen alive, and its record after that.
    const living = new Set(during.filter(({ alive }) => alive).map(({ term }) => term));
    const isTrue = during.some(
      ({ phase, term, lostAt }) =>
        phases.includes(phase as Phase) &&
        ((term !== null && living.has(term)) ||
          (phase === 'recovering' && term === null && !this.#isExpired(lostAt, call))),
    );
    if (isTrue || (code === 1002 && this.#wasSeatAsleep(call.from))) return;
    const seen = during.map(({ phase, alive }) => `${phase}${alive ? '' : ' (dead)'}`).join(', ');
    this.#world.violate(`false refusal: ${call.page.name} ${call.name} got ${code} while it was ${seen}`);
  }

  /** Whether one host was there and live, in one term that was active, from `since` until now. */
  wasSteady(since: number): boolean {
    const during = this.#since(since);
    const [first] = during;
    return during.every(({ phase, term, alive }) => alive && phase === 'active' && term === first?.term);
  }

  /** Whether there was no session at any time between the two. */
  wasIdle(since: number, until: number): boolean {
    return this.#since(since).every(({ phase, from }) => phase === 'idle' || from > until);
  }

  #since(time: number): readonly Instant[] {
    return this.#instants.filter((_, index) => (this.#instants[index + 1]?.from ?? Infinity) >= time);
  }

  /** What was lost for longer than the window is not recovering any more, whatever is stored; unless somebody slept over it. */
  #isExpired(lostAt: number, { from, page }: Call): boolean {
    if (this.#world.tabs.some(({ clockOffsetMs }) => clockOffsetMs !== 0)) return false;
    return (
      page.awakeSince < lostAt && from - lostAt > WINDOW_MS + (this.#isSlow ? LINGERING_FOR_STORE_MS : LINGERING_MS)
    );
  }

  /**
   * Without messages nobody can ask who has the seat. A tab that was stopped or frozen in the middle of its claim, or that the
   * store keeps waiting, can't be told from a host without a store: others are refused until it goes on with its claim or dies.
   */
  #wasSeatAsleep(since: number): boolean {
    const holders = this.#world.locks.holdersOf('solotab:simulated:seat');
    const isSlow = this.#world.faults.delayTransactions > 0;
    return this.#isDeaf && holders.some(({ awakeSince }) => isSlow || awakeSince >= since);
  }

  /** A tab that woke just now goes on with what it was at when it fell asleep, whenever that was. */
  #lingersSince({ page, from }: Call): number {
    const { delayTransactions, blockingTransactions } = this.#world.faults;
    const since = from - (delayTransactions > 0 || blockingTransactions ? LINGERING_FOR_STORE_MS : LINGERING_MS);
    return page.awakeSince >= since ? Number.NEGATIVE_INFINITY : since;
  }

  #add(stored: unknown, writer?: Page): void {
    const record = parsed(stored);
    const from = this.#world.now;
    if (typeof record !== 'object') {
      // The host may live, and write its record anew.
      this.#instants.push({ from, ...UNKNOWN });
      return;
    }
    const { phase, term, hostTabId, proof } = record;
    const host = this.#world.participants.find(({ coordinator }) => coordinator.tabId === hostTabId);
    const hasLocks = host && host.platform.locks !== null && !host.page.hasNoLocks && !host.page.mayBeApart;
    const page = host && (proof === 'answer' || !hasLocks) ? host.page : null;
    this.#push({ from, phase, term, hostTabId, page, alive: this.#isAlive(term, page) }, writer);
  }

  #push(instant: Omit<Instant, 'lostAt'>, writer?: Page): void {
    const last = this.#instants[this.#instants.length - 1];
    const isLost = instant.phase !== 'idle' && instant.phase !== 'unknown' && !instant.alive;
    // Who slept as the host died takes it for lost since it noticed.
    const isNoticedLate =
      last && last.term !== null && instant.term === null && writer && writer.awakeSince > last.lostAt;
    const wasLost = last !== undefined && last.lostAt < Infinity && !isNoticedLate;
    this.#instants.push({ ...instant, lostAt: !isLost ? Infinity : wasLost ? last.lostAt : instant.from });
  }

  #checkHost(): void {
    const last = this.#instants[this.#instants.length - 1];
    if (!last?.term) return;
    const alive = this.#isAlive(last.term, last.page);
    if (alive !== last.alive) this.#push({ ...last, from: this.#world.now, alive });
  }

  /** Somebody holds the lock of its term, also a moment after its page died. Or, without locks that others can see: its page is not gone. */
  #isAlive(term: string | null, page: Page | null): boolean {
    if (term === null) return false;
    return (page !== null && !page.gone) || this.#world.locks.isTaken(`solotab:simulated:${term}`);
  }
}
