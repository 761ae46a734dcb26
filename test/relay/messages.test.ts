import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Message, parseMessage, toWire } from '../../src/relay/messages';
import { PROTOCOL_VERSION } from '../../src/session/record';
import { notes, recordIn } from '../support/records';

const MESSAGES: readonly Message[] = [
  { type: 'state', record: recordIn('active'), entries: notes(2), isStored: true },
  { type: 'state', record: recordIn('idle'), entries: [], isStored: false },
  { type: 'ask' },
  { type: 'hint' },
  { type: 'events', term: 'term', entries: notes(3) },
  { type: 'bye', term: 'term' },
];

test.each(MESSAGES)('a message of type $type arrives as it was sent', (message) => {
  expect(parseMessage(structuredClone(toWire(message)))).toEqual(message);
  expect(parseMessage(JSON.parse(JSON.stringify(toWire(message))))).toEqual(message);
});

test.each(MESSAGES)('a message of type $type carries its version, and nothing that nobody knows', (message) => {
  const wire = toWire(message) as Record<string, unknown>;
  expect(wire.version).toBe(PROTOCOL_VERSION);
  expect(parseMessage({ ...wire, token: 'secret' })).toEqual(message);
});

describe('is dropped:', () => {
  const state = toWire(MESSAGES[0] as Message) as Record<string, unknown>;
  const events = toWire(MESSAGES[4] as Message) as Record<string, unknown>;
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'hint'],
    ['an empty object', {}],
    ['a message without version', { type: 'hint' }],
    ['a message of a newer version', { type: 'hint', version: PROTOCOL_VERSION + 1 }],
    ['a message whose version is no number', { type: 'hint', version: '1' }],
    ['an unknown type', { type: 'dance', version: 1 }],
    ['the name of a method for a type', { type: 'toString', version: 1 }],
    ['a state without record', { ...state, record: undefined }],
    ['a state with a spoilt record', { ...state, record: { ...recordIn('active'), epoch: -1 } }],
    ['a state with a record of a newer version', { ...state, record: { ...recordIn('active'), version: 2 } }],
    ['a state without events', { ...state, entries: undefined }],
    ['events without a term', { ...events, term: null }],
    ['events that are no list', { ...events, entries: { 0: notes(1)[0], length: 1 } }],
    ['events one of which is spoilt', { ...events, entries: [...notes(1), { type: 'note' }] }],
    ['a list with a hole', { ...events, entries: Object.assign(notes(3), { length: 5 }) }],
    ['a bye without a term', { type: 'bye', version: 1 }],
  ])('%s', (_, value) => {
    expect(parseMessage(value)).toBeUndefined();
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
    const types: (string | undefined)[] = ['state', 'ask', 'hint', 'events', 'bye', undefined];
    fc.assert(
      fc.property(
        fc.constantFrom(...MESSAGES),
        fc.constantFrom('type', 'version', 'record', 'entries', 'term'),
        fc.anything(),
        (message, key, value) => {
          const wire = toWire(message) as Record<string, unknown>;
          expect(types).toContain(parseMessage({ ...wire, [key]: value })?.type);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
