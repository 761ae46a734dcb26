/** A coordinator in a worker follows the session of a page, calls its commands and ends it, in real browsers. It never has it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChromiumBrowser, launchChromium } from './support/chromium';
import { launchFirefox } from './support/firefox';
import type { EnginePage, Tab, TestBrowser } from './support/tab';
import { launchWebKit } from './support/webkit';
import { askWorker, type WorkerKind } from './support/worker-api';

/** Two pages; the worker is the second one's. */
async function openPages<Page extends EnginePage>(browser: TestBrowser<Page>, kind: WorkerKind, scope: string) {
  const options = { scope, recovery: { by: 'any-tab' } } as const;
  const [host, owner] = await browser.openTabs(2, options);
  if (!host || !owner) throw new Error('no tabs');
  const ask = (question: Omit<Parameters<typeof askWorker>[2], 'scope'> = {}) =>
    askWorker(owner, kind, { scope, ...question });
  return { host, owner, ask };
}

/** Who holds locks of this scope, and how many requests wait. */
const locksOf = (tab: Tab, scope: string): Promise<{ holders: number; waiting: number }> =>
  tab.evaluate(async (name) => {
    const { held = [], pending = [] } = await navigator.locks.query();
    const ours = (locks: LockInfo[]): LockInfo[] => locks.filter((lock) => lock.name?.startsWith(`solotab:${name}:`));
    return { holders: new Set(ours(held).map(({ clientId }) => clientId)).size, waiting: ours(pending).length };
  }, scope);

function followsEverywhere(launched: () => TestBrowser, kinds: readonly WorkerKind[]): void {
  test.each(kinds)(
    'a %s worker follows the session of a page, hears its events, calls a command and ends it',
    async (kind) => {
      const scope = `followed by a ${kind} worker`;
      const { host, owner, ask } = await openPages(launched(), kind, scope);
      expect(await ask()).toMatchObject({ snapshot: { phase: 'idle' }, logs: [] });
      expect(await host.call('start')).toMatchObject({ ok: true });
      const { tabId } = await host.state();
      expect(await ask({ phase: 'active' })).toMatchObject({ snapshot: { role: 'follower', hostTabId: tabId } });
      await host.tell('emit', 'note', 1);
      expect(await ask({ method: 'call', args: ['act', 'from the worker'] })).toMatchObject({
        outcome: { value: 200 },
        events: ['session_started', 'note'],
      });
      expect(
        launched()
          .backend.acts(scope, 'act')
          .map(({ body }) => body),
      ).toEqual(['from the worker']);
      expect(await ask({ method: 'end' })).toMatchObject({
        outcome: {},
        snapshot: { phase: 'idle' },
        events: ['session_started', 'note', 'session_ended'],
        logs: [],
      });
      expect(launched().backend.acts(scope, 'end')).toHaveLength(1);
      expect((await owner.state()).logs).toEqual([]);
      for (const tab of [host, owner]) await tab.close();
    },
  );

  test('a worker refuses to host, with what to do instead, and holds no lock and waits for none', async () => {
    const scope = 'refused in a worker';
    const { host, owner, ask } = await openPages(launched(), 'dedicated', scope);
    for (const method of ['start', 'join', 'resume', 'takeOver', 'ensure'] as const) {
      expect(await ask({ method })).toMatchObject({
        outcome: { error: { name: 'SessionError', code: 9999, suggestedAction: expect.stringContaining('in a page') } },
      });
    }
    await host.call('start');
    await owner.waitForPhase('active');
    // The host has the term and the seat; the other page waits for its death.
    await ask({ phase: 'active' });
    expect(await locksOf(host, scope)).toEqual({ holders: 1, waiting: 1 });
    await owner.evaluate(() => window.fixture.coordinator.close());
    expect(await ask({ method: 'call', args: ['act', 1] })).toMatchObject({ outcome: { value: 200 } });
    expect(await locksOf(host, scope)).toEqual({ holders: 1, waiting: 0 });
    await host.call('end');
    for (const tab of [host, owner]) await tab.close();
  });
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  followsEverywhere(() => browser, ['dedicated', 'shared', 'service']);

  test.each(['dedicated', 'shared'] as const)(
    'a host that is killed beside a page and its %s worker is followed by that page, and the worker hears of it',
    async (kind) => {
      const scope = `killed beside a ${kind} worker`;
      const { host, owner, ask } = await openPages(browser, kind, scope);
      await host.call('start');
      const before = await ask({ phase: 'active' });
      await host.page.kill();
      const { tabId } = await owner.waitFor(({ snapshot }) => snapshot.role === 'host' && snapshot.phase === 'active');
      const after = await ask({ phase: 'active' });
      expect(after.snapshot.hostTabId).toBe(tabId);
      expect(after.snapshot.epoch).toBeGreaterThan(before.snapshot.epoch);
      expect(browser.backend.acts(scope, 'resume')).toHaveLength(1);
      expect(after.logs).toEqual([]);
      await owner.close();
    },
  );

  test('a page whose worker follows is cached all the same, and back again the worker knows what began meanwhile', async () => {
    const scope = 'cached with its worker';
    const { host, owner, ask } = await openPages(browser, 'dedicated', scope);
    const { tabId } = await ask();
    const document = await owner.documentId();
    await owner.leave();
    await host.call('start');
    expect(await owner.back(document)).toBe('restored');
    expect(await ask({ phase: 'active' })).toMatchObject({ tabId, events: ['session_started'] });
    await owner.leave();
    expect(await host.call('end')).toMatchObject({ ok: true });
    expect(await owner.back(document)).toBe('restored');
    expect(await ask({ phase: 'idle' })).toMatchObject({ tabId, events: ['session_started', 'session_ended'] });
    for (const tab of [host, owner]) await tab.close();
  });
});

describe('in Firefox', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser?.close());

  followsEverywhere(() => browser, ['dedicated', 'shared']);
});

describe('in WebKitGTK', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await launchWebKit();
  });
  afterAll(() => browser?.close());

  followsEverywhere(() => browser, ['dedicated', 'shared', 'service']);
});
