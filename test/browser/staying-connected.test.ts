/** In real browsers: one of the tabs shall have a session, and a log-out leaves nothing behind. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from './support/chromium';
import { launchFirefox } from './support/firefox';
import type { EnginePage, Tab, TestBrowser } from './support/tab';
import { launchWebKit } from './support/webkit';

/** Whether the tab has what it wants, or the name of the error. */
const ensure = (tab: Tab): Promise<unknown> =>
  tab.evaluate(
    () =>
      window.fixture.coordinator.ensure().then(
        () => 'there',
        (error: Error) => error.name,
      ),
    null,
  );

/** Everything that is stored for a scope, as text: records and events, and the key of the tab. */
const storedFor = (tab: Tab, scope: string): Promise<string> =>
  tab.evaluate(async (name) => {
    const [found] = await indexedDB.databases();
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(found?.name ?? '');
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const stored: string[] = [];
    for (const objectStore of database.objectStoreNames) {
      const objects = database.transaction(objectStore).objectStore(objectStore);
      const read = <Result>(request: IDBRequest<Result>): Promise<Result> =>
        new Promise((resolve) => {
          request.onsuccess = () => resolve(request.result);
        });
      const [keys, values] = await Promise.all([read(objects.getAllKeys()), read(objects.getAll())]);
      for (const [index, key] of keys.entries())
        if (JSON.stringify(key).includes(name)) stored.push(JSON.stringify([key, values[index]]));
    }
    database.close();
    stored.push(sessionStorage.getItem(`solotab:${name}`) ?? '');
    return stored.join('\n');
  }, scope);

describe.each<[string, () => Promise<TestBrowser<EnginePage>>]>([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
  ['WebKitGTK', launchWebKit],
])('in %s', (_, launch) => {
  let browser: TestBrowser<EnginePage>;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test('of three tabs that want a session one starts it, and another when that one is closed', async () => {
    const scope = 'wanted by three';
    const tabs = await browser.openTabs(3, { scope, driver: { resume: false } });
    expect(await Promise.all(tabs.map(ensure))).toEqual(['there', 'there', 'there']);
    expect(browser.backend.acts(scope, 'start')).toHaveLength(1);
    const states = await Promise.all(tabs.map((tab) => tab.state()));
    const epoch = states[0]?.snapshot.epoch ?? 0;
    const host = tabs[states.findIndex(({ snapshot }) => snapshot.role === 'host')];
    const others = tabs.filter((tab) => tab !== host);
    await host?.close();
    await Promise.all(
      others.map((tab) =>
        tab.waitFor(({ snapshot }, before) => snapshot.phase === 'active' && snapshot.epoch > before, epoch),
      ),
    );
    expect(browser.backend.acts(scope, 'start')).toHaveLength(2);
    for (const tab of others) await tab.close();
  });

  test('forget() ends the session in the other tab, and leaves nothing of it behind', async () => {
    const scope = 'logged out';
    const [host, other] = await browser.openTabs(2, { scope });
    if (!host || !other) throw new Error('no tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    await host.evaluate(() => {
      window.fixture.context?.publish({ note: 'a secret' });
      window.fixture.context?.emit('note', 'a secret');
    }, null);
    await other.waitFor(({ snapshot }) => JSON.stringify(snapshot.info).includes('a secret'));
    await other.evaluate(() => window.fixture.coordinator.forget(), null);
    await host.waitForPhase('idle');
    for (const tab of [host, other]) expect(await storedFor(tab, scope)).not.toContain('secret');
    expect(await storedFor(other, scope)).toContain('"phase":"idle"');
    expect(browser.backend.acts(scope, 'end')).toHaveLength(1);
    for (const tab of [host, other]) await tab.close();
  });
});
