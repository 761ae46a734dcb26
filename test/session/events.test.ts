import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SESSION_ERRORS } from '../../src/session/catalogue';
import { errorEvent } from '../../src/session/error-facts';
import { inOrder, isEntry, type JournalEntry, toPublicEvent } from '../../src/session/events';
import { BEFORE, errorEntry, factsOf, HOST, notes } from '../support/records';

const ENTRY = { type: 'note', epoch: 3, seq: 8, tabId: HOST.tabId, at: BEFORE };

const NEVER_COUNTS = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 52, 2 ** 53, -0.1, '1', 1n, null, [1], {}];
const NEVER_TEXTS = [7, true, {}, [], null, undefined, Symbol('text')];

describe('a journal entry that is read back', () => {
  test.each<JournalEntry>([
    { ...ENTRY, payload: { deep: [1] } },
    { ...ENTRY, payload: null },
    { ...ENTRY, tooLarge: true },
    { ...ENTRY, type: 'session_ended', reason: 'agent-left' },
    { ...ENTRY, type: 'session_error', error: factsOf(1016) },
    { ...ENTRY, at: -1.5 },
    ...notes(1),
  ])('is one: %o', (value) => {
    expect(isEntry(structuredClone(value))).toBe(true);
    expect(isEntry({ ...value, added: 'by a newer build' })).toBe(true);
  });

  test.each<[string, Record<string, unknown>]>([
    ...NEVER_TEXTS.map((type): [string, Record<string, unknown>] => [`type ${String(type)}`, { type }]),
    ...NEVER_TEXTS.map((tabId): [string, Record<string, unknown>] => [`tabId ${String(tabId)}`, { tabId }]),
    ...NEVER_COUNTS.map((seq): [string, Record<string, unknown>] => [`seq ${String(seq)}`, { seq }]),
    ...NEVER_COUNTS.map((epoch): [string, Record<string, unknown>] => [`epoch ${String(epoch)}`, { epoch }]),
    ['no number', { seq: undefined }],
    ['no epoch', { epoch: undefined }],
    ['a time that is none', { at: 'now' }],
    ['a time without end', { at: Number.POSITIVE_INFINITY }],
    ['a reason that is no text', { reason: 7 }],
    ['an error that is none', { type: 'session_error', error: 7 }],
    ['an error whose code is none', { type: 'session_error', error: { code: 'x' } }],
    ['an error event without error', { type: 'session_error' }],
    ['an error in another event', { error: factsOf(1016) }],
  ])('is none with %s', (_, change) => {
    expect(isEntry({ ...ENTRY, ...change })).toBe(false);
  });

  test('is none, and nothing throws, whatever else it is', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withMap: true }), (value) => {
        expect(isEntry(value)).toBe(false);
      }),
    );
  });
});

test('events are in the order of their epochs, and of their numbers within one', () => {
  const places = [
    { epoch: 4, seq: 9 },
    { epoch: 3, seq: 12 },
    { epoch: 3, seq: 8 },
    { epoch: 5, seq: 9 },
  ];
  expect([...places].sort(inOrder).map(({ epoch, seq }) => `${epoch}:${seq}`)).toEqual(['3:8', '3:12', '4:9', '5:9']);
  expect(inOrder({ epoch: 3, seq: 8 }, { epoch: 3, seq: 8 })).toBe(0);
});

describe('what listeners get', () => {
  const place = { epoch: 3, seq: 8, tabId: HOST.tabId, at: BEFORE };

  test('of an error is the whole of it, as the catalogue completes it', () => {
    const error = errorEntry(1016, { seq: 8 });
    expect(toPublicEvent(error, 0)).toEqual({ ...SESSION_ERRORS[1016], ...place, local: false });
    expect(errorEvent({ code: 1016 }, error)).toEqual(toPublicEvent(error, 0));
  });

  test('of an error in the driver’s words are those words', () => {
    const message = 'The line is busy.';
    expect(toPublicEvent({ ...ENTRY, type: 'session_error', error: { code: 1001, message } }, 0)).toMatchObject({
      ...{ code: 1001, exception: 'SESSION_START_FAILED', message },
      suggestedAction: SESSION_ERRORS[1001].suggestedAction,
    });
  });

  test('of an error of a code that this build does not know is that code, with the texts of 9999 where its own are missing', () => {
    const error = { code: 3001, exception: 'NEW' };
    expect(toPublicEvent({ ...ENTRY, type: 'session_error', error }, 0)).toEqual({
      ...SESSION_ERRORS[9999],
      ...{ ...place, code: 3001, exception: 'NEW', local: false },
    });
  });

  test('of a driver’s event is its payload, or that it was too large to be kept', () => {
    expect(toPublicEvent({ ...ENTRY, payload: { name: 'Ada' } }, 0)).toEqual({ ...ENTRY, payload: { name: 'Ada' } });
    expect(toPublicEvent({ ...ENTRY, tooLarge: true }, 0)).toEqual({ ...ENTRY, payload: undefined, tooLarge: true });
  });

  test('of the end of a session is its reason', () => {
    const ended = { ...ENTRY, type: 'session_ended' };
    expect(toPublicEvent({ ...ended, reason: 'agent-left' }, 0)).toEqual({ ...ended, reason: 'agent-left' });
    expect(toPublicEvent(ended, 0)).toEqual({ ...ended, reason: 'ended' });
  });

  test('of solotab’s other events is that they happened', () => {
    const started = { ...ENTRY, type: 'session_started' };
    expect(toPublicEvent({ ...started, payload: 'forged', reason: 'forged' }, 0)).toEqual(started);
  });

  test.each([
    ENTRY,
    { ...ENTRY, type: 'session_ended' },
    { ...ENTRY, type: 'session_started' },
    errorEntry(1016, { seq: 8 }),
  ])('says how many were lost before, and nothing if none was: $type', (entry) => {
    expect(toPublicEvent(entry, 3)).toMatchObject({ missed: 3 });
    expect(toPublicEvent(entry, 0)).not.toHaveProperty('missed');
  });
});
