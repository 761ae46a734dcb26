import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generatePin } from '../../src/attempts/generate-pin';
import { randomBytes } from '../../src/platform/random';
import { SessionError } from '../../src/session/errors';
import { drawPin, MAX_PIN_LENGTH, normalizePin, PIN_ALPHABET } from '../../src/session/pin';

const LETTERS_AND_DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const pins = fc.string({ unit: fc.constantFrom(...LETTERS_AND_DIGITS), minLength: 1, maxLength: 10 });

function codeOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error instanceof SessionError ? error.code : error;
  }
}

describe('a PIN that a person brings', () => {
  test('is upper-cased, so that it does not matter how it was typed', () => {
    expect(normalizePin('ab12')).toBe('AB12');
    fc.assert(
      fc.property(pins, (pin) => {
        expect(normalizePin(pin.toLowerCase())).toBe(normalizePin(pin.toUpperCase()));
      }),
    );
  });

  test('stays as it is once it is normal', () => {
    fc.assert(
      fc.property(pins, (pin) => {
        expect(normalizePin(normalizePin(pin))).toBe(normalizePin(pin));
      }),
    );
  });

  test('keeps its length', () => {
    fc.assert(
      fc.property(pins, (pin) => {
        expect(normalizePin(pin)).toHaveLength(pin.length);
      }),
    );
  });

  test.each(['', '12345678901', 'AB 12', ' AB12', 'AB12\n', 'AB-12', 'é', 'ß', 'ı', '\u212A', '١٢٣', '🙂'])(
    'is refused with 1008 where it is %j: too long, empty, or with other than letters and digits',
    (pin) => {
      expect(codeOf(() => normalizePin(pin))).toBe(1008);
    },
  );

  test.each([undefined, null, 1234, true, {}, ['A'], { toString: () => 'A1' }])(
    'is refused with 1008 where it is no text: %j',
    (pin) => {
      expect(codeOf(() => normalizePin(pin))).toBe(1008);
    },
  );

  test('is either refused with 1008 or made of 1 to 10 capitals and digits, whatever is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.anything()), (anything) => {
        const result = codeOf(() => normalizePin(anything));
        expect(result === 1008 || /^[0-9A-Z]{1,10}$/.test(String(result))).toBe(true);
      }),
    );
  });

  test('does not appear in the refusal, which may be shown and logged', () => {
    try {
      normalizePin('SECRET-PIN');
      expect.unreachable();
    } catch (error) {
      expect(`${error}${JSON.stringify(error)}`).not.toContain('SECRET');
    }
  });
});

describe('a generated PIN', () => {
  test('has the length that was asked for, and is a PIN', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_PIN_LENGTH }), (length) => {
        const pin = generatePin({ length });
        expect(pin).toHaveLength(length);
        expect(normalizePin(pin)).toBe(pin);
      }),
    );
  });

  test('has eight characters by default', () => {
    expect(generatePin()).toHaveLength(8);
  });

  test.each([0, 11, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY])('can not have %d characters', (length) => {
    expect(() => generatePin({ length })).toThrow(RangeError);
  });

  test('has no characters that are taken for each other, and no vowels to spell a word with', () => {
    const lookAlikes = ['0ODQ', '1IL7', '2Z', '5S', '8BS', '6G', 'UV', 'UY', 'VY'];
    for (const group of lookAlikes) {
      expect([...group].filter((character) => PIN_ALPHABET.includes(character)).length, group).toBeLessThanOrEqual(1);
    }
    expect(PIN_ALPHABET).not.toMatch(/[AEIOU]/);
    expect(new Set(PIN_ALPHABET).size).toBe(PIN_ALPHABET.length);
  });

  test('is exactly fair: of the 256 bytes each character gets the same number, and the rest is drawn again', () => {
    const counts = new Map<string, number>();
    let discarded = 0;
    for (let byte = 0; byte < 256; byte += 1) {
      // The byte under test comes first; should it be thrown away, a 0 is drawn instead.
      let draws = 0;
      const character = drawPin({ length: 1, randomBytes: () => Uint8Array.of(draws++ === 0 ? byte : 0) });
      if (draws > 1) discarded += 1;
      else counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect([...counts.keys()].sort().join('')).toBe([...PIN_ALPHABET].sort().join(''));
    expect(new Set(counts.values())).toEqual(new Set([12]));
    expect(discarded).toBe(256 % PIN_ALPHABET.length);
  });

  test('is fair with the real source of randomness too', () => {
    const rounds = 20_000;
    const counts = new Map<string, number>();
    for (let round = 0; round < rounds; round += 1) {
      for (const character of drawPin({ length: 10, randomBytes }))
        counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = (rounds * 10) / PIN_ALPHABET.length;
    const deviations = [...PIN_ALPHABET].map((character) => ((counts.get(character) ?? 0) - expected) ** 2 / expected);
    const chiSquared = deviations.reduce((sum, deviation) => sum + deviation, 0);
    // With 19 degrees of freedom a fair draw exceeds 90 once in 10^10 runs; `byte % 20` without rejection is at about 214.
    expect(chiSquared).toBeLessThan(90);
  });

  test('asks for no more randomness than it lacks', () => {
    const asked: number[] = [];
    drawPin({
      length: 4,
      randomBytes: (count) => {
        asked.push(count);
        return new Uint8Array(count).fill(asked.length === 1 ? 255 : 7);
      },
    });
    expect(asked).toEqual([4, 4]);
  });
});
