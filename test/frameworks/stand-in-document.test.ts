/** A real coordinator in a document of happy-dom, as the test of an app has it that simulates nothing. */
import { createCoordinator } from 'solotab';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => void vi.restoreAllMocks());

const driver = { start: () => 'a session', end: () => {} };

test('is silent: nobody is told that tabs can not exclude each other where there are none', async () => {
  const printed = (['debug', 'log', 'info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level));
  const coordinator = createCoordinator({ name: 'silent', driver });
  await coordinator.start();
  expect(coordinator.getSnapshot()).toMatchObject({ phase: 'active', role: 'host', guarantee: 'best-effort' });
  await coordinator.end();
  await coordinator.close();
  expect(printed.flatMap(({ mock }) => mock.calls)).toEqual([]);
});

test('is no tab of a test file that runs in another thread, and hears the others of its own window', async () => {
  // Node's, as the other file's is: it hears what is posted under that name in any thread.
  const elsewhere = new BroadcastChannel('solotab:1:threads');
  const heard: unknown[] = [];
  elsewhere.onmessage = ({ data }) => heard.push(data);
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const [first, second] = [
    createCoordinator({ name: 'threads', driver }),
    createCoordinator({ name: 'threads', driver }),
  ];
  await first.start();
  await vi.waitUntil(() => second.getSnapshot().phase === 'active');
  expect(second.getSnapshot()).toMatchObject({ role: 'follower', hostTabId: first.tabId });
  await first.end();
  await Promise.all([first.close(), second.close()]);
  // A message of our own comes after all that was posted before it.
  const last = new BroadcastChannel('solotab:1:threads');
  last.postMessage('last');
  await vi.waitUntil(() => heard.length > 0);
  expect(heard).toEqual(['last']);
  last.close();
  elsewhere.close();
});
