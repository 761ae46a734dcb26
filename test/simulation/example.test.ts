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
