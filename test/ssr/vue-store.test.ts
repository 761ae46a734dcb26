/** docs/guides/server-rendering.md: "The bindings don't subscribe on a server." */
import { type Coordinator, createCoordinator } from 'solotab';
import { createFakeCoordinator } from 'solotab/testing';
import { useSession, useSessionEvent } from 'solotab/vue';
import { expect, test, vi } from 'vitest';
import { effectScope } from 'vue';

test('what a store listens to on a server, as in a plugin or a guard of a route, is kept nowhere', async () => {
  const driver = { start: () => undefined, end: () => undefined };
  const coordinator: Coordinator = createCoordinator({ name: 'support', driver });
  const stops: unknown[] = [];
  const noted =
    <Args extends unknown[]>(listen: (...args: Args) => () => void) =>
    (...args: Args) => {
      const stop = listen(...args);
      stops.push(stop);
      return stop;
    };
  const counted = { ...coordinator, subscribe: noted(coordinator.subscribe), on: noted(coordinator.on) };
  // One for each request: nobody stops it on a server.
  effectScope(true).run(() => {
    expect(useSession(counted as Coordinator).value).toBe(coordinator.getServerSnapshot());
    useSessionEvent(counted as Coordinator, 'session_ended', vi.fn());
  });
  expect(stops).toHaveLength(2);
  // There is nothing to stop: each is the function that does nothing.
  expect(new Set(stops).size).toBe(1);
});

test('where an app’s own tests have no document, a store follows a fake', () => {
  const fake = createFakeCoordinator();
  const scope = effectScope(true);
  const session = scope.run(() => useSession(fake));
  fake.set({ phase: 'active', role: 'follower' });
  expect(session?.value.phase).toBe('active');
  scope.stop();
});
