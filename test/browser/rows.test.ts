/**
 * Every row of "where exclusion holds", in real engines: whatever a browser lacks or forbids, its tabs exclude each other,
 * hear each other, and outlive a host that dies or is stopped; where they can't exclude each other, they say so.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relay } from './scenarios/relay';
import { storm } from './scenarios/storm';
import { wedge } from './scenarios/wedge';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from './support/chromium';
import { launchFirefox } from './support/firefox';
import {
  FAILING_INDEXEDDB,
  FAILING_LOCKS,
  FORBIDDEN_INDEXEDDB,
  HANGING_INDEXEDDB,
  NO_BROADCAST_CHANNEL,
  NO_CHANNEL,
  NO_INDEXEDDB,
  NO_LOCKS,
  NO_SESSION_STORAGE,
  THROWING_BROADCAST_CHANNEL,
  THROWING_INDEXEDDB,
} from './support/init-scripts';
import type { CoordinatorConfig } from './support/page-api';
import { type EnginePage, Tab, type TabOptions, type TestBrowser } from './support/tab';
import { launchWebKit } from './support/webkit';

/** What a browser lacks, and what its tabs have all the same. */
interface Row {
  readonly name: string;
  /** The tabs take turns with these. */
  readonly lacks: readonly string[];
  /** Where events go by the journal alone: no more than it holds. Default: many. */
  readonly events?: number;
  /** No tab can be told anything: it looks when it is shown. */
  readonly isDeaf?: boolean;
  /** In some of its tabs nothing is stored. */
  readonly isForgetful?: boolean;
  /** Another way to lack what another row lacks: fewer tabs will do. */
  readonly isVariant?: boolean;
}

const MANY_EVENTS = 300;
const JOURNALED_EVENTS = 60;

/** A host that is dead is known to be after three seconds of silence; where there are locks, at once. The rest is for a busy machine. */
const START_AFTER_KILL_MS = 20_000;

const EXCLUSIVE_ROWS: readonly Row[] = [
  { name: 'everything', lacks: [''] },
  { name: 'no locks', lacks: [NO_LOCKS] },
  { name: 'locks that fail', lacks: [FAILING_LOCKS], isVariant: true },
  { name: 'no IndexedDB', lacks: [NO_INDEXEDDB], isForgetful: true },
  { name: 'a forbidden IndexedDB', lacks: [FORBIDDEN_INDEXEDDB], isForgetful: true, isVariant: true },
  { name: 'an IndexedDB that throws', lacks: [THROWING_INDEXEDDB], isForgetful: true, isVariant: true },
  { name: 'an IndexedDB that fails', lacks: [FAILING_INDEXEDDB], isForgetful: true, isVariant: true },
  { name: 'an IndexedDB that hangs', lacks: [HANGING_INDEXEDDB], isForgetful: true, isVariant: true },
  { name: 'no BroadcastChannel', lacks: [NO_BROADCAST_CHANNEL], events: JOURNALED_EVENTS },
  {
    name: 'a BroadcastChannel that throws',
    lacks: [THROWING_BROADCAST_CHANNEL],
    events: JOURNALED_EVENTS,
    isVariant: true,
  },
  {
    name: 'neither locks nor BroadcastChannel, as Safari 14',
    lacks: [`${NO_LOCKS}\n${NO_BROADCAST_CHANNEL}`],
    events: JOURNALED_EVENTS,
  },
  { name: 'no channel', lacks: [NO_CHANNEL], events: JOURNALED_EVENTS, isDeaf: true },
  { name: 'no sessionStorage', lacks: [NO_SESSION_STORAGE], isVariant: true },
  { name: 'no IndexedDB in every other tab', lacks: ['', NO_INDEXEDDB], isForgetful: true },
  {
    name: 'an IndexedDB that fails in every other tab',
    lacks: [FAILING_INDEXEDDB, ''],
    isForgetful: true,
    isVariant: true,
  },
];

const rowNamed = (name: string): Row => {
  const row = EXCLUSIVE_ROWS.find((candidate) => candidate.name === name);
  if (!row) throw new Error(`There is no row '${name}'.`);
  return row;
};

/** Opens the tabs of a row all at once. */
function openRow<Page extends EnginePage>(
  browser: TestBrowser<Page>,
  { lacks }: Row,
  count: number,
  options: TabOptions,
): Promise<Tab<Page>[]> {
  const open = (_: unknown, index: number): Promise<Tab<Page>> =>
    browser.openTab({ ...options, initScript: lacks[index % lacks.length] ?? '' });
  return Promise.all(Array.from({ length: count }, open));
}

const closeAll = (tabs: readonly Tab[]): Promise<unknown> => Promise.all(tabs.map((tab) => tab.close()));

async function expectNoProblems(tabs: readonly Tab[]): Promise<void> {
  for (const tab of tabs) expect((await tab.state()).problems).toEqual([]);
}

/** Tabs that all start at once, and then hear each other. */
async function stormAndRelay<Page extends EnginePage>(
  browser: TestBrowser<Page>,
  row: Row,
  tabs: readonly Tab<Page>[],
  scope: string,
): Promise<void> {
  const nudge = row.isDeaf ? (tab: Tab<Page>) => tab.page.show() : undefined;
  for (const tab of tabs) expect((await tab.snapshot()).guarantee).toBe('exclusive');
  await storm(browser, tabs, scope, row.isDeaf ? 1 : 3, nudge);
  await relay(tabs.slice(0, 8), row.events ?? MANY_EVENTS, nudge);
  await expectNoProblems(tabs);
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  /** Runs the timers of hidden tabs at once, for what would take long and has no more to show if it did. */
  let hasty: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
    hasty = await launchChromium({ flags: ['--disable-background-timer-throttling'] });
  });
  afterAll(() => Promise.all([browser?.close(), hasty?.close()]));

  test.each(EXCLUSIVE_ROWS)('with $name, tabs have one session and hear each other', async (row) => {
    const scope = `row ${row.name}`;
    const [where, count] = row.isVariant ? [hasty, 6] : [browser, 12];
    const tabs = await openRow(where, row, count, { scope, events: ['agent_joined'] });
    await stormAndRelay(where, row, tabs, scope);
    await closeAll(tabs);
  });

  /** All rows at once: most of the time they wait. */
  const inEveryRow = async (rows: readonly Row[], run: (row: Row) => Promise<void>): Promise<void> => {
    const ends = await Promise.all(
      rows.map((row) =>
        run(row).then(
          () => [],
          (error: unknown) => [`with ${row.name}: ${error instanceof Error ? error.stack : String(error)}`],
        ),
      ),
    );
    expect(ends.flat()).toEqual([]);
  };

  test('with each of them, a killed host is replaced within five seconds', async () => {
    await inEveryRow(EXCLUSIVE_ROWS, async (row) => {
      const scope = `killed ${row.name}`;
      const tabs = await openRow(browser, row, 3, { scope, driver: { resume: false } });
      const [host, other, third] = tabs;
      if (!host || !other || !third) throw new Error('three tabs');
      expect(await host.call('start')).toMatchObject({ ok: true });
      await host.page.kill();
      const started = await other.call('start');
      expect(started, JSON.stringify(started)).toMatchObject({ ok: true });
      expect(started.ms).toBeLessThan(START_AFTER_KILL_MS);
      // A tab without a store knows by a message that the session is active: that may come a moment after its start.
      const { epoch } = await other.snapshot();
      if (row.isForgetful)
        await third.waitFor(({ snapshot }, begun) => snapshot.phase === 'active' && snapshot.epoch === begun, epoch);
      expect((await third.call('start')).error).toMatchObject({ code: 1004, local: true });
      expect(browser.backend.violations(scope)).toEqual([]);
      await expectNoProblems([other, third]);
      await closeAll([other, third]);
    });
  });

  test('with each of them, a stopped host is ended from another tab, and does no harm when it wakes', async () => {
    // Where nothing can be told, nothing tells the woken host either before it looks.
    const rows = EXCLUSIVE_ROWS.filter(({ isDeaf }) => !isDeaf);
    await inEveryRow(rows, async (row) => {
      const scope = `wedge ${row.name}`;
      const tabs = await openRow(browser, row, 2, { scope, driver: { actEveryMs: 200, resume: false } });
      const [host, other] = tabs;
      if (!host || !other) throw new Error('two tabs');
      expect(await host.call('start')).toMatchObject({ ok: true });
      await other.waitForPhase('active');
      await wedge(browser, host, other, scope, !row.isForgetful);
      await expectNoProblems(tabs);
      await closeAll(tabs);
    });
  });

  test('without locks, a host that was stopped, replaced and woken is host no more, 20 rounds of 20', async () => {
    const round = async (
      scope: string,
      host: Tab<ChromiumPage>,
      other: Tab<ChromiumPage>,
      byForce: boolean,
    ): Promise<void> => {
      const { epoch } = await host.snapshot();
      await host.page.stop();
      if (byForce) {
        expect(await other.call('takeOver', { force: true })).toMatchObject({ ok: true });
      } else {
        expect(await other.call('end')).toMatchObject({ ok: true });
        expect(await other.call('start')).toMatchObject({ ok: true });
      }
      host.page.wake();
      await host.waitFor(({ snapshot }) => snapshot.role === 'follower' && snapshot.phase === 'active');
      const [woken, replaced] = [await host.snapshot(), await other.snapshot()];
      expect(woken).toMatchObject({ role: 'follower', epoch: replaced.epoch });
      expect(replaced).toMatchObject({ role: 'host', phase: 'active' });
      expect(replaced.epoch).toBeGreaterThan(epoch);
      expect(browser.backend.violations(scope)).toEqual([]);
    };
    const scopes = Array.from({ length: 10 }, async (_, index) => {
      const scope = `no locks ${index}`;
      const tabs = await openRow(browser, rowNamed('no locks'), 2, { scope, driver: { actEveryMs: 200 } });
      const [first, second] = tabs;
      if (!first || !second) throw new Error('no tabs');
      expect(await first.call('start')).toMatchObject({ ok: true });
      await second.waitForPhase('active');
      await round(scope, first, second, index % 2 === 0);
      await round(scope, second, first, index % 2 !== 0);
      await expectNoProblems(tabs);
      await closeAll(tabs);
    });
    expect(await Promise.all(scopes)).toHaveLength(10);
  });

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

  test('over plain http there are no locks: 12 tabs have one session, hear each other, and outlive a killed host', async () => {
    const scope = 'plain http';
    const config: CoordinatorConfig = { scope, events: ['agent_joined'], driver: { resume: false } };
    const open = async (): Promise<Tab<ChromiumPage>> => {
      const address = browser.server.page({ script: 'coordinator', config }).replace('127.0.0.1', 'insecure.test');
      const tab = new Tab(await browser.engine.open(address), browser.server);
      await tab.evaluate(() => window.fixture.coordinator.ready);
      return tab;
    };
    const tabs = await Promise.all(Array.from({ length: 12 }, open));
    expect(await tabs[0]?.evaluate(() => window.isSecureContext)).toBe(false);
    await stormAndRelay(browser, rowNamed('no locks'), tabs, scope);
    const [host, other, ...rest] = tabs;
    if (!host || !other) throw new Error('two tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await host.page.kill();
    const started = await other.call('start');
    expect(started).toMatchObject({ ok: true });
    expect(started.ms).toBeLessThan(START_AFTER_KILL_MS);
    await closeAll([other, ...rest]);
  });
});

runRows('Firefox', launchFirefox, 12, ['everything', 'no locks', 'no IndexedDB', 'no IndexedDB in every other tab']);
runRows('WebKitGTK', launchWebKit, 6, [
  'everything',
  'no locks',
  'no IndexedDB',
  'neither locks nor BroadcastChannel, as Safari 14',
]);

/** Where the engine is not installed this fails, and says how to install it. */
function runRows<Page extends EnginePage>(
  name: string,
  launch: () => Promise<TestBrowser<Page>>,
  count: number,
  rows: readonly string[],
): void {
  describe(`in ${name}`, () => {
    let browser: TestBrowser<Page>;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());

    test.each(rows)(`with %s, ${count} tabs have one session and hear each other`, async (rowName) => {
      const row = rowNamed(rowName);
      const scope = `${name} ${rowName}`;
      const tabs = await openRow(browser, row, count, { scope, events: ['agent_joined'] });
      await stormAndRelay(browser, row, tabs, scope);
      await closeAll(tabs);
    });
  });
}
