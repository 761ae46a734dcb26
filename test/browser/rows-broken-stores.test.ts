/** A store that breaks in mid-session, and tabs that can not exclude each other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relay } from './scenarios/relay';
import { closeAll, expectNoProblems, JOURNALED_EVENTS, openRow, rowNamed } from './scenarios/rows';
import { storm } from './scenarios/storm';
import { type ChromiumBrowser, launchChromium } from './support/chromium';
import {
  FAILING_INDEXEDDB,
  FAILING_LOCKS,
  HANGING_INDEXEDDB,
  NO_CHANNEL,
  NO_INDEXEDDB,
  NO_LOCKS,
  NO_SESSION_STORAGE,
  THROWING_INDEXEDDB,
} from './support/init-scripts';
import type { Tab } from './support/tab';

/** Runs the timers of hidden tabs at once, for what would take long and has no more to show if it did. */
let hasty: ChromiumBrowser;
beforeAll(async () => {
  hasty = await launchChromium({ flags: ['--disable-background-timer-throttling'] });
});
afterAll(() => hasty?.close());

describe('an IndexedDB', () => {
  /** From the call of `breakStore()` on, as where the browser has closed its storage for good. */
  const BREAKABLE = `window.breakStore = () => {
    IDBDatabase.prototype.transaction = () => { throw new DOMException('Lost, by the test.', 'InvalidStateError'); };
    ${FAILING_INDEXEDDB}
  };`;
  const breakStore = (tab: Tab): Promise<void> =>
    tab.evaluate(() => (window as unknown as { breakStore(): void }).breakStore());

  test('that is lost in mid-session, on every retry too, costs neither the session nor the exclusion', async () => {
    const scope = 'lost for good';
    const tabs = await openRow(hasty, { name: scope, lacks: [BREAKABLE] }, 3, { scope });
    const [host, other, third] = tabs;
    if (!host || !other || !third) throw new Error('three tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    for (const tab of tabs) await tab.waitForPhase('active');
    await breakStore(host);
    await host.tell('error', { code: 1016, exception: 'NETWORK_ERROR' });
    for (const tab of tabs) await tab.waitFor(({ events }) => events.some(({ type }) => type === 'session_error'));
    await host.waitFor(({ logs }) => logs.some((line) => line.includes('storage failed')));
    expect(await host.snapshot()).toMatchObject({ phase: 'active', role: 'host', guarantee: 'exclusive' });
    await breakStore(other);
    for (const tab of [other, third]) expect((await tab.call('start')).error).toMatchObject({ code: 1004 });
    expect(await third.call('end')).toMatchObject({ ok: true });
    for (const tab of tabs) await tab.waitForPhase('idle');
    for (const tab of [other, third, host]) {
      expect(await tab.call('start')).toMatchObject({ ok: true });
      for (const rival of tabs.filter((candidate) => candidate !== tab)) {
        expect((await rival.call('start')).error).toMatchObject({ code: 1004 });
      }
      expect(await tab.call('end')).toMatchObject({ ok: true });
    }
    expect(hasty.backend.violations(scope)).toEqual([]);
    await expectNoProblems(tabs);
    await closeAll(tabs);
  });

  test('that is lost where there are no locks either ends the guarantee, is announced, and warned of once', async () => {
    const scope = 'guarantee lost';
    const lacks = [`${BREAKABLE}\n${NO_LOCKS}`];
    const tabs = await openRow(hasty, { name: scope, lacks }, 1, { scope });
    const [tab] = tabs;
    if (!tab) throw new Error('no tab');
    expect((await tab.snapshot()).guarantee).toBe('exclusive');
    await tab.evaluate(() => {
      const { coordinator } = window.fixture;
      const seen: string[] = [];
      Reflect.set(window, 'guarantees', seen);
      coordinator.on('statechange', ({ guarantee }) => seen.push(guarantee));
    });
    await breakStore(tab);
    await tab.call('start');
    const { logs } = await tab.waitFor(({ snapshot }) => snapshot.guarantee === 'best-effort');
    const seen: readonly string[] = await tab.evaluate(() => Reflect.get(window, 'guarantees'));
    expect(seen.filter((guarantee, index) => guarantee !== seen[index - 1])).toContain('best-effort');
    expect(logs.filter((line) => line.includes('exclude'))).toHaveLength(1);
    await expectNoProblems(tabs);
    await closeAll(tabs);
  });

  test('that fails on the very call where there are no locks either does not let that call slip through', async () => {
    const scope = 'fails on the call';
    const lacks = [`${BREAKABLE}\n${NO_LOCKS}`];
    const tabs = await openRow(hasty, { name: scope, lacks }, 1, { scope, whenUnsafe: 'refuse' });
    const [tab] = tabs;
    if (!tab) throw new Error('no tab');
    await breakStore(tab);
    // The claim had been made when its store failed: the attempt is over, which every tab is told.
    expect((await tab.call('start')).error).toMatchObject({ code: 9999, local: false });
    await tab.waitForPhase('idle');
    expect(hasty.backend.acts(scope)).toEqual([]);
    await closeAll(tabs);
  });

  test.each<[string, () => Promise<void>]>([
    [
      'deleted',
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.deleteDatabase('solotab');
          request.onsuccess = () => resolve();
          request.onerror = () => reject(request.error);
        }),
    ],
    [
      'upgraded',
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open('solotab', 7);
          request.onsuccess = () => {
            request.result.close();
            resolve();
          };
          request.onerror = () => reject(request.error);
        }),
    ],
  ])('that is %s by another script is let go of, and the session stays one', async (what, disturb) => {
    const scope = `was ${what}`;
    const tabs = await openRow(hasty, rowNamed('everything'), 3, { scope });
    const [host, other, third] = tabs;
    if (!host || !other || !third) throw new Error('three tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    for (const tab of tabs) await tab.waitForPhase('active');
    await other.evaluate(disturb);
    expect((await other.call('start')).error).toMatchObject({ code: 1004 });
    const late = await hasty.openTab({ scope });
    await late.waitForPhase('active');
    expect((await late.call('start')).error).toMatchObject({ code: 1004 });
    for (const tab of [host, other, third]) expect((await tab.snapshot()).guarantee).toBe('exclusive');
    await host.tell('error', { code: 1016, exception: 'NETWORK_ERROR' });
    for (const tab of [...tabs, late]) {
      await tab.waitFor(({ events }) => events.some(({ type }) => type === 'session_error'));
    }
    expect(await third.call('end')).toMatchObject({ ok: true });
    expect(await late.call('start')).toMatchObject({ ok: true });
    expect(hasty.backend.violations(scope)).toEqual([]);
    await expectNoProblems([...tabs, late]);
    await closeAll([...tabs, late]);
  });

  test('whose site data the user clears in mid-session is written anew by the host', async () => {
    const scope = 'cleared';
    const tabs = await openRow(hasty, rowNamed('everything'), 2, { scope });
    const [host, other] = tabs;
    if (!host || !other) throw new Error('two tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await other.waitForPhase('active');
    await host.page.session.send('Storage.clearDataForOrigin', {
      origin: hasty.server.origin,
      storageTypes: 'indexeddb',
    });
    expect((await other.call('start')).error).toMatchObject({ code: 1004 });
    const late = await hasty.openTab({ scope });
    await late.waitForPhase('active');
    expect((await late.call('start')).error).toMatchObject({ code: 1004 });
    await expectNoProblems([...tabs, late]);
    await closeAll([...tabs, late]);
  });

  test('whose quota is exceeded leaves the locks to exclude', async () => {
    const scope = 'quota';
    const fullStore = `
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (...args) {
        const request = put.apply(this, args);
        const error = new DOMException('Full, by the test.', 'QuotaExceededError');
        Object.defineProperty(this.transaction, 'error', { value: error });
        this.transaction.commit = () => this.transaction.abort();
        return request;
      };`;
    const tabs = await openRow(hasty, { name: scope, lacks: [fullStore] }, 6, { scope });
    await storm(hasty, tabs, scope, 2);
    for (const tab of tabs) expect((await tab.snapshot()).guarantee).toBe('exclusive');
    await expectNoProblems(tabs);
    await closeAll(tabs);
  });
});

describe('where tabs can’t exclude each other', () => {
  const UNSAFE: readonly (readonly [string, string])[] = [
    ['neither IndexedDB nor locks', `${NO_INDEXEDDB}\n${NO_LOCKS}`],
    ['an IndexedDB and locks that fail', `${THROWING_INDEXEDDB}\n${FAILING_LOCKS}`],
    ['an IndexedDB that hangs, and no locks', `${HANGING_INDEXEDDB}\n${NO_LOCKS}`],
    ['nothing at all', `${NO_INDEXEDDB}\n${NO_LOCKS}\n${NO_CHANNEL}\n${NO_SESSION_STORAGE}`],
  ];

  test.each(UNSAFE)(
    'with %s, that is said at once, warned of once, and refused if the app wants',
    async (name, initScript) => {
      const scope = `unsafe ${name}`;
      const tab = await hasty.openTab({ scope, initScript });
      expect((await tab.snapshot()).guarantee).toBe('best-effort');
      expect(await tab.call('start')).toMatchObject({ ok: true });
      expect((await tab.call('start')).error).toMatchObject({ code: 1004 });
      expect(await tab.call('end')).toMatchObject({ ok: true });
      const { logs } = await tab.state();
      expect(logs.filter((line) => line.includes('exclude'))).toHaveLength(1);

      const careful = await hasty.openTab({ scope: `${scope}, refused`, initScript, whenUnsafe: 'refuse' });
      for (const method of ['start', 'join'] as const) {
        const { error } = await careful.call(method);
        expect(error).toMatchObject({ name: 'SessionError', code: 9999, local: true });
        expect(error?.message).toMatch(/exclude/);
      }
      expect(hasty.backend.acts(`${scope}, refused`)).toEqual([]);
      await expectNoProblems([tab, careful]);
      await closeAll([tab, careful]);
    },
  );

  test('tabs that have a channel tell each other all the same', async () => {
    const scope = 'unsafe, and told';
    const lacks = [`${NO_INDEXEDDB}\n${NO_LOCKS}`];
    const tabs = await openRow(hasty, { name: scope, lacks }, 3, { scope, events: ['agent_joined'] });
    await relay(tabs, JOURNALED_EVENTS);
    for (const tab of tabs) await tab.waitForPhase('idle');
    expect(await tabs[1]?.call('start')).toMatchObject({ ok: true });
    for (const tab of tabs) await tab.waitForPhase('active');
    for (const tab of tabs) expect((await tab.call('start')).error).toMatchObject({ code: 1004 });
    await closeAll(tabs);
  });

  test('a sandboxed page is such a place', async () => {
    const headers = { 'content-security-policy': 'sandbox allow-scripts' };
    const tab = await hasty.openTab({ scope: 'sandboxed', headers });
    expect(await tab.evaluate(() => window.origin)).toBe('null');
    expect((await tab.snapshot()).guarantee).toBe('best-effort');
    expect(await tab.call('start')).toMatchObject({ ok: true });
    expect(await tab.call('end')).toMatchObject({ ok: true });
    const careful = await hasty.openTab({ scope: 'sandboxed, refused', headers, whenUnsafe: 'refuse' });
    expect((await careful.call('start')).error).toMatchObject({ code: 9999, local: true });
    expect(hasty.backend.acts('sandboxed, refused')).toEqual([]);
    const { logs } = await tab.state();
    expect(logs.filter((line) => line.includes('exclude'))).toHaveLength(1);
    await expectNoProblems([tab, careful]);
    await closeAll([tab, careful]);
  });
});
