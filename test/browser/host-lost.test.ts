/** A host that reloads, leaves, is stopped or frozen, and the tabs that follow it. One that is stopped for long: `rows-lost-hosts.test.ts`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activeTabs } from './support/active-tabs';
import { type ChromiumBrowser, launchChromium } from './support/chromium';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test('a host that reloads resumes by itself; meanwhile other tabs are refused with 1002, and a duplicate does not resume', async () => {
  const scope = 'reload';
  const [host, other] = await activeTabs(browser, 2, { scope });
  const duplicate = await browser.duplicate(host);
  await duplicate.evaluate(() => window.fixture.coordinator.ready);
  browser.backend.hold(scope, 'resume');
  await host.reload();
  expect((await other?.call('start'))?.error).toMatchObject({ code: 1002 });
  const held = await browser.backend.held(scope, 'resume');
  expect((await other?.call('join'))?.error).toMatchObject({ code: 1002 });
  const { tabId } = await host.state();
  expect(held.act.tabId).toBe(tabId);
  held.allow();
  for (const tab of [host, other, duplicate]) await tab?.waitForPhase('active');
  expect((await host.snapshot()).role).toBe('host');
  expect(browser.backend.acts(scope, 'resume')).toHaveLength(1);
  expect(browser.backend.violations(scope)).toEqual([]);
});

test('a host that navigates away can be replaced at once, and going back never makes two', async () => {
  const scope = 'navigate';
  const [host, other] = await activeTabs(browser, 2, { scope });
  const documentId = await host.documentId();
  await host.leave();
  await other?.waitForPhase('recovering');
  expect((await other?.call('start'))?.error).toMatchObject({ code: 1002 });
  expect(await other?.call('takeOver')).toMatchObject({ ok: true });
  expect(await host.back(documentId)).toBe('restored');
  await host.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'follower');
  expect((await other?.snapshot())?.role).toBe('host');
  const events = await host.events('session_ended');
  expect(events.map(({ event }) => event.reason)).toEqual(['superseded']);
  expect(browser.backend.acts(scope, 'release')).toHaveLength(1);
  expect(browser.backend.violations(scope)).toEqual([]);
});

test('a host that comes back from the cache before anyone took over resumes as after a reload', async () => {
  const scope = 'back in time';
  const [host, other] = await activeTabs(browser, 2, { scope });
  const documentId = await host.documentId();
  await host.leave();
  await other?.waitForPhase('recovering');
  expect(await host.back(documentId)).toBe('restored');
  await host.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
  await other?.waitForPhase('active');
  expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'release', 'resume']);
});

test('a page with an idle or a following coordinator is restored from the cache and knows the present state', async () => {
  const scope = 'restored';
  const [first, second] = await browser.openTabs(2, { scope });
  if (!first || !second) throw new Error('two tabs');
  const documentId = await second.documentId();
  await second.leave();
  expect(await first.call('start')).toMatchObject({ ok: true });
  expect(await second.back(documentId)).toBe('restored');
  await second.waitForPhase('active');
  await second.leave();
  await first.tell('error', { code: 1016, exception: 'NETWORK_ERROR' });
  expect(await first.call('end')).toMatchObject({ ok: true });
  expect(await second.back(documentId)).toBe('restored');
  await second.waitForPhase('idle');
  const heard = (await second.state()).events.map(({ type }) => type);
  expect(heard).toEqual(['session_started', 'session_error', 'session_ended']);
  expect(await second.call('start')).toMatchObject({ ok: true });
});

test('the session of a stopped tab moves only by force, and that tab lets go of it when it wakes', async () => {
  const scope = 'forced';
  const [host, other] = await activeTabs(browser, 2, { scope });
  await host.page.stop();
  expect((await other?.call('takeOver'))?.error).toMatchObject({ code: 1004, local: true });
  expect(await other?.call('takeOver', { force: true })).toMatchObject({ ok: true });
  host.page.wake();
  await host.waitFor(({ events }) =>
    events.some(({ type, event }) => type === 'session_ended' && event.reason === 'superseded'),
  );
  expect(browser.backend.acts(scope, 'release', 'end').map(({ type }) => type)).toEqual(['release']);
  expect((await host.snapshot()).role).toBe('follower');
  expect(browser.backend.violations(scope)).toEqual([]);
});

test('"use here" moves the session: the old tab releases it before the new one resumes', async () => {
  const scope = 'use here';
  const [host, other, third] = await activeTabs(browser, 3, { scope, driver: { publish: { id: 7 } } });
  const { epoch } = await host.snapshot();
  expect(await other?.call('takeOver')).toMatchObject({ ok: true });
  for (const tab of [host, third])
    await tab?.waitFor(({ snapshot }, next) => snapshot.phase === 'active' && snapshot.epoch === next, epoch + 1);
  expect(browser.backend.acts(scope).map(({ type }) => type)).toEqual(['start', 'release', 'resume']);
  expect(browser.backend.acts(scope, 'resume')[0]?.body).toEqual({ kind: 'start', info: { id: 7 }, epoch });
  expect((await third?.events('session_resumed'))?.length).toBe(1);
});

test('a frozen host gives its session up, and takes it up again when it wakes', async () => {
  const scope = 'frozen';
  const [host, other] = await activeTabs(browser, 2, { scope });
  await other?.page.show();
  await host.page.freeze();
  await other?.waitForPhase('recovering');
  await host.page.unfreeze();
  await host.waitFor(({ snapshot }) => snapshot.phase === 'active' && snapshot.role === 'host');
  expect(browser.backend.violations(scope)).toEqual([]);
});
