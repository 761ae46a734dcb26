import { createSimulatedBrowser, type SimulatedBrowser, type SimulatedTab } from '../../../src/testing';
import type { LiveSession } from '../../../src/testing/network';
import type { Page } from '../../../src/testing/page';
import { createRandom, type Random } from '../../../src/testing/random';
import { ACTIONS } from './actions';
import { checkAftermath } from './aftermath';
import { Calls } from './calls';
import { Commands } from './commands';
import { leaveSomething } from './field-actions';
import { History } from './history';
import { LastWords } from './last-words';
import { planOf } from './plan';
import { Published } from './published';
import type { Action, Scene } from './scene';
import { watchService } from './service';
import { Ears, watchResumes, watchSecrets } from './watchers';
import { Wishes } from './wishes';

export interface ScheduleResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly actions: number;
  /** Events of the simulated browser. */
  readonly steps: number;
  timeline(): string;
}

export interface ScheduleOptions {
  /** Leaves out every action but these, by index: for making a failing schedule smaller. */
  readonly only?: readonly number[];
}

/** Runs the schedule of `seed`: random actions among faults, then peace, and a look at what is left. */
export async function runSchedule(seed: number, { only }: ScheduleOptions = {}): Promise<ScheduleResult> {
  const plan = planOf(seed);
  const { engine, faults, tabOptions } = plan;
  const world = createSimulatedBrowser({ seed, engine, faults, automatic: false, violations: 'collect' });
  world.note(() => JSON.stringify(plan));
  const history = new History(world, plan.isDeaf);
  const ears = new Ears(world, plan.exact);
  world.machine.watchers.push(watchSecrets(world));
  const calls = new Calls(world, (call, error) => {
    if (plan.exact) history.check(call, error, calls.all);
  });
  world.machine.watchers.push(watchResumes(world, calls));
  const commands = new Commands({ world, calls, history, plan });
  const reluctant = new Set<string>();
  const isReluctant = ({ top }: Page): boolean =>
    world.tabs.some(({ page, name }) => page === top && reluctant.has(name));
  const openTab = (): void => {
    const isUnwilling = plan.hasReluctant && createRandom(seed * 1_000 + world.tabs.length).chance(0.4);
    const options = { ...tabOptions, commands: commands.ofDriver, ...(isUnwilling && { canHost: () => false }) };
    const { name } = world.openTab(options);
    if (isUnwilling) reluctant.add(name);
  };
  const duplicate = (tab: SimulatedTab): void => {
    const { name } = tab.duplicate();
    if (reluctant.has(tab.name)) reluctant.add(name);
  };
  const openWorker = (tab: SimulatedTab): void =>
    void tab.openFrame({ ...tabOptions, commands: commands.ofDriver, worker: true });
  const service = watchService(world, calls);
  const wishes = new Wishes({ world, calls, history, plan, isReluctant });
  const published = new Published(world, calls, plan);
  const words = new LastWords({ world, calls, published, plan });
  const { hostile, field, hasWorkers } = plan;
  const lastOf = new WeakMap<Page, LiveSession>();
  const follows = tabOptions.follow === 'focus';
  const scene = {
    ...{ world, calls, commands, wishes, published, words, openTab, openWorker, duplicate, isReluctant },
    ...{ hostile, field, follows, hasWorkers, lastOf },
  } satisfies Scene;
  // Chances of its own, as an action has.
  if (plan.field.includes('leftovers')) await leaveSomething(world, plan, createRandom(~seed ^ 0x1ef7));
  for (let opened = 0; opened < plan.tabs; opened++) openTab();
  await world.settle();

  const indexes = only ?? Array.from({ length: plan.actions }, (_, index) => index);
  for (const index of indexes) {
    // Each action has its own chance: leaving one out does not change what the others draw.
    const random = createRandom(seed * 1_000 + index);
    for (const live of world.network.live) lastOf.set(live.page, live);
    const { tab, done } = act(scene, random);
    // The promise of a tab's own action; those of calls are kept by `calls`.
    if (done instanceof Promise) await done;
    // Chances of their own: with or without a burst, the rest of the schedule draws what it drew.
    const ofBurst = createRandom(~(seed * 1_000 + index));
    if (tab && ofBurst.chance(BURSTS)) await actOn(tab, scene, ofBurst);
    await letTimePass(world, random);
    if (world.violations.length > 0) break;
  }
  if (world.violations.length === 0) await checkAftermath(scene, plan, ears, service);
  return {
    seed,
    violations: world.violations,
    actions: indexes.length,
    timeline: () => world.timeline(),
    steps: world.machine.scheduler.steps,
  };
}

/** Made once: they are looked through for every tab before every action. */
const OF_OPEN = Object.values(ACTIONS).filter(({ ofClosed }) => !ofClosed);
const OF_CLOSED = Object.values(ACTIONS).filter(({ ofClosed }) => ofClosed);
const OF_CODE = Object.values(ACTIONS).filter(({ isCode }) => isCode);

/** How often a tab does more in the same turn, or in the next milliseconds. */
const BURSTS = 0.3;

/** What was done, and by which tab. Nothing may come between this and what follows in the same turn, a microtask neither. */
interface Acted {
  readonly tab?: SimulatedTab;
  readonly done?: unknown;
}

function act(scene: Scene, random: Random): Acted {
  const choices: { readonly action: Action; readonly tab: SimulatedTab }[] = [];
  let total = 0;
  for (const tab of scene.world.tabs as readonly SimulatedTab[]) {
    for (const action of tab.state === 'closed' ? OF_CLOSED : OF_OPEN) {
      if (!action.fits(tab, scene)) continue;
      choices.push({ action, tab });
      total += action.weight;
    }
  }
  let roll = random.between(0, total);
  for (const { action, tab } of choices) {
    roll -= action.weight;
    if (roll < 0) return { tab, done: action.run(tab, scene, random) };
  }
  return {};
}

/** What an app does in one handler, and a person with two clicks: whatever follows whatever, the rare as often as the frequent. */
async function actOn(tab: SimulatedTab, scene: Scene, random: Random): Promise<void> {
  for (let more = random.pick([1, 1, 2, 3] as const); more > 0; more--) {
    if (random.chance(0.4)) await scene.world.advance(random.between(0, 5));
    const fitting = OF_CODE.filter(({ fits, fitsNext = fits }) => fitsNext(tab, scene));
    if (fitting.length === 0) return;
    random.pick(fitting).run(tab, scene, random);
  }
}

/** Often nothing at all: what races is what breaks. */
async function letTimePass(world: SimulatedBrowser, random: Random): Promise<void> {
  const roll = random.next();
  if (roll < 0.3) return;
  if (roll < 0.7) {
    for (let steps = random.integer(1, 8); steps > 0; steps--) await world.advance(random.between(0, 2));
  } else if (roll < 0.9) {
    await world.advance(random.between(1, 100));
  } else {
    await world.advance(random.between(100, random.pick([1_000, 10_000, 40_000])));
  }
}
