import { createCoordinator } from 'solotab';
import { expect, vi } from 'vitest';

/** Has a session at the same time as the test of the same name in another file, in another thread. */
export async function haveSessionBeside(thread: string): Promise<void> {
  const printed = (['debug', 'log', 'info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level));
  const coordinator = createCoordinator({ name: 'the same', driver: { start: () => thread, end: () => {} } });
  await coordinator.start();

  // Node's, which reaches the other thread.
  const environment = navigator.userAgent.includes('jsdom') ? 'jsdom' : 'happy-dom';
  const channel = new BroadcastChannel(`threads in ${environment}`);
  const others = new Set<unknown>();
  channel.onmessage = ({ data }) => {
    if (!others.has(data)) channel.postMessage(thread);
    others.add(data);
  };
  channel.postMessage(thread);
  await vi.waitUntil(() => others.size > 0, 20_000);
  channel.close();

  expect(coordinator.getSnapshot()).toMatchObject({ phase: 'active', role: 'host', hostTabId: coordinator.tabId });
  await coordinator.end();
  await coordinator.close();
  expect(printed.flatMap(({ mock }) => mock.calls)).toEqual([]);
}
