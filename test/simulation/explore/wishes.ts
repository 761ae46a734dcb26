/** Tabs that want that there be a session: none of them starts one after a person ended it, as far as it could be told. */
import { isObject } from '../../../src/session/check';
import { areLossy } from '../../../src/testing/faults';
import type { Participant } from '../../../src/testing/machine';
import type { Page } from '../../../src/testing/page';
import { parsed } from '../../../src/testing/parsed';
import type { Random } from '../../../src/testing/random';
import type { Call, Calls } from './calls';
import type { History } from './history';
import type { Plan } from './plan';
import type { Scene } from './scene';
import { SECRET } from './watchers';

/** After this long a wish is written down: from then on whoever ends ends it too. Before that its tab can't tell which of the two was first. */
const WRITTEN_MS = 1_000;
const WRITTEN_IF_SLOW_MS = 20_000;

/** What a person calls so that nobody wants a session any more. */
const ENDING: readonly string[] = ['end', 'cancel', 'forget'];

/** With which the drivers of the exploration say that a session is over. */
const GIVEN_UP = 'recovery-failed';
const BY_DRIVERS: readonly string[] = ['agent-left', 'hung-up', 'gone-for-good', GIVEN_UP];

interface Wish {
  readonly id: number;
  readonly page: Page;
  readonly from: number;
  /** How long it may take until it is written down: by the faults that there were when it was made, though they may stop before it is. */
  readonly writtenInMs: number;
  /** Calls of its tab that were ending something: it is noted once they are done. */
  readonly after: readonly Call[];
}

interface WishPorts extends Pick<Scene, 'world' | 'isReluctant'> {
  readonly calls: Calls;
  readonly history: History;
  readonly plan: Plan;
}

export class Wishes {
  readonly #wishes: Wish[] = [];
  readonly #ports: WishPorts;
  /**
   * The terms for which a tab was noted as successor while it waited for its call. It may be given up after that, as by `close()`, and where the
   * store is slow the host hands over before it can read so: that tab asked for it all the same.
   */
  readonly #askedFor = new Set<string>();
  #isWiped = false;
  /** When a driver said last that its session is over. */
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(ports: WishPorts) {
    this.#ports = ports;
    const { world, calls, isReluctant } = ports;
    world.machine.watchers.push({
      onCommit: ({ before, after, journal }) => {
        const [old, now] = [parsed(before), parsed(after)];
        // `reconnect()` gives up in the words of a resume that fails, which is no end by a driver: then the session is being connected.
        const isResuming = typeof old === 'object' && old.phase === 'connecting';
        const ends = journal.map(([, entry]) => entry).filter(isObject);
        if (ends.some((entry) => isByDriver(entry) && !(isResuming && entry.reason === GIVEN_UP)))
          this.#endedAt = world.now;
        if (typeof old !== 'object' || typeof now !== 'object') return;
        const pageOf = (tabId: string) =>
          world.participants.find(({ coordinator }) => coordinator.tabId === tabId)?.page;
        const { successor } = now;
        const asking = successor && successor.term !== old.successor?.term ? pageOf(successor.tabId) : undefined;
        if (successor && asking && calls.isBidding(asking)) this.#askedFor.add(successor.term);
        if (now.phase !== 'connecting' || now.hostTabId === null || this.#askedFor.has(now.term ?? '')) return;
        // A tab goes on with what it had itself without being asked.
        if (old.hostTabId === now.hostTabId || (old.term === null && old.recovery.by === 'same-tab')) return;
        const page = pageOf(now.hostTabId);
        // One that died since may have been called before.
        if (page && !page.gone && isReluctant(page) && !calls.isBidding(page))
          world.violate(`${page.name} becomes host, and says that it can't`);
      },
      onWipe: () => {
        this.#isWiped = true;
      },
      onDriver: ({ page, call, given }) => {
        if (call === 'end' || call === 'release') return;
        const wish = isObject(given) && typeof given.wish === 'number' ? this.#wishes[given.wish] : undefined;
        const end = wish && this.#endAfter(wish);
        if (end)
          world.violate(
            `unwanted: ${page.name} starts what was wanted at ${wish.from}, after ${end.page.name} ${end.name}`,
          );
      },
    });
  }

  /** A tab wants a session, and may give that up. */
  ensure(caller: Participant, random: Random): void {
    const { world, calls } = this.#ports;
    const isSlow = areLossy(world.faults) || world.faults.blockingTransactions;
    const writtenInMs = isSlow ? WRITTEN_IF_SLOW_MS : WRITTEN_MS;
    const after = calls.all.filter(
      ({ name, coordinator, settledAt }) =>
        ENDING.includes(name) && coordinator === caller.coordinator && settledAt > world.now,
    );
    const wish = { id: this.#wishes.length, page: caller.page, from: world.now, writtenInMs, after };
    this.#wishes.push(wish);
    const control = new AbortController();
    const request = { token: SECRET, wish: wish.id };
    const before = calls.all.length;
    calls.make(caller, 'ensure', (coordinator) =>
      coordinator.ensure(request, { signal: control.signal }).catch((error: unknown) => {
        // Neither its own signal nor `close()`: it is told that somebody ended the session.
        const isEnded = isObject(error) && error.name === 'AbortError' && !control.signal.aborted;
        if (isEnded && !calls.hasClosed(caller.coordinator)) this.#checkEnd(wish, caller, before);
        throw error;
      }),
    );
    if (!random.chance(0.3)) return;
    world.machine.scheduler.work(random.between(0, random.pick([10, 10_000])), () =>
      caller.page.deliver('network', () => {
        caller.page.log('wants no session any more');
        control.abort();
      }),
    );
  }

  /** Somebody ended what was wanted after the wish was made, or so that its tab could not tell which of the two was first. */
  #checkEnd({ from, page }: Wish, { coordinator }: Participant, before: number): void {
    const { world, calls, plan } = this.#ports;
    if (!plan.exact || world.machine.forked || this.#isWiped || (plan.faults.endsCallEnd ?? 0) > 0) return;
    if (world.participants.some((other) => other.page.lostStoreAt >= from) || this.#endedAt >= from) return;
    const isEnded = calls.all.some(
      ({ name, settledAt, ...call }, index) =>
        ENDING.includes(name) && (index >= before || (call.coordinator !== coordinator && settledAt >= from)),
    );
    if (!isEnded) world.violate(`ended: what ${page.name} wants since ${from} is over, and nobody ended it since`);
  }

  /** A call of a person, since the wish, by which nobody wants a session any more. */
  #endAfter({ page, from, writtenInMs, after }: Wish): Call | undefined {
    const { world, calls, history, plan } = this.#ports;
    if (!plan.exact || world.machine.forked || this.#isWiped) return undefined;
    if (world.participants.some((other) => other.page.lostStoreAt >= from)) return undefined;
    const beganAt = Math.max(from, page.awakeSince, ...after.map(({ settledAt }) => settledAt));
    const writtenAt = beganAt + writtenInMs;
    return calls.all.find(({ name, outcome, from: began, settledAt }) => {
      if (outcome !== 'done' || began < writtenAt) return false;
      // There is nothing to cancel of a session that is active.
      return name === 'end' || name === 'forget' || (name === 'cancel' && history.wasIdle(began, settledAt));
    });
  }
}

/** All other reasons are the coordinators' own. */
function isByDriver({ type, reason }: Readonly<Record<string, unknown>>): boolean {
  return type === 'session_ended' && typeof reason === 'string' && BY_DRIVERS.includes(reason);
}
