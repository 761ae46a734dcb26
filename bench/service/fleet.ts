/**
 * A hundred thousand browsers through one outage, by the rules alone: `decide`, `stateOfWish`, `reconnect` and `withAttempts` as they are
 * shipped, on one virtual clock. What is left out are the tabs, their storage, locks and messages: each browser is one record here, and
 * starts as soon as its wish is due. That the tabs of a whole browser come to the same is checked with the sample of `browsers.ts`.
 */
import { reconnect } from '../../src/attempts/reconnect';
import { withAttempts } from '../../src/attempts/with-attempts';
import type { Driver, DriverContext } from '../../src/driver';
import type { Command, Facts, Report } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import { errorFacts } from '../../src/session/error-facts';
import { SessionError } from '../../src/session/errors';
import { type SessionRecord, UNKNOWN } from '../../src/session/record';
import { stateOfWish } from '../../src/session/wish';
import { createRandom, type Random } from '../../src/testing/random';
import type { Outage, Scenario, Tally } from './outage';
import { createTickingClock, type TickingClock } from './ticking-clock';

/** Short against every delay that is drawn. */
const TICK_MS = 5;

const CANDIDATE = { term: 'term', tabId: 'tab' };

/** No outage is older than the epochs, which count from the milliseconds since 1970. */
const BEGAN_AT = 1e12;

/** So many at a time, which need less memory: browsers know nothing of each other. */
const BATCH = 1_000;

export async function runFleet(scenario: Scenario, outage: Outage, browsers: number, tally: Tally): Promise<void> {
  const random = createRandom(4_711);
  const failed: unknown[] = [];
  for (let begun = 0; begun < browsers; begun += BATCH) {
    const clock = createTickingClock(TICK_MS);
    for (let index = begun; index < Math.min(begun + BATCH, browsers); index += 1) {
      const browser = createBrowser(scenario, outage, { clock, random, tally });
      browser.run().catch((error: unknown) => failed.push(error));
    }
    while (clock.now < outage.untilMs && failed.length === 0) await clock.tick();
  }
  if (failed.length > 0) throw failed[0];
}

interface Surroundings {
  readonly clock: TickingClock;
  readonly random: Random;
  readonly tally: Tally;
}

function createBrowser(scenario: Scenario, outage: Outage, { clock, random, tally }: Surroundings) {
  const draw = (): number => random.next();
  const { delay } = clock;
  const latency = (): Promise<void> => delay(random.between(...outage.latencyMs));
  let record: SessionRecord = UNKNOWN;

  async function connect(): Promise<object> {
    await latency();
    tally.count(clock.now);
    const isDown = clock.now < outage.downMs;
    await latency();
    if (isDown) throw new TypeError('Failed to fetch');
    tally.connectedAt.push(clock.now);
    return {};
  }

  /** The decision is what is stored, as in a tab. */
  function store(command: Command): void {
    const { lostSince } = record;
    const facts: Facts = {
      ...{ tabId: CANDIDATE.tabId, isPage: true, now: BEGAN_AT + clock.now, known: record },
      ...{ isStored: true, proof: 'lock' },
      watched: { lostSince, forMs: lostSince === null ? 0 : BEGAN_AT + clock.now - lostSince },
      random: draw(),
    };
    ({ record } = decide(record, command, facts));
  }
  const report = (what: Report): void => store({ ...what, term: CANDIDATE.term, entries: [], seq: 0 });
  const claim = (): void => {
    const recovery = { by: 'any-tab', windowMs: scenario.windowMs, attempts: 2 } as const;
    const { stops, failures } = record;
    store({ type: 'start', candidate: CANDIDATE, recovery, wish: { stops, failures } });
  };

  const plain = { start: connect, end: () => undefined };
  const { tries } = scenario;
  const driver =
    tries > 1 ? withAttempts(plain as unknown as Driver, { retry: { attempts: tries }, random: draw, delay }) : plain;

  /** `ensure`: until there is a session. */
  async function ensure(): Promise<void> {
    const { stops, seq } = record;
    for (;;) {
      const wish = stateOfWish({ stops, seq }, record, BEGAN_AT + clock.now);
      if (wish.type === 'fulfilled') return;
      if (wish.type !== 'due') throw new Error(`A wish is ${wish.type}, with nobody else there.`);
      if (wish.inMs > 0) await delay(wish.inMs);
      claim();
      // Of the context of a call `withAttempts` uses no more than the signal.
      const context = { signal: new AbortController().signal } as DriverContext;
      try {
        await driver.start(undefined, context);
        report({ type: 'connected' });
      } catch (cause) {
        report({ type: 'failed', error: errorFacts(SessionError.from(cause, 1001)) });
      }
    }
  }

  /** `reconnect`, until the recovery window is over. */
  async function reconnectLost(): Promise<void> {
    claim();
    report({ type: 'connected' });
    await delay(random.between(0, outage.noticedMs));
    const control = new AbortController();
    void delay(scenario.windowMs, control.signal).then(() => {
      if (!control.signal.aborted) report({ type: 'alive' });
      control.abort();
    });
    const context = {
      signal: control.signal,
      reconnecting: () => report({ type: 'reconnecting' }),
      reconnected: () => report({ type: 'reconnected' }),
      error: () => undefined,
      ended: () => undefined,
    };
    await reconnect(context, connect, { random: draw, delay });
    control.abort();
  }

  return {
    async run() {
      if (scenario.begins === 'broken') await reconnectLost();
      await ensure();
    },
  };
}
