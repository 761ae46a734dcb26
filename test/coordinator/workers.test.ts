/** A coordinator in a worker follows the session, calls its commands and ends it. It never has it, and stands in nobody's way. */
import type { SessionError } from 'solotab';
import type { SimulatedBrowser, TabOptions } from 'solotab/testing';
import { expect, test } from 'vitest';
import { follow, hear, look, openWorld } from '../support/world';

const AUTO = { driver: 'auto', publishes: true } as const;

/** Two pages, the worker of the second one, and a shared worker, which lives on without pages. The first page has the session. */
async function openWorkers(options: TabOptions = AUTO) {
  const { world, a, b, c } = await openWorld(options);
  await c.close();
  const worker = b.openFrame({ ...options, worker: true });
  const shared = world.openTab({ ...options, worker: true });
  await world.settle();
  await a.coordinator.start();
  await world.settle();
  return { world, a, b, worker, shared };
}

/** Whatever the workers of this world hold or wait for. */
const locksOfWorkers = (world: SimulatedBrowser) => world.locks.claims.filter(({ page }) => page.isWorker);

const written = (world: SimulatedBrowser) => world.recordOf() as { readonly phase: string; readonly revision: number };

test('workers hear the events and see the session of a page, and what they are told is what pages are told', async () => {
  const { world, a, b, worker, shared } = await openWorkers();
  expect([worker, shared].map(look)).toEqual(['active follower', 'active follower']);
  const heard = [b, worker, shared].map((tab) => hear(tab, 'note'));
  world.contextIn(a).emit('note');
  world.contextIn(a).error(new TypeError('Failed to fetch'));
  await world.settle();
  await a.coordinator.end();
  await world.settle();
  expect(heard).toEqual(Array(3).fill(['note', 'session_error 1016', 'session_ended ended']));
  expect([worker, shared].map(look)).toEqual(['idle none', 'idle none']);
  expect(locksOfWorkers(world)).toEqual([]);
});

const HOSTING = ['start', 'join', 'resume', 'takeOver', 'ensure'] as const;

test.each(HOSTING)(
  '%s() is refused in a worker in every phase, with what to do instead, and nobody else notices',
  async (call) => {
    // One that can neither join nor resume: also then the worker is the reason.
    const { world, a, worker } = await openWorkers({ ...AUTO, resumable: false });
    const states = [written(world)];
    const heard = hear(worker);
    const refused: SessionError[] = [];
    const attempt = () => worker.coordinator[call]().catch((error: SessionError) => refused.push(error));
    await Promise.all([attempt(), attempt()]);
    await world.settle();
    states.push(written(world));
    await a.coordinator.end();
    await world.settle();
    const ended = written(world);
    await attempt();
    await world.settle();
    states.push(written(world));
    expect(refused.map(({ code, local, retryable }) => [code, local, retryable])).toEqual(
      Array(3).fill([9999, true, false]),
    );
    expect(refused[0]?.message).toBe('Only a page of a browser can have a session.');
    expect(refused[0]?.suggestedAction).toContain('Call it in a page.');
    expect(states).toEqual([states[0], states[0], ended]);
    // Who wants a session is told by the promise alone, as in a page.
    const told = heard.filter((event) => event === 'session_error 9999');
    expect(told).toHaveLength(call === 'ensure' ? 0 : 3);
    expect(world.network.requests).toEqual(['start', 'end']);
  },
);

test('a worker that was closed says so, before it says that it is a worker', async () => {
  const { world, worker } = await openWorkers();
  await worker.coordinator.close();
  for (const call of HOSTING) {
    await expect(worker.coordinator[call]()).rejects.toMatchObject({ name: 'InvalidStateError' });
  }
  await world.settle();
});

test('a worker’s command runs in the page that has the session, and its answer comes back', async () => {
  const commands = { double: (_session: unknown, input: unknown) => Number(input) * 2 };
  const { world, worker, shared } = await openWorkers({ ...AUTO, commands });
  const answers = [worker, shared].map(({ coordinator }, index) => follow(coordinator.call('double', index + 2)));
  await world.settle();
  expect(answers.map(({ value }) => value)).toEqual([4, 6]);
  expect(locksOfWorkers(world)).toEqual([]);
});

test('a worker ends the session: its page ends it at the service, and the worker is told when that is done', async () => {
  const { world, worker, b } = await openWorkers();
  await worker.coordinator.end();
  expect([look(worker), look(b)]).toEqual(['idle none', 'idle none']);
  expect(world.network.requests).toEqual(['start', 'end']);
});

test('a worker gives up an attempt of a page', async () => {
  const { world, a, worker } = await openWorkers();
  await worker.coordinator.end();
  const waiting = world.openTab({ driver: 'manual' });
  const started = follow(waiting.coordinator.start());
  await world.settle();
  expect(look(worker)).toBe('connecting follower');
  await worker.coordinator.cancel();
  await world.settle();
  expect([started.error, look(a)]).toMatchObject([{ name: 'AbortError' }, 'idle none']);
});

test('a worker’s end() also tells the tabs that want a session to want none any more', async () => {
  const { world, a, worker } = await openWorkers();
  await a.coordinator.end();
  world.setOnline(false);
  const wanted = follow(a.coordinator.ensure());
  await world.settle();
  expect(wanted.outcome).toBe('pending');
  await worker.coordinator.end();
  await world.settle();
  expect(wanted.error).toMatchObject({ name: 'AbortError' });
});

test('a worker that ends what no tab has any more tells the tabs that want a session, too, to want none', async () => {
  const { world, a, b, worker } = await openWorkers({ ...AUTO, recovery: { by: 'manual' } });
  const wanted = follow(b.coordinator.ensure());
  await world.settle();
  await a.crash();
  await world.settle();
  await worker.coordinator.end();
  await world.advance(60_000);
  expect([wanted.outcome, look(b)]).toEqual(['done', 'idle none']);
  expect(world.network.requests).toEqual(['start', 'end']);
});

test('what no tab has any more a worker does not end itself: a page ends it, once, for the reason that somebody ended it', async () => {
  const { world, a, b, worker } = await openWorkers({ ...AUTO, recovery: { by: 'manual' } });
  await a.crash();
  await world.settle();
  expect([look(b), look(worker)]).toEqual(['recovering follower', 'recovering follower']);
  const heard = hear(b);
  const ended = follow(worker.coordinator.end());
  await world.settle();
  expect([ended.outcome, look(b), look(worker)]).toEqual(['done', 'idle none', 'idle none']);
  expect(heard).toEqual(['session_ended ended']);
  expect(world.network.requests).toEqual(['start', 'end']);
});

test('if there is no page to end what no tab has, the worker says so, and the next page ends it before anyone resumes it', async () => {
  const { world, a, b, shared } = await openWorkers({ ...AUTO, recovery: { by: 'any-tab' } });
  await b.close();
  await a.crash();
  const other = world.openTab({ ...AUTO, recovery: { by: 'any-tab' }, resumable: false });
  await world.settle();
  expect(look(shared)).toBe('recovering follower');
  await other.close();
  const ended = follow(shared.coordinator.end());
  await world.advance(10_000);
  expect(ended.error).toMatchObject({ local: true, suggestedAction: expect.stringContaining('in a page') });
  expect(look(shared)).toBe('recovering follower');
  const next = world.openTab({ ...AUTO, recovery: { by: 'any-tab' } });
  await world.settle();
  expect([look(next), look(shared)]).toEqual(['idle none', 'idle none']);
  expect(world.network.requests).toEqual(['start', 'end']);
});

test('a worker does not end by force what a silent host has: it says so, and the host ends it when it wakes', async () => {
  const { world, a, b, worker } = await openWorkers();
  await a.stop();
  const ended = follow(worker.coordinator.end());
  await world.advance(10_000);
  expect(ended.error).toMatchObject({
    code: 1017,
    local: true,
    message: 'The tab that has the session does not answer.',
  });
  expect(look(b)).toBe('ending follower');
  await a.cont();
  await world.settle();
  expect([look(a), look(worker)]).toEqual(['idle none', 'idle none']);
  expect(world.network.requests).toEqual(['start', 'end']);
});

test.each(['crash', 'close', 'freeze', 'navigateAway'] as const)(
  'if the host is gone (%s) and only workers are left, nothing is written until a page comes, which does what is to be done',
  async (how) => {
    const { world, a, b, shared } = await openWorkers({ ...AUTO, recovery: { by: 'any-tab' } });
    await b.close();
    const before = written(world).revision;
    const lost = hear(shared, 'host_lost');
    await a[how]();
    // Longer than every silence and every window.
    await world.advance(200_000);
    expect([look(shared), lost, written(world).revision - before]).toEqual(['active follower', [], 0]);
    expect(locksOfWorkers(world)).toEqual([]);
    const next = world.openTab({ ...AUTO, recovery: { by: 'any-tab' } });
    await world.advance(5_000);
    expect([look(next), look(shared)]).toEqual(['idle none', 'idle none']);
  },
);

test('a crash is noticed and recovered by a page, whatever worker follows beside it', async () => {
  const { world, a, b, worker, shared } = await openWorkers({ ...AUTO, recovery: { by: 'any-tab' } });
  await a.crash();
  await world.settle();
  await world.advance(1_000);
  expect([b, worker, shared].map(look)).toEqual(['active host', 'active follower', 'active follower']);
  expect(world.network.requests).toEqual(['start', 'resume']);
});

test('what no page can host is not offered to a worker: its canHost is not even asked', async () => {
  const { world, a, b } = await openWorkers({ ...AUTO, recovery: { by: 'any-tab' }, canHost: () => false });
  const asked: string[] = [];
  const canHost = (): boolean => asked.push('canHost') > 0;
  b.openFrame({ ...AUTO, worker: true, canHost });
  await world.settle();
  await a.crash();
  await world.advance(5_000);
  expect([look(b), asked]).toEqual(['recovering follower', []]);
});

test('a worker lets a recovery window pass without a word, and a page ends what is over', async () => {
  const options = { ...AUTO, recovery: { by: 'manual', windowMs: 5_000 } } as const;
  const { world, a, b, shared } = await openWorkers(options);
  await a.crash();
  await world.settle();
  await b.close();
  const { revision } = written(world);
  await world.advance(60_000);
  expect([look(shared), written(world).revision]).toEqual(['recovering follower', revision]);
  world.openTab(options);
  await world.settle();
  expect(look(shared)).toBe('idle none');
  expect(world.network.requests).toEqual(['start', 'end']);
});

test('a worker that slept with its page is not told that it wakes: it looks before it calls, so the present host answers', async () => {
  const commands = { where: (_session: unknown, _input: unknown, { epoch }: { readonly epoch: number }) => epoch };
  const { world, a, b, worker } = await openWorkers({ ...AUTO, commands });
  await b.stop();
  // What is sent to a cached page may be lost.
  world.faults.loseMessages = 1;
  await a.coordinator.end();
  await a.coordinator.start();
  await world.settle();
  world.faults.loseMessages = 0;
  const { epoch } = a.coordinator.getSnapshot();
  await b.cont();
  const answer = follow(worker.coordinator.call('where'));
  await world.settle();
  expect([answer.outcome, answer.value]).toEqual(['done', epoch]);
});

test('a worker without a session costs nothing, and one that is closed or terminated leaves nothing behind', async () => {
  const { world, a, b, worker, shared } = await openWorkers();
  await a.coordinator.end();
  await world.settle();
  expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
  await a.coordinator.start();
  await Promise.all([worker.remove(), shared.coordinator.close(), b.close()]);
  await a.coordinator.end();
  await world.settle();
  expect(world.pending).toEqual({ work: 0, timers: 0, locks: 0 });
});

test('a worker that has no BroadcastChannel still sees the session within seconds, and can’t call its commands', async () => {
  const { world, a } = await openWorkers();
  const deaf = world.openTab({ ...AUTO, worker: true, capabilities: { channel: false } });
  await a.coordinator.end();
  await world.advance(16_000);
  await a.coordinator.start();
  await world.advance(16_000);
  expect(look(deaf)).toBe('active follower');
  const called = follow(deaf.coordinator.call('anything'));
  await world.advance(1_000);
  expect(called.error).toMatchObject({ name: 'NotSupportedError' });
});

test('a session whose record was erased with its page is over for a worker too, and one that lives on is seen again', async () => {
  const { world, a, b, shared } = await openWorkers();
  world.clearSiteData();
  await world.advance(60_000);
  expect([a, b, shared].map(look)).toEqual(['active host', 'active follower', 'active follower']);
  await b.close();
  await a.crash();
  world.clearSiteData();
  await world.advance(60_000);
  expect(look(shared)).toBe('idle none');
});
