/** What was true when: by it, refusals are judged. */
import type { SessionError } from '../../../src';
import { parseRecord, type Phase } from '../../../src/session/record';
import type { SimulatedBrowser } from '../../../src/testing';
import type { Watcher } from '../../../src/testing/machine';
import type { Call } from './calls';

interface Instant {
  readonly from: number;
  readonly phase: Phase | 'unknown';
  readonly term: string | null;
  readonly hostTabId: string | null;
  /** The host, if there is one, had not died or left. */
  readonly alive: boolean;
}

const TRUE_IN: Readonly<Record<number, readonly Instant['phase'][]>> = {
  1002: ['connecting', 'recovering'],
  1004: ['active'],
  1017: ['canceling', 'ending'],
};

/** How long an automatic resume that came too late may keep its tab busy. */
const LINGERING_MS = 2_000;

export class History {
  readonly #world: SimulatedBrowser;
  readonly #instants: Instant[] = [{ from: 0, phase: 'idle', term: null, hostTabId: null, alive: false }];

  constructor(world: SimulatedBrowser) {
    this.#world = world;
    const watcher: Watcher = {
      onCommit: ({ after }) => this.#add(after),
      onWipe: () => this.#add(world.recordOf()),
      afterStep: () => this.#checkHost(),
    };
    world.machine.watchers.push(watcher);
  }

  /** Whether a local refusal was true at some instant of its call. Those of a host, or beside another call of the same tab, rest on memory. */
  check(call: Call, { code }: SessionError, calls: readonly Call[]): void {
    const phases = TRUE_IN[code];
    if (phases === undefined) return;
    // Decided in memory: the tab itself is at it, or was until just now, maybe without being asked.
    const from = this.#world.now === call.from ? call.from - LINGERING_MS : call.from;
    const during = this.#instants.filter((_, index) => (this.#instants[index + 1]?.from ?? Infinity) >= from);
    if (from < call.from && during.some(({ phase }) => phase !== 'idle')) return;
    const beside = calls.some((other) => other !== call && other.page === call.page && other.from <= this.#world.now);
    const own = tabIdOf(this.#world, call);
    if (beside || during.some(({ phase, hostTabId }) => phase === 'unknown' || hostTabId === own)) return;
    const isTrue = during.some(
      ({ phase, alive, term }) =>
        phases.includes(phase as Phase) && (alive || (phase === 'recovering' && term === null)),
    );
    if (isTrue) return;
    const seen = during.map(({ phase, alive }) => `${phase}${alive ? '' : ' (dead)'}`).join(', ');
    this.#world.violate(`false refusal: ${call.page.name} ${call.name} got ${code} while it was ${seen}`);
  }

  #add(stored: unknown): void {
    const record = parseRecord(stored);
    const from = this.#world.now;
    if (typeof record !== 'object') {
      // The host may live, and write its record anew.
      this.#instants.push({ from, phase: 'unknown', term: null, hostTabId: null, alive: false });
      return;
    }
    const { phase, term, hostTabId } = record;
    this.#instants.push({ from, phase, term, hostTabId, alive: this.#isAlive(term, hostTabId) });
  }

  #checkHost(): void {
    const last = this.#instants[this.#instants.length - 1];
    if (!last?.term) return;
    const alive = this.#isAlive(last.term, last.hostTabId);
    if (alive !== last.alive) this.#instants.push({ ...last, from: this.#world.now, alive });
  }

  /** With locks: somebody holds the lock of its term. Without: its page is not gone. */
  #isAlive(term: string | null, hostTabId: string | null): boolean {
    if (term === null) return false;
    const { locks, tabs } = this.#world;
    const host = tabs.find(({ coordinator }) => coordinator.tabId === hostTabId);
    if (host?.platform.locks === null) return !host.page.gone;
    return locks.claims.some(({ name, mode }) => mode === 'exclusive' && name.includes(term));
  }
}

function tabIdOf(world: SimulatedBrowser, { page }: Call): string | undefined {
  return world.tabs.find((tab) => tab.page === page)?.coordinator.tabId;
}
