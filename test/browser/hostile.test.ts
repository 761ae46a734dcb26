/** Strict policies, and strangers: other scripts on the same origin that send, store and lock what they like. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from './support/chromium';
import { NO_BROADCAST_CHANNEL, NO_LOCKS } from './support/init-scripts';
import type { Tab } from './support/tab';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** Notes what the browser says against the page. */
const WATCH_REPORTS = `
  window.reports = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => window.reports.push(violatedDirective + ' ' + blockedURI));
  new ReportingObserver((reports) => window.reports.push(...reports.map(({ type, body }) => type + ' ' + JSON.stringify(body))), { buffered: true }).observe();
`;

const reportsOf = (tab: Tab): Promise<readonly string[]> =>
  tab.evaluate(() => (window as unknown as { reports: string[] }).reports);

async function expectNoProblems(...tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) expect((await tab.state()).problems).toEqual([]);
}

describe('under a strict Content-Security-Policy with Trusted Types', () => {
  const headers = {
    'content-security-policy': "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
  };

  test('the policy is in force, and would be noticed', async () => {
    const tab = await browser.openTab({ scope: 'csp control', headers, initScript: WATCH_REPORTS });
    await tab.evaluate(
      () =>
        new Promise<void>((resolve) => {
          addEventListener('securitypolicyviolation', () => resolve());
          const script = document.createElement('img');
          script.src = 'data:image/png;base64,AAAA';
          document.documentElement.append(script);
        }),
    );
    expect(await reportsOf(tab)).not.toEqual([]);
    await tab.close();
  });

  test.each([
    ['the native channel', ''],
    ['the channel through storage', NO_BROADCAST_CHANNEL],
    ['the challenge instead of locks', NO_LOCKS],
  ])('a session lives its life over %s without a violation', async (name, lacks) => {
    const scope = `csp ${name}`;
    const options = { scope, headers, initScript: `${WATCH_REPORTS}\n${lacks}`, driver: { publish: { id: 7 } } };
    const [host, other] = await browser.openTabs(2, options);
    if (!host || !other) throw new Error('two tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await other.waitForPhase('active');
    expect((await other.call('start')).error).toMatchObject({ code: 1004 });
    await host.tell('error', { code: 1016, exception: 'NETWORK_ERROR' });
    await other.waitFor(({ events }) => events.some(({ type }) => type === 'session_error'));
    expect(await other.call('takeOver')).toMatchObject({ ok: true });
    expect(await host.call('end')).toMatchObject({ ok: true });
    for (const tab of [host, other]) {
      await tab.waitForPhase('idle');
      expect(await reportsOf(tab)).toEqual([]);
      await tab.close();
    }
  });
});

describe('under Permissions-Policy: unload=()', () => {
  const headers = { 'permissions-policy': 'unload=()' };

  test('nothing is reported, and a follower and a host come back from the cache', async () => {
    const scope = 'no unload';
    const [host, other] = await browser.openTabs(2, { scope, headers, initScript: WATCH_REPORTS });
    if (!host || !other) throw new Error('two tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await other.waitForPhase('active');
    for (const tab of [other, host]) {
      const documentId = await tab.documentId();
      await tab.leave();
      expect(await tab.back(documentId)).toBe('restored');
      await tab.waitForPhase('active');
    }
    for (const tab of [host, other]) {
      expect((await reportsOf(tab)).filter((report) => report.includes('unload'))).toEqual([]);
      await tab.close();
    }
  });

  test('a page that did listen for unload would be reported', async () => {
    const listen = "addEventListener('unload', () => {});";
    const tab = await browser.openTab({ scope: 'unload', headers, initScript: `${WATCH_REPORTS}\n${listen}` });
    const reported = await tab.evaluate(
      () =>
        new Promise<boolean>((resolve) => {
          const { reports } = window as unknown as { reports: string[] };
          const look = (): void => {
            if (reports.some((report) => report.includes('unload'))) resolve(true);
            else requestIdleCallback(look);
          };
          look();
        }),
    );
    expect(reported).toBe(true);
    await tab.close();
  });
});

/** What a stranger does; runs in a page of the same origin. Everything that it knows it found out there. */
async function attack(scope: string): Promise<number> {
  const cycle: Record<string, unknown> = { type: 'state', version: 1 };
  cycle.record = cycle;
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('solotab');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const stored = (value?: unknown): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const objectStore = database.transaction('scopes', 'readwrite').objectStore('scopes');
      if (value !== undefined) objectStore.put(value, [scope]);
      const request = objectStore.get([scope]);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const record = await stored();
  const { term, epoch, seq } = record as { term: string; epoch: number; seq: number };
  const entry = { type: 'note', epoch, seq: seq + 1, tabId: 'stranger', at: 0 };
  const garbage: unknown[] = [
    ...[undefined, null, 0, Number.NaN, '', 'text', 7n, true, [], {}, new Date(), new Map(), new Uint8Array(9), cycle],
    'x'.repeat(1_000_000),
    JSON.parse('{"__proto__": {"type": "hint"}, "constructor": 1}'),
    { type: 'toString', version: 1 },
    { type: 'state', version: 1, record: cycle, entries: cycle },
    { type: 'events', version: 1, term, entries: [entry, null, cycle] },
    { type: 'events', version: 1, term, entries: new Array(100_000) },
    { type: 'events', version: 1, term, entries: [{ ...entry, seq: 2 ** 52 }] },
    {
      type: 'events',
      version: 1,
      term,
      entries: [{ ...entry, type: 'session_ended', seq: seq + 9, reason: 'forged' }],
    },
    { type: 'bye', version: 1, term },
    { type: 'bye', version: 1, term: {} },
    { type: 'ask', version: 1 },
    { type: 'hint', version: 99 },
    { type: 'state', version: 1, record: { ...record, epoch: -1 }, entries: [], isStored: false },
    { type: 'state', version: 1, record: { ...record, version: 2 }, entries: [], isStored: false },
    { type: 'state', version: 1, record: { ...record, epoch: epoch + 5 }, entries: [], isStored: true },
  ];
  const channel = new window.realBroadcastChannel(`solotab:1:${scope}`);
  const key = `pubkey.broadcastChannel-solotab:1:${scope}`;
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch {
      // Not everything can be sent or stored: what can't does no harm.
    }
  };
  for (const data of garbage) {
    attempt(() => channel.postMessage(data));
    attempt(() => channel.postMessage({ type: 'message', time: Date.now() * 1_000, uuid: 'u', data }));
    attempt(() => channel.postMessage({ type: 'message', time: 1e300, data }));
    attempt(() => localStorage.setItem(key, JSON.stringify({ token: 't', uuid: 'u', data })));
    attempt(() => localStorage.setItem(key, String(data)));
  }
  localStorage.removeItem(key);
  const records: unknown[] = [
    ...[null, 0, 'text', [], {}, cycle, { version: 1 }, { ...record, epoch: 'x' }, { ...record, term: null }],
    { ...record, revision: Number.NaN },
    { ...record, recovery: cycle },
    { version: 1, phase: 'idle', epoch: epoch + 40 },
    'x'.repeat(1_000_000),
  ];
  for (const value of records) {
    await stored(value);
    channel.postMessage({ type: 'message', time: 0, data: { type: 'hint', version: 1 } });
    await window.fixture.coordinator.start().catch(() => undefined);
  }
  channel.close();
  database.close();
  return garbage.length + records.length;
}

describe('garbage of another script on the same origin', () => {
  test('in the channel and in the store throws nowhere, and makes no second host', async () => {
    const scope = 'stranger';
    const [host, other, third] = await browser.openTabs(3, { scope, driver: { actEveryMs: 20 } });
    if (!host || !other || !third) throw new Error('three tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    for (const tab of [other, third]) await tab.waitForPhase('active');
    expect(await other.evaluate(attack, scope)).toBeGreaterThan(40);
    // None of it proved that the host was gone: it has its session, and has written its record anew.
    for (const tab of [host, other, third]) {
      expect((await tab.call('start')).error).toMatchObject({ code: 1004 });
      await tab.waitForPhase('active');
    }
    expect((await host.snapshot()).role).toBe('host');
    expect(browser.backend.acts(scope, 'start')).toHaveLength(1);
    expect(browser.backend.live(scope)).toHaveLength(1);
    expect(browser.backend.violations(scope)).toEqual([]);
    await expectNoProblems(host, other, third);
    expect(await third.call('end')).toMatchObject({ ok: true });
    expect(await other.call('start')).toMatchObject({ ok: true });
    for (const tab of [host, other, third]) await tab.close();
  });

  test('without locks or native channel throws nowhere either, and makes no second host', async () => {
    for (const [name, initScript] of Object.entries({ NO_LOCKS, NO_BROADCAST_CHANNEL })) {
      const scope = `stranger ${name}`;
      const tabs = await browser.openTabs(3, { scope, initScript });
      const [host, other, third] = tabs;
      if (!host || !other || !third) throw new Error('three tabs');
      expect(await host.call('start')).toMatchObject({ ok: true });
      for (const tab of [other, third]) await tab.waitForPhase('active');
      await other.evaluate(attack, scope);
      // Without locks a forged goodbye is believed: then the host was told, and lets go.
      await browser.backend.until((backend) => backend.live(scope).length <= 1);
      const roles = await Promise.all(tabs.map(async (tab) => (await tab.snapshot()).role));
      expect(roles.filter((role) => role === 'host').length, name).toBeLessThanOrEqual(1);
      expect(browser.backend.violations(scope)).toEqual([]);
      await expectNoProblems(...tabs);
      for (const tab of tabs) await tab.close();
    }
  });

  test('that steals every lock ends a session at worst: whoever hosts then is the only one', async () => {
    const scope = 'thief';
    const tabs = await browser.openTabs(3, { scope, driver: { actEveryMs: 20 }, recovery: { by: 'any-tab' } });
    const [host, other] = tabs;
    if (!host || !other) throw new Error('tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    for (const tab of tabs) await tab.waitForPhase('active');
    const { epoch } = await host.snapshot();
    await other.evaluate(async (prefix) => {
      const { held = [] } = await navigator.locks.query();
      const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(prefix));
      for (const name of names) await navigator.locks.request(name, { steal: true }, () => undefined);
    }, `solotab:${scope}:`);
    for (const tab of tabs)
      await tab.waitFor(({ snapshot }, before) => snapshot.phase === 'active' && snapshot.epoch > before, epoch);
    await browser.backend.until((backend) => backend.live(scope).length === 1);
    const roles = await Promise.all(tabs.map(async (tab) => (await tab.snapshot()).role));
    expect(roles.filter((role) => role === 'host')).toHaveLength(1);
    expect(browser.backend.violations(scope)).toEqual([]);
    await expectNoProblems(...tabs);
    for (const tab of tabs) await tab.close();
  });
});

test('a scope may have any name', async () => {
  const [first, second] = await browser.openTabs(2, { scope: 'names' });
  const names = ['__proto__', 'constructor', ' ', '-', '*', '\u0000', '🂡', 'a:b', '/../', '\ud800', 'x'.repeat(500)];
  const startAll = (tab: Tab<ChromiumPage> | undefined): Promise<readonly unknown[]> | undefined =>
    tab?.evaluate(
      (scopes) =>
        Promise.all(
          scopes.map(async (name) => {
            const connect = (): string => 'session';
            const driver = { start: connect, join: connect, end: () => undefined };
            const coordinator = window.solotab.createCoordinator({ name, driver });
            return coordinator.start().catch((error: { code?: unknown }) => error.code ?? String(error));
          }),
        ),
      names,
    );
  expect(await startAll(first)).toEqual(names.map(() => 'session'));
  expect(await startAll(second)).toEqual(names.map(() => 1004));
  for (const tab of [first, second]) await tab?.close();
});

test('the names under which the builds of two tabs meet are those of version 0.2.0', async () => {
  const scope = 'meeting point';
  const tab = await browser.openTab({ scope });
  const listener = await browser.openTab({ scope: 'elsewhere' });
  await listener.evaluate((name) => {
    const heard: unknown[] = [];
    Reflect.set(window, 'heard', heard);
    new window.realBroadcastChannel(name).onmessage = ({ data }) => heard.push(data);
  }, `solotab:1:${scope}`);
  expect(await tab.call('start')).toMatchObject({ ok: true });
  const found = await tab.evaluate(async (name) => {
    const { held = [] } = await navigator.locks.query();
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('solotab');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const { version, objectStoreNames } = database;
    const request = database.transaction('scopes').objectStore('scopes').getAllKeys();
    const keys = await new Promise<unknown[]>((resolve) => {
      request.onsuccess = () => resolve(request.result);
    });
    database.close();
    return {
      locks: held.map((lock) => lock.name ?? '').filter((lock) => lock.includes(name)),
      ...{ version, stores: [...objectStoreNames] },
      keys: keys.filter((key) => Array.isArray(key) && key[0] === name),
      key: sessionStorage.getItem(`solotab:${name}`),
    };
  }, scope);
  const { term }: { readonly term: string } = JSON.parse(found.key ?? '{}');
  expect(term).toMatch(/^\d+-\d+-\d+-\d+$/);
  expect([...found.locks].sort()).toEqual([`solotab:${scope}:${term}`, `solotab:${scope}:seat`].sort());
  expect(found).toMatchObject({ version: 1, stores: ['scopes'], keys: [[scope], [scope, 1]] });
  const heard: readonly unknown[] = await listener.evaluate(() => Reflect.get(window, 'heard'));
  expect(heard).toContainEqual(expect.objectContaining({ type: 'look', version: 1 }));
  for (const opened of [tab, listener]) await opened.close();
});
