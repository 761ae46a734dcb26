/**
 * The rules of a session's PIN: one to ten letters and digits, in any case, kept in upper case (code 1008 otherwise).
 * Pure: randomness is handed in.
 */
import { SessionError } from './errors';

/** The most characters a PIN may have. */
export const MAX_PIN_LENGTH = 10;

/**
 * With the 20 characters below this makes 34.5 bits, the strength that RFC 8628, section 6.1 asks of a code that a person
 * types while the server limits the guesses.
 */
export const DEFAULT_PIN_LENGTH = 8;

/**
 * What generated PINs are made of. No vowels, so that no word comes out; and of characters that are taken for each other
 * one at most: no `0 O Q` beside `D`, `1 I L` beside `7`, `B S` beside `8`, `5 G` beside `6`, `2 Z`, `U V` beside `W Y`.
 */
export const PIN_ALPHABET = '346789CDFHJKMNPRTWXY';

// Letters are ASCII letters: others have no upper case of the same length, and no place on every agent's keyboard.
const PIN = /^[0-9A-Za-z]{1,10}$/;

/** A PIN as it is sent: checked, and in upper case. Throws a `SessionError` 1008 for anything else. */
export function normalizePin(pin: unknown): string {
  if (typeof pin !== 'string' || !PIN.test(pin)) throw new SessionError(1008);
  return pin.toUpperCase();
}

export interface DrawPinOptions {
  /** Characters, 1 to 10. */
  readonly length: number;
  /** That many bytes, each uniform and independent. */
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Throws a `RangeError` for a length that no PIN can have. */
export function assertPinLength(length: number): void {
  if (!Number.isInteger(length) || length < 1 || length > MAX_PIN_LENGTH) {
    throw new RangeError(`A PIN has 1 to ${MAX_PIN_LENGTH} characters.`);
  }
}

/** A random PIN in which every character of the alphabet is equally likely. Throws a `RangeError` for an impossible length. */
export function drawPin({ length, randomBytes }: DrawPinOptions): string {
  assertPinLength(length);
  // A byte past the last whole multiple would favour the first characters: it is thrown away.
  const fair = 256 - (256 % PIN_ALPHABET.length);
  let pin = '';
  while (pin.length < length) {
    for (const byte of randomBytes(length - pin.length)) {
      if (byte < fair) pin += PIN_ALPHABET.charAt(byte % PIN_ALPHABET.length);
    }
  }
  return pin;
}
