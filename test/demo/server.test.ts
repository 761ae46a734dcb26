import { describe, expect, test } from 'vitest';
import { type Chunk, DEMO_PROTOCOL } from '../../demo/protocol';
import { MAX_AGENTS, RATE, RECONNECT_WINDOW_MS } from '../../demo/server/sessions';
import { agent, customer, SITE, startServer, type TestServer } from './support';

const CHUNK: Chunk = { stream: 's', number: 0, last: true, data: '[]' };

async function startSession(server: TestServer, pin: string | null = 'MINE') {
  const client = await server.connect();
  client.start(await server.token(customer()), pin);
  const { sessionId } = await client.next('connected');
  return { client, sessionId };
}

async function joinAgent(server: TestServer, userId = 'robin', pin = 'MINE') {
  const client = await server.connect();
  client.join(await server.token(agent(userId)), pin);
  await client.next('connected');
  return client;
}

describe('each code that the service produces', () => {
  test('1001: a trial account without credit, and an invalid site link', async () => {
    const server = await startServer();
    await server.conditions({ creditUsedUp: true });
    const broke = await server.connect();
    broke.start(await server.token(customer()));
    expect(await broke.next('error')).toMatchObject({ code: 1001, reason: 'trial credit used up' });

    await server.conditions({ creditUsedUp: false });
    const lost = await server.connect();
    lost.start(await server.token(customer(), 'another-shop'));
    expect(await lost.next('error')).toMatchObject({ code: 1001, reason: 'invalid site link' });
  });

  test('1006: a PIN that does not exist', async () => {
    const server = await startServer();
    const client = await server.connect();
    client.join(await server.token(customer()), 'NEVER');
    expect(await client.next('error')).toMatchObject({ code: 1006 });
    expect(await client.closed).toBe(1000);
  });

  test('1010: a PIN in use', async () => {
    const server = await startServer();
    await startSession(server);
    const other = await server.connect();
    other.start(await server.token(customer('bob')), 'MINE');
    expect(await other.next('error')).toMatchObject({ code: 1010 });
  });

  test('1011: a session that is over, an unsupported version, and a reconnection that came too late', async () => {
    const server = await startServer();
    const { client, sessionId } = await startSession(server);
    const watcher = await joinAgent(server);
    client.breakOff();
    await watcher.next('members');
    server.clock.advance(RECONNECT_WINDOW_MS);
    expect(await watcher.next('ended')).toMatchObject({ reason: 'customer lost' });

    const late = await server.connect();
    late.resume(await server.token(customer()), sessionId, 2);
    expect(await late.next('error')).toMatchObject({ code: 1011 });

    const second = await server.connect();
    second.join(await server.token(agent('late')), 'MINE');
    expect(await second.next('error')).toMatchObject({ code: 1011 });

    const old = await server.connect();
    const token = await server.token(customer());
    old.send({ type: 'join', version: DEMO_PROTOCOL + 1, token, epoch: 1, pin: 'MINE' });
    expect(await old.next('error')).toMatchObject({ code: 1011, reason: 'unsupported version' });
  });

  test('1012, 1013 and 1015: one customer, five agents, each user once', async () => {
    const server = await startServer();
    await startSession(server);
    const codeOf = async (token: string) => {
      const client = await server.connect();
      client.join(token, 'MINE');
      return (await client.next('error')).code;
    };
    expect(await codeOf(await server.token(customer('bob')))).toBe(1012);
    expect(await codeOf(await server.token(customer()))).toBe(1015);
    for (let number = 1; number <= MAX_AGENTS; number += 1) await joinAgent(server, `agent-${number}`);
    expect(await codeOf(await server.token(agent('agent-6')))).toBe(1013);
  });

  test('1016 is the network: no connection gets through while it is down', async () => {
    const server = await startServer();
    await server.conditions({ refuseConnections: true });
    await expect(server.connect()).rejects.toThrow();
    await server.request('POST', `/api/repair?site=${SITE}`);
    await expect(server.connect()).resolves.toBeDefined();
  });

  test('2001: a token that is expired, forged, or none at all', async () => {
    const server = await startServer();
    for (const tokens of ['expired', 'forged'] as const) {
      await server.conditions({ tokens });
      const client = await server.connect();
      client.start(await server.token(customer()));
      expect(await client.next('error')).toMatchObject({ code: 2001 });
    }
    await server.conditions({ tokens: 'none' });
    expect(await server.request('POST', '/api/token', { ...customer(), appKey: SITE })).toMatchObject({ status: 503 });
    const client = await server.connect();
    client.start('not a token');
    expect(await client.next('error')).toMatchObject({ code: 2001 });
  });

  test('2001 in mid-session: the token runs out, acts are refused, and a fresh one heals it', async () => {
    const server = await startServer();
    const { client } = await startSession(server);
    server.clock.advance(3_600_000);
    client.send({ type: 'consent', epoch: 1, given: true });
    expect(await client.next('error')).toMatchObject({ code: 2001 });
    client.send({ type: 'renew', token: await server.token(customer()) });
    await client.next('renewed');
    const watcher = await joinAgent(server);
    client.record(CHUNK);
    expect(await watcher.next('recorded')).toEqual({ type: 'recorded', ...CHUNK });
  });

  test('9999: the rate limit, and an error at the service, which those inside are told of', async () => {
    const server = await startServer();
    const { client } = await startSession(server);
    const token = await server.token(agent('mallory'));
    const guesses = Array.from({ length: RATE.calls + 1 }, async (_, call) => {
      const guesser = await server.connect();
      guesser.join(token, `GUESS${call}`);
      return (await guesser.next('error')).code;
    });
    expect((await Promise.all(guesses)).filter((code) => code === 9999)).toHaveLength(1);

    await server.conditions({ serviceDown: true });
    expect(await client.next('error')).toMatchObject({ code: 9999 });
    const other = await server.connect();
    other.start(await server.token(customer('bob')));
    expect(await other.next('error')).toMatchObject({ code: 9999, reason: 'service error' });
  });
});

test('a moved session closes the old tab’s line and refuses what it still sends under its older epoch', async () => {
  const server = await startServer();
  const { client: old, sessionId } = await startSession(server);
  const watcher = await joinAgent(server);
  const fresh = await server.connect();
  fresh.resume(await server.token(customer()), sessionId, 2);
  await fresh.next('connected');
  expect(await old.next('ended')).toMatchObject({ reason: 'superseded' });
  expect(await old.closed).toBe(1000);

  fresh.record(CHUNK, 1);
  expect(await fresh.next('error')).toMatchObject({ code: 1011, reason: 'older epoch' });
  await fresh.closed;
  expect(watcher.inbox.filter(({ type }) => type === 'acted')).toEqual([]);
  expect((await server.view()).counts).toMatchObject({ stale: 1, acts: 0 });
});

test('an end that is sent right behind a start ends what the start began', async () => {
  const server = await startServer();
  const client = await server.connect();
  client.start(await server.token(customer()), 'MINE');
  client.end();
  expect(await client.next('ended')).toMatchObject({ reason: 'ended' });
  expect((await server.view()).sessions).toEqual([]);
});

test('another tab ends a session that no tab holds', async () => {
  const server = await startServer();
  const { client, sessionId } = await startSession(server);
  const watcher = await joinAgent(server);
  client.breakOff();
  await watcher.next('members');
  const other = await server.connect();
  other.send({ type: 'end', epoch: 2, token: await server.token(customer()), sessionId });
  await other.next('ended');
  expect(await watcher.next('ended')).toMatchObject({ reason: 'ended' });
});

test('latency delays what the service does, and keeps its order', async () => {
  const server = await startServer();
  await server.conditions({ latencyMs: 1_000 });
  const client = await server.connect();
  client.start(await server.token(customer()), 'MINE');
  client.end();
  await expect.poll(() => server.clock.pending).toBe(2);
  expect((await server.view()).counts.starts).toBe(0);
  server.clock.advance(1_000);
  await client.next('connected');
  await client.next('ended');
});

test('when a slow line becomes fast, what it still carries arrives at once', async () => {
  const server = await startServer();
  await server.conditions({ latencyMs: 10_000 });
  const client = await server.connect();
  client.start(await server.token(customer()), 'MINE');
  await expect.poll(() => server.clock.pending).toBe(1);
  await server.conditions({ latencyMs: 0 });
  await client.next('connected');
  expect(server.clock.pending).toBe(0);
});

test('a line that is cut leaves the session alive, and the customer away', async () => {
  const server = await startServer();
  const { client, sessionId } = await startSession(server);
  const watcher = await joinAgent(server);
  await server.trouble('cut', sessionId);
  expect(await client.closed).toBe(1006);
  expect((await watcher.next('members')).members).toMatchObject([{ userId: 'ada', present: false }, { present: true }]);
  const back = await server.connect();
  back.resume(await server.token(customer()), sessionId, 1);
  expect(await back.next('connected')).toMatchObject({ sessionId, pin: 'MINE' });
});

test('the service closes a session: everyone is told', async () => {
  const server = await startServer();
  const { client, sessionId } = await startSession(server);
  const watcher = await joinAgent(server);
  await server.trouble('close', sessionId);
  expect(await client.next('ended')).toEqual({ type: 'ended', reason: 'closed by the service' });
  await watcher.next('ended');
});

test('what the service can’t read costs the sender its connection and nobody else anything', async () => {
  const server = await startServer();
  const { client } = await startSession(server);
  for (const nonsense of [
    '',
    'null',
    '[]',
    '{"type":"act","epoch":1,"act":{"kind":"point","x":"1","y":2}}',
    '{"type":"start"}',
  ]) {
    const other = await server.connect();
    other.sendRaw(nonsense);
    expect(await other.closed).toBe(1003);
  }
  const flood = await server.connect();
  flood.sendRaw('x'.repeat(20_000));
  expect(await flood.closed).toBe(1009);
  const watcher = await joinAgent(server);
  client.record(CHUNK);
  expect(await watcher.next('recorded')).toBeDefined();
});

test('a tab that lets go of its session closes its line, and the session waits for the next tab', async () => {
  const server = await startServer();
  const { client, sessionId } = await startSession(server);
  client.send({ type: 'leave' });
  expect(await client.next('ended')).toMatchObject({ reason: 'left' });
  expect((await server.view()).sessions).toMatchObject([{ sessionId, members: [{ present: false }] }]);
});

test('an address that is none is answered, and harms nobody', async () => {
  const server = await startServer();
  for (const address of ['//', '/api//', '/api/%', '/session?site=']) {
    expect((await server.request('GET', address)).status).toBe(404);
  }
});

test('pages of other origins get neither a socket nor an answer', async () => {
  const server = await startServer();
  await expect(server.connect({ origin: 'http://evil.example' })).rejects.toThrow();
  await expect(server.connect({ host: 'evil.example' })).rejects.toThrow();
  await expect(server.connect({ origin: `http://${server.host}` })).resolves.toBeDefined();
  const answer = await server.request('GET', `/api/site?site=${SITE}`, undefined, { origin: 'http://evil.example' });
  expect(answer.status).toBe(403);
});
