/** What a resuming driver hears from its service, and what a reload does to it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import { driverHooks } from '../support/driver-hooks';
import type { DriverHook } from '../support/page-api';
import type { Tab } from '../support/tab';
import { closeAll, expectSettled, reasons } from './steps';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const types = (scope: string): readonly string[] => browser.backend.acts(scope).map(({ type }) => type);

describe('the service says that the session is gone for good', () => {
  /** How a driver says so, and what the tabs hear. The service has denied the resume in each case. */
  const WORDS: Record<string, { readonly resume: DriverHook; readonly error?: object; readonly reason?: string }> = {
    'an error that says that it is not retryable': {
      resume: (_, ask) =>
        ask().catch(() => {
          throw new window.solotab.SessionError(1011, { retryable: false, message: 'The agent has closed it.' });
        }),
      error: { code: 1011, retryable: false, message: 'The agent has closed it.' },
    },
    'an error whose code never is': {
      resume: (_, ask) =>
        ask().catch(() => {
          throw new window.solotab.SessionError(1006);
        }),
      error: { code: 1006, retryable: false },
    },
    'a pair of code and exception': {
      resume: (_, ask) =>
        ask().catch(() => {
          throw { code: 1015, exception: 'SESSION_DUPLICATE_USER' };
        }),
      error: { code: 1015, retryable: false },
    },
    'ended(), and then an error': {
      resume: (context, ask) =>
        ask().catch((error) => {
          context.ended('closed by the agent');
          throw error;
        }),
      reason: 'closed by the agent',
    },
    'ended(), and then nothing any more': {
      resume: (context, ask) =>
        ask().catch(() => {
          context.ended('closed by the agent');
          return new Promise(() => undefined);
        }),
      reason: 'closed by the agent',
    },
    'ended(), and then a session all the same': {
      resume: (context, ask) =>
        ask().catch(() => {
          context.ended('closed by the agent');
          return 'a session';
        }),
      reason: 'closed by the agent',
    },
    'ended() without a reason': {
      resume: (context, ask) =>
        ask().catch((error) => {
          context.ended();
          throw error;
        }),
      reason: 'ended',
    },
  };

  async function expectOver(
    tabs: readonly Tab[],
    scope: string,
    { error, reason }: (typeof WORDS)[string],
  ): Promise<void> {
    for (const tab of tabs) {
      await tab.waitForPhase('idle');
      await tab.waitFor(({ events }) => events.some(({ type }) => type === 'session_ended'));
      const told = await reasons(tab);
      expect(told).toEqual([reason ?? expect.any(String)]);
      expect(told).not.toEqual(['recovery-expired']);
      const errors = (await tab.events('session_error')).map(({ event }) => event);
      expect(errors).toEqual(error ? [expect.objectContaining(error)] : []);
    }
    expect(types(scope).filter((type) => type === 'resume')).toHaveLength(1);
  }

  test.each(Object.entries(WORDS))('after a reload: %s', async (what, words) => {
    const scope = `gone for good: ${what}`;
    const [host, other] = await activeTabs(browser, 2, { scope, initScript: driverHooks({ resume: words.resume }) });
    if (!other) throw new Error('two tabs');
    browser.backend.deny(scope, 'resume', {});
    await host.reload();
    await expectOver([host, other], scope, words);
    expect(await other.call('start')).toMatchObject({ ok: true });
    await closeAll(host, other);
  });

  test.each(Object.entries(WORDS))('as a person resumes it in another tab: %s', async (what, words) => {
    const scope = `gone for good, by hand: ${what}`;
    const initScript = driverHooks({ resume: words.resume });
    const [host, other, third] = await activeTabs<ChromiumPage>(browser, 3, {
      scope,
      initScript,
      recovery: { by: 'manual' },
    });
    if (!other || !third) throw new Error('three tabs');
    browser.backend.deny(scope, 'resume', {});
    await host.page.kill();
    await other.waitForPhase('recovering');
    const outcome = await other.call('resume');
    expectSettled(outcome);
    if (words.error) expect(outcome.error).toMatchObject({ ...words.error, local: false });
    await expectOver([other, third], scope, words);
    await closeAll(other, third);
  });

  test('as any tab may resume it: one tries, and the others do not try again', async () => {
    const scope = 'gone for good, any tab';
    const words = WORDS['an error that says that it is not retryable'];
    if (!words) throw new Error('no words');
    const given = {
      scope,
      initScript: driverHooks({ resume: words.resume }),
      recovery: { by: 'any-tab' as const, attempts: 5 },
    };
    const [host, ...others] = await activeTabs<ChromiumPage>(browser, 4, given);
    browser.backend.deny(scope, 'resume', {});
    await host.page.kill();
    await expectOver(others, scope, words);
    await closeAll(...others);
  });

  test('an error that may pass is tried again, as often as was agreed', async () => {
    const scope = 'not for good';
    const [host, other] = await activeTabs(browser, 2, { scope, recovery: { attempts: 3 } });
    if (!other) throw new Error('two tabs');
    browser.backend.deny(scope, 'resume', { message: 'try again' });
    await host.reload();
    for (const tab of [host, other]) {
      await tab.waitForPhase('idle');
      await tab.waitFor(({ events }) => events.some(({ type }) => type === 'session_ended'));
      expect(await reasons(tab)).toEqual(['recovery-expired']);
    }
    expect(types(scope).filter((type) => type === 'resume')).toHaveLength(3);
    await closeAll(host, other);
  });
});

describe('the tab is reloaded while its driver resumes', () => {
  test.each([1, 2])('four times, where %i attempts are allowed: the session goes on', async (attempts) => {
    const scope = `reloads ${attempts}`;
    const [host, other] = await activeTabs(browser, 2, { scope, recovery: { attempts } });
    if (!other) throw new Error('two tabs');
    browser.backend.hold(scope, 'resume');
    for (let reload = 1; reload <= 4; reload += 1) {
      await host.reload();
      await browser.backend.until(() => browser.backend.acts(scope, 'resume').length === reload);
    }
    const [latest] = browser.backend.acts(scope, 'resume').slice(-1);
    await browser.backend.until(
      () => browser.backend.acts(scope, 'resume').filter(({ outcome }) => outcome === 'pending').length === 1,
    );
    (await browser.backend.held(scope, 'resume')).allow();
    for (const tab of [host, other]) await tab.waitForPhase('active');
    expect(latest?.tabId).toBe((await host.state()).tabId);
    expect((await host.snapshot()).role).toBe('host');
    expect(await reasons(other)).toEqual([]);
    expect(await other.events('session_error')).toEqual([]);
    expect(browser.backend.violations(scope)).toEqual([]);
    await closeAll(host, other);
  });

  test('it is left and gone back to, again and again: the session goes on', async () => {
    const scope = 'left while resuming';
    const [host, other] = await activeTabs(browser, 2, { scope });
    if (!other) throw new Error('two tabs');
    browser.backend.hold(scope, 'resume');
    await host.reload();
    await browser.backend.held(scope, 'resume');
    for (let times = 1; times <= 3; times += 1) {
      await host.leave();
      await host.page.back();
      await browser.backend.until(() => browser.backend.acts(scope, 'resume').length > times);
    }
    await browser.backend.until(
      () => browser.backend.acts(scope, 'resume').filter(({ outcome }) => outcome === 'pending').length === 1,
    );
    browser.backend.unhold(scope, 'resume');
    (await browser.backend.held(scope, 'resume')).allow();
    for (const tab of [host, other]) await tab.waitForPhase('active');
    expect((await host.snapshot()).role).toBe('host');
    expect(await reasons(other)).toEqual([]);
    await closeAll(host, other);
  });

  test('attempts that failed by themselves still count, whatever reloads there were between them', async () => {
    const scope = 'failed and reloaded';
    const [host, other] = await activeTabs(browser, 2, { scope, recovery: { attempts: 2 } });
    if (!other) throw new Error('two tabs');
    browser.backend.hold(scope, 'resume');
    await host.reload();
    (await browser.backend.held(scope, 'resume')).deny({ message: 'failed' });
    await browser.backend.held(scope, 'resume');
    await host.reload();
    await browser.backend.until(() => browser.backend.acts(scope, 'resume').length === 3);
    await browser.backend.until(
      () => browser.backend.acts(scope, 'resume').filter(({ outcome }) => outcome === 'pending').length === 1,
    );
    (await browser.backend.held(scope, 'resume')).deny({ message: 'failed' });
    for (const tab of [host, other]) await tab.waitForPhase('idle');
    await other.waitFor(({ events }) => events.some(({ type }) => type === 'session_ended'));
    expect(await reasons(other)).toEqual(['recovery-expired']);
    await closeAll(host, other);
  });
});
