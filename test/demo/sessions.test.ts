import { describe, expect, test } from 'vitest';
import type { Chunk } from '../../demo/protocol';
import type { Notice } from '../../demo/server/session';
import { createSessionBook, MAX_AGENTS, RATE, RECONNECT_WINDOW_MS } from '../../demo/server/sessions';
import { agent, createTestClock, customer } from './support';

function createBook() {
  const clock = createTestClock();
  let ids = 0;
  const pins = ['SAME', 'SAME', 'OTHER', 'THIRD'];
  const book = createSessionBook({
    now: clock.now,
    id: () => `session-${++ids}`,
    pin: () => pins.shift() ?? `PIN${ids}`,
  });
  return { clock, book };
}

const CHUNK: Chunk = { stream: 's', number: 0, last: true, data: '[]' };

const codes = (notices: readonly Notice[]) =>
  notices.flatMap(({ message }) => (message.type === 'error' ? [message.code] : []));
const told = (notices: readonly Notice[]) => notices.map(({ seat, message }) => `${seat} ${message.type}`);

describe('who gets in', () => {
  test('a customer who starts gets a PIN, and an agent joins with it', () => {
    const { book } = createBook();
    expect(told(book.start('c', customer(), { epoch: 1, pin: null }))).toEqual(['c connected']);
    expect(told(book.join('a', agent(), { epoch: 0, pin: 'SAME' }))).toEqual(['a connected', 'c members']);
  });

  test('a PIN drawn at random is never one that is in use', () => {
    const { book } = createBook();
    book.start('c', customer('ada'), { epoch: 1, pin: null });
    const [notice] = book.start('d', customer('bob'), { epoch: 1, pin: null });
    expect(notice?.message).toMatchObject({ type: 'connected', pin: 'OTHER' });
  });

  test('a PIN of one’s own must be well formed (1008) and free (1010)', () => {
    const { book } = createBook();
    expect(codes(book.start('c', customer(), { epoch: 1, pin: 'no spaces' }))).toEqual([1008]);
    expect(codes(book.start('c', customer(), { epoch: 1, pin: 'MINE' }))).toEqual([]);
    expect(codes(book.start('d', customer('bob'), { epoch: 1, pin: 'MINE' }))).toEqual([1010]);
  });

  test('a PIN that never was is 1006, one whose session is over is 1011 for a while', () => {
    const { book, clock } = createBook();
    expect(codes(book.join('a', agent(), { epoch: 0, pin: 'NEVER' }))).toEqual([1006]);
    book.start('c', customer(), { epoch: 1, pin: 'MINE' });
    book.end('c', 1);
    expect(codes(book.join('a', agent(), { epoch: 0, pin: 'MINE' }))).toEqual([1011]);
    clock.advance(600_000);
    expect(codes(book.join('a', agent(), { epoch: 0, pin: 'MINE' }))).toEqual([1006]);
  });

  test('one customer (1012), five agents (1013), each user once (1015)', () => {
    const { book } = createBook();
    book.start('c', customer(), { epoch: 1, pin: 'MINE' });
    expect(codes(book.join('d', customer('bob'), { epoch: 1, pin: 'MINE' }))).toEqual([1012]);
    expect(codes(book.join('e', customer(), { epoch: 2, pin: 'MINE' }))).toEqual([1015]);
    for (let number = 1; number <= MAX_AGENTS; number += 1) {
      expect(codes(book.join(`a${number}`, agent(`agent-${number}`), { epoch: 0, pin: 'MINE' }))).toEqual([]);
    }
    expect(codes(book.join('a6', agent('agent-6'), { epoch: 0, pin: 'MINE' }))).toEqual([1013]);
  });

  test('whoever tries PINs too fast is refused with 9999, alone, and only for a while', () => {
    const { book, clock } = createBook();
    for (let call = 0; call < RATE.calls; call += 1)
      book.join('x', agent('mallory'), { epoch: 0, pin: `GUESS${call}` });
    expect(codes(book.join('x', agent('mallory'), { epoch: 0, pin: 'GUESS' }))).toEqual([9999]);
    expect(codes(book.start('c', customer(), { epoch: 1, pin: null }))).toEqual([]);
    clock.advance(RATE.perMs);
    expect(codes(book.join('x', agent('mallory'), { epoch: 0, pin: 'GUESS' }))).toEqual([1006]);
  });
});

describe('a connection that is lost', () => {
  test('the customer is waited for, and may come back within two minutes', () => {
    const { book, clock } = createBook();
    book.start('c', customer(), { epoch: 1, pin: 'MINE' });
    book.join('a', agent(), { epoch: 0, pin: 'MINE' });
    const [away] = book.leave('c', { deliberate: false });
    expect(away).toMatchObject({ seat: 'a', message: { members: [{ userId: 'ada', present: false }, {}] } });
    clock.advance(RECONNECT_WINDOW_MS - 1);
    expect(book.sweep()).toEqual([]);
    expect(told(book.resume('c2', customer(), { epoch: 2, sessionId: 'session-1' }))).toEqual([
      'c2 connected',
      'a members',
    ]);
    expect(book.nextDeadline()).toBeNull();
  });

  test('after two minutes the session is over, the agents are told, and a resume is 1011', () => {
    const { book, clock } = createBook();
    book.start('c', customer(), { epoch: 1, pin: 'MINE' });
    book.join('a', agent(), { epoch: 0, pin: 'MINE' });
    book.leave('c', { deliberate: false });
    expect(book.nextDeadline()).toBe(clock.now() + RECONNECT_WINDOW_MS);
    clock.advance(RECONNECT_WINDOW_MS);
    expect(told(book.sweep())).toEqual(['a ended']);
    expect(codes(book.resume('c2', customer(), { epoch: 2, sessionId: 'session-1' }))).toEqual([1011]);
  });

  test('an agent who closes the page has left; one whose line broke is waited for', () => {
    const { book } = createBook();
    book.start('c', customer(), { epoch: 1, pin: 'MINE' });
    book.join('a', agent(), { epoch: 0, pin: 'MINE' });
    book.leave('a', { deliberate: false });
    expect(book.view().sessions[0]?.members).toHaveLength(2);
    book.join('a2', agent(), { epoch: 0, pin: 'MINE' });
    book.leave('a2', { deliberate: true });
    expect(book.view().sessions[0]?.members).toHaveLength(1);
  });
});

describe('the epoch', () => {
  test('the session moves: the old seat is closed, and what it still sends is refused', () => {
    const { book } = createBook();
    book.start('old', customer(), { epoch: 1, pin: 'MINE' });
    const notices = book.resume('new', customer(), { epoch: 2, sessionId: 'session-1' });
    expect(notices[0]).toEqual({ seat: 'old', message: { type: 'ended', reason: 'superseded' }, close: true });
    expect(codes(book.record('old', 1, CHUNK))).toEqual([1011]);
    expect(codes(book.record('new', 2, CHUNK))).toEqual([]);
    expect(book.view().counts.stale).toBe(1);
  });

  test('an act, a resume and an end under an older epoch than one seen before are refused', () => {
    const { book } = createBook();
    book.start('c', customer(), { epoch: 3, pin: 'MINE' });
    expect(book.record('c', 2, CHUNK)).toMatchObject([{ message: { code: 1011 }, close: true }]);
    expect(codes(book.resume('d', customer(), { epoch: 2, sessionId: 'session-1' }))).toEqual([1011]);
    expect(codes(book.end('c', 2))).toEqual([1011]);
    expect(codes(book.endFrom('d', customer(), { epoch: 2, sessionId: 'session-1' }))).toEqual([1011]);
    expect(book.view().counts.stale).toBe(4);
  });
});

describe('the end', () => {
  test('the customer’s end is everybody’s, and asking twice is the same end', () => {
    const { book } = createBook();
    book.start('c', customer(), { epoch: 1, pin: 'MINE' });
    book.join('a', agent(), { epoch: 0, pin: 'MINE' });
    expect(told(book.end('c', 1))).toEqual(['c ended', 'a ended']);
    expect(told(book.end('c', 1))).toEqual(['c ended']);
  });

  test('an agent’s end is its own; the last one out closes the session', () => {
    const { book } = createBook();
    book.start('a', agent(), { epoch: 1, pin: 'DESK' });
    book.join('c', customer(), { epoch: 1, pin: 'DESK' });
    expect(told(book.end('a', 1))).toEqual(['a ended', 'c members']);
    expect(book.view().sessions).toHaveLength(1);
    book.end('c', 1);
    expect(book.view().sessions).toEqual([]);
  });

  test('another tab ends a session whose tab is gone', () => {
    const { book } = createBook();
    book.start('c', customer(), { epoch: 1, pin: 'MINE' });
    book.leave('c', { deliberate: false });
    expect(told(book.endFrom('d', customer(), { epoch: 2, sessionId: 'session-1' }))).toEqual(['d ended']);
    expect(book.view().sessions).toEqual([]);
  });
});

describe('what one side does', () => {
  function createCompany() {
    const { book } = createBook();
    book.start('c', customer(), { epoch: 1, pin: 'MINE' });
    book.join('a', agent(), { epoch: 0, pin: 'MINE' });
    return book;
  }

  test('a piece of the customer’s page goes to the agents who are there, and is kept nowhere', () => {
    const book = createCompany();
    book.join('b', agent('noor'), { epoch: 0, pin: 'MINE' });
    expect(told(book.record('c', 1, CHUNK))).toEqual(['a recorded', 'b recorded', 'c taken']);
    const late = book.join('d', agent('sam'), { epoch: 0, pin: 'MINE' });
    expect(JSON.stringify(late)).not.toContain('stream');
  });

  test('an agent points, draws and scrolls with the customer’s consent alone, until it is taken back', () => {
    const book = createCompany();
    const deeds = [
      { kind: 'point', x: 10, y: 20 },
      { kind: 'draw', points: [] },
      { kind: 'clear' },
      { kind: 'scroll', by: 50 },
    ] as const;
    const done = () => deeds.flatMap((deed) => told(book.act('a', 0, deed)));
    expect(done()).toEqual([]);
    expect(told(book.act('a', 0, { kind: 'ask' }))).toEqual(['c assist', 'a assist']);
    expect(done()).toEqual([]);
    expect(book.consent('c', 1, true)[0]?.message).toMatchObject({ assist: { state: 'given', userId: 'robin' } });
    expect(done()).toEqual(deeds.map(() => 'c acted'));
    book.consent('c', 1, false);
    expect(done()).toEqual([]);
  });

  test('consent is for the agent who asked, and ends when that one is no member any more', () => {
    const book = createCompany();
    book.join('b', agent('noor'), { epoch: 0, pin: 'MINE' });
    book.act('a', 0, { kind: 'ask' });
    book.consent('c', 1, true);
    expect(book.act('b', 0, { kind: 'clear' })).toEqual([]);
    // Who has it is not pushed aside by somebody else who asks.
    expect(book.act('b', 0, { kind: 'ask' })).toEqual([]);
    book.leave('a', { deliberate: true });
    const back = book.join('a2', agent(), { epoch: 0, pin: 'MINE' });
    expect(back[0]?.message).toMatchObject({ assist: { state: 'none' } });
    expect(book.act('a2', 0, { kind: 'clear' })).toEqual([]);
  });

  test('consent that nobody asked for is nothing; what was given goes with the session to another tab', () => {
    const book = createCompany();
    expect(book.consent('c', 1, true)).toEqual([]);
    book.act('a', 0, { kind: 'ask' });
    book.consent('c', 1, true);
    const moved = book.resume('c2', customer(), { epoch: 2, sessionId: 'session-1' });
    expect(moved[1]?.message).toMatchObject({ type: 'connected', assist: { state: 'given' } });
    expect(told(book.act('a', 0, { kind: 'scroll', by: 10 }))).toEqual(['c2 acted']);
  });

  test('confetti, and a look at the page, need no consent', () => {
    const book = createCompany();
    expect(told(book.act('a', 0, { kind: 'cheer' }))).toEqual(['c acted']);
    expect(told(book.act('a', 0, { kind: 'look' }))).toEqual(['c acted']);
  });

  test('nobody does the other side’s part', () => {
    const book = createCompany();
    expect(codes(book.act('c', 1, { kind: 'cheer' }))).toEqual([9999]);
    book.join('b', agent('noor'), { epoch: 0, pin: 'MINE' });
    expect(codes(book.record('a', 0, CHUNK))).toEqual([9999]);
    expect(codes(book.consent('b', 0, true))).toEqual([9999]);
  });
});
