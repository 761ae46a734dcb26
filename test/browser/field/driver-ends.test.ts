/** How a session ends by its driver's doing, or while its driver is busy. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import { driverHooks } from '../support/driver-hooks';
import type { DriverHook } from '../support/page-api';
import type { Tab } from '../support/tab';
import { closeAll, reasons } from './steps';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const ends = (scope: string): number => browser.backend.acts(scope, 'end').length;

async function expectEnded(tabs: readonly Tab[], reason: string): Promise<void> {
  for (const tab of tabs) {
    await tab.waitForPhase('idle');
    await tab.waitFor(({ events }) => events.some(({ type }) => type === 'session_ended'));
    expect(await reasons(tab)).toEqual([reason]);
    expect((await tab.snapshot()).role).toBe('none');
    expect((await tab.state()).problems).toEqual([]);
  }
}

describe('the other side hangs up as the call connects', () => {
  /** When the driver hears of it: before it resolves, or so many microtasks or a task afterwards. */
  const MOMENTS: Record<string, DriverHook> = {
    'just before': async (context, ask) => {
      const session = await ask();
      context.ended('they hung up');
      return session;
    },
    'a microtask before': async (context, ask) => {
      const session = await ask();
      await Promise.resolve().then(() => context.ended('they hung up'));
      return session;
    },
    'in the microtask that follows': async (context, ask) => {
      const session = await ask();
      queueMicrotask(() => context.ended('they hung up'));
      return session;
    },
    'in the turn of a promise of the driver itself': (context, ask) => {
      const session = ask();
      void session.then(() => context.ended('they hung up'));
      return session;
    },
    'a few microtasks later': async (context, ask) => {
      const session = await ask();
      let later = Promise.resolve();
      for (let turns = 0; turns < 4; turns += 1) later = later.then(() => undefined);
      void later.then(() => context.ended('they hung up'));
      return session;
    },
    'many microtasks later': async (context, ask) => {
      const session = await ask();
      let later = Promise.resolve();
      for (let turns = 0; turns < 30; turns += 1) later = later.then(() => undefined);
      void later.then(() => context.ended('they hung up'));
      return session;
    },
    'in the next task': async (context, ask) => {
      const session = await ask();
      setTimeout(() => context.ended('they hung up'));
      return session;
    },
    twice: async (context, ask) => {
      const session = await ask();
      queueMicrotask(() => context.ended('they hung up'));
      queueMicrotask(() => context.ended('and again'));
      return session;
    },
  };

  test.each(Object.entries(MOMENTS))('%s', async (moment, hook) => {
    for (const kind of ['start', 'join'] as const) {
      const scope = `hung up: ${moment}, ${kind}`;
      const [caller, other] = await browser.openTabs(2, { scope, initScript: driverHooks({ [kind]: hook }) });
      if (!caller || !other) throw new Error('two tabs');
      // Whether the call succeeded is a matter of taste; it is over.
      await caller.call(kind);
      await expectEnded([caller, other], 'they hung up');
      expect(await other.call(kind === 'start' ? 'join' : 'start')).toMatchObject({ ok: true });
      await closeAll(caller, other);
    }
  });

  test.each(Object.entries(MOMENTS))('%s, as a reloaded tab resumes', async (moment, hook) => {
    const scope = `hung up: ${moment}, resume`;
    const [host, other] = await activeTabs(browser, 2, { scope, initScript: driverHooks({ resume: hook }) });
    if (!other) throw new Error('two tabs');
    await host.reload();
    await expectEnded([host, other], 'they hung up');
    expect(browser.backend.acts(scope, 'resume')).toHaveLength(1);
    await closeAll(host, other);
  });
});

describe('a driver that ends its session by the coordinator', () => {
  /** Far below `connectTimeoutMs`, after which everything would settle somehow. */
  const AT_ONCE_MS = 5_000;
  const WAYS: Record<string, DriverHook> = {
    'awaits coordinator.end()': async (_, ask) => {
      await window.fixture.coordinator.end();
      await ask();
    },
    'awaits it after its own work': async (_, ask) => {
      await ask();
      await window.fixture.coordinator.end();
    },
    'awaits coordinator.cancel()': async (_, ask) => {
      await window.fixture.coordinator.cancel();
      await ask();
    },
    'awaits both, twice': async (_, ask) => {
      const { coordinator } = window.fixture;
      await Promise.all([coordinator.end(), coordinator.cancel(), coordinator.end()]);
      await ask();
      await coordinator.end();
    },
  };

  const CALLERS: Record<string, (host: Tab, other: Tab) => Promise<unknown>> = {
    'the host ends it': async (host) => {
      const ended = await host.call('end');
      expect(ended).toMatchObject({ ok: true });
      expect(ended.ms).toBeLessThan(AT_ONCE_MS);
    },
    'another tab ends it': async (_, other) => {
      const ended = await other.call('end');
      expect(ended).toMatchObject({ ok: true });
      expect(ended.ms).toBeLessThan(AT_ONCE_MS);
    },
  };

  const cases = Object.keys(WAYS).flatMap((way) => Object.keys(CALLERS).map((caller) => [way, caller] as const));
  test.each(cases)('%s in driver.end, as %s', async (way, caller) => {
    const scope = `${way}, ${caller}`;
    const hook = WAYS[way];
    if (!hook) throw new Error('no such way');
    const [host, other] = await activeTabs(browser, 2, { scope, initScript: driverHooks({ end: hook }) });
    if (!other) throw new Error('two tabs');
    const began = performance.now();
    await CALLERS[caller]?.(host, other);
    await expectEnded([host, other], 'ended');
    expect(performance.now() - began).toBeLessThan(2 * AT_ONCE_MS);
    expect(await host.events('session_error')).toEqual([]);
    expect(ends(scope)).toBe(1);
    expect(await other.call('start')).toMatchObject({ ok: true });
    await closeAll(host, other);
  });

  test('awaits coordinator.end() in driver.end, as the tab ends a session whose host is gone', async () => {
    const scope = 'orphan, ends by the coordinator';
    const hook = WAYS['awaits coordinator.end()'];
    if (!hook) throw new Error('no such way');
    const [host, other] = await activeTabs<ChromiumPage>(browser, 2, { scope, initScript: driverHooks({ end: hook }) });
    if (!other) throw new Error('two tabs');
    await host.page.kill();
    await other.waitForPhase('recovering');
    const ended = await other.call('end');
    expect(ended).toMatchObject({ ok: true });
    expect(ended.ms).toBeLessThan(AT_ONCE_MS);
    expect(ends(scope)).toBe(1);
    await other.close();
  });
});

describe('a live session whose host reconnects', () => {
  test.each(['host', 'follower'] as const)('is ended by the %s: ended, not canceled', async (by) => {
    const scope = `reconnecting, ended by ${by}`;
    const [host, other] = await activeTabs(browser, 2, { scope });
    if (!other) throw new Error('two tabs');
    await host.tell('reconnecting');
    for (const tab of [host, other]) await tab.waitForPhase('recovering');
    expect(await (by === 'host' ? host : other).call('end')).toMatchObject({ ok: true });
    await expectEnded([host, other], 'ended');
    expect(ends(scope)).toBe(1);
    await closeAll(host, other);
  });

  test('is given up by cancel(): ended, because it was live', async () => {
    const scope = 'reconnecting, canceled';
    const [host, other] = await activeTabs(browser, 2, { scope });
    if (!other) throw new Error('two tabs');
    await host.tell('reconnecting');
    await other.waitForPhase('recovering');
    expect(await other.call('cancel')).toMatchObject({ ok: true });
    await expectEnded([host, other], 'ended');
    await closeAll(host, other);
  });

  test.each(['host', 'follower'] as const)(
    'after its reload, is ended by the %s while its driver resumes: ended',
    async (by) => {
      const scope = `resuming, ended by ${by}`;
      const [host, other] = await activeTabs(browser, 2, { scope });
      if (!other) throw new Error('two tabs');
      browser.backend.hold(scope, 'resume');
      await host.reload();
      await browser.backend.held(scope, 'resume');
      await other.waitForPhase('connecting');
      expect(await (by === 'host' ? host : other).call('end')).toMatchObject({ ok: true });
      await expectEnded([host, other], 'ended');
      await closeAll(host, other);
    },
  );

  test('but a first attempt that is given up is canceled', async () => {
    const scope = 'first attempt';
    const [host, other] = await browser.openTabs(2, { scope });
    if (!host || !other) throw new Error('two tabs');
    browser.backend.hold(scope, 'start');
    const started = host.call('start');
    await other.waitForPhase('connecting');
    expect(await other.call('end')).toMatchObject({ ok: true });
    expect((await started).error).toMatchObject({ name: 'AbortError' });
    await expectEnded([host, other], 'canceled');
    await closeAll(host, other);
  });
});
