/** What a service sees that goes down for a minute; `npm run bench -- service` counts the same for a hundred thousand browsers. */
import { expect, test } from 'vitest';
import { runBrowser } from '../../bench/service/browsers';
import { runFleet } from '../../bench/service/fleet';
import { MINUTE, SCENARIOS, type Scenario, Tally } from '../../bench/service/outage';
import { difference, isFaulty } from '../../bench/service/table';

const SAMPLE = 8;
const FLEET = 400;

/** A busy machine takes long for simulated browsers. */
const LIMIT_MS = 60_000;

async function throughOutage(scenario: Scenario) {
  const fleet = new Tally(MINUTE);
  await runFleet(scenario, MINUTE, FLEET, fleet);
  /** Attempts per second and browser. */
  const rates = fleet.per(1_000).map((attempts) => attempts / FLEET);
  return { fleet, most: (from: number, to?: number) => Math.max(...rates.slice(from, to)) };
}

const named = (name: string): Scenario => {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (!scenario) throw new Error(`There is no scenario ${name}.`);
  return scenario;
};

test.each(SCENARIOS)(
  '$name: no browser ever has a second session, and each has one again in the end',
  async (scenario) => {
    const sample = new Tally(MINUTE);
    for (let seed = 1; seed <= SAMPLE; seed += 1) {
      const report = await runBrowser(scenario, MINUTE, seed, sample);
      expect(isFaulty(report), `seed ${seed}: ${JSON.stringify(report)}`).toBe(false);
    }
    // The rules alone say the same as a few whole browsers: more than that would be another rule, and not chance.
    const { fleet } = await throughOutage(scenario);
    expect(difference(fleet, sample)).toBeLessThan(0.15);
  },
  LIMIT_MS,
);

test(
  'with ensure every browser knocks ever less often, and not at once when the service is back',
  async () => {
    const { most } = await throughOutage(named('ensure'));
    expect(most(10)).toBeLessThan(0.25);
    expect(most(30)).toBeLessThan(0.1);
  },
  LIMIT_MS,
);

test(
  'three tries of withAttempts are three times the attempts, spread as those of ensure are',
  async () => {
    const { most } = await throughOutage(named('ensure + withAttempts'));
    expect(most(30)).toBeLessThan(0.5);
  },
  LIMIT_MS,
);

test(
  'connections that break together are not made again together',
  async () => {
    const { fleet, most } = await throughOutage(named('reconnect'));
    expect(Math.max(...fleet.attempts) / FLEET).toBeLessThan(0.35);
    expect(most(10)).toBeLessThan(0.35);
  },
  LIMIT_MS,
);

test(
  'recovery windows that end together are not followed by a start of every browser in the same second',
  async () => {
    const { most } = await throughOutage(named('reconnect, then ensure'));
    expect(most(10)).toBeLessThan(0.35);
  },
  LIMIT_MS,
);
