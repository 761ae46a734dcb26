import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completePolicy } from '../../src/attempts/backoff';
import { MAX_PIN_CONFLICTS, nextAttempt } from '../../src/attempts/next-attempt';
import { backoffMs } from '../../src/session/backoff';
import { SESSION_ERRORS, type SessionErrorCode } from '../../src/session/catalogue';
import { SessionError } from '../../src/session/errors';

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const policies = fc
  .record({ attempts: fc.integer({ min: 1, max: 50 }), minDelayMs: fc.nat(60_000), extraMs: fc.nat(600_000) })
  .map(({ attempts, minDelayMs, extraMs }) => ({ attempts, minDelayMs, maxDelayMs: minDelayMs + extraMs }));
const codes = fc.constantFrom(...(Object.keys(SESSION_ERRORS).map(Number) as SessionErrorCode[]));
const spent = fc.record({ freshTokens: fc.nat(3), freshPins: fc.nat(10), backOffs: fc.nat(10) });
const means = fc.record({
  canRenewToken: fc.boolean(),
  canRenewPin: fc.boolean(),
  attempts: fc.integer({ min: 1, max: 10 }),
});

describe('the pause before a retry', () => {
  test('is at random up to the least delay where nothing has failed yet', () => {
    const policy = { minDelayMs: 100, maxDelayMs: 1_000 };
    expect([0, 0.25, 0.5].map((random) => backoffMs(0, policy, random))).toEqual([0, 25, 50]);
  });

  test('is never shorter than the least and never longer than the greatest delay', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 2_000 }), unit, (policy, retry, random) => {
        const ms = backoffMs(retry, policy, random);
        expect(ms).toBeGreaterThanOrEqual(policy.minDelayMs);
        expect(ms).toBeLessThanOrEqual(policy.maxDelayMs);
      }),
    );
  });

  test('can be longer with each retry, until the greatest delay is reached', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), unit, (policy, retry, random) => {
        expect(backoffMs(retry + 1, policy, random)).toBeGreaterThanOrEqual(backoffMs(retry, policy, random));
      }),
    );
    const policy = { attempts: 9, minDelayMs: 100, maxDelayMs: 1_000 };
    expect([1, 2, 3, 4, 5].map((retry) => Math.round(backoffMs(retry, policy, 1 - 2 ** -53)))).toEqual([
      200, 400, 800, 1000, 1000,
    ]);
  });

  test('is spread evenly, so that tabs which failed together do not come back together', () => {
    const policy = { attempts: 9, minDelayMs: 100, maxDelayMs: 1_000 };
    expect([0, 0.25, 0.5, 0.75].map((random) => backoffMs(2, policy, random))).toEqual([100, 175, 250, 325]);
  });

  test('has defaults that fit into the thirty seconds a connection may take', () => {
    expect(completePolicy({ attempts: 3 })).toEqual({ attempts: 3, minDelayMs: 500, maxDelayMs: 8_000 });
    expect(completePolicy({ attempts: 3, minDelayMs: 20_000 }).maxDelayMs).toBe(20_000);
  });

  test.each([
    { attempts: 0 },
    { attempts: 1.5 },
    { attempts: Number.NaN },
    { attempts: 2, minDelayMs: -1 },
    { attempts: 2, minDelayMs: Number.NaN },
    { attempts: 2, minDelayMs: 10, maxDelayMs: 9 },
    { attempts: 2, maxDelayMs: Number.POSITIVE_INFINITY },
  ])('is refused at once where the policy makes no sense: %j', (policy) => {
    expect(() => completePolicy(policy)).toThrow(TypeError);
  });
});

describe('whether a failed attempt is made again', () => {
  test('never depends on more than the code, what was spent, and what there is: every call comes to an end', () => {
    fc.assert(
      fc.property(fc.infiniteStream(codes), means, (stream, available) => {
        const used = { freshTokens: 0, freshPins: 0, backOffs: 0 };
        let tries = 1;
        for (const code of stream) {
          const next = nextAttempt(new SessionError(code), used, available);
          if (next === 'none') break;
          used[next] += 1;
          tries += 1;
        }
        expect(tries).toBeLessThanOrEqual(available.attempts + MAX_PIN_CONFLICTS + 1);
      }),
    );
  });

  test('is no for every code of the catalogue but 1001, 1010, 1011, 1016, 2001 and 9999', () => {
    fc.assert(
      fc.property(codes, spent, means, (code, used, available) => {
        if ([1001, 1010, 1011, 1016, 2001, 9999].includes(code)) return;
        expect(nextAttempt(new SessionError(code), used, available)).toBe('none');
      }),
    );
  });

  test('is as with 9999 for a code of the app’s own: yes, unless it says that it is not retryable', () => {
    const plenty = { canRenewToken: true, canRenewPin: true, attempts: 9 };
    const none = { freshTokens: 0, freshPins: 0, backOffs: 0 };
    expect(nextAttempt(new SessionError(4711), none, plenty)).toBe('backOffs');
    expect(nextAttempt(new SessionError(4711, { retryable: false }), none, plenty)).toBe('none');
  });

  test('is no for 1011 once the driver says that the session is gone', () => {
    const plenty = { canRenewToken: true, canRenewPin: true, attempts: 9 };
    const none = { freshTokens: 0, freshPins: 0, backOffs: 0 };
    expect(nextAttempt(new SessionError(1011), none, plenty)).toBe('backOffs');
    expect(nextAttempt(new SessionError(1011, { retryable: false }), none, plenty)).toBe('none');
  });
});
