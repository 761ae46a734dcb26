import type { EngineName, Faults, TabOptions } from '../../../src/testing';
import { createRandom, type Random } from '../../../src/testing/random';

/** Shorter than an app's, so that a schedule can outlast them. */
export const WINDOW_MS = 20_000;
export const CONNECT_TIMEOUT_MS = 5_000;

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
  /** There are no messages. */
  readonly isDeaf: boolean;
  /** Whether the tabs can prove each other dead or alive, and have one record to judge by. */
  readonly exact: boolean;
}

export function planOf(seed: number): Plan {
  const random = createRandom(seed);
  const capabilities = capabilitiesFrom(random);
  const { store = true, locks = true, channel = true } = capabilities;
  return {
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
    },
    hostile: random.chance(0.1),
    isDeaf: channel === false,
    exact: store === true && (locks === true || channel !== false),
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
