/** What must not grow with the number of sessions and scopes; `npm run bench -- scale` looks at real pages. */
import { getEventListeners } from 'node:events';
import { createSimulatedBrowser } from 'solotab/testing';
import { expect, test } from 'vitest';
import type { Driver, DriverContext } from '../../src/driver';
import { JOURNAL_SIZE } from '../../src/session/events';
import { createCoordinatorOn } from '../../src/tab/coordinator';
import { type OpenThings, watchedPlatform } from '../support/open-things';

const SESSIONS = 300;
const SCOPES = 100;

/** Says something in each session, so that the journal has something to keep. */
const driver: Driver = {
  start(_, context: DriverContext) {
    context.publish({ topic: 'scale' });
    queueMicrotask(() => context.emit('note', 'hello'));
    return {};
  },
  resume: () => ({}),
  end: () => undefined,
};

function openTabs(count: number) {
  const world = createSimulatedBrowser();
  const open: OpenThings = { stores: 0, channels: 0, lifecycleListeners: 0 };
  const signals: AbortSignal[] = [];
  const openTab = () => watchedPlatform(world.openTab({ bare: true }).platform, open, signals);
  const platforms = Array.from({ length: count }, openTab);
  /** Everything that could pile up. */
  const inUse = (): Readonly<Record<string, number>> => {
    const lasting = signals.filter(({ aborted }) => !aborted);
    const abortListeners = lasting.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0);
    return { ...world.pending, ...open, abortListeners };
  };
  return { world, inUse, platforms };
}

test(`nothing piles up in three tabs over ${SESSIONS} sessions, one after the other in each of them`, async () => {
  const { world, inUse, platforms } = openTabs(3);
  const tabs = platforms.map((platform) => createCoordinatorOn(platform, { name: 'simulated', driver }));
  await world.settle();
  /** In the middle of each session, and between it and the next. */
  const seen: { readonly during: unknown; readonly after: unknown; readonly recordSize: number }[] = [];
  for (let session = 0; session < SESSIONS; session += 1) {
    const host = tabs[session % tabs.length];
    await host?.start();
    await world.settle();
    const during = inUse();
    await tabs[(session + 1) % tabs.length]?.end();
    await world.settle();
    const recordSize = JSON.stringify(world.recordOf()).length;
    seen.push({ during, after: inUse(), recordSize });
  }
  // By then every tab has had a session, and the journal is full.
  const settled = seen.slice(JOURNAL_SIZE);
  const [first] = settled;
  const perTab = { stores: 3, channels: 3, lifecycleListeners: 3, abortListeners: 6 };
  expect(first?.after).toEqual({ work: 0, timers: 0, locks: 0, ...perTab });
  for (const one of settled) expect(one).toMatchObject({ during: first?.during, after: first?.after });
  expect(world.journalOf()).toHaveLength(JOURNAL_SIZE);
  // Its numbers have more digits in the end, and nothing else.
  expect(seen[SESSIONS - 1]?.recordSize).toBeLessThan((first?.recordSize ?? 0) + 20);
}, 60_000);

test(`${SCOPES} scopes in one tab cost as much as one, ${SCOPES} times, and leave nothing behind when they are closed`, async () => {
  const { world, inUse, platforms } = openTabs(1);
  const [platform] = platforms;
  if (!platform) throw new Error('There is no tab.');
  const scopes = [];
  let one: Readonly<Record<string, number>> = {};
  for (let index = 0; index < SCOPES; index += 1) {
    const coordinator = createCoordinatorOn(platform, { name: `scope ${index}`, driver });
    scopes.push(coordinator);
    await coordinator.start();
    await world.settle();
    if (index === 0) one = inUse();
  }
  const times = (count: number) => Object.fromEntries(Object.entries(one).map(([name, used]) => [name, count * used]));
  expect(inUse()).toEqual(times(SCOPES));
  for (const coordinator of scopes) {
    await coordinator.end();
    coordinator.close();
  }
  await world.settle();
  expect(inUse()).toEqual(times(0));
  expect(platform.names().size).toBe(0);
}, 60_000);
