/** The whole story of a session with an agent, and each of the 15 codes where it belongs: in real tabs, over the real session server. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { SessionErrorCode } from '../../src/index';
import { SESSION_ERRORS } from '../../src/index';
import { type Demo, startDemo } from '../demo/demo-process';
import { allShow, openAgent, openCustomers } from '../demo/demo-tabs';
import { type ChromiumBrowser, launchChromium } from './support/chromium';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test('a session moves from tab to tab, its first tab is closed, and the agent stays connected until a third tab ends it', async () => {
  const demo = await startDemo();
  onTestFinished(demo.stop);
  const tabs = await openCustomers(browser, demo, 3);
  const [a, b, c] = tabs;
  if (!a || !b || !c) throw new Error('three tabs');

  await a.press('start');
  await allShow(tabs, 'active');
  const pin = await a.pin();
  expect(pin).toMatch(/^[346789CDFHJKMNPRTWXY]{6}$/);

  const agent = await openAgent(browser, demo);
  let linesLost = 0;
  agent.page.on('websocket', (socket) => socket.on('close', () => (linesLost += 1)));
  await agent.join(pin.toLowerCase());
  for (const tab of tabs) {
    await tab.hears('agent_joined');
    expect(await tab.page.getByTestId('company').textContent()).toBe('Robin');
  }
  const sessionId = (await demo.view('cakes')).sessions[0]?.sessionId;

  await b.isRefused('start', 1004);

  await b.press('take-over');
  await b.shows('active', 'this');
  await a.shows('active', 'other');
  await c.shows('active', 'other');

  await a.page.close();
  // What a tab does after another is gone is its own proof that it lives: the agent sees the new host's cake change.
  await b.page.bringToFront();
  await b.page.getByTestId('wish').fill('Moved, and well');
  await agent.sees('Moved, and well');
  await agent.shows('Connected');
  await allShow([b, c], 'active');
  const { sessions, counts } = await demo.view('cakes');
  expect(sessions).toMatchObject([
    {
      sessionId,
      pin,
      members: [
        { role: 'customer', present: true },
        { role: 'agent', userName: 'Robin', present: true },
      ],
    },
  ]);
  expect(counts).toMatchObject({ starts: 1, joins: 1, resumes: 1, ends: 0 });
  expect(linesLost).toBe(0);

  await c.press('end');
  await allShow([b, c], 'idle');
  await agent.shows('Over');
  expect((await demo.view('cakes')).sessions).toEqual([]);
  for (const tab of [b, c]) {
    expect((await tab.heard()).filter(({ local }) => !local).map(({ type }) => type)).toEqual([
      'pincode_updated',
      'session_started',
      'agent_joined',
      'session_resumed',
      'session_ended',
    ]);
  }
  expect([await b.codes(), await c.codes()]).toEqual([[1004], []]);
});

interface Arrival {
  /** How the code comes about, as the lab says it. */
  readonly scenario: string;
  /** The only tab that hears it, or all of them, one of which it comes from. */
  readonly arrives: { readonly only: string } | { readonly everywhereFrom: string };
}

/** Each code of the catalogue, the circumstances that really produce it, and who hears it. */
const CODES: Readonly<Record<SessionErrorCode, Arrival>> = {
  1001: { scenario: 'The site’s trial account has used up its credit; A starts.', arrives: { everywhereFrom: 'A' } },
  1002: { scenario: 'A is connecting; B starts too.', arrives: { only: 'B' } },
  1004: { scenario: 'A has an active session; B starts another.', arrives: { only: 'B' } },
  1006: { scenario: 'A joins by a PIN that nobody has.', arrives: { everywhereFrom: 'A' } },
  1008: { scenario: 'A starts with the PIN “two words”.', arrives: { only: 'A' } },
  1009: { scenario: 'The app brings its own PINs; A starts without one.', arrives: { only: 'A' } },
  1010: { scenario: 'Somebody else has a session with the PIN that A starts with.', arrives: { everywhereFrom: 'A' } },
  1011: { scenario: 'A joins a session that has just ended.', arrives: { everywhereFrom: 'A' } },
  1012: { scenario: 'A joins a session that has its customer.', arrives: { everywhereFrom: 'A' } },
  1013: { scenario: 'A joins as the sixth agent.', arrives: { everywhereFrom: 'A' } },
  1015: {
    scenario: 'The same user is in the session already, on another device.',
    arrives: { everywhereFrom: 'A' },
  },
  1016: { scenario: 'The network is down; A starts, and its tries fail.', arrives: { everywhereFrom: 'A' } },
  1017: { scenario: 'A is connecting, B cancels, and C starts before that is over.', arrives: { only: 'C' } },
  2001: { scenario: 'The token service hands out expired tokens; A starts.', arrives: { everywhereFrom: 'A' } },
  9999: {
    scenario: 'The same user has just tried twenty wrong PINs: the service’s rate limit.',
    arrives: { everywhereFrom: 'A' },
  },
};

/** A `session_error` as a tab of the lab reports it. */
interface Report {
  readonly tab: string;
  readonly code: number;
  readonly name: string;
  readonly from: string;
  readonly number: number | null;
}

describe('each code arrives where it belongs, once', () => {
  let demo: Demo;
  let lab: Page;
  beforeAll(async () => {
    demo = await startDemo();
    ({ page: lab } = await browser.engine.open(`${demo.address}/lab.html`));
    lab.setDefaultTimeout(20_000);
    await listen(lab);
  });
  afterAll(() => demo.stop());

  test('the table has every code of the catalogue, and so has the lab', async () => {
    const codes = Object.keys(SESSION_ERRORS);
    expect(Object.keys(CODES)).toEqual(codes);
    expect(codes).toHaveLength(15);
    const rows = lab.getByTestId('codes').locator('tr');
    expect(await rows.locator('.code-number').allTextContents()).toEqual(codes);
  });

  test.each(Object.entries(CODES).map(([code, arrival]) => ({ code: Number(code) as SessionErrorCode, ...arrival })))(
    '$code: $scenario',
    async ({ code, scenario, arrives }) => {
      expect(await lab.getByTestId(`code-${code}`).locator('.how').textContent()).toContain(scenario);
      await takeReports(lab);
      await lab.getByTestId(`produce-${code}`).click();
      // The lab allows another one when this one is over: produced, heard, and tidied up.
      await lab.locator(`[data-testid=produce-${code}]:enabled`).waitFor();
      const outcome = await lab.getByTestId('progress').textContent();

      const { exception: name } = SESSION_ERRORS[code];
      const reports = (await takeReports(lab)).sort((one, other) => one.tab.localeCompare(other.tab));
      if ('only' in arrives) {
        const { only } = arrives;
        expect(reports, outcome ?? '').toEqual([{ tab: only, code, name, from: only, number: null }]);
      } else {
        const number = expect.any(Number);
        const heard = ['A', 'B', 'C'].map((tab) => ({ tab, code, name, from: arrives.everywhereFrom, number }));
        expect(reports, outcome ?? '').toEqual(heard);
        // One event, not three: it has the same number in the journal everywhere.
        expect(new Set(reports.map((report) => report.number)).size).toBe(1);
      }
    },
  );
});

/** Keeps what the lab's tabs report of errors, in the lab's own page. */
function listen(lab: Page): Promise<void> {
  return lab.evaluate(() => {
    const names = new Map<string, string>();
    const heard: Report[] = [];
    addEventListener('message', ({ source, data }) => {
      const frame = [...document.querySelectorAll('iframe')].find(({ contentWindow }) => contentWindow === source);
      const tab = frame?.title.replace('Tab ', '') ?? '';
      if (data.type === 'tab-state') names.set(data.tabId, tab);
      if (data.type !== 'tab-event' || data.entry.type !== 'session_error') return;
      const { code, detail, tabId, seq } = data.entry;
      heard.push({ tab, code, name: detail, from: names.get(tabId) ?? tabId, number: seq });
    });
    Object.assign(globalThis, { takeReports: () => heard.splice(0) });
  });
}

/** What the tabs have reported since the last time. */
function takeReports(lab: Page): Promise<Report[]> {
  return lab.evaluate('takeReports()');
}
