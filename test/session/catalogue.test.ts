import {
  isSessionErrorCode,
  SESSION_ERRORS,
  SessionError,
  type SessionErrorCode,
  type SessionErrorEvent,
} from 'solotab';
import { describe, expect, expectTypeOf, test } from 'vitest';

/** As in the SDK's documentation. */
const NAMES: readonly [SessionErrorCode, string, boolean][] = [
  [1001, 'SESSION_START_FAILED', true],
  [1002, 'SESSION_CONNECTING_IN_PROGRESS', true],
  [1004, 'SESSION_COUNT_LIMIT', true],
  [1006, 'SESSION_JOIN_PIN_NOT_FOUND', false],
  [1008, 'SESSION_PIN_INVALID_FORMAT', false],
  [1009, 'SESSION_START_PIN_REQUIRED', false],
  [1010, 'SESSION_START_PIN_CONFLICT', true],
  [1011, 'SESSION_JOIN_FAILED', true],
  [1012, 'SESSION_CUSTOMER_COUNT_LIMIT', false],
  [1013, 'SESSION_AGENT_COUNT_LIMIT', false],
  [1015, 'SESSION_DUPLICATE_USER', false],
  [1016, 'NETWORK_ERROR', true],
  [1017, 'SESSION_CANCELING_IN_PROGRESS', true],
  [2001, 'TOKEN_INVALID', true],
  [9999, 'UNDEFINED', true],
];

test('the catalogue has the 15 codes of the SDK, and no other', () => {
  expect(Object.keys(SESSION_ERRORS)).toEqual(NAMES.map(([code]) => String(code)));
});

test.each(NAMES)('%i is %s; whether it can be tried again: %s', (code, exception, retryable) => {
  expect(SESSION_ERRORS[code]).toMatchObject({ code, exception, retryable });
});

test('the catalogue knows its codes and nothing else, inherited names included', () => {
  expect(NAMES.every(([code]) => isSessionErrorCode(code))).toBe(true);
  for (const code of ['1002', 1003, 0, null, undefined, Number.NaN, 'constructor', '__proto__', 1002n, [1002]]) {
    expect(isSessionErrorCode(code), String(code)).toBe(false);
  }
});

test('the code of an event indexes the catalogue once it is known to be one of its codes', () => {
  const exceptionOf = ({ code }: SessionErrorEvent): string | undefined => {
    // @ts-expect-error An app's own code is not in the catalogue.
    SESSION_ERRORS[code];
    return isSessionErrorCode(code) ? SESSION_ERRORS[code].exception : undefined;
  };
  expect([1002, 4711].map((code) => exceptionOf(new SessionError(code)))).toEqual([
    'SESSION_CONNECTING_IN_PROGRESS',
    undefined,
  ]);
  expectTypeOf<SessionErrorCode>().toEqualTypeOf<
    1001 | 1002 | 1004 | 1006 | 1008 | 1009 | 1010 | 1011 | 1012 | 1013 | 1015 | 1016 | 1017 | 2001 | 9999
  >();
});

describe('the sentences of the catalogue', () => {
  const textOf = (code: SessionErrorCode): string =>
    `${SESSION_ERRORS[code].message} ${SESSION_ERRORS[code].suggestedAction}`;

  test.each(NAMES)('%i says in a sentence what happened and what to do', (code) => {
    const { message, suggestedAction } = SESSION_ERRORS[code];
    for (const sentence of [message, suggestedAction]) expect(sentence).toMatch(/^[A-Z].{10,}\.$/);
  });

  test.each(NAMES)('%i speaks of PINs, agents, customers and tokens only where its name does', (code, exception) => {
    for (const word of ['PIN', 'agent', 'customer', 'token']) {
      const isNamed = exception.toLowerCase().split('_').includes(word.toLowerCase());
      if (!isNamed) expect(textOf(code)).not.toMatch(new RegExp(`\\b${word}s?\\b`, 'i'));
    }
  });

  test('say "in this browser" where other browsers of the same person don’t count, and nothing of devices', () => {
    const codes = NAMES.map(([code]) => code);
    expect(codes.filter((code) => textOf(code).includes('in this browser'))).toEqual([1002, 1004, 1017]);
    expect(codes.filter((code) => /device/i.test(textOf(code)))).toEqual([]);
  });

  test('don’t claim that a failed network was tried several times', () => {
    expect(textOf(1016)).not.toMatch(/several|attempts|times|repeatedly/i);
  });
});
