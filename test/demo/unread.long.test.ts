/** What the session server holds for others is bounded: what a page does not read, and what it sends in a request. */
import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import { MAX_BODY_BYTES } from '../../demo/server/api';
import { MAX_MESSAGES, MAX_UNREAD_BYTES } from '../../demo/server/server';
import { agent, customer, SITE, startServer, type TestServer } from './support';

/** More than what the server and the system's own buffers hold for a page that reads nothing, in chunks of 15 kB. */
const CHUNKS = (MAX_UNREAD_BYTES + 40_000_000) / 15_000;

test('an agent who reads nothing loses the line before the server holds more for it than it may, and the others go on', async () => {
  const server = await startServer();
  const [owner, reader, sleeper] = [await server.connect(), await server.connect(), await server.connect()];
  owner.start(await server.token(customer()), 'LONG');
  await owner.next('connected');
  for (const [line, name] of [
    [reader, 'robin'],
    [sleeper, 'sam'],
  ] as const) {
    line.join(await server.token(agent(name)), 'LONG');
    await line.next('connected');
  }
  sleeper.stall();
  let sent = 0;
  for (; server.kept().connections === 3 && sent < CHUNKS; sent += 1) {
    if (sent % (MAX_MESSAGES.calls / 2) === 0) server.clock.advance(MAX_MESSAGES.perMs);
    owner.record({ stream: 's', number: sent, last: true, data: '€'.repeat(5_000) });
    await owner.next('taken');
  }
  expect(server.kept().connections).toBe(2);
  expect(sent * 15_000).toBeGreaterThan(MAX_UNREAD_BYTES);
  for (let number = 0; number < sent; number += 1) expect(await reader.next('recorded')).toMatchObject({ number });
  owner.end();
  await reader.next('ended');
}, 20_000);

test('a request with a body as large as it may be is read, and one byte more is refused', async () => {
  const server = await startServer();
  const caller = { ...customer(), appKey: SITE };
  const bodyOf = (bytes: number) => {
    const empty = JSON.stringify({ ...caller, more: '' });
    return { ...caller, more: 'x'.repeat(bytes - empty.length) };
  };
  expect(await server.request('POST', '/api/token', bodyOf(MAX_BODY_BYTES))).toMatchObject({ status: 200 });
  expect(await refused(server, JSON.stringify(bodyOf(MAX_BODY_BYTES + 1)))).toBe(true);
  // As many bytes: two for each of these letters.
  expect(await refused(server, JSON.stringify({ ...caller, more: 'é'.repeat(MAX_BODY_BYTES / 2) }))).toBe(true);
  expect(await server.view()).toMatchObject({ underway: 0 });
});

test('a body that never ends is not read to its end', async () => {
  const server = await startServer();
  const closed = new Promise<void>((resolve) => {
    const request = post(server);
    const more = (): void => {
      while (!request.destroyed && request.write('x'.repeat(1_000)));
    };
    request
      .on('drain', more)
      .on('close', resolve)
      .on('error', () => undefined);
    request.on('response', () => request.destroy());
    more();
  });
  await closed;
  expect(await server.token(customer())).toEqual(expect.any(String));
});

test('a name whose letters arrive in two pieces is the name that was sent', async () => {
  const server = await startServer();
  const bytes = Buffer.from(JSON.stringify({ ...customer(), userName: 'Zoë', appKey: SITE }));
  // In the middle of the letter.
  const at = bytes.indexOf('ë') + 1;
  const request = post(server);
  const answered = new Promise<string>((resolve, reject) => {
    request.on('error', reject).on('response', async (response) => {
      resolve(JSON.parse(Buffer.concat(await response.toArray()).toString()).token);
    });
  });
  await new Promise<void>((resolve) => request.write(bytes.subarray(0, at), () => resolve()));
  request.end(bytes.subarray(at));
  expect(await server.tokens.verify(await answered)).toMatchObject({ userName: 'Zoë' });
});

function post({ host }: TestServer) {
  const [hostname = '', port] = host.split(':');
  return httpRequest({ hostname, port, path: '/api/token', method: 'POST' });
}

/** The server may close the line instead of an answer: it reads no more of what is too large. */
function refused(server: TestServer, body: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = post(server);
    request.on('error', () => resolve(true)).on('response', ({ statusCode }) => resolve(statusCode === 400));
    request.end(body);
  });
}
