/** The servers of the examples, as strangers meet them: several browsers, and whatever anybody can send. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { io } from 'socket.io-client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { attach as attachRoom, Room } from '../../examples/one-websocket/server';
import { attach as attachChat, Chat } from '../../examples/socket-io/server';

async function listen(attach: (server: ReturnType<typeof createServer>) => void): Promise<number> {
  const server = createServer();
  attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function enter(port: number, browser: string, epoch: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/?browser=${browser}&epoch=${epoch}&after=0`);
  onTestFinished(() => socket.terminate());
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
}

test('one WebSocket: a later tab of the same browser takes the place of an earlier one, and another browser has its own', async () => {
  const room = new Room();
  const port = await listen((server) => attachRoom(server, room));
  const alice = await enter(port, 'alice', 7);
  const bob = await enter(port, 'bob', 3);
  await vi.waitUntil(() => room.sockets.size === 2);
  await Promise.all([once(alice, 'close'), enter(port, 'alice', 8)]);
  expect([...room.sockets.values()]).toEqual([
    { browser: 'bob', epoch: 3 },
    { browser: 'alice', epoch: 8 },
  ]);
  expect(bob.readyState).toBe(WebSocket.OPEN);
});

test('one WebSocket: whoever sends what is no draft, no frame or no address is thrown out, and nobody else', async () => {
  const room = new Room();
  const port = await listen((server) => attachRoom(server, room));
  const bystander = await enter(port, 'bystander', 1);
  for (const sent of ['no JSON', 'null', '{"id":1}']) {
    const stranger = await enter(port, 'stranger', 1);
    stranger.send(sent);
    await once(stranger, 'close');
  }
  const stranger = await enter(port, 'stranger', 1);
  // A reserved opcode.
  (stranger as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
  await once(stranger, 'close');
  const odd = connect(port, '127.0.0.1', () => {
    odd.write('GET // HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
    odd.write('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
  });
  onTestFinished(() => void odd.destroy());
  await once(odd, 'data');
  bystander.send(JSON.stringify({ id: 'a', text: 'hello' }));
  await vi.waitUntil(() => room.messages.length === 1);
});

test('socket.io: whoever sends what is no draft, or waits for no answer, is thrown out, and nobody else', async () => {
  const chat = new Chat();
  const port = await listen((server) => attachChat(server, chat));
  const open = () => {
    const socket = io(`http://127.0.0.1:${port}`, { forceNew: true, reconnection: false, transports: ['websocket'] });
    onTestFinished(() => void socket.disconnect());
    return socket;
  };
  for (const sent of [[null, () => undefined], [{ id: 1 }, () => undefined], [{ id: 'a', text: 'hello' }]]) {
    const socket = open();
    const over = new Promise((resolve) => socket.on('disconnect', resolve));
    socket.emit('send', ...sent);
    expect(await over).toBe('io server disconnect');
  }
  expect(await open().emitWithAck('send', { id: 'b', text: 'hello' })).toBe(1);
});
