/** The example with socket.io, in real tabs. The server's own list of messages and its count of connections are the judges. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attach, Chat, type Draft } from '../../../examples/socket-io/server';
import { type ChromiumBrowser, launchChromium } from '../support/chromium';
import { allShow, lines, send } from './chat';
import { openExampleTabs, shows } from './open-example';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A chat in which something happens as soon as a message is stored, before its sender is told. */
class WatchedChat extends Chat {
  onStored: (count: number) => void = () => undefined;

  override take(draft: Draft): number {
    const before = this.messages.length;
    const number = super.take(draft);
    if (this.messages.length > before) this.onStored(this.messages.length);
    return number;
  }
}

async function openChat() {
  const chat = new WatchedChat();
  return { chat, ...(await openExampleTabs(browser, 'socket-io', (server) => attach(server, chat))) };
}

test('a server that dies with a message taken but not confirmed, and is back later, has each message once; so has every tab', async () => {
  const { chat, tabs, host, first, second, stop, startAgain } = await openChat();
  const stopped = new Promise<void>((resolve) => {
    chat.onStored = (count) => {
      if (count === 4) resolve(stop());
    };
  });
  await Promise.all([send(host, lines('host', 5)), send(first, lines('first', 5))]);
  await stopped;
  for (const { page } of tabs) await shows(page, 'recovering');
  await send(second, lines('while it was down', 5));
  chat.take({ id: randomUUID(), text: 'elsewhere' });
  await startAgain();

  await expect.poll(() => chat.messages.length, { timeout: 20_000 }).toBe(16);
  await allShow(tabs, chat);
  expect(new Set(chat.messages.map(({ text }) => text)).size).toBe(16);
  await shows(host.page, 'active, host');
  expect(chat.connections).toBe(2);
});

test('a server that throws the browser out while a message is on its way: no tab connects again until somebody asks for it', async () => {
  const { chat, tabs, first, second } = await openChat();
  chat.onStored = () => chat.kickAll();
  await send(first, ['the last straw']);

  for (const { page } of tabs) await shows(page, 'over: kicked');
  await first.page.locator('[role=alert]', { hasText: 'Not sent' }).waitFor();
  expect(chat.connections).toBe(1);

  chat.onStored = () => undefined;
  await second.page.bringToFront();
  await second.page.getByRole('button', { name: 'Connect' }).click();
  await shows(second.page, 'active, host');
  await shows(first.page, 'active, follower');
  await send(first, ['once more']);
  await expect.poll(() => chat.messages.map(({ text }) => text)).toEqual(['the last straw', 'once more']);
  await allShow(tabs, chat);
  expect(chat.connections).toBe(2);
});
