/** What the session server bears: any frame, any number of sessions one after the other, and whoever sends too much. */
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CHUNK_CHARACTERS, DEMO_PROTOCOL, MAX_FRAME_BYTES } from '../../demo/protocol';
import { MAX_MESSAGES, MAX_WAITING } from '../../demo/server/server';
import { createSessionBook, MAX_ENDED_PINS, MAX_SESSIONS } from '../../demo/server/sessions';
import { agent, createTestClock, customer, SITE, startServer, type TestServer } from './support';

/** A token without a request for it. */
const tokenOf = (server: TestServer, caller: ReturnType<typeof customer>) =>
  server.tokens.sign({ ...caller, appKey: SITE }, 3_600);

const nonsense = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0, 1e300, '', '[]', null, 'x'.repeat(3_000)));
/** Like a message of the protocol, with nonsense in some places. */
const almost = fc.record(
  {
    type: fc.constantFrom(
      ...['start', 'join', 'resume', 'act', 'record', 'unshowable', 'consent', 'renew', 'leave', 'end', '__proto__'],
    ),
    version: fc.oneof(fc.constant<unknown>(DEMO_PROTOCOL), nonsense),
    token: nonsense,
    epoch: fc.oneof(fc.constant<unknown>(1), nonsense),
    pin: fc.oneof(fc.constant<unknown>('MINE'), nonsense),
    sessionId: nonsense,
    given: fc.oneof(fc.boolean(), nonsense),
    stream: nonsense,
    number: fc.oneof(fc.nat(), nonsense),
    last: fc.oneof(fc.boolean(), nonsense),
    data: fc.oneof(fc.string(), nonsense),
    act: fc.oneof(
      nonsense,
      fc.record(
        {
          kind: fc.constantFrom('look', 'ask', 'point', 'draw', 'clear', 'scroll', 'cheer'),
          x: fc.oneof(fc.float(), nonsense),
          y: fc.oneof(fc.float(), nonsense),
          by: fc.oneof(fc.float(), nonsense),
          points: fc.oneof(fc.array(fc.tuple(fc.float(), fc.float())), nonsense),
        },
        { requiredKeys: ['kind'] },
      ),
    ),
  },
  { requiredKeys: ['type'] },
);
const frame = fc.oneof(
  { weight: 4, arbitrary: almost.map((message) => JSON.stringify(message)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
);

test('no frame, from outside or inside a session, makes the server stumble', async () => {
  const server = await startServer();
  const complaints = vi.spyOn(console, 'error').mockReturnValue();
  onTestFinished(() => complaints.mockRestore());
  let users = 0;
  const property = fc.asyncProperty(
    fc.constantFrom('nobody', 'customer', 'agent'),
    fc.array(frame, { minLength: 1, maxLength: 12 }),
    async (who, frames) => {
      users += 1;
      const client = await server.connect();
      const pin = `P${users}`;
      if (who === 'customer') client.start(await tokenOf(server, customer(`c${users}`)), pin);
      if (who === 'agent') client.start(await tokenOf(server, agent(`a${users}`)), pin);
      if (who !== 'nobody') await client.next('connected');
      for (const each of frames) client.sendRaw(each);
      client.end();
      client.hangUp();
      await client.closed;
    },
  );
  await fc.assert(property, { numRuns: 150, endOnFailure: true });

  expect(complaints).not.toHaveBeenCalled();
  const after = await server.connect();
  after.start(await tokenOf(server, customer('after')), 'AFTER');
  await after.next('connected');
}, 30_000);

test('after 1,000 sessions the server keeps what it keeps after one', async () => {
  const server = await startServer();
  async function live(id: number): Promise<void> {
    const [ada, robin] = [await server.connect(), await server.connect()];
    ada.start(await tokenOf(server, customer(`customer-${id}`)), `S${id}`);
    await ada.next('connected');
    robin.join(await tokenOf(server, agent(`agent-${id}`)), `S${id}`);
    await robin.next('connected');
    ada.record({ stream: 's', number: 0, last: true, data: 'x'.repeat(CHUNK_CHARACTERS) });
    await robin.next('recorded');
    robin.act({ kind: 'ask' });
    await ada.next('assist');
    // Every third one is lost, not ended.
    if (id % 3 === 0) for (const each of [robin, ada]) each.breakOff();
    else ada.end();
    await Promise.all([ada.closed, robin.closed]);
  }
  for (let id = 0; id < 1_000; id += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, index) => live(id + index)));
    // All of them are over, and those that were lost are given up.
    await expect.poll(() => server.kept().connections).toBe(0);
    server.clock.advance(200_000);
    expect(server.kept()).toMatchObject({ connections: 0, sessions: 0, seats: 0, sweeps: 0 });
  }
  server.clock.advance(600_000);
  await live(1_000);
  const one = { connections: 0, sessions: 0, seats: 0, sweeps: 0, endedPins: 1, callers: 2 };
  await expect.poll(() => server.kept()).toEqual(one);
}, 60_000);

test('PINs of sessions that are over are forgotten, the oldest first, however fast sessions come and go', () => {
  const clock = createTestClock();
  let ids = 0;
  const book = createSessionBook({ now: clock.now, id: () => `session-${++ids}`, pin: () => `PIN${ids}` });
  for (let number = 0; number < MAX_ENDED_PINS + 5; number += 1) {
    book.start('c', customer(`c${number}`), { epoch: 1, pin: `S${number}` });
    book.end('c', 1);
  }
  expect(book.kept().endedPins).toBe(MAX_ENDED_PINS);
  const codeOf = (pin: string) => book.join('a', agent(), { epoch: 0, pin })[0]?.message;
  expect(codeOf('S0')).toMatchObject({ code: 1006 });
  expect(codeOf(`S${MAX_ENDED_PINS}`)).toMatchObject({ code: 1011 });
});

test('a site has its fill of sessions: the next start is refused, 9999, until one has ended', () => {
  const clock = createTestClock();
  let ids = 0;
  const book = createSessionBook({ now: clock.now, id: () => `session-${++ids}`, pin: () => `PIN${ids}` });
  const start = (number: number) =>
    book.start(`seat-${number}`, customer(`c${number}`), { epoch: 1, pin: `S${number}` })[0]?.message;
  for (let number = 0; number < MAX_SESSIONS; number += 1) start(number);
  expect(start(MAX_SESSIONS)).toMatchObject({ type: 'error', code: 9999, reason: 'too many sessions' });
  book.end('seat-0', 1);
  expect(start(MAX_SESSIONS)).toMatchObject({ type: 'connected' });
});

test('whoever sends too much at once, or too much that has to wait, loses the line, and nobody else notices', async () => {
  const server = await startServer();
  const calm = await server.connect();
  calm.start(await tokenOf(server, customer('calm')), 'CALM');
  await calm.next('connected');

  const fast = await server.connect();
  fast.start(await tokenOf(server, customer('fast')), 'FAST');
  await fast.next('connected');
  for (let count = 2; count <= MAX_MESSAGES.calls; count += 1) {
    fast.record({ stream: 's', number: count, last: true, data: '' });
    await fast.next('taken');
  }
  fast.record({ stream: 's', number: 0, last: true, data: '' });
  expect(await fast.closed).toBe(1008);
  await server.conditions({ latencyMs: 5_000 });
  const patient = await server.connect();
  for (let count = 0; count <= MAX_WAITING; count += 1) patient.act({ kind: 'look' });
  expect(await patient.closed).toBe(1008);
  const loud = await server.connect();
  loud.sendRaw('x'.repeat(MAX_FRAME_BYTES + 1));
  expect(await loud.closed).toBe(1009);

  await server.conditions({ latencyMs: 0 });
  calm.end();
  await calm.next('ended');
}, 20_000);

test('the largest chunk fits into a frame, whatever is written in it', () => {
  for (const character of ['x', '"', '\\', '€', '\n', '\ud83d']) {
    const chunk = {
      stream: crypto.randomUUID(),
      number: 999_999,
      last: false,
      data: character.repeat(CHUNK_CHARACTERS),
    };
    const text = JSON.stringify({ type: 'record', epoch: Number.MAX_SAFE_INTEGER, ...chunk });
    // A lone half of a character is written with six bytes; a chunk has two at most, at its ends.
    if (character === '\ud83d') expect(Buffer.byteLength(JSON.stringify(character))).toBe(8);
    else expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  }
});
