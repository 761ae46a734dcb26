/** The plan of a round: everything that follows from the seed. How it turns out depends on the engine's timing as well. */
import { createRandom, type Random } from '../../../src/testing/random';
import type { CoordinatorConfig } from '../support/page-api';
import { type Abilities, type Action, type ActionType, apply, KINDS, type PlannedTab, type Scene } from './actions';

/**
 * What is waited for after an action, before the next one. Everything but `nothing` is waited for by looking, and not longer
 * than it takes to see that it will not come.
 */
export type Pause =
  | { readonly type: 'nothing' }
  /** The action itself: the page has been told, or has been loaded. */
  | { readonly type: 'done' }
  /** So many messages to a page and back. */
  | { readonly type: 'looks'; readonly count: number }
  /** The backend has heard something. */
  | { readonly type: 'heard' }
  /** The call has settled. `long`: even if it waits for a tab that is stopped. */
  | { readonly type: 'settled'; readonly long: boolean };

export interface Step {
  /** The index of the tab to which it happens. */
  readonly tab: number;
  readonly action: Action;
  readonly pause: Pause;
}

export interface Plan {
  readonly seed: number;
  readonly tabs: number;
  readonly config: Omit<CoordinatorConfig, 'scope'>;
  /** Milliseconds that the backend takes for each connect and each end. */
  readonly delayMs: { readonly connect: number; readonly end: number; readonly act: number };
  /** The Web Locks of some tabs, or of all, are there and of no use. */
  readonly locks: { readonly how: 'silent' | 'refusing'; readonly inAll: boolean } | null;
  readonly steps: readonly Step[];
  /** Which of the tabs that are left make the last three calls. */
  readonly last: readonly [number, number, number];
}

export function planOf(seed: number, can: Abilities): Plan {
  // Seeds that follow each other give unlike plans.
  const random = createRandom(Math.imul(seed, 0x9e3779b1));
  const count = random.integer(3, 4);
  const tabs = Array.from({ length: count }, (_, index): PlannedTab => openTab(index, index));
  const scene: Scene = { can, tabs, obstacles: new Set(), isOffline: false };
  const config = configFrom(random, can);
  // With many acts on their way the browser would have no connection left for anything else.
  const act = config.driver?.actEveryMs === undefined ? some(random, 150) : 0;
  const delayMs = { connect: some(random, random.pick([60, 300])), end: some(random, random.pick([40, 200])), act };
  const how = random.pick(['silent', 'refusing'] as const);
  const locks = random.chance(0.08) ? { how, inAll: random.chance(0.5) } : null;
  const last = [random.integer(0, 99), random.integer(0, 99), random.integer(0, 99)] as const;
  return { seed, tabs: count, config, delayMs, locks, last, steps: stepsFrom(random, scene) };
}

function configFrom(random: Random, { show }: Abilities): Plan['config'] {
  return {
    driver: {
      resume: random.chance(0.9),
      release: random.chance(0.8),
      publish: { pin: random.integer(100, 999) },
      ...(random.chance(0.4) && { actEveryMs: random.integer(10, 40) }),
      ignoreSignal: random.chance(0.3),
    },
    recovery: {
      by: random.pick(['same-tab', 'same-tab', 'any-tab', 'any-tab', 'manual', 'none'] as const),
      windowMs: random.chance(0.15) ? 800 : 120_000,
      attempts: random.integer(1, 2),
    },
    connectTimeoutMs: random.integer(3_000, 5_000),
    events: ['note'],
    ...(show && random.chance(0.12) && { follow: 'focus' as const }),
  };
}

function stepsFrom(random: Random, scene: Scene): readonly Step[] {
  const steps: Step[] = [];
  const length = random.integer(6, 12);
  const isLong = scene.can.stop && random.chance(0.06);
  /** The tab that probably has the session: half of what happens happens to it. */
  let favourite = 0;
  const add = (tab: PlannedTab, action: Action, pause: Pause): void => {
    apply(action, tab, scene);
    if (action.type === 'call' && action.method !== 'end' && action.method !== 'cancel') favourite = tab.index;
    if (action.type === 'duplicate') scene.tabs.push(openTab(action.as, scene.can.duplicate ? tab.process : action.as));
    if (action.type === 'restore') scene.tabs.push(openTab(action.as, action.as));
    steps.push({ tab: tab.index, action, pause });
  };
  /** After a while the user opens a tab, or has the browser restore one. */
  const comeBack = (): void => {
    const as = scene.tabs.length;
    const kept = scene.tabs.filter(({ isKept }) => isKept);
    if (random.chance(0.5)) return add(random.pick(kept), { type: 'restore', as }, { type: 'done' });
    const tab = openTab(as, as);
    scene.tabs.push(tab);
    add(tab, { type: 'open' }, { type: 'done' });
  };
  const open = (): PlannedTab[] => scene.tabs.filter(({ place }) => place === 'open');

  if (isLong || random.chance(0.85)) {
    add(random.pick(open()), { type: 'call', method: random.pick(['start', 'join'] as const) }, settled());
  }
  if (isLong) {
    const host = scene.tabs[favourite];
    if (host) add(host, { type: 'stop' }, { type: 'done' });
    const method = random.pick(['end', 'takeOver', 'takeOver', 'cancel', 'start'] as const);
    const force = method === 'takeOver' && random.chance(0.8) && { force: true as const };
    add(random.pick(open()), { type: 'call', method, ...force }, settled(true));
  }
  while (steps.length < length) {
    const type = random.pick(weighted(scene));
    const fit = [...scene.tabs].filter((tab) => KINDS[type].fits(tab, scene));
    const first = fit.find(({ index }) => index === favourite);
    const tab = type === 'open' ? openTab(scene.tabs.length, scene.tabs.length) : undefined;
    if (tab) scene.tabs.push(tab);
    const action = actionFrom(random, type, scene);
    add(tab ?? (first && random.chance(0.4) ? first : random.pick(fit)), action, pauseFrom(random, action));
    if (type === 'quit') comeBack();
  }
  return steps;
}

/** The types that fit somebody now, each as often as its weight says, in halves. */
function weighted(scene: Scene): readonly ActionType[] {
  const types = Object.keys(KINDS) as ActionType[]; // its keys are no others
  return types
    .filter((type) => scene.tabs.some((tab) => KINDS[type].fits(tab, scene)))
    .flatMap((type) => Array.from({ length: KINDS[type].weight * 2 }, () => type));
}

function actionFrom(random: Random, type: ActionType, { obstacles, tabs, can }: Scene): Action {
  const inFrame = tabs.some(({ company }) => company > 0) && random.chance(0.4) && { inFrame: true as const };
  switch (type) {
    case 'call': {
      const method = random.pick(CALLS);
      const force = method === 'takeOver' && random.chance(0.5) && { force: true as const };
      const abortable = method !== 'cancel' && method !== 'end' && random.chance(0.25) && { abortable: true as const };
      return { type, method, ...force, ...abortable, ...inFrame };
    }
    case 'command':
      return { type, command: random.pick(COMMANDS), count: random.pick([1, 1, 3]), ...inFrame };
    case 'clear': {
      // A page that can't run keeps its connection, and so a deletion waiting.
      const isQuiet = tabs.every(({ place }) => place === 'open' || place === 'gone');
      return {
        type,
        what: random.pick(isQuiet ? (['storage', '*', 'database'] as const) : (['storage', '*'] as const)),
      };
    }
    case 'damage':
      return { type, what: random.pick(DAMAGED) };
    case 'quit':
      return { type, how: can.kill && random.chance(0.5) ? 'kill' : 'close' };
    case 'lose':
      return { type, how: random.pick(['rejects', 'says so'] as const) };
    case 'hangUp':
      return { type, how: random.pick(['before', 'as it connects', 'later'] as const) };
    case 'tell':
      return { type, method: random.pick(TOLD) };
    case 'hold':
    case 'deny':
      return { type, request: random.pick(['start', 'start', 'join', 'resume', 'resume', 'end'] as const) };
    case 'allow':
      return { type, request: random.pick([...obstacles]) };
    case 'duplicate':
    case 'restore':
      return { type, as: tabs.length };
    default:
      return { type };
  }
}

const CALLS = [
  ...(['start', 'start', 'start', 'start', 'join', 'join', 'resume', 'resume'] as const),
  ...(['takeOver', 'takeOver', 'takeOver', 'takeOver', 'cancel', 'cancel', 'end', 'end', 'end'] as const),
  ...(['ensure', 'ensure', 'ensure', 'forget'] as const),
] as const;

const COMMANDS = ['act', 'act', 'act', 'act', 'hang', 'none'] as const;

const DAMAGED = [
  'a record with a large text in it',
  'a large text instead of a record',
  'a large event in the journal',
] as const;

const TOLD = [
  'emit',
  'emit',
  'emit',
  'publish',
  'flood',
  'large',
  'too large',
  'reconnect',
  'reconnect',
  'error',
  'reconnecting',
  'reconnecting',
  'reconnected',
  'ended',
] as const;

/** Often nothing at all: what races is what breaks. */
function pauseFrom(random: Random, { type }: Action): Pause {
  const roll = random.next();
  if (roll < 0.35) return { type: 'nothing' };
  if (roll < 0.5) return { type: 'done' };
  if (roll < 0.75) return { type: 'looks', count: random.integer(1, 8) };
  if (roll < 0.85) return { type: 'heard' };
  return type === 'call' || type === 'command' ? settled() : { type: 'done' };
}

function settled(long = false): Pause {
  return { type: 'settled', long };
}

function openTab(index: number, process: number): PlannedTab {
  return { index, process, place: 'open', abortable: false, company: 0, isKept: false };
}

/** Nothing, or up to `most`. */
function some(random: Random, most: number): number {
  return random.chance(0.5) ? random.integer(1, most) : 0;
}
