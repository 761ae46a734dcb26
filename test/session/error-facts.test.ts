import fc from 'fast-check';
import { SESSION_ERRORS, SessionError } from 'solotab';
import { describe, expect, test } from 'vitest';
import { completeFacts, type ErrorFacts, errorEvent, errorFacts, isErrorFacts } from '../../src/session/error-facts';
import { isEntry } from '../../src/session/events';

const WHERE = { tabId: 'A', epoch: 3, seq: 8, at: 5 };
const OWN = { exception: 'PLAN_HAS_NO_VIDEO', message: 'Your plan has no video.', data: { plan: 'free' } };

describe('what other tabs are told of an error', () => {
  test.each([1002, 9999, 4711])('is the code %i alone where all else is as in the catalogue', (code) => {
    expect(errorFacts(new SessionError(code, { ...WHERE, cause: 'secret' }))).toEqual({ code });
  });

  test('has what differs from the catalogue', () => {
    expect(errorFacts(new SessionError(1011, { retryable: false }))).toEqual({ code: 1011, retryable: false });
    expect(errorFacts(new SessionError(4711, OWN))).toEqual({ code: 4711, ...OWN });
    expect(errorFacts(new SessionError(4711, { message: SESSION_ERRORS[9999].message }))).toEqual({ code: 4711 });
    expect(errorFacts(SESSION_ERRORS[1016])).toEqual({ code: 1016 });
  });

  test('has of the data what can leave the tab', () => {
    const error = new SessionError(4711, { data: { a: 1 } });
    expect(errorFacts(error, (data) => structuredClone(data)).data).not.toBe(error.data);
    expect(errorFacts(error, () => undefined)).toEqual({ code: 4711 });
    expect(errorFacts(new SessionError(4711, { data: null }))).toEqual({ code: 4711, data: null });
    const share = (): never => expect.fail('there is no data to share');
    expect(errorFacts(new SessionError(4711), share)).toEqual({ code: 4711 });
  });

  test('can always be sent and read, whatever became of the error', () => {
    const spoilt = Object.assign(new SessionError(1002), { code: 'x', message: () => undefined });
    // As an app without types may do.
    expect(errorFacts(spoilt as unknown as SessionError)).toMatchObject({ code: 9999 });
  });
});

describe('what was told of an error', () => {
  test('becomes what listeners get: the same as in the tab where it happened', () => {
    for (const error of [
      new SessionError(1016),
      new SessionError(1011, { message: 'Gone.', retryable: false }),
      new SessionError(4711, OWN),
    ]) {
      const sent: ErrorFacts = JSON.parse(JSON.stringify(errorFacts(error)));
      expect(errorEvent(sent, WHERE)).toEqual({ ...error.toJSON(), ...WHERE });
    }
  });

  test('of a code that this build does not know keeps its own texts, and has those of 9999 where it lacks some', () => {
    const { suggestedAction } = SESSION_ERRORS[9999];
    expect(errorEvent({ code: 3001, exception: 'NEW', message: 'New.', retryable: false }, WHERE)).toEqual({
      ...{ code: 3001, exception: 'NEW', message: 'New.', retryable: false, suggestedAction },
      ...{ local: false, ...WHERE },
    });
  });

  test('has no field that this build does not know', () => {
    const facts = { code: 1016, local: true, seq: 99, cause: 'secret', extra: 1 };
    expect(errorEvent(facts, WHERE)).toEqual({ ...SESSION_ERRORS[1016], local: false, ...WHERE });
  });

  test('is told in the catalogue’s words where its own are of the wrong kind', () => {
    const facts = { code: 1016, exception: 'X', message: 1, suggestedAction: null, retryable: 'false' };
    // What comes over the wire has no types.
    expect(errorEvent(facts as unknown as ErrorFacts, WHERE)).toMatchObject(SESSION_ERRORS[1016]);
  });

  test('needs a code that is a whole number, and nothing else', () => {
    for (const code of [1002, 4711, 0, -5]) expect(isErrorFacts({ code })).toBe(true);
    const garbage = [undefined, null, 1002, 'x', {}, { code: '1002' }, { code: 1.5 }, { code: Number.NaN }, []];
    expect(garbage.some(isErrorFacts)).toBe(false);
  });

  test('is in the journal with the code at least, and with no other event', () => {
    const entry = (type: string, error?: unknown) => isEntry({ type, ...WHERE, ...(error !== undefined && { error }) });
    expect([entry('session_error', { code: 4711 }), entry('note')]).toEqual([true, true]);
    expect([entry('session_error'), entry('session_error', { message: 'x' })]).toEqual([false, false]);
    expect([entry('note', { code: 1016 }), entry('note', {})]).toEqual([false, false]);
  });

  test('comes back as it was, whatever an app says of its errors', () => {
    const facts = fc.record(
      {
        exception: fc.string(),
        message: fc.string(),
        suggestedAction: fc.string(),
        retryable: fc.boolean(),
        data: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const codes = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(...Object.keys(SESSION_ERRORS).map(Number)));
    fc.assert(
      fc.property(codes, facts, (code, said) => {
        const error = new SessionError(code, said);
        expect(completeFacts(structuredClone(errorFacts(error)))).toEqual(completeFacts(error));
      }),
    );
  });

  test('is never a reason to throw', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
        expect(completeFacts(value)).toMatchObject({ message: expect.any(String), retryable: expect.any(Boolean) });
      }),
    );
  });
});
