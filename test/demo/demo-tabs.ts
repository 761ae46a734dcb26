/** The demo's pages in real tabs, used as a person uses them: one tab is in front, and its buttons are pressed. */

import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { Call } from '../../demo/ui/session-panel';
import type { Phase } from '../../src/index';
import type { ChromiumBrowser } from '../browser/support/chromium';
import type { Demo } from './demo-process';

/** One line of a page's log. */
export interface Heard {
  readonly type: string;
  readonly code: string;
  /** Only this tab heard it. */
  readonly local: boolean;
  /** Its number in the journal, as the page shows it; `here` where it has none. */
  readonly number: string;
}

/** Opens a page of the demo, until the test is over. */
export async function openPage(browser: ChromiumBrowser, demo: Demo, path: string): Promise<Page> {
  const { page } = await browser.engine.open(`${demo.address}${path}`);
  onTestFinished(() => page.close());
  page.setDefaultTimeout(20_000);
  return page;
}

export interface CustomerOptions {
  /** Whether the session comes to the tab that is in front. Default: it moves when it is told to. */
  readonly follow?: boolean;
}

/** Opens a page of the shop, until the test is over. */
export async function openCustomer(
  browser: ChromiumBrowser,
  demo: Demo,
  path = '/',
  { follow = false }: CustomerOptions = {},
): Promise<CustomerTab> {
  const opened = await browser.engine.open('about:blank');
  if (!follow) {
    await opened.page.addInitScript(() => {
      if (location.origin.startsWith('http')) localStorage.setItem('crumb-follow', 'off');
    });
  }
  onTestFinished(() => opened.page.close());
  const tab = new CustomerTab(opened.page, async () => {
    const crashed = new Promise((resolve) => opened.page.once('crash', resolve));
    // Never answered: the process is gone.
    opened.session.send('Page.crash').catch(() => undefined);
    await crashed;
  });
  await opened.page.goto(`${demo.address}${path}`);
  return tab;
}

export async function openAgent(browser: ChromiumBrowser, demo: Demo): Promise<AgentDesk> {
  return new AgentDesk(await openPage(browser, demo, '/agent.html'));
}

export async function openCustomers(browser: ChromiumBrowser, demo: Demo, count: number): Promise<CustomerTab[]> {
  const tabs: CustomerTab[] = [];
  for (let index = 0; index < count; index += 1) tabs.push(await openCustomer(browser, demo));
  await Promise.all(tabs.map((tab) => tab.shows('idle')));
  return tabs;
}

/** Every tab comes to show this phase. */
export function allShow(tabs: readonly CustomerTab[], phase: Phase): Promise<unknown> {
  return Promise.all(tabs.map((tab) => tab.shows(phase)));
}

/** The agent's desk, and what it shows of the customer's page. */
export class AgentDesk {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async join(pin: string, name = 'Robin'): Promise<void> {
    await this.page.getByTestId('agent-name').fill(name);
    await this.page.getByTestId('agent-pin').fill(pin);
    await this.page.getByTestId('agent-join').click();
    await this.shows('Connected');
  }

  async shows(word: string): Promise<void> {
    await this.page.getByTestId('agent-state').getByText(word, { exact: true }).waitFor();
  }

  /** Resolves once the page that is replayed has this text, in a field or outside. */
  async sees(text: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => {
        const shown = document.querySelector<HTMLIFrameElement>(
          '.replayer-wrapper:not(.coming) iframe',
        )?.contentDocument;
        const fields = [...(shown?.querySelectorAll<HTMLInputElement>('input, select, textarea') ?? [])];
        return `${shown?.body?.textContent} ${fields.map(({ value }) => value).join(' ')}`.includes(wanted);
      },
      text,
      // A page in the background has no animation frames.
      { polling: 50 },
    );
  }

  /** How far down the replayed page is. */
  scrolled(): Promise<number> {
    return this.page.evaluate(
      () => document.querySelector<HTMLIFrameElement>('.replayer-wrapper iframe')?.contentWindow?.scrollY ?? -1,
    );
  }
}

/** A page of the shop in a tab. */
export class CustomerTab {
  readonly page: Page;
  /** Lets the process of the page crash. */
  readonly kill: () => Promise<void>;
  /** Everything that this tab has sent to the server: the frames of its sockets, and the bodies of its requests. */
  readonly sent: string[] = [];

  constructor(page: Page, kill: () => Promise<void>) {
    this.page = page;
    this.kill = kill;
    page.setDefaultTimeout(20_000);
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => this.sent.push(String(payload))));
    page.on('request', (request) => this.sent.push(`${request.url()} ${request.postData() ?? ''}`));
  }

  /** What was sent of the page, put together again. */
  recorded(): string {
    const chunks = this.sent.filter((frame) => frame.startsWith('{"type":"record"'));
    return chunks.map((frame) => String(JSON.parse(frame).data)).join('');
  }

  /** Presses the button of a call, as the person in front of this tab does. */
  async press(call: Call): Promise<void> {
    await this.page.bringToFront();
    await this.page.getByTestId(call).click();
  }

  /** Resolves once the page shows this phase, and whose session it is if that is asked for. */
  async shows(phase: Phase, whose?: 'this' | 'other' | 'nobody'): Promise<void> {
    const panel = `[data-testid=panel][data-phase=${phase}]`;
    await this.page.locator(whose === undefined ? panel : `${panel}[data-whose=${whose}]`).waitFor();
  }

  /** Resolves once the log has this event, or this code. */
  async hears(what: string | number): Promise<void> {
    const attribute = typeof what === 'number' ? 'data-code' : 'data-type';
    await this.page.locator(`[data-testid=log-entry][${attribute}="${what}"]`).first().waitFor();
  }

  /** What the log has, the oldest first. */
  heard(): Promise<readonly Heard[]> {
    return this.page.getByTestId('log-entry').evaluateAll((entries) =>
      entries
        .map((entry) => ({
          type: entry.getAttribute('data-type') ?? '',
          code: entry.getAttribute('data-code') ?? '',
          local: entry.getAttribute('data-local') !== null,
          number: entry.querySelector('.log-seq')?.textContent ?? '',
        }))
        .reverse(),
    );
  }

  /** The codes in the log, the oldest first. */
  async codes(): Promise<readonly number[]> {
    return (await this.heard()).flatMap(({ code }) => (code === '' ? [] : [Number(code)]));
  }

  /** The code that the panel shows, with whom it reached. Resolves once it shows one. */
  async notice(): Promise<{ readonly code: number; readonly where: string }> {
    const notice = this.page.getByTestId('notice');
    const code = await notice.locator('.notice-code b').textContent();
    return { code: Number(code), where: (await notice.locator('.notice-where').textContent()) ?? '' };
  }

  /** Presses the button of a call that is refused in this tab alone, with this code. */
  async isRefused(call: Call, code: number): Promise<void> {
    const before = (await this.heard()).length;
    await this.press(call);
    await this.page.getByTestId('log-entry').nth(before).waitFor();
    const [refusal, ...others] = (await this.heard()).slice(before);
    expect({ call, refusal, others }).toEqual({
      call,
      refusal: { type: 'session_error', code: String(code), local: true, number: 'here' },
      others: [],
    });
  }

  async pin(): Promise<string> {
    return (await this.page.getByTestId('pin').textContent()) ?? '';
  }

  async type(pin: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.getByTestId('pin-field').fill(pin);
  }

  /** Opens the part of the page that makes trouble. */
  async makeTrouble(): Promise<void> {
    await this.page.bringToFront();
    const trouble = this.page.getByTestId('trouble');
    if ((await trouble.getAttribute('open')) === null) await trouble.locator('summary').click();
  }
}
