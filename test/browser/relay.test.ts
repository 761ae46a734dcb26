import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChromiumBrowser, launchChromium } from './support/chromium';
import { launchFirefox } from './support/firefox';
import type { EnginePage, Tab, TestBrowser } from './support/tab';

const EVENTS = 300;
/** What the journal holds: a page that was cached hears no more of what it slept through. */
const JOURNAL = 64;

/** Reports errors and events of its driver, in several turns. */
async function report(host: Tab<EnginePage>): Promise<void> {
  await host.evaluate(async (count) => {
    const { context } = window.fixture;
    for (let index = 0; index < count; index += 1) {
      if (index % 3 === 0) context?.error({ code: 1016, exception: 'NETWORK_ERROR' });
      else context?.emit('agent_joined', index);
      if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  }, EVENTS);
}

interface Heard {
  readonly seqs: readonly number[];
  readonly missed: number;
}

/** What a tab heard of the report, once it has heard the last of it. */
async function heardBy(tab: Tab<EnginePage>, first: number): Promise<Heard> {
  const last = first + EVENTS - 1;
  const { events } = await tab.waitFor(({ events: heard }, seq) => heard.some(({ event }) => event.seq === seq), last);
  const report = events.filter(({ event }) => event.seq >= first && event.seq <= last);
  const missed = events.reduce((sum, { event }) => sum + (event.missed ?? 0), 0);
  return { seqs: report.map(({ event }) => event.seq), missed };
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

describe('in Chromium', () => {
  let browser: ChromiumBrowser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test('300 events reach 8 tabs once and in order, two of them cached and one stopped meanwhile', async () => {
    const scope = 'sleepers';
    const tabs = await browser.openTabs(8, { scope, events: ['agent_joined'] });
    const [host, stopped, cached, alsoCached, ...awake] = tabs;
    if (!host || !stopped || !cached || !alsoCached) throw new Error('eight tabs');
    expect(await host.call('start')).toMatchObject({ ok: true });
    for (const tab of tabs) await tab.waitForPhase('active');
    const first = (await host.events('session_started'))[0]?.event.seq + 1;
    const documents = [await cached.documentId(), await alsoCached.documentId()];
    await cached.leave();
    await alsoCached.leave();
    await stopped.page.stop();

    await report(host);
    for (const tab of [host, ...awake]) {
      expect(await heardBy(tab, first)).toEqual({ seqs: numbers(first, EVENTS), missed: 0 });
    }
    stopped.page.wake();
    expect(await heardBy(stopped, first)).toEqual({ seqs: numbers(first, EVENTS), missed: 0 });
    for (const [index, tab] of [cached, alsoCached].entries()) {
      expect(await tab.back(documents[index] ?? '')).toBe('restored');
      const missed = EVENTS - JOURNAL;
      expect(await heardBy(tab, first)).toEqual({ seqs: numbers(first + missed, JOURNAL), missed });
      expect((await tab.snapshot()).lastError).toMatchObject({ code: 1016 });
    }
  });

  test('a message that is lost is made up for from the journal', async () => {
    const scope = 'lost message';
    // Swallows the third of the host's event messages, before solotab can hear it.
    const initScript = `
      const { postMessage } = BroadcastChannel.prototype;
      let count = 0;
      BroadcastChannel.prototype.postMessage = function (message) {
        if (message?.data?.type === 'events' && (count += 1) === 3) return;
        postMessage.call(this, message);
      };`;
    const host = await browser.openTab({ scope, initScript });
    const follower = await browser.openTab({ scope, events: ['agent_joined'] });
    expect(await host.call('start')).toMatchObject({ ok: true });
    await follower.waitForPhase('active');
    for (let index = 1; index <= 5; index += 1) await host.tell('emit', 'agent_joined', index);
    await follower.waitFor(({ events }) => events.filter(({ type }) => type === 'agent_joined').length === 5);
    expect((await follower.events('agent_joined')).map(({ event }) => event.payload)).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('in Firefox', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await launchFirefox();
  });
  afterAll(() => browser.close());

  // Firefox caches no page that waits for a lock, even if it stops waiting in `pagehide`: a follower of a live session is
  // loaded again instead. So this page is left before the session begins.
  test('300 events reach 4 tabs once and in order, one of them cached since before the session', async () => {
    const scope = 'sleeper';
    const tabs = await browser.openTabs(4, { scope, events: ['agent_joined'] });
    const [host, cached, ...awake] = tabs;
    if (!host || !cached) throw new Error('four tabs');
    const document = await cached.documentId();
    await cached.leave();
    expect(await host.call('start')).toMatchObject({ ok: true });
    for (const tab of awake) await tab.waitForPhase('active');
    const first = (await host.events('session_started'))[0]?.event.seq + 1;
    await report(host);
    for (const tab of [host, ...awake]) {
      expect(await heardBy(tab, first)).toEqual({ seqs: numbers(first, EVENTS), missed: 0 });
    }
    expect(await cached.back(document)).toBe('restored');
    const gone = EVENTS - JOURNAL;
    // It missed the beginning of the session as well.
    expect(await heardBy(cached, first)).toEqual({ seqs: numbers(first + gone, JOURNAL), missed: gone + 1 });
  });
});
