import { readFile } from 'node:fs/promises';
import { createSimulatedBrowser } from 'solotab/testing';
import { expect, test } from 'vitest';

test('the second tab is refused with 1002 while the first connects, and with 1004 once it is active', async () => {
  const world = createSimulatedBrowser();
  const [first, second] = [world.openTab(), world.openTab()];

  const started = first.coordinator.start();
  await expect(second.coordinator.start()).rejects.toMatchObject({ code: 1002 });

  await world.connect(first);
  await started;
  await expect(second.coordinator.join()).rejects.toMatchObject({ code: 1004 });
  expect(world.network.requests).toEqual(['start']);
});

test("the README's example runs", async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([^`]*solotab\/testing[^`]*)```/.exec(readme)?.[1] ?? '';
  const body = /test\('[^']+', (async \(\) => \{.*^\})\);/ms.exec(example)?.[1];
  expect(body).toBeDefined();
  // The very text that readers copy, with what they import.
  const run: unknown = new Function('createSimulatedBrowser', 'expect', `return (${body})();`)(
    createSimulatedBrowser,
    expect,
  );
  await run;
  expect.hasAssertions();
});
