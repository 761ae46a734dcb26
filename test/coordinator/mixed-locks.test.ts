/** Tabs of one scope of which some can trust their locks and some can't: their storage was cleared, or they have none. */
import { createSimulatedBrowser } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { follow, hear, look } from '../support/world';

/** A host and a bystander, of which the caller differs in whether it has locks. */
async function openMixed(callerHasLocks: boolean) {
  const world = createSimulatedBrowser();
  const open = (locks: boolean) => world.openTab({ capabilities: { locks } });
  const [host, caller, bystander] = [open(!callerHasLocks), open(callerHasLocks), open(true)];
  await world.settle();
  const started = host.coordinator.start();
  await world.connect(host);
  await started;
  return { world, host, caller, bystander };
}

describe.each([
  ['without locks', 'with them', false],
  ['with locks', 'without them', true],
])('a tab %s, where the host is one %s,', (_, __, callerHasLocks) => {
  test('takes the session over, and nobody takes it for dead while its driver connects', async () => {
    const { world, host, caller, bystander } = await openMixed(callerHasLocks);
    const heard = hear(bystander);
    const moved = follow(caller.coordinator.takeOver());
    // A driver may take its time.
    await world.advance(20_000);
    expect([host, caller, bystander].map(look)).toEqual([
      'connecting follower',
      'connecting host',
      'connecting follower',
    ]);
    await world.connect(caller);
    expect([moved.outcome, heard]).toEqual(['done', ['session_resumed']]);
    expect(world.network.live.size).toBe(1);
  });

  test('is refused in time, and ends the session', async () => {
    const { world, host, caller, bystander } = await openMixed(callerHasLocks);
    const refused = follow(caller.coordinator.start());
    await world.advance(10_000);
    expect(refused.outcome).toBe(1004);
    const ended = follow(caller.coordinator.end());
    await world.advance(10_000);
    expect([ended.outcome, world.network.live.size]).toEqual(['done', 0]);
    expect([host, caller, bystander].map(look)).toEqual(['idle none', 'idle none', 'idle none']);
  });

  test('goes on with a session whose host has died', async () => {
    const { world, host, caller, bystander } = await openMixed(callerHasLocks);
    await host.crash();
    await world.advance(20_000);
    expect([caller, bystander].map(look)).toEqual(['recovering follower', 'recovering follower']);
    const resumed = follow(caller.coordinator.resume());
    await world.connect(caller);
    await world.advance(20_000);
    expect([resumed.outcome, look(bystander)]).toEqual(['done', 'active follower']);
  });
});

/** The first tab has a session, and the second one's locks never answer, as it finds out by a call in it. */
async function openSilent() {
  const world = createSimulatedBrowser();
  const recovery = { by: 'manual' } as const;
  const host = world.openTab({ driver: 'auto', recovery });
  const silent = world.openTab({ driver: 'auto', recovery, capabilities: { locks: 'silent' } });
  await world.settle();
  return { world, host, silent };
}

test('a tab that finds out that its locks never answer asks the host from then on, and notices its death within eight seconds', async () => {
  const { world, host, silent } = await openSilent();
  const control = new AbortController();
  follow(silent.coordinator.start(undefined, { signal: control.signal }));
  await world.advance(10);
  control.abort();
  await host.coordinator.start();
  await world.advance(3_500);
  await host.crash();
  await world.advance(8_000);
  expect(look(silent)).toBe('recovering follower');
});

test('what a tab began for an ensure() that came true elsewhere is in no person’s way, also where its locks never answer', async () => {
  const { world, host, silent } = await openSilent();
  const wanted = follow(silent.coordinator.ensure());
  await world.advance(10);
  // Its start waits for a lock.
  await host.coordinator.start();
  await world.settle();
  expect(wanted.outcome).toBe('done');
  await host.coordinator.end();
  await world.settle();
  const started = follow(silent.coordinator.start());
  await world.advance(10_000);
  expect([started.outcome, look(silent)]).toEqual(['done', 'active host']);
  expect(world.network.live.size).toBe(1);
});

test('where there is no store, a tab without locks that takes the session over is not taken for dead by a call', async () => {
  const world = createSimulatedBrowser();
  const open = (locks: boolean) => world.openTab({ driver: 'auto', capabilities: { store: false, locks } });
  const [host, caller, bystander] = [open(true), open(false), open(true)];
  await world.advance(1_000);
  follow(host.coordinator.start());
  await world.advance(1_000);
  const moved = follow(caller.coordinator.takeOver());
  await world.advance(1_000);
  const refused = follow(bystander.coordinator.start());
  await world.advance(5_000);
  expect([moved.outcome, refused.outcome]).toEqual(['done', 1004]);
  expect([host, caller, bystander].map(look)).toEqual(['active follower', 'active host', 'active follower']);
});
