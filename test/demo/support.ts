/** The demo's session server on a port of its own, on a clock of the test's own, with real sockets to it. */
import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import WebSocket from 'ws';
import {
  type Act,
  type Chunk,
  type ClientMessage,
  DEMO_PROTOCOL,
  parseServerMessage,
  type ServerMessage,
} from '../../demo/protocol';
import type { Clock } from '../../demo/server/clock';
import { type Conditions, FAIR_WEATHER } from '../../demo/server/conditions';
import { createSessionServer, SOCKET_PATH } from '../../demo/server/server';
import type { Caller } from '../../demo/server/session';
import { createTokens } from '../../demo/server/tokens';

export const SITE = 'shop';
const SECRET = new TextEncoder().encode('a secret of the tests, thirty-two bytes or more');

export function createTestClock(): Clock & { advance(ms: number): void; readonly pending: number } {
  let now = Date.UTC(2026, 0, 1);
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: () => now,
    wake(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at > now || !timers.delete(timer)) continue;
        timer.callback();
      }
    },
    get pending() {
      return timers.size;
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startServer>>;

export async function startServer() {
  const clock = createTestClock();
  const conditions: Conditions = { ...FAIR_WEATHER, latencyMs: 0 };
  const sessions = createSessionServer({ clock, secret: SECRET, sites: [SITE], conditions });
  const http = createServer((request, response) => {
    if (!sessions.handleRequest(request, response)) response.writeHead(404).end();
  });
  http.on('upgrade', (request, socket, head) => {
    if (!sessions.handleUpgrade(request, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const host = `127.0.0.1:${address.port}`;
  onTestFinished(() => {
    sessions.close();
    http.close();
    http.closeAllConnections();
  });

  async function request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`http://${host}${path}`, init);
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  return {
    clock,
    host,
    request,
    kept: sessions.kept,
    tokens: createTokens({ secret: SECRET, now: clock.now }),
    conditions: (change: Partial<Conditions>) => request('PATCH', `/api/conditions?site=${SITE}`, change),
    trouble: (kind: string, sessionId: string | null = null) =>
      request('POST', `/api/trouble?site=${SITE}`, { kind, sessionId }),
    view: async () => (await request('GET', `/api/site?site=${SITE}`)).body,
    async token(caller: Caller, appKey: string = SITE): Promise<string> {
      return (await request('POST', '/api/token', { ...caller, appKey })).body.token;
    },
    connect: (headers?: Record<string, string>) => connect(`ws://${host}${SOCKET_PATH}?site=${SITE}`, headers),
  };
}

async function connect(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url, { headers });
  const inbox: ServerMessage[] = [];
  const waiting = new Set<() => void>();
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  socket.on('message', (data) => {
    const message = parseServerMessage(String(data));
    if (message === null) throw new Error(`The server sent what its own protocol can't read: ${String(data)}`);
    inbox.push(message);
    for (const check of waiting) check();
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  onTestFinished(() => socket.terminate());

  const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
  return {
    inbox,
    closed,
    send,
    /** Text, or bytes as they are. */
    sendRaw: (frame: string | Uint8Array) => socket.send(frame),
    start: (token: string, pin: string | null = null, epoch = 1) =>
      send({ type: 'start', version: DEMO_PROTOCOL, token, epoch, pin }),
    join: (token: string, pin: string, epoch = 1) => send({ type: 'join', version: DEMO_PROTOCOL, token, epoch, pin }),
    resume: (token: string, sessionId: string, epoch: number) =>
      send({ type: 'resume', version: DEMO_PROTOCOL, token, epoch, sessionId }),
    act: (act: Act, epoch = 1) => send({ type: 'act', epoch, act }),
    record: (chunk: Chunk, epoch = 1) => send({ type: 'record', epoch, ...chunk }),
    end: (epoch = 1) => send({ type: 'end', epoch, token: null, sessionId: null }),
    /** Reads nothing from now on, as a page does whose computer sleeps: the line stays open. */
    stall: () => socket.pause(),
    hangUp: () => socket.close(1000),
    breakOff: () => socket.terminate(),
    /** The next message of this type that nobody took yet. */
    next<Type extends ServerMessage['type']>(type: Type): Promise<Extract<ServerMessage, { type: Type }>> {
      return new Promise((resolve) => {
        const check = () => {
          const index = inbox.findIndex((message) => message.type === type);
          if (index < 0) return;
          waiting.delete(check);
          const [message] = inbox.splice(index, 1);
          // The index was found by this very type.
          resolve(message as Extract<ServerMessage, { type: Type }>);
        };
        waiting.add(check);
        check();
      });
    },
  };
}

export function customer(userId = 'ada'): Caller {
  return { userId, userName: userId, role: 'customer' };
}

export function agent(userId = 'robin'): Caller {
  return { userId, userName: userId, role: 'agent' };
}
