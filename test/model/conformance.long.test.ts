import { expect, test, vi } from 'vitest';
import type { Command, Decision } from '../../src/session/command';
import { decide } from '../../src/session/decide';
import { createSimulatedBrowser, type SimulatedTab } from '../../src/testing';
import { createRandom, type Random } from '../../src/testing/random';
import { Acceptor } from './acceptor';
import { initialState, type Rules } from './state';

/** The last decision: what is written is always that one. */
const decided = vi.hoisted(() => ({ last: null as { readonly command: Command; readonly decision: Decision } | null }));

vi.mock('../../src/session/decide', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../src/session/decide')>();
  const decide: Rules = (stored, command, facts) => {
    const decision = original.decide(stored, command, facts);
    decided.last = { command, decision };
    return decision;
  };
  return { ...original, decide };
});

/** `CONFORMANCE=1000` follows more schedules. */
const SCHEDULES = Number(process.env.CONFORMANCE ?? 10);
const ACTIONS = 12;
const TABS = 3;
const INITIAL = initialState(TABS).record;

type Move = readonly [label: string, run: (tab: SimulatedTab) => unknown, isCall?: boolean];

const CALLS: readonly Move[] = [
  ['calls start', (tab) => tab.coordinator.start(), true],
  ['calls resume', (tab) => tab.coordinator.resume(), true],
  ['calls takeOver', (tab) => tab.coordinator.takeOver(), true],
  ['calls takeOver by force', (tab) => tab.coordinator.takeOver({ force: true }), true],
  ['calls cancel', (tab) => tab.coordinator.cancel(), true],
  ['calls end', (tab) => tab.coordinator.end(), true],
];

function movesOf(tab: SimulatedTab): readonly Move[] {
  if (tab.state === 'crashed') return [['opens', () => tab.reload()]];
  if (tab.stopped) return [['wakes', () => tab.cont()]];
  if (tab.state === 'frozen') return [['wakes', () => tab.wake()]];
  const faults: readonly Move[] = [
    ['crashes', () => tab.crash()],
    ['is frozen', () => tab.freeze()],
    ['is stopped', () => tab.stop()],
  ];
  return [...CALLS, ...CALLS, ...faults];
}

test(`what the real code writes in ${SCHEDULES} random schedules is what the model allows`, {
  timeout: 600_000,
}, async () => {
  let writes = 0;
  for (let seed = 1; seed <= SCHEDULES; seed += 1) writes += await followSchedule(seed);
  process.stdout.write(`${SCHEDULES} schedules, ${writes} writes: each is a step of the model\n`);
  expect(writes).toBeGreaterThan(SCHEDULES);
});

test('a write that the model does not know is seen', () => {
  const acceptor = new Acceptor(TABS, decide);
  acceptor.act(0, 'calls start');
  const candidate = { term: 'any', tabId: 'zero' };
  const command = { type: 'resume', candidate, key: null } as const;
  const recovering = { ...INITIAL, phase: 'recovering', epoch: 3 } as const;
  const decision = decide(recovering, command, {
    tabId: 'zero',
    isPage: true,
    now: 0,
    known: INITIAL,
    isStored: true,
    proof: 'lock',
    watched: { lostSince: null, forMs: 0 },
    random: 0,
  });
  expect(acceptor.write({ command, decision, tabIds: ['zero', 'one', 'two'] })).toBe(false);
});

/** Runs a schedule of the simulated browser, and follows it in the model. */
async function followSchedule(seed: number): Promise<number> {
  const random = createRandom(seed);
  const faults = { failConnects: 0.2, loseMessages: random.pick([0, 0.3]) };
  const world = createSimulatedBrowser({ seed, faults, automatic: false, violations: 'collect' });
  const acceptor = new Acceptor(TABS, decide);
  const tabs = Array.from({ length: TABS }, () => world.openTab({ driver: 'auto', connectTimeoutMs: 5_000 }));
  let [writes, refused] = [0, ''];
  const onCommit = (): void => {
    const write = decided.last;
    if (!write || refused !== '') return;
    writes += 1;
    const tabIds = tabs.map((tab) => (tab.page.gone ? '' : tab.coordinator.tabId));
    if (!acceptor.write({ ...write, tabIds })) refused = [...acceptor.log.slice(-30), world.timeline()].join('\n');
  };
  world.machine.watchers.push({ onCommit });
  const busy = new Set<string>();
  await world.settle();
  for (let action = 0; action < ACTIONS && refused === ''; action += 1) {
    const index = random.integer(0, TABS - 1);
    const tab = tabs[index];
    if (tab) await move(tab, index, random, acceptor, busy);
    await world.advance(random.pick([0, 0.5, 1, 2, 5, 20, 100, 4_000, 30_000]) * random.next());
  }
  await world.advance(10_000);
  expect(refused, `seed ${seed}`).toBe('');
  return writes;
}

/** One call at a time in each tab, and one to end. */
async function move(tab: SimulatedTab, index: number, random: Random, acceptor: Acceptor, busy: Set<string>) {
  const [label, run, isCall] = random.pick(movesOf(tab));
  const isEnd = label === 'calls end' || label === 'calls cancel';
  const name = `${tab.page.name} ${isEnd}`;
  if (isCall && busy.has(name)) return;
  acceptor.act(index, label);
  const done = run(tab);
  if (!(done instanceof Promise)) return;
  if (!isCall) return void (await done);
  busy.add(name);
  const settled = (): void => void busy.delete(name);
  done.then(settled, settled);
}
