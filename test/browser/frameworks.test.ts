/** What frameworks do to a coordinator: mount twice, replace modules while they run, close what was only just made. Nothing may leak. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActType } from './support/backend';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from './support/chromium';
import { NO_BROADCAST_CHANNEL, NO_LOCKS } from './support/init-scripts';
import type { DriverConfig } from './support/page-api';
import type { Tab } from './support/tab';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** What a page holds, counted below everything that solotab and its dependencies may use. */
interface Held {
  readonly channels: number;
  readonly connections: number;
  readonly timers: number;
  readonly listeners: readonly string[];
  readonly locks: readonly string[];
}

declare global {
  interface Window {
    held(): Promise<Held>;
  }
}

/** Wraps the globals. Runs in the page, before anything else. */
function countHeld(): void {
  const channels = new Set<BroadcastChannel>();
  const connections = new Set<IDBDatabase>();
  const timers = new Set<unknown>();
  const listeners: { target: EventTarget; type: string; listener: unknown }[] = [];

  window.BroadcastChannel = class extends BroadcastChannel {
    constructor(name: string) {
      super(name);
      channels.add(this);
    }
    override close(): void {
      channels.delete(this);
      super.close();
    }
  };

  const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (...args) {
    const request = open.apply(this, args);
    request.addEventListener('success', () => connections.add(request.result));
    return request;
  };
  const { close } = IDBDatabase.prototype;
  IDBDatabase.prototype.close = function () {
    connections.delete(this);
    close.call(this);
  };

  const { setTimeout: set, clearTimeout: clear } = window;
  Object.assign(window, {
    setTimeout: (run: (...args: unknown[]) => void, ms: number, ...args: unknown[]) => {
      const timer = set(() => {
        timers.delete(timer);
        run(...args);
      }, ms);
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer: number) => {
      timers.delete(timer);
      clear(timer);
    },
    setInterval: () => {
      throw new Error('Nothing here repeats by itself.');
    },
  });

  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const isWatched = (target: unknown): boolean =>
    target === undefined || target === window || target === document || target === navigator;
  EventTarget.prototype.addEventListener = function (this: EventTarget | undefined, type, listener, options) {
    const target = this ?? window;
    if (isWatched(target) && listener) listeners.push({ target, type, listener });
    add.call(target, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (this: EventTarget | undefined, type, listener, options) {
    const target = this ?? window;
    const index = listeners.findIndex((one) => one.target === target && one.type === type && one.listener === listener);
    if (index >= 0) listeners.splice(index, 1);
    remove.call(target, type, listener, options);
  };

  window.held = async () => {
    const { held = [], pending = [] } = await (navigator.locks?.query() ?? Promise.resolve({}));
    return {
      channels: channels.size,
      connections: connections.size,
      timers: timers.size,
      listeners: listeners.map(({ type }) => type).sort(),
      locks: [...held, ...pending].map(({ name = '' }) => name),
    };
  };
}

/** A page without coordinator yet, in which everything is counted. */
const openCounted = (scope: string, lacks = '', driver: DriverConfig = {}): Promise<Tab<ChromiumPage>> =>
  browser.openTab({ scope, driver, create: false, initScript: `(${countHeld})();\n${lacks}` });

const heldIn = (tab: Tab): Promise<Held> => tab.evaluate(() => window.held());

/** Waits until the page holds no more than `before`. Where something leaks it waits in vain, and says what is left. */
async function expectNoMoreThan(tab: Tab, before: Held): Promise<void> {
  await tab.evaluate(async (wanted) => {
    for (let looks = 0; looks < 200; looks += 1) {
      if (JSON.stringify(await window.held()) === JSON.stringify(wanted)) return;
      await new Promise((resolve) => requestIdleCallback(resolve));
    }
  }, before);
  expect(await heldIn(tab)).toEqual(before);
}

const CYCLES = 50;

test('a coordinator that lives holds a channel, a connection and listeners: the counting counts', async () => {
  const tab = await openCounted('counted');
  const before = await heldIn(tab);
  await tab.evaluate(async () => {
    window.fixture.create();
    await window.fixture.coordinator.start();
  });
  const during = await heldIn(tab);
  expect(during.channels).toBe(before.channels + 1);
  expect(during.connections).toBe(before.connections + 1);
  expect(during.listeners.length).toBeGreaterThan(before.listeners.length);
  expect(during.locks).toHaveLength(2);
  expect(during.timers).toBeGreaterThan(before.timers);
  await tab.evaluate(() => window.fixture.coordinator.close());
  await expectNoMoreThan(tab, before);
  await tab.close();
});

test.each([
  ['everything', ''],
  ['no locks', NO_LOCKS],
  ['no native channel', NO_BROADCAST_CHANNEL],
])('50 coordinators that come and go leave nothing behind, with %s', async (name, lacks) => {
  const tab = await openCounted(`cycles ${name}`, lacks);
  const before = await heldIn(tab);
  await tab.evaluate(async (cycles) => {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      window.fixture.create();
      const { coordinator } = window.fixture;
      await coordinator.ready;
      await coordinator.close();
    }
  }, CYCLES);
  await expectNoMoreThan(tab, before);
  await tab.evaluate(async (cycles) => {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      window.fixture.create();
      const { coordinator } = window.fixture;
      await coordinator.start();
      await coordinator.end();
      await coordinator.close();
    }
  }, CYCLES);
  await expectNoMoreThan(tab, before);
  expect((await tab.evaluate(() => window.fixture.state())).problems).toEqual([]);
  await tab.close();
});

test('close() in the turn of its creation leaves nothing behind, 50 times, and ready resolves', async () => {
  const tab = await openCounted('same turn');
  const before = await heldIn(tab);
  await tab.evaluate(async (cycles) => {
    const ready: Promise<void>[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      window.fixture.create();
      const { coordinator } = window.fixture;
      void coordinator.close();
      ready.push(coordinator.ready);
    }
    await Promise.all(ready);
  }, CYCLES);
  await expectNoMoreThan(tab, before);
  const refused = await tab.call('start');
  expect(refused.error).toMatchObject({ name: 'InvalidStateError' });
  expect((await tab.evaluate(() => window.fixture.state())).problems).toEqual([]);
  await tab.close();
});

test('close() at any moment of a start leaves nothing behind and nobody waiting', async () => {
  const scope = 'closed in the middle';
  // A request that is aborted may have been served: nobody but the driver could know. This one sees all of them through.
  const tab = await openCounted(scope, '', { ignoreSignal: true });
  const before = await heldIn(tab);
  const names = await tab.evaluate(async (cycles) => {
    const ends: string[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      window.fixture.create();
      const { coordinator } = window.fixture;
      const started = coordinator.start().then(
        () => 'started',
        (error: Error & { code?: number }) => (error.name === 'SessionError' ? `refused ${error.code}` : error.name),
      );
      // A little later each time: in the middle of the look, the claim, the connection, the report.
      for (let tick = 0; tick < cycle; tick += 1) await new Promise((resolve) => queueMicrotask(() => resolve(null)));
      if (cycle % 5 === 4) await new Promise((resolve) => requestIdleCallback(resolve));
      const closed = coordinator.close();
      ends.push(await started);
      await closed;
    }
    return [...new Set(ends)];
  }, CYCLES);
  // 1002: on a busy machine the claim of the one before can take longer than its close() waits.
  for (const name of names) expect(['InvalidStateError', 'AbortError', 'started', 'refused 1002']).toContain(name);
  await expectNoMoreThan(tab, before);
  expect((await tab.evaluate(() => window.fixture.state())).problems).toEqual([]);
  // What was connected all the same was let go of. By epoch: all these coordinators speak for one page.
  const epochsOf = (...types: readonly ActType[]): Set<number> =>
    new Set(browser.backend.acts(scope, ...types).flatMap(({ epoch, outcome }) => (outcome === 'ok' ? [epoch] : [])));
  await browser.backend.until(() => {
    const over = epochsOf('end', 'release');
    return [...epochsOf('start')].every((epoch) => over.has(epoch));
  });
  const next = await browser.openTab({ scope });
  const ended = await next.call('end');
  expect(ended).toMatchObject({ ok: true });
  expect(await next.call('start')).toMatchObject({ ok: true });
  for (const opened of [tab, next]) await opened.close();
});

test('StrictMode mounts twice: the second coordinator works, and the first leaves nothing behind', async () => {
  const scope = 'strict mode';
  const tab = await openCounted(scope);
  const other = await browser.openTab({ scope });
  const before = await heldIn(tab);
  await tab.evaluate(async () => {
    // Effect, cleanup, effect: all in one turn.
    window.fixture.create();
    const first = window.fixture.coordinator;
    const stop = first.subscribe(() => undefined);
    stop();
    void first.close();
    window.fixture.create();
  });
  expect(await tab.call('start')).toMatchObject({ ok: true });
  await other.waitForPhase('active');
  expect((await other.call('start')).error).toMatchObject({ code: 1004 });
  expect((await tab.call('start')).error).toMatchObject({ code: 1004 });
  expect(await tab.call('end')).toMatchObject({ ok: true });
  expect(await tab.call('close')).toMatchObject({ ok: true });
  await expectNoMoreThan(tab, before);
  expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'end']);
  for (const opened of [tab, other]) await opened.close();
});

test('a hot reload that closes the host’s coordinator and makes another goes on with the session', async () => {
  const scope = 'hot reload';
  const [tab, other] = await browser.openTabs(2, { scope });
  if (!tab || !other) throw new Error('two tabs');
  expect(await tab.call('start')).toMatchObject({ ok: true });
  await other.waitForPhase('active');
  for (let reloads = 1; reloads <= 3; reloads += 1) {
    await tab.evaluate(() => {
      void window.fixture.coordinator.close();
      window.fixture.create();
    });
    await tab.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
    expect(browser.backend.acts(scope, 'resume')).toHaveLength(reloads);
  }
  await other.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'follower');
  expect(browser.backend.violations(scope)).toEqual([]);
  for (const opened of [tab, other]) {
    expect((await opened.state()).problems).toEqual([]);
    await opened.close();
  }
});

test('a hot reload that forgets to close leaves two coordinators, which count as two tabs and don’t block each other', async () => {
  const tab = await browser.openTab({ scope: 'forgotten' });
  expect(await tab.call('start')).toMatchObject({ ok: true });
  await tab.evaluate(() => {
    Reflect.set(window, 'forgotten', window.fixture.coordinator);
    window.fixture.create();
  });
  await tab.waitForPhase('active');
  expect((await tab.call('start')).error).toMatchObject({ code: 1004 });
  expect(await tab.call('end')).toMatchObject({ ok: true });
  expect(await tab.call('start')).toMatchObject({ ok: true });
  expect(browser.backend.violations('forgotten')).toEqual([]);
  await tab.close();
});
