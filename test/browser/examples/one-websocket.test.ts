/** The example with one WebSocket for all tabs, in real tabs. The server's own list of messages is the judge. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attach, type Draft, Room } from '../../../examples/one-websocket/server';
import { type ChromiumBrowser, launchChromium } from '../support/chromium';
import { allShow, lines, send } from './chat';
import { openExampleTabs, shows } from './open-example';

let browser: ChromiumBrowser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A room in which something happens as soon as a message is stored, before its sender is told. */
class WatchedRoom extends Room {
  onStored: (count: number) => void = () => undefined;

  override take(draft: Draft): void {
    const before = this.messages.length;
    super.take(draft);
    if (this.messages.length > before) this.onStored(this.messages.length);
  }

  /** Somebody else, in another browser, says something. */
  hear(text: string): void {
    this.take({ id: randomUUID(), text });
  }

  get texts(): readonly string[] {
    return this.messages.map(({ text }) => text);
  }
}

async function openRoom() {
  const room = new WatchedRoom();
  return { room, ...(await openExampleTabs(browser, 'one-websocket', (server) => attach(server, room))) };
}

test('a message from any tab, or from elsewhere, shows in every tab once and in order; the server has one socket', async () => {
  const { room, tabs, host, first, second } = await openRoom();
  await Promise.all([send(host, lines('host', 5)), send(first, lines('first', 5)), send(second, lines('second', 5))]);
  await expect.poll(() => room.texts.length).toBe(15);
  room.hear('elsewhere');

  await allShow(tabs, room);
  expect([...room.texts].sort()).toEqual(
    [...lines('host', 5), ...lines('first', 5), ...lines('second', 5), 'elsewhere'].sort(),
  );
  await expect.poll(() => room.sockets.size).toBe(1);
});

test('a server that dies with a message taken but not confirmed, and is back later, has each message once', async () => {
  const { room, tabs, host, first, second, stop, startAgain } = await openRoom();
  const stopped = new Promise<void>((resolve) => {
    room.onStored = (count) => {
      if (count === 4) resolve(stop());
    };
  });
  await Promise.all([send(host, lines('host', 5)), send(first, lines('first', 5))]);
  await stopped;
  for (const { page } of tabs) await shows(page, 'recovering');
  await send(second, lines('while it was down', 5));
  room.hear('elsewhere');
  await startAgain();

  await expect.poll(() => room.texts.length, { timeout: 20_000 }).toBe(16);
  await allShow(tabs, room);
  expect(new Set(room.texts).size).toBe(16);
  await shows(host.page, 'active, host');
  await expect.poll(() => room.sockets.size).toBe(1);
});

test('a host whose process is killed with a message taken but not confirmed: another tab goes on, and each message is there once', async () => {
  const { room, host, first, second } = await openRoom();
  const pid = await host.rendererPid();
  room.onStored = (count) => {
    if (count === 4) process.kill(pid, 'SIGKILL');
  };
  await Promise.all([send(first, lines('first', 5)), send(second, lines('second', 5))]);

  await expect.poll(() => room.texts.length, { timeout: 20_000 }).toBe(10);
  room.hear('elsewhere');
  await allShow([first, second], room);
  expect(new Set(room.texts).size).toBe(11);
  await expect.poll(() => room.sockets.size).toBe(1);
});
