import { isObject } from '../session/check';
import { parseRecord, type Stored } from '../session/record';

const cache = new WeakMap<object, Stored>();

/** As `parseRecord`, for what was stored: that is never changed, so it need not be parsed twice. */
export function parsed(value: unknown): Stored {
  if (!isObject(value)) return parseRecord(value);
  const stored = cache.get(value) ?? parseRecord(value);
  cache.set(value, stored);
  return stored;
}
