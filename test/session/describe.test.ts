import { SESSION_ERRORS, SessionError, type SessionErrorEvent } from 'solotab';
import { describe, expect, test, vi } from 'vitest';
import { type Describe, described } from '../../src/session/describe';
import { errorEvent } from '../../src/session/error-facts';

const EVENT = errorEvent({ code: 1004, data: 7 }, { tabId: 'A', epoch: 3, seq: 8, at: 5 });
const logger = { error: vi.fn() };

const GERMAN: Describe = (code) =>
  code === 1004 ? { message: 'Es läuft schon ein Gespräch.', suggestedAction: 'Zum anderen Tab wechseln.' } : undefined;

describe('the app’s own words for an error', () => {
  test('replace the texts of an event, and nothing else of it', () => {
    expect(described(EVENT, GERMAN, logger)).toEqual({
      ...EVENT,
      message: 'Es läuft schon ein Gespräch.',
      suggestedAction: 'Zum anderen Tab wechseln.',
    });
    expect(EVENT.message).toBe(SESSION_ERRORS[1004].message);
  });

  test('replace the texts of a SessionError, which stays one and keeps its cause and its data', () => {
    const cause = new Error('inner');
    const shown = described(new SessionError(1004, { ...EVENT, local: true, cause }), GERMAN, logger);
    expect(shown).toBeInstanceOf(SessionError);
    expect(shown.message).toBe('Es läuft schon ein Gespräch.');
    expect(shown).toMatchObject({
      code: 1004,
      suggestedAction: 'Zum anderen Tab wechseln.',
      data: 7,
      tabId: 'A',
      seq: 8,
    });
    expect([shown.local, shown.cause]).toEqual([true, cause]);
  });

  test('may be one of the two texts alone', () => {
    const { message, suggestedAction } = described(EVENT, () => ({ message: 'Voll.' }), logger);
    expect([message, suggestedAction]).toEqual(['Voll.', SESSION_ERRORS[1004].suggestedAction]);
  });

  test('are asked for by code, once', () => {
    const asked = vi.fn(() => undefined);
    described(EVENT, asked, logger);
    expect(asked.mock.calls).toEqual([[1004]]);
  });

  test.each<[string, unknown]>([
    ['there is no describe', undefined],
    ['it has none for this code', () => undefined],
    ['it has empty ones', () => ({})],
    ['it is a function that gives something else', () => 'Voll.'],
    ['it gives texts that are none', () => ({ message: 7, suggestedAction: null })],
    ['it is asynchronous, and too late', async () => ({ message: 'Voll.' })],
  ])('leave the very same object where %s', (_, describe) => {
    // As an app without types may do.
    expect(described(EVENT, describe as Describe, logger)).toBe(EVENT);
    const error: SessionErrorEvent = new SessionError(1004);
    expect(described(error, describe as Describe, logger)).toBe(error);
    expect(logger.error).not.toHaveBeenCalled();
  });

  test('are done without where asking for them throws; the logger is told', () => {
    const boo = new Error('boo');
    const told = { error: vi.fn() };
    const broken = (): never => {
      throw boo;
    };
    expect(described(EVENT, broken, told)).toBe(EVENT);
    expect(told.error.mock.calls).toEqual([[expect.stringMatching(/describe.*1004/), boo]]);
  });
});
