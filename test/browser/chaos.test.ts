/**
 * Chaos in real engines: rounds of random actions and faults on real tabs, then peace, and a look at what is left. All of a
 * round but the engine's own timing follows from its seed.
 *
 *     CHAOS_ROUNDS=200                      so many rounds in Chromium, a quarter of it in the others
 *     CHAOS_FIRST=1000                      beginning with that seed
 *     CHAOS_SEED=17                         only that seed; as often as CHAOS_ROUNDS says
 *     CHAOS_ENGINE=firefox                  only that engine
 *
 * A round that fails is printed with its timeline and the command that runs it again; the others go on.
 */
import { describe, expect, test } from 'vitest';
import type { Abilities } from './chaos/actions';
import { planOf } from './chaos/plan';
import { type RoundResult, runRound, type Theatre } from './chaos/round';
import type { ChaosPage } from './chaos/slot';
import { launchChromium } from './support/chromium';
import { launchFirefox } from './support/firefox';
import { Tab, type TestBrowser } from './support/tab';
import { launchWebKit } from './support/webkit';

interface EngineUnderTest {
  readonly name: string;
  readonly launch: () => Promise<TestBrowser<ChaosPage>>;
  readonly can: Abilities;
  /** Of the rounds that are asked for. */
  readonly share: number;
}

const ENGINES: readonly EngineUnderTest[] = [
  {
    name: 'chromium',
    launch: launchChromium,
    can: { kill: true, stop: true, freeze: true, duplicate: true, openWhileStopped: true, clear: true, show: true },
    share: 1,
  },
  {
    name: 'firefox',
    launch: launchFirefox,
    can: { kill: true, stop: true, freeze: false, duplicate: false, openWhileStopped: false, clear: true, show: true },
    share: 1 / 4,
  },
  {
    name: 'webkit',
    launch: launchWebKit,
    // A page whose process is killed takes the driver's session with it.
    can: {
      kill: false,
      stop: true,
      freeze: false,
      duplicate: false,
      openWhileStopped: true,
      clear: false,
      show: false,
    },
    share: 1 / 4,
  },
];

const { CHAOS_ROUNDS, CHAOS_FIRST, CHAOS_SEED, CHAOS_ENGINE } = process.env;
const DEFAULT_ROUNDS = 200;

/** Enough to see what is broken. */
const MOST_FAILURES = 5;

/** A browser serves so many rounds: what it has heard and kept would slow it down. */
const ROUNDS_PER_BROWSER = 50;

for (const engine of ENGINES) {
  if (CHAOS_ENGINE !== undefined && CHAOS_ENGINE !== engine.name) continue;
  describe(engine.name, () => {
    const seeds = seedsFor(engine);
    test(
      `${seeds.length} rounds of random actions and faults leave one session at most, and no tab stuck`,
      {
        timeout: 60_000 + seeds.length * 30_000,
      },
      () => runRounds(engine, seeds),
    );
  });
}

function seedsFor({ share }: EngineUnderTest): readonly number[] {
  if (CHAOS_SEED !== undefined) return Array.from({ length: Number(CHAOS_ROUNDS ?? 1) }, () => Number(CHAOS_SEED));
  const count = Math.ceil(Number(CHAOS_ROUNDS ?? DEFAULT_ROUNDS) * share);
  return Array.from({ length: count }, (_, index) => Number(CHAOS_FIRST ?? 1) + index);
}

async function runRounds({ name, launch, can }: EngineUnderTest, seeds: readonly number[]): Promise<void> {
  const startedAt = performance.now();
  const tally = new Map<string, number>();
  const failed: number[] = [];
  const waiting = [...seeds];
  let [version, rounds, actions, longestMs] = ['', 0, 0, 0];
  while (waiting.length > 0 && failed.length < MOST_FAILURES) {
    const browser = await launch();
    version = browser.engine.version;
    try {
      const { engine, server } = browser;
      const theatre: Theatre = { browser, bystander: new Tab(await engine.open(server.blank), server), pool: [] };
      for (const seed of waiting.slice(0, ROUNDS_PER_BROWSER)) {
        if (failed.length === MOST_FAILURES) break;
        waiting.shift();
        const plan = planOf(seed, can);
        let result: RoundResult;
        try {
          result = await runRound(theatre, plan, `chaos ${seed} ${waiting.length}`);
        } catch (error) {
          // Of this browser nobody knows what it still does.
          failed.push(seed);
          console.log(`seed ${seed} in ${name} ${version} was not finished:`, error);
          break;
        }
        rounds += 1;
        actions += plan.steps.length;
        longestMs = Math.max(longestMs, result.settlingMs);
        for (const [kind, count] of result.tally) tally.set(kind, (tally.get(kind) ?? 0) + count);
        if (result.violations.length === 0) continue;
        failed.push(seed);
        console.log(report(name, version, seed, result));
      }
    } finally {
      await browser.close();
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const kinds = [...tally].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${kind} ${count}`);
  console.log(
    `chaos: ${name} ${version}, seeds ${seeds[0]} to ${seeds[seeds.length - waiting.length - 1]}: ${rounds} rounds, ${actions} actions, ${seconds.toFixed(0)} s, ${failed.length} failed; settled within ${longestMs.toFixed(0)} ms\n  ${kinds.join(', ')}`,
  );
  expect(failed, 'the seeds of the rounds that failed; each is shown above').toEqual([]);
}

function report(engine: string, version: string, seed: number, { violations, timeline }: RoundResult): string {
  const command = `CHAOS_ENGINE=${engine} CHAOS_SEED=${seed} CHAOS_ROUNDS=20 npm run chaos`;
  return `seed ${seed} in ${engine} ${version}\n${timeline}\nFAILED: ${violations.join('\n        ')}\nTo see it again, which depends on the engine's timing too:\n    ${command}\n`;
}
