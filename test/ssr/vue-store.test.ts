/** docs/guides/server-rendering.md: "The bindings don't subscribe on a server." */
import { type Coordinator, createCoordinator } from 'solotab';
import { useSession, useSessionEvent } from 'solotab/vue';
import { expect, test, vi } from 'vitest';
import { effectScope } from 'vue';

test('a store that is used on a server outside of components, as in a plugin or a guard of a route, listens to nothing', async () => {
  const driver = { start: () => undefined, end: () => undefined };
  const coordinator: Coordinator = createCoordinator({ name: 'support', driver });
  await coordinator.ready;
  const listen = vi.fn(() => () => undefined);
  const counted = { ...coordinator, subscribe: listen, on: listen } as unknown as Coordinator;
  // One for each request: nobody stops it on a server.
  effectScope(true).run(() => {
    expect(useSession(counted).value).toBe(coordinator.getServerSnapshot());
    useSessionEvent(counted, 'session_ended', vi.fn());
  });
  expect(listen).not.toHaveBeenCalled();
});
