/** Whole browsers: the real coordinators in three simulated tabs each, on virtual time. */
import { reconnect } from '../../src/attempts/reconnect';
import { withAttempts } from '../../src/attempts/with-attempts';
import type { Driver, DriverContext } from '../../src/driver';
import { createSimulatedBrowser } from '../../src/testing/index';
import { createRandom } from '../../src/testing/random';
import type { Outage, Scenario, Tally } from './outage';

const TABS = 3;

/** How long a session is at rest before the service goes down: at random up to this. */
const CALM_MS = 20_000;

export interface BrowserReport {
  /** The most connections that the service had from this browser at the same time. */
  readonly mostOpen: number;
  /** What the simulated world saw that solotab rules out. */
  readonly violations: readonly string[];
  readonly isConnected: boolean;
}

/** One browser through one outage; `seed` decides everything in it. */
export async function runBrowser(
  { begins, tries, windowMs }: Scenario,
  outage: Outage,
  seed: number,
  tally: Tally,
): Promise<BrowserReport> {
  const world = createSimulatedBrowser({ seed, violations: 'collect' });
  const { scheduler } = world.machine;
  const random = createRandom(seed * 7_919 + 1);
  const draw = (): number => random.next();
  const latency = (): Promise<void> => wait(random.between(...outage.latencyMs));
  let downAt = Number.POSITIVE_INFINITY;
  let mostOpen = 0;
  const open = new Map<object, () => void>();

  function wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        scheduler.cancel(event);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const event = scheduler.timer(ms, done);
      signal?.addEventListener('abort', done);
    });
  }

  async function connect(context: DriverContext, signal: AbortSignal): Promise<object> {
    await latency();
    const sinceMs = world.now - downAt;
    tally.count(sinceMs);
    const isDown = sinceMs >= 0 && sinceMs < outage.downMs;
    const connection = {};
    if (!isDown) {
      const onBreak = (): void =>
        void reconnect(context, (again) => connect(context, again), { random: draw, delay: wait });
      open.set(connection, onBreak);
      signal.addEventListener('abort', () => open.delete(connection), { once: true });
      mostOpen = Math.max(mostOpen, open.size);
    }
    await latency();
    if (isDown) throw new TypeError('Failed to fetch');
    if (Number.isFinite(sinceMs)) tally.connectedAt.push(world.now - downAt);
    return connection;
  }

  const start = (_: unknown, context: DriverContext): Promise<object> => connect(context, context.signal);
  const end = (connection: object | null): void => {
    if (connection) open.delete(connection);
  };
  const plain = { start, resume: start, release: end, end };
  const retry = { attempts: tries };
  // As the library's own driver of an app without types: what a driver resolves with is an object, and nothing more.
  const driver = (tries > 1 ? withAttempts(plain, { retry, random: draw, delay: wait }) : plain) as unknown as Driver;
  const tabs = Array.from({ length: TABS }, (_, index) =>
    world.openTab({ driver, hidden: index > 0, recovery: { by: 'any-tab', windowMs } }),
  );
  await world.settle();
  if (begins === 'online') world.setOnline(false);
  for (const { coordinator } of tabs) void coordinator.ensure();
  await world.advance(draw() * CALM_MS);

  downAt = world.now;
  if (begins === 'online') world.setOnline(true);
  const broken = [...open.values()];
  open.clear();
  for (const onBreak of broken) void wait(random.between(0, outage.noticedMs)).then(onBreak);
  await world.advance(outage.untilMs);
  const isConnected = open.size === 1 && tabs.every(({ coordinator }) => coordinator.getSnapshot().phase === 'active');
  for (const tab of tabs) await tab.close();
  return { mostOpen, violations: world.violations, isConnected };
}
