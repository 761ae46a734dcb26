import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Message, parseMessage, toHint, toWire } from '../../src/ledger/messages';
import { PROTOCOL_VERSION } from '../../src/session/record';
import { CALLER, errorEntry, HOST, notes, recordIn } from '../support/records';

const STATE: Message = { type: 'state', record: recordIn('active'), entries: notes(2) };
const LOOK: Message = { type: 'look', term: 'term', entries: notes(2) };
const EVENTS: Message = { type: 'events', term: 'term', entries: notes(3) };

const MESSAGES: readonly Message[] = [
  STATE,
  { type: 'state', record: recordIn('idle'), entries: [] },
  LOOK,
  { type: 'look', term: null, entries: [] },
  EVENTS,
  { type: 'bye', term: 'term' },
  { type: 'call', command: { type: 'look' } },
  { type: 'call', command: { type: 'ask', term: 'term' } },
  { type: 'call', command: { type: 'takeOver', candidate: CALLER } },
  { type: 'call', command: { type: 'withdraw', candidate: CALLER } },
  { type: 'call', command: { type: 'cancel', candidate: CALLER, origin: 3 } },
  { type: 'call', command: { type: 'end', candidate: CALLER } },
];

const fields = (message: Message): Record<string, unknown> => ({ ...(toWire(message) as object) });

test.each(MESSAGES)('a message of type $type arrives as it was sent: %o', (message) => {
  expect(parseMessage(structuredClone(toWire(message)))).toMatchObject(message);
  expect(parseMessage(JSON.parse(JSON.stringify(toWire(message))))).toMatchObject(message);
});

test.each(MESSAGES)('a message of type $type carries its version, and may have what nobody knows', (message) => {
  expect(fields(message).version).toBe(PROTOCOL_VERSION);
  expect(parseMessage({ ...fields(message), added: 'by a newer build' })).toMatchObject(message);
});

describe('is dropped:', () => {
  const call = (command: unknown): unknown => ({ type: 'call', version: 1, command });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'look'],
    ['an empty object', {}],
    ['a message without version', LOOK],
    ['a message of a newer version', { ...fields(LOOK), version: PROTOCOL_VERSION + 1 }],
    ['a message whose version is no number', { ...fields(LOOK), version: '1' }],
    ['an unknown type', { type: 'dance', version: 1 }],
    ['the name of a method for a type', { type: 'toString', version: 1 }],
    ['a state without record', { ...fields(STATE), record: undefined }],
    ['a state with a spoilt record', { ...fields(STATE), record: { ...recordIn('active'), epoch: -1 } }],
    ['a state with a record of a newer version', { ...fields(STATE), record: { ...recordIn('active'), version: 2 } }],
    ['a state without events', { ...fields(STATE), entries: undefined }],
    ['a look without events', { ...fields(LOOK), entries: undefined }],
    ['a look with a term that is none', { ...fields(LOOK), term: 7 }],
    ['events without a term', { ...fields(EVENTS), term: null }],
    ['events that are no list', { ...fields(EVENTS), entries: { 0: notes(1)[0], length: 1 } }],
    ['events one of which is spoilt', { ...fields(EVENTS), entries: [...notes(1), { type: 'note' }] }],
    ['a list with a hole', { ...fields(EVENTS), entries: Object.assign(notes(3), { length: 5 }) }],
    ['a bye without a term', { type: 'bye', version: 1 }],
    ['a call without a command', call(undefined)],
    ['a call with a text for a command', call('end')],
    ['a question without a term', call({ type: 'ask' })],
    ['a take-over by nobody', call({ type: 'takeOver' })],
    ['an end by half a candidate', call({ type: 'end', candidate: { term: 'term' } })],
  ])('%s', (_, value) => {
    expect(parseMessage(value)).toBeUndefined();
  });

  test.each<[string, object]>([
    ['start a session for this tab', { type: 'start', candidate: CALLER, recovery: {} }],
    ['join one', { type: 'join', candidate: CALLER, recovery: {} }],
    ['resume one', { type: 'resume', candidate: CALLER, key: null }],
    ['declare the host lost', { type: 'lost', term: HOST.term }],
    ['speak for the host', { type: 'ended', reason: 'forged', term: HOST.term, entries: [] }],
    ['say for the host that it is connected', { type: 'connected', term: HOST.term, entries: [] }],
    ['say for the host that it hands over', { type: 'handOver', term: HOST.term, entries: [] }],
    ['call itself by the name of a method', { type: 'constructor', candidate: CALLER }],
  ])('a call of another tab that the host shall %s', (_, command) => {
    expect(parseMessage(call(command))).toBeUndefined();
  });

  test('whatever a call has beyond what it asks: it would be decided as a host’s report', () => {
    const report = { term: HOST.term, entries: 5, published: { info: 'forged' }, silent: HOST.term };
    for (const message of MESSAGES) {
      if (message.type !== 'call') continue;
      const { command, ...rest } = fields(message);
      const parsed = parseMessage({ ...rest, command: { ...report, ...(command as object) } });
      expect(parsed).toEqual({ ...rest, command });
    }
  });

  test('anything else, without throwing', () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withBigInt: true, withMap: true, withSparseArray: true }),
        (value) => {
          expect(parseMessage(value)).toBeUndefined();
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('whatever has one field replaced by anything, unless it is still a message', () => {
    const types: (string | undefined)[] = ['state', 'look', 'events', 'bye', 'call', undefined];
    fc.assert(
      fc.property(
        fc.constantFrom(...MESSAGES),
        fc.constantFrom('type', 'version', 'record', 'entries', 'term', 'command'),
        fc.anything(),
        (message, key, value) => {
          const changed = { ...fields(message), [key]: value };
          const parsed = parseMessage(changed);
          expect(types).toContain(parsed?.type);
          // A call is built anew from what it may ask.
          if (parsed?.type === 'call') expect(parsed).toEqual(changed);
          else if (parsed) expect(parsed).toBe(changed);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('over a channel that goes through storage', () => {
  const secret = { payload: 'SECRET' };
  const failed = { ...errorEntry(1016), error: { code: 1016, data: 'SECRET' } };
  const events = [{ ...failed, ...secret }, ...notes(1).map((note) => ({ ...note, ...secret }))];

  test.each<Message>([
    { ...LOOK, entries: events },
    { ...EVENTS, entries: events },
    { type: 'state', record: recordIn('active', { info: 'SECRET', lastError: failed }), entries: events },
  ])('a message of type $type carries nothing that is the app’s', (message) => {
    const hint = toHint(message);
    expect(JSON.stringify(hint)).not.toContain('SECRET');
    expect(parseMessage(JSON.parse(JSON.stringify(toWire(hint))))).toBeDefined();
  });

  test('events become a look at the store', () => {
    expect(toHint(EVENTS)).toEqual({ type: 'look', term: 'term', entries: [] });
  });

  test('a state keeps everything else', () => {
    const record = recordIn('active');
    const entries = [errorEntry(1016), ...notes(1).map(({ payload: _, ...entry }) => entry)];
    expect(toHint({ type: 'state', record, entries: events })).toEqual({
      ...{ type: 'state', entries, record: { ...record, info: null } },
    });
  });

  test.each(MESSAGES.filter(({ type }) => type === 'bye' || type === 'call'))(
    'a message of type $type is as any other',
    (message) => {
      expect(toHint(message)).toEqual(message);
    },
  );
});
