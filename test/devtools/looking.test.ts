/** What a panel does while what it asked for is not there yet. */
import { createSimulatedBrowser } from 'solotab/testing';
import { expect, test } from 'vitest';
import { mount, simulatedSources } from './support/mounted';

test('a panel that is unmounted while it looks into a refusal leaves no timer', async () => {
  const world = createSimulatedBrowser();
  const [host, tab] = [world.openTab(), world.openTab()];
  const started = host.coordinator.start();
  await world.connect(host);
  await started;
  await world.settle();
  const before = world.pending;
  let answer = (): void => undefined;
  const { locks } = simulatedSources(world, tab);
  let isSlow = false;
  const panel = mount(
    world,
    tab,
    {},
    {
      async locks() {
        if (isSlow) await new Promise<void>((resolve) => (answer = resolve));
        return locks();
      },
    },
  );
  await world.advance(3_000);
  isSlow = true;
  await expect(tab.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  await world.advance(200);
  panel.unmount();
  answer();
  await world.advance(5_000);
  expect(world.pending).toEqual(before);
});

test('where the store does not answer the panel still shows who holds which lock', async () => {
  const world = createSimulatedBrowser();
  const [host, tab] = [world.openTab(), world.openTab()];
  const panel = mount(
    world,
    tab,
    {},
    {
      // As src/devtools/browser.ts does while a page that was stopped has a transaction open.
      read: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(null))),
    },
  );
  await world.advance(100);
  const started = host.coordinator.start();
  await world.connect(host);
  await started;
  await world.advance(20_000);
  // Which tab has which term is in the store.
  expect(panel.lines('Locks')).toContainEqual(expect.stringMatching(/^seat: .+ holds it \(exclusive\)$/));
  expect(panel.lanes().join()).toContain('seen by its lock');
});

test('a refusal that comes while the panel reads is explained by what is read after it', async () => {
  const world = createSimulatedBrowser();
  const [host, tab] = [world.openTab(), world.openTab()];
  await world.settle();
  const { read } = simulatedSources(world, tab);
  let isSlow = false;
  let answer = (): void => undefined;
  const panel = mount(
    world,
    tab,
    {},
    {
      // As where the browser has no BroadcastChannel.
      openChannel: () => null,
      async read(...args) {
        const found = await read(...args);
        if (isSlow) await new Promise<void>((resolve) => (answer = resolve));
        return found;
      },
    },
  );
  await world.advance(1_000);
  isSlow = true;
  await world.advance(1_000);
  // It reads, and has not seen the session that begins now.
  const started = host.coordinator.start();
  await world.connect(host);
  await started;
  await expect(tab.coordinator.start()).rejects.toMatchObject({ code: 1004 });
  isSlow = false;
  answer();
  await world.advance(10_000);
  expect(panel.lines('Record')).toContain('phase: "active"');
  expect(panel.why()).toContain('its life was proven by the lock of its term, which it holds.');
});
