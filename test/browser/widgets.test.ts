/** A widget of each framework in two real tabs: it starts a session, shows whose it is, that it is refused, and that its host is gone. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChromiumBrowser, type ChromiumPage, launchChromium } from './support/chromium';
import { WIDGETS } from './support/server';
import type { Tab } from './support/tab';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

async function click(tab: Tab<ChromiumPage>): Promise<void> {
  await tab.page.show();
  await tab.page.page.click('button');
}

/** Waits until an element of the page says so. */
async function shows(tab: Tab<ChromiumPage>, selector: string, text: string): Promise<void> {
  const found = tab.page.page.locator(selector, { hasText: new RegExp(`^${text}$`) });
  await found.waitFor({ state: 'attached', timeout: 20_000 }).catch(async () => {
    expect(await tab.page.page.textContent(selector)).toBe(text);
  });
}

test.each(WIDGETS)(
  '%s: one tab starts, the other follows, is refused, and sees that the host was killed',
  async (widget) => {
    const options = { script: 'coordinator', widget: true, config: { scope: `widget ${widget}`, widget } } as const;
    const first = await browser.openPage(options);
    const second = await browser.openPage(options);
    for (const tab of [first, second]) await shows(tab, 'output', 'idle none');

    await click(first);
    await shows(first, 'output', 'active host');
    await shows(second, 'output', 'active follower');

    await click(second);
    await shows(second, '[role=alert]', 'refused 1004');
    await shows(first, '[role=alert]', '');

    await first.page.kill();
    await shows(second, 'output', 'recovering follower');
    expect((await second.state()).problems).toEqual([]);
    await second.close();
  },
);
