/**
 * Commands that tabs call, and what is to be true of them: each is carried out at most once, by a host whose term is not over, and that
 * has looked at the record since or just before; and what its caller is told is what became of it. `unknown` is said only for a reason.
 */
import { CommandError, type Driver, SessionError } from '../../../src';
import { areLossy } from '../../../src/testing/faults';
import type { Participant } from '../../../src/testing/machine';
import type { Page } from '../../../src/testing/page';
import { parsed } from '../../../src/testing/parsed';
import type { Random } from '../../../src/testing/random';
import type { Calls } from './calls';
import type { History } from './history';
import type { Plan } from './plan';
import type { Scene } from './scene';
import { ASKED } from './watchers';

/** `refused`: the driver has none of that name. `endless`: until its caller gives up. */
const KINDS = ['short', 'short', 'long', 'failing', 'endless', 'refused'] as const;

type Kind = (typeof KINDS)[number];

interface Asked {
  readonly id: number;
  readonly kind: Kind;
  readonly caller: Page;
  readonly from: number;
  /** The document that carried it out. */
  ranIn: Page | null;
}

/** The news of what ended a term reaches its caller a moment later. */
const NEWS_MS = 100;

/** A session has just become active: by then what was called while it connected runs. */
const RUN_WITHIN_MS = 100;

/** A host that has looked within this, and was asked nothing, can't have lost its term by silence since. */
const SURE_MS = 1_500;

/** For how long a tab leaves a store alone that failed. */
const STORE_RETRY_MS = 30_000;

interface CommandScene extends Pick<Scene, 'world'> {
  readonly calls: Calls;
  readonly history: History;
  readonly plan: Plan;
}

export class Commands {
  readonly #asked: Asked[] = [];
  readonly #scene: CommandScene;
  /** When a page saw last, in the store, that the session is active, and under which epoch. */
  readonly #seen = new Map<Page, { readonly epoch: number; readonly at: number }>();
  #isWiped = false;
  /** Since when which term is active. */
  #active = { epoch: 0, at: 0 };
  /** The term whose driver was asked last to let go of its session. */
  #released = 0;

  constructor(scene: CommandScene) {
    this.#scene = scene;
    const { world } = scene;
    const see = (page: Page, stored: unknown): void => {
      const record = parsed(stored);
      if (typeof record === 'object' && record.phase === 'active')
        this.#seen.set(page, { epoch: record.epoch, at: world.now });
    };
    world.machine.watchers.push({
      onLook: (page, _, stored) => see(page, stored),
      onCommit: ({ page, before, after }) => {
        see(page, after);
        const [old, now] = [parsed(before), parsed(after)];
        if (typeof old !== 'object' || typeof now !== 'object') return;
        if (old.phase !== 'active' && now.phase === 'active') this.#active = { epoch: now.epoch, at: world.now };
      },
      onWipe: () => {
        this.#isWiped = true;
      },
      onDriver: ({ call, epoch }) => {
        if (call === 'release') this.#released = epoch;
      },
      onCommand: ({ page, input, context }) => {
        const asked = this.#find(input);
        if (!asked) return world.violate(`${page.name} runs a command that nobody called`);
        if (asked.ranIn)
          world.violate(`twice: ${page.name} runs command ${asked.id}, as ${asked.ranIn.name} did before`);
        asked.ranIn = page;
        this.#checkDelay(asked, page, context.epoch);
        if (!this.#isTold || this.#isWithoutStore(page)) return;
        const seen = this.#seen.get(page);
        const isProven = seen !== undefined && seen.epoch === context.epoch && seen.at >= asked.from - SURE_MS;
        if (!isProven)
          world.violate(
            `unproven: ${page.name} runs command ${asked.id} without having looked whether its term is over`,
          );
        const record = parsed(world.recordOf());
        if (typeof record === 'object' && record.epoch !== context.epoch)
          world.violate(`fenced: ${page.name} runs command ${asked.id}, although its term is over`);
      },
    });
  }

  /** What the drivers of all tabs have. */
  readonly ofDriver: NonNullable<Driver['commands']> = {
    short: (_, input) => this.#find(input)?.id,
    failing: (_, input) => {
      throw Object.assign(new Error('It failed.'), { code: 'E_FAILED', data: this.#find(input)?.id });
    },
    long: (_, input, { signal }) => this.#take(input, signal),
    endless: (_, input, { signal }) => this.#take(input, signal),
  };

  /** A tab calls a command, and may give it up. */
  call(caller: Participant, random: Random): void {
    const { world, calls } = this.#scene;
    const asked: Asked = {
      id: this.#asked.length,
      kind: random.pick(KINDS),
      caller: caller.page,
      from: world.now,
      ranIn: null,
    };
    this.#asked.push(asked);
    const { id, kind } = asked;
    const input = { id, word: ASKED, ms: random.between(50, random.pick([500, 8_000])) };
    const control = new AbortController();
    if (kind === 'endless' || random.chance(0.15)) {
      world.machine.scheduler.work(random.between(0, random.pick([10, 3_000])), () =>
        caller.page.deliver('network', () => {
          caller.page.log(`gives up command ${id}`);
          control.abort();
        }),
      );
    }
    const timeoutMs = random.pick([100, 5_000, 30_000]);
    const name = `${kind} command ${id}`;
    const judge = (told: string, error?: unknown): void => {
      if (!caller.page.gone && !control.signal.aborted) this.#judge(asked, told, error);
    };
    calls.make(
      caller,
      name,
      async ({ call }) => {
        try {
          const result = await call(kind, input, { signal: control.signal, timeoutMs });
          judge(result === id ? 'done' : 'another one’s result');
        } catch (error) {
          if (error instanceof CommandError) judge(error.outcome, error);
          // Neither was sent.
          else if (error instanceof SessionError || String(error).startsWith('NotSupportedError'))
            judge('refusal', error);
          throw error;
        }
      },
      true,
    );
  }

  /** What was called while a session connects does not wait for longer than that, where nothing is in its way. */
  #checkDelay({ id, from, caller }: Asked, host: Page, epoch: number): void {
    const { world, plan } = this.#scene;
    const { at } = this.#active;
    if (epoch !== this.#active.epoch || from >= at || world.now - at <= RUN_WITHIN_MS) return;
    const isFaulty = Object.entries(plan.faults).some(([name, value]) => value && name !== 'longestDelayMs');
    if (isFaulty || plan.isDeaf || !this.#isTold) return;
    // Timers of a hidden tab may wait, who slept hears late, and what does not answer is waited for.
    if (world.tabs.some(({ hidden }) => hidden)) return;
    const wasHeldUp = ({ awakeSince, shownAt, hasNoStore, hasNoLocks, lostStoreAt, lostLocksAt }: Page): boolean =>
      hasNoStore || hasNoLocks || Math.max(awakeSince, shownAt, lostStoreAt, lostLocksAt) >= from;
    if ([caller, host].some(wasHeldUp)) return;
    const lateMs = Math.round(world.now - at);
    world.violate(`late: ${host.name} runs command ${id} of ${caller.name} ${lateMs} ms after its session is active`);
  }

  /** What a caller was told must be what became of its command. */
  #judge(asked: Asked, told: string, error: unknown): void {
    const { world } = this.#scene;
    const { id, kind, ranIn } = asked;
    const isTrue =
      (told === 'done' && kind !== 'failing' && ranIn) ||
      (told === 'failed' && kind === 'failing' && ranIn && error instanceof CommandError && error.data === id) ||
      (told === 'refused' && kind === 'refused') ||
      (told === 'refusal' && !ranIn) ||
      told === 'unknown';
    if (!isTrue)
      world.violate(`untrue: ${kind} command ${id}, which ${ranIn ? 'ran' : 'did not run'}, is told ${told}`);
    if (told === 'unknown' && !this.#hadReason(asked))
      world.violate(`unknown: command ${id} is said to be, without a reason`);
  }

  /** Its host's term ended, or it or its caller was asleep, or out of reach. */
  #hadReason({ from, caller }: Asked): boolean {
    const { world, history } = this.#scene;
    const { faults, machine, participants } = world;
    if (!this.#isTold || participants.some(({ page }) => page.hasNoStore || page.lostStoreAt >= from)) return true;
    if (areLossy(faults) || faults.blockingTransactions || machine.outOfReachUntil >= from) return true;
    // Whether a command is too old is told by two clocks.
    if (world.tabs.some(({ clockOffsetMs }) => clockOffsetMs !== 0)) return true;
    // Who woke just now, or hears of a new host only now, sent it to one that is gone.
    return caller.awakeSince >= from - NEWS_MS || !history.wasSteady(from - NEWS_MS) || this.#hasSilentHost(from);
  }

  #hasSilentHost(from: number): boolean {
    const { world } = this.#scene;
    const record = parsed(world.recordOf());
    if (typeof record !== 'object') return true;
    const host = world.participants.find(({ coordinator }) => coordinator.tabId === record.hostTabId);
    // One that hands its session over runs none, and says nothing for as long as its driver takes to let go of it: also for a tab that has
    // given that up meanwhile.
    const letsGo = record.successor !== null || this.#released === record.epoch;
    return !host || host.page.awakeSince >= from || letsGo;
  }

  /** A host whose store failed has nothing to look at. Another coordinator of its page may have one that works. */
  #isWithoutStore(page: Page): boolean {
    const { now, participants } = this.#scene.world;
    const hasCompany = participants.filter((it) => it.page === page).length > 1;
    return page.hasNoStore || (hasCompany && page.lostStoreAt > now - STORE_RETRY_MS);
  }

  /** All can look at one record. */
  get #isTold(): boolean {
    const { world, plan } = this.#scene;
    return plan.exact && !world.machine.forked && !this.#isWiped;
  }

  #find(input: unknown): Asked | undefined {
    return typeof input === 'object' && input !== null && 'id' in input ? this.#asked[Number(input.id)] : undefined;
  }

  /** Takes its time. An endless one ends when its signal aborts. */
  #take(input: unknown, signal: AbortSignal): Promise<unknown> {
    const asked = this.#find(input);
    return new Promise((resolve) => {
      const finish = (): void => asked?.ranIn?.deliver('network', () => resolve(asked.id));
      if (asked?.kind === 'endless') signal.addEventListener('abort', finish);
      else if (typeof input === 'object' && input !== null && 'ms' in input)
        this.#scene.world.machine.scheduler.work(Number(input.ms), finish);
    });
  }
}
