import { createCoordinator } from 'solotab';
import { mountDevtools } from 'solotab/devtools';
import { createFakeCoordinator, createSimulatedBrowser } from 'solotab/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { mount } from './support/mounted';

test('unmounting removes the panel, and nothing of it is open, waited for or timed', async () => {
  const world = createSimulatedBrowser();
  const tab = world.openTab();
  await world.settle();
  const before = world.pending;
  const opened = vi.fn();
  const closed = vi.fn();
  const panel = mount(
    world,
    tab,
    {},
    {
      openChannel() {
        opened();
        return { post: () => undefined, close: closed };
      },
    },
  );
  await world.advance(5_000);
  expect(world.pending.timers).toBeGreaterThan(before.timers);

  panel.unmount();
  await world.settle();
  expect(world.pending).toEqual(before);
  expect(opened).toHaveBeenCalledTimes(2);
  expect(closed).toHaveBeenCalledTimes(2);
  expect(document.body.childElementCount).toBe(0);
});

test('a panel is unmounted by its button, and by a signal', async () => {
  const world = createSimulatedBrowser();
  const tab = world.openTab();
  mount(world, tab).press('Close the panel');
  expect(document.body.childElementCount).toBe(0);
  const leaving = new AbortController();
  mount(world, tab, { signal: leaving.signal });
  leaving.abort();
  expect(document.body.childElementCount).toBe(0);
});

test('a page that is left has no channel of a panel open, and has them again when it is back', async () => {
  const world = createSimulatedBrowser();
  const [tab, other] = [world.openTab(), world.openTab()];
  const open = new Set<string>();
  mount(
    world,
    tab,
    {},
    {
      openChannel(name) {
        open.add(name);
        return { post: () => undefined, close: () => open.delete(name) };
      },
    },
  );
  const panel = mount(world, other);
  await world.advance(1_000);
  expect(open).toEqual(new Set(['solotab:1:simulated', 'solotab devtools:1:simulated']));
  await tab.navigateAway();
  expect(open).toEqual(new Set());
  await tab.goBack();
  expect(open.size).toBe(2);
  panel.unmount();
});

test('a hidden page reads neither the store nor the locks', async () => {
  const world = createSimulatedBrowser();
  const [tab, other] = [world.openTab({ hidden: true }), world.openTab({ driver: 'auto' })];
  const read = vi.fn(async () => null);
  const locks = vi.fn(async () => null);
  mount(world, tab, {}, { read, locks });
  await other.coordinator.start();
  await world.advance(10_000);
  expect([read.mock.calls.length, locks.mock.calls.length]).toEqual([0, 0]);
  await tab.show();
  await world.advance(100);
  expect(read).toHaveBeenCalled();
});

test('the name is that of the only coordinator in the page, or is given', async () => {
  const driver = { start: () => 'session', end: () => undefined };
  const first = createCoordinator({ name: 'shop', driver });
  const unmount = mountDevtools(first);
  expect(document.querySelector('[data-solotab-devtools="shop"]')).not.toBeNull();
  unmount();
  expect(document.body.childElementCount).toBe(0);

  const second = createCoordinator({ name: 'chat', driver });
  onTestFinished(() => Promise.all([first.close(), second.close()]).then(() => undefined));
  expect(() => mountDevtools(first)).toThrow(
    new TypeError('mountDevtools: say which scope by { name }: the page has not exactly one.'),
  );
  mountDevtools(first, { name: 'shop' })();
});

test('it stands where it is told to, over a fake coordinator too', () => {
  const target = document.body.appendChild(document.createElement('aside'));
  const unmount = mountDevtools(createFakeCoordinator(), { name: 'app', target });
  expect(target.firstElementChild?.shadowRoot?.querySelector('h2')?.textContent).toBe('solotab');
  unmount();
  target.remove();
});
