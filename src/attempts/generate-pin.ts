import { randomBytes } from '../platform/random';
import { DEFAULT_PIN_LENGTH, drawPin } from '../session/pin';

/**
 * A random PIN from `crypto.getRandomValues`: every character equally likely, none that is easily taken for another, and no
 * vowels. `length` is 1 to 10 characters, 8 by default; throws a `RangeError` for any other.
 */
export function generatePin({ length = DEFAULT_PIN_LENGTH }: { readonly length?: number } = {}): string {
  return drawPin({ length, randomBytes });
}
