import type { EngineName, Faults, TabOptions } from '../../../src/testing';
import { createRandom, type Random } from '../../../src/testing/random';

/** Shorter than an app's, so that a schedule can outlast them. */
export const WINDOW_MS = 20_000;
export const CONNECT_TIMEOUT_MS = 5_000;

const FIELD_FAULTS = [
  /** The site's data is cleared, or its database deleted. */
  'clearing',
  /** Frames, and second coordinators in a document. */
  'company',
  /** The browser is quit or crashes, nobody is home for up to a day, tabs are restored. */
  'restarts',
  /** Locks that are never answered, or always said to be taken. */
  'broken locks',
  /** Drivers that hang up as they connect, find the session gone, publish in floods; reloads while they connect. */
  'drivers',
  /** Something large or damaged is in the store before the first tab is opened. */
  'leftovers',
] as const;

/** Kinds of faults that were reported from the field. */
export type FieldFault = (typeof FIELD_FAULTS)[number];

/** What a schedule is made of. All of it follows from the seed. */
export interface Plan {
  readonly seed: number;
  readonly engine: EngineName;
  readonly tabs: number;
  readonly actions: number;
  readonly faults: Partial<Faults>;
  readonly tabOptions: TabOptions;
  /** Storage is wiped and spoilt as well. */
  readonly hostile: boolean;
  readonly field: readonly FieldFault[];
  /** Some tabs say that they can't become the host by themselves. */
  readonly hasReluctant: boolean;
  /** There are no messages. */
  readonly isDeaf: boolean;
  /** Whether the tabs can prove each other dead or alive, and have one record to judge by. */
  readonly exact: boolean;
  /** Pages have workers that follow. */
  readonly hasWorkers: boolean;
}

type Drawn = Omit<Plan, 'isDeaf' | 'exact' | 'hasWorkers'>;

export function planOf(seed: number): Plan {
  const random = createRandom(seed);
  const capabilities = capabilitiesFrom(random);
  // Chances of their own: without faults from the field, a seed gives what it gave before there were any.
  const ofField = createRandom(seed ^ 0x5eed);
  const field = fieldFrom(ofField);
  const ofWishes = createRandom(seed ^ 0xf0c5);
  const plan = {
    seed,
    engine: random.pick(['chromium', 'chromium', 'firefox', 'webkit'] as const),
    tabs: random.integer(2, 4),
    actions: random.integer(10, 50),
    faults: { ...faultsFrom(random), blockingTransactions: createRandom(~seed).chance(0.05) },
    tabOptions: {
      driver: 'auto',
      resumable: random.chance(0.85),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      recovery: {
        by: random.pick(['same-tab', 'same-tab', 'any-tab', 'manual', 'none'] as const),
        windowMs: WINDOW_MS,
        attempts: 2,
      },
      capabilities,
      follow: ofWishes.pick(['none', 'none', 'focus'] as const),
    },
    hostile: random.chance(0.1),
    hasReluctant: ofWishes.chance(0.25),
    field,
  } satisfies Drawn;
  return judged(field.length > 0 ? withField(plan, ofField) : plan);
}

/** What can be told of any plan. */
function judged(plan: Drawn): Plan {
  const { store = true, locks = true, channel = true } = plan.tabOptions.capabilities ?? {};
  const exact = store === true && (locks === true || channel !== false);
  const isDeaf = channel === false;
  // Chances of their own: other schedules are what they were before there were any.
  const hasWorkers = exact && !isDeaf && createRandom(plan.seed ^ 0x30b).chance(0.25);
  return { ...plan, isDeaf, exact, hasWorkers };
}

/** Half of the schedules have none. */
function fieldFrom(random: Random): readonly FieldFault[] {
  if (!random.chance(0.5)) return [];
  const one = random.pick(FIELD_FAULTS);
  return FIELD_FAULTS.filter((fault) => random.chance(0.25) || fault === one);
}

function withField(plan: Drawn, random: Random): Drawn {
  const { field, faults, tabOptions } = plan;
  const some = (most: number): number => (random.chance(0.5) ? random.between(0.1, most) : 0);
  const drivers = field.includes('drivers') && {
    hangUps: some(0.4),
    goneForGood: some(0.5),
    slowResumes: some(0.8),
    floods: some(0.4),
    endsCallEnd: some(0.4),
  };
  const breaks = field.includes('broken locks') && tabOptions.capabilities?.locks !== false && random.chance(0.3);
  const locks = breaks && { locks: random.pick(['silent', 'taken'] as const) };
  return {
    ...plan,
    faults: { ...faults, ...drivers },
    tabOptions: { ...tabOptions, publishes: true, capabilities: { ...tabOptions.capabilities, ...locks } },
  };
}

function capabilitiesFrom(random: Random): NonNullable<TabOptions['capabilities']> {
  const roll = random.next();
  if (roll < 0.6) return {};
  if (roll < 0.7) return { locks: false };
  if (roll < 0.8) return { channel: 'hints' };
  if (roll < 0.85) return { channel: false };
  if (roll < 0.9) return { locks: false, channel: 'hints' };
  if (roll < 0.95) return { store: false };
  return { store: random.pick(['fails', 'hangs'] as const) };
}

/** A third of the schedules has no fault but what happens to the tabs. */
function faultsFrom(random: Random): Partial<Faults> {
  if (random.chance(0.33)) return {};
  const some = (most: number): number => (random.chance(0.5) ? random.between(0, most) : 0);
  return {
    loseMessages: some(0.5),
    duplicateMessages: some(0.3),
    delayMessages: some(0.3),
    reorderMessages: some(0.5),
    longestDelayMs: random.between(10, 4_000),
    failTransactions: some(0.15),
    repeatTransactions: some(0.15),
    delayTransactions: some(0.2),
    failConnects: some(0.4),
    hangConnects: some(0.3),
    ignoreAborts: some(0.5),
    failEnds: some(0.3),
    hangEnds: some(0.2),
  };
}
