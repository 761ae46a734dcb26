import fc from 'fast-check';
import { SESSION_ERRORS, SessionError, type SessionErrorCode } from 'solotab';
import { describe, expect, test } from 'vitest';
import { isSessionError } from '../../src/session/errors';

const CODES = Object.keys(SESSION_ERRORS).map(Number) as SessionErrorCode[]; // its keys are its codes
const FACTS = { local: true, tabId: 'A', epoch: 3, seq: 8, at: 5 };

/** Every property that anybody reads throws. */
const MEAN = new Proxy(
  {},
  {
    get() {
      throw new Error('boo');
    },
  },
);

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('a SessionError', () => {
  test.each(CODES)('%i is an Error with the name, the texts and the advice of its code', (code) => {
    const error = new SessionError(code);
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(SessionError);
    expect(error).toMatchObject({ name: 'SessionError', ...SESSION_ERRORS[code], local: false, seq: null });
    expect(error.message).toBe(SESSION_ERRORS[code].message);
    expect(String(error)).toContain(SESSION_ERRORS[code].message);
    expect(error).not.toHaveProperty('data');
  });

  test('says where and when it happened, and in other words if it is given some', () => {
    const words = { message: 'Not today.', suggestedAction: 'Come back.', retryable: false };
    const error = new SessionError(1001, { ...FACTS, ...words });
    expect(error).toMatchObject({ ...FACTS, ...words, exception: 'SESSION_START_FAILED' });
  });

  test('keeps its cause, also one that is falsy, and has none if it was given none', () => {
    for (const cause of [new Error('inner'), undefined, null, 0, '']) {
      expect(new SessionError(1001, { cause }).cause).toBe(cause);
    }
    expect(new SessionError(1001)).not.toHaveProperty('cause');
  });

  test('as plain data has the facts and not the cause, which may hold secrets', () => {
    const error = new SessionError(2001, { ...FACTS, data: { plan: 'free' }, cause: new Error('token=secret') });
    const data = error.toJSON();
    expect(data).toEqual({ ...SESSION_ERRORS[2001], ...FACTS, data: { plan: 'free' } });
    expect(structuredClone(data)).toEqual(data);
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(new SessionError(2001, data).toJSON()).toEqual(data);
  });

  test('keeps the texts of the catalogue where a fact is there and undefined, or is none', () => {
    const facts = { message: undefined, suggestedAction: null, retryable: 'no', exception: 7 };
    // As an app without types may do.
    expect(new SessionError(1012, facts as never).toJSON()).toMatchObject(SESSION_ERRORS[1012]);
  });
});

describe('an error of the app’s own', () => {
  test('has any whole number, a name and words of the app’s, and data', () => {
    const own = { exception: 'PLAN_HAS_NO_VIDEO', message: 'Your plan has no video.', data: { plan: 'free' } };
    const error = new SessionError(4711, { ...own, suggestedAction: 'Choose another plan.', retryable: false });
    expect(error).toMatchObject({ code: 4711, ...own, suggestedAction: 'Choose another plan.', retryable: false });
    expect(error.message).toBe(own.message);
    expect(error.toJSON()).toMatchObject(own);
  });

  test('is as 9999 in whatever it does not say itself', () => {
    for (const code of [4711, 0, -1, Number.MAX_SAFE_INTEGER]) {
      expect(new SessionError(code)).toMatchObject({ ...SESSION_ERRORS[9999], code });
    }
  });

  test('can’t rename a code of the catalogue', () => {
    expect(new SessionError(1002, { exception: 'BUSY' }).exception).toBe('SESSION_CONNECTING_IN_PROGRESS');
  });

  test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1002', undefined, null, 1002n])(
    'is a mistake at once where its code is no whole number: %s',
    (code) => {
      expect(() => new SessionError(code as never)).toThrow(TypeError);
      expect(() => new SessionError(code as never)).toThrow(String(code));
    },
  );
});

describe('whatever a driver threw', () => {
  class TypeErrorLike extends Error {
    override name = 'TypeError';
  }
  test.each<[string, unknown, number]>([
    ['an error with a code and its exception', Object.assign(new Error('no'), pair(1006)), 1006],
    ['a plain object with a code and its exception', { ...pair(2001), message: 'expired' }, 2001],
    ['an event of the SDK that has a reason too', { ...pair(2001), reason: 'expired' }, 2001],
    ['a bare code, which may be anybody’s', { code: 1006, message: 'no' }, 1011],
    ['a token that another SDK calls 1004', Object.assign(new Error('token expired'), { code: 1004 }), 1011],
    ['a code with the exception of another one', { code: 1006, exception: 'TOKEN_INVALID' }, 1011],
    ['a code as a text', { code: '1006', exception: 'SESSION_JOIN_PIN_NOT_FOUND' }, 1011],
    ['a code that the catalogue does not have', { code: 4711, exception: 'MINE' }, 1011],
    ['an exception alone', { exception: 'TOKEN_INVALID' }, 1011],
    ['a DOMException, whose code is another matter', new DOMException('no', 'AbortError'), 1011],
    ['an error', new Error('no'), 1011],
    ['a failed fetch in Chromium', new TypeError('Failed to fetch'), 1016],
    ['a failed fetch in a newer Chromium', new TypeError('Failed to fetch (example.com)'), 1016],
    ['a body that broke off in Chromium', new TypeError('network error'), 1016],
    ['a failed fetch in Firefox', new TypeError('NetworkError when attempting to fetch resource.'), 1016],
    ['a failed fetch in Safari', new TypeError('Load failed'), 1016],
    ['a failed fetch in an offline Safari', new TypeError('The Internet connection appears to be offline.'), 1016],
    ['a failed fetch in a Safari that lost it', new TypeError('The network connection was lost.'), 1016],
    ['a failed fetch in a web view', new TypeError('Network request failed'), 1016],
    ['a failed fetch in Node', new TypeError('fetch failed'), 1016],
    ['a failed fetch of another window', new TypeErrorLike('Failed to fetch'), 1016],
    ['a lost network', new DOMException('lost', 'NetworkError'), 1016],
    ['a closed socket', Object.assign(new Event('close'), { code: 1006, reason: '', wasClean: false }), 1016],
    ['a closed socket of a package', { type: 'close', code: 4001, reason: 'gone' }, 1016],
    ['an error made of a closed socket', Object.assign(new Error('no'), { code: 1011, reason: 'crash' }), 1016],
    ['a call that is refused by SIP', { code: 486, reason: 'Busy Here' }, 1011],
    ['a code beyond those of sockets', { code: 30308, reason: 'no' }, 1011],
    ['a close code without a reason', { code: 1006 }, 1011],
    ['a reason that is no text', { code: 1006, reason: {} }, 1011],
    ['a bug', new TypeError('x is not a function'), 1011],
    ['a bug near a fetch', new TypeError("Cannot read properties of undefined (reading 'networkError')"), 1011],
    ['another error that speaks of a fetch', new Error('Failed to fetch'), 1011],
    ['a text', 'no', 1011],
    ['nothing', undefined, 1011],
    ['null', null, 1011],
    ['a number', 1006, 1011],
    ['a symbol', Symbol('no'), 1011],
  ])('%s becomes the right code and is kept as the cause', (_, thrown, code) => {
    const error = SessionError.from(thrown, 1011);
    expect(error.code).toBe(code);
    expect(error.cause).toBe(thrown);
  });

  test('is kept if it is a SessionError already, of a class of the app’s own too', () => {
    class OwnError extends SessionError {}
    for (const error of [new SessionError(1012), new OwnError(4711), Object.freeze(new SessionError(1001))]) {
      expect(SessionError.from(error, 1001)).toBe(error);
    }
  });

  test('does not lend its own text, which might hold a secret', () => {
    const thrown = { ...pair(2001), message: 'token=secret', suggestedAction: 'secret', data: 'secret' };
    expect(JSON.stringify(SessionError.from(thrown, 1001))).not.toContain('secret');
  });

  test.each<[string, unknown]>([
    ['a getter for its code that throws', meanAbout('code')],
    ['a getter for its exception that throws', meanAbout('exception', { code: 1006 })],
    ['a getter for its name that throws', meanAbout('name')],
    ['a getter for its message that throws', meanAbout('message', { name: 'TypeError' })],
    ['a getter for its reason that throws', meanAbout('reason', { code: 1006 })],
    ['a message that can’t be a text', { name: 'TypeError', message: Object.create(null) }],
    ['nothing but getters that throw', MEAN],
    ['a proxy that can’t even be looked at', revoked()],
    ['an object that can’t be changed', Object.freeze({ code: 1006 })],
  ])('may be %s', (_, thrown) => {
    const error = SessionError.from(thrown, 1001);
    expect(error.code).toBe(1001);
    expect(error.cause).toBe(thrown);
    expect(isSessionError(thrown)).toBe(false);
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

function pair(code: SessionErrorCode): object {
  return { code, exception: SESSION_ERRORS[code].exception };
}

function meanAbout(name: string, fields: object = {}): object {
  return Object.defineProperty({ ...fields }, name, {
    get() {
      throw new Error('boo');
    },
  });
}
