/** A host that was stopped, frozen or cached, while another tab did something about its session. When it wakes, it is told once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activeTabs } from '../support/active-tabs';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from '../support/chromium';
import type { Tab, TabOptions } from '../support/tab';
import { closeAll, reasons } from './steps';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

type ChromiumTab = Tab<ChromiumPage>;

/** How a host gets out of touch, and back. */
const ABSENCES: Record<string, (host: ChromiumTab, other: ChromiumTab) => Promise<() => Promise<unknown>>> = {
  stopped: async (host) => {
    await host.page.stop();
    return async () => host.page.wake();
  },
  frozen: async (host, other) => {
    await other.page.show();
    await host.page.freeze();
    return () => host.page.unfreeze();
  },
  'in the cache': async (host) => {
    const documentId = await host.documentId();
    await host.leave();
    return async () => expect(await host.back(documentId)).toBe('restored');
  },
};

/** What another tab does meanwhile, the truest reason for it, and the phase in which all are in the end. */
interface Meanwhile {
  readonly reason: string;
  readonly phase: 'idle' | 'active';
  readonly options?: Partial<TabOptions>;
  /** Where the host is gone for the others too, and not only silent. */
  readonly isNoticed?: boolean;
  act(other: ChromiumTab): Promise<unknown>;
}

const ok = { ok: true };
const MEANWHILE: Record<string, Meanwhile> = {
  'ends it': {
    reason: 'ended',
    phase: 'idle',
    act: async (other) => expect(await other.call('end')).toMatchObject(ok),
  },
  'takes it over': {
    reason: 'superseded',
    phase: 'active',
    act: async (other) => expect(await other.call('takeOver', { force: true })).toMatchObject(ok),
  },
  'takes it over and ends it': {
    reason: 'ended',
    phase: 'idle',
    act: async (other) => {
      expect(await other.call('takeOver', { force: true })).toMatchObject(ok);
      expect(await other.call('end')).toMatchObject(ok);
    },
  },
  'lets it expire': {
    reason: 'recovery-expired',
    phase: 'idle',
    options: { recovery: { windowMs: 1_000 } },
    isNoticed: true,
    act: (other) => other.waitForPhase('idle'),
  },
  'ends it and begins another': {
    reason: 'ended',
    phase: 'active',
    act: async (other) => {
      expect(await other.call('end')).toMatchObject(ok);
      expect(await other.call('start')).toMatchObject(ok);
    },
  },
};

const CASES = Object.keys(ABSENCES).flatMap((absence) =>
  Object.keys(MEANWHILE)
    // A stopped tab is alive to everybody who does not insist.
    .filter((meanwhile) => absence !== 'stopped' || !MEANWHILE[meanwhile]?.isNoticed)
    .map((meanwhile) => ({ absence, meanwhile })),
);

test.each(CASES)(
  'a host that was $absence while another tab $meanwhile hears one end of its session, the truest',
  async ({ absence, meanwhile }) => {
    const [leave, what] = [ABSENCES[absence], MEANWHILE[meanwhile]];
    if (!leave || !what) throw new Error('no such case');
    const scope = `${absence}, ${meanwhile}`;
    const [host, other] = await activeTabs<ChromiumPage>(browser, 2, { scope, ...what.options });
    if (!other) throw new Error('two tabs');
    const before = (await host.state()).tabId;
    const wake = await leave(host, other);
    if (absence !== 'stopped') await other.waitForPhase('recovering');
    await what.act(other);
    await wake();
    const { snapshot } = await host.waitFor(
      ({ events, snapshot: now, driverCalls }, phase) =>
        now.phase === phase &&
        now.role !== 'host' &&
        events.some(({ type }) => type === 'session_ended') &&
        driverCalls.every(({ settled }) => settled !== 'pending'),
      what.phase,
    );
    expect(snapshot.role).toBe(what.phase === 'idle' ? 'none' : 'follower');
    // Whatever else was to be told has been told once another thing was, that comes after it.
    await other.call(what.phase === 'idle' ? 'start' : 'end');
    await host.waitFor(
      ({ events }, type) => events.filter((event) => event.type === type).length > (type === 'session_ended' ? 1 : 0),
      what.phase === 'idle' ? 'session_started' : 'session_ended',
    );
    const told = await reasons(host);
    expect(told.slice(0, 1)).toEqual([what.reason]);
    expect(told).toHaveLength(what.phase === 'idle' ? 1 : 2);
    expect((await host.state()).tabId).toBe(before);
    expect((await host.state()).problems).toEqual([]);
    expect(browser.backend.violations(scope)).toEqual([]);
    await closeAll(host, other);
  },
);
