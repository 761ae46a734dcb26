import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SESSION_ERRORS, SessionError, type SessionErrorCode } from 'solotab';
import { isSessionErrorCode } from '../../src/session/errors';

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

describe('the catalogue', () => {
  test('has the 15 codes of the SDK, and no other', () => {
    expect(Object.keys(SESSION_ERRORS)).toEqual(NAMES.map(([code]) => String(code)));
  });

  test.each(NAMES)('%i is %s; whether it can be tried again: %s', (code, exception, retryable) => {
    expect(SESSION_ERRORS[code]).toMatchObject({ code, exception, retryable });
  });

  test.each(NAMES)('%i says in a sentence what happened and what to do', (code) => {
    const { message, suggestedAction } = SESSION_ERRORS[code];
    for (const sentence of [message, suggestedAction]) expect(sentence).toMatch(/^[A-Z].{10,}\.$/);
  });

  test('knows its codes and nothing else, inherited names included', () => {
    expect(NAMES.every(([code]) => isSessionErrorCode(code))).toBe(true);
    for (const code of ['1002', 1003, 0, null, undefined, Number.NaN, 'constructor', '__proto__', 1002n, [1002]]) {
      expect(isSessionErrorCode(code), String(code)).toBe(false);
    }
  });
});

describe('a SessionError', () => {
  const FACTS = { local: true, tabId: 'A', epoch: 3, seq: 8, at: 5 };

  test.each(NAMES)(
    '%i is an Error with the name, the texts and the advice of its code',
    (code, exception, retryable) => {
      const error = new SessionError(code);
      expect(error).toBeInstanceOf(Error);
      expect(error).toBeInstanceOf(SessionError);
      expect(error).toMatchObject({ name: 'SessionError', code, exception, retryable, local: false, seq: null });
      expect(error.message).toBe(SESSION_ERRORS[code].message);
      expect(String(error)).toContain(SESSION_ERRORS[code].message);
    },
  );

  test('says where and when it happened, and in other words if it is given some', () => {
    const error = new SessionError(1001, {
      ...FACTS,
      message: 'Not today.',
      suggestedAction: 'Come back.',
      retryable: false,
    });
    expect(error).toMatchObject({ ...FACTS, message: 'Not today.', suggestedAction: 'Come back.', retryable: false });
  });

  test('keeps its cause, also one that is falsy, and has none if it was given none', () => {
    for (const cause of [new Error('inner'), undefined, null, 0, '']) {
      expect(new SessionError(1001, { cause }).cause).toBe(cause);
    }
    expect(new SessionError(1001).cause).toBeUndefined();
  });

  test('as plain data has the facts and not the cause, which may hold secrets', () => {
    const error = new SessionError(2001, { ...FACTS, cause: new Error('token=secret') });
    const data = error.toJSON();
    expect(data).toEqual({ ...SESSION_ERRORS[2001], ...FACTS });
    expect(structuredClone(data)).toEqual(data);
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(new SessionError(2001, data).toJSON()).toEqual(data);
  });
});

describe('whatever a driver threw', () => {
  class TypeErrorLike extends Error {
    override name = 'TypeError';
  }
  test.each<[string, unknown, number]>([
    ['an error with a known code', Object.assign(new Error('no'), { code: 1006 }), 1006],
    ['a plain object with a known code', { code: 2001, message: 'expired' }, 2001],
    ['an error with an unknown code', Object.assign(new Error('no'), { code: 1003 }), 1011],
    ['an error with a code that is a text', Object.assign(new Error('no'), { code: '1006' }), 1011],
    ['a DOMException, whose code is another matter', new DOMException('no', 'AbortError'), 1011],
    ['an error', new Error('no'), 1011],
    ['a failed fetch in Chromium', new TypeError('Failed to fetch'), 1016],
    ['a failed fetch in Firefox', new TypeError('NetworkError when attempting to fetch resource.'), 1016],
    ['a failed fetch in Safari', new TypeError('Load failed'), 1016],
    ['a failed fetch in Node', new TypeError('fetch failed'), 1016],
    ['a failed fetch of another window', new TypeErrorLike('Failed to fetch'), 1016],
    ['a lost network', new DOMException('lost', 'NetworkError'), 1016],
    ['a bug', new TypeError('x is not a function'), 1011],
    ['another error that speaks of a fetch', new Error('Failed to fetch'), 1011],
    ['a text', 'no', 1011],
    ['nothing', undefined, 1011],
    ['null', null, 1011],
    ['a number', 1006, 1011],
  ])('%s becomes the right code and is kept as the cause', (_, thrown, code) => {
    const error = SessionError.from(thrown, 1011);
    expect(error.code).toBe(code);
    expect(error.cause).toBe(thrown);
  });

  test('is kept if it is a SessionError already', () => {
    const error = new SessionError(1012);
    expect(SessionError.from(error, 1001)).toBe(error);
  });

  test('does not lend its own text, which might hold a secret', () => {
    const { message, suggestedAction } = SessionError.from(
      { code: 2001, message: 'token=secret', suggestedAction: 'secret' },
      1001,
    );
    expect(message + suggestedAction).not.toContain('secret');
  });

  test.each(['code', 'name', 'message'])('may have a getter for %s that throws', (name) => {
    const mean = Object.defineProperty({}, name, {
      get() {
        throw new Error('boo');
      },
    });
    expect(SessionError.from(mean, 1001).code).toBe(1001);
  });

  test('may be a proxy that can’t even be looked at', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(SessionError.from(proxy, 1001).code).toBe(1001);
  });

  test('becomes a SessionError, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (thrown) => {
        const error = SessionError.from(thrown, 9999);
        expect(error).toBeInstanceOf(SessionError);
        expect(error.cause).toBe(thrown);
      }),
    );
  });
});
