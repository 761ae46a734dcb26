/** What a driver hands over for all tabs: how large it is, and whether it can be stored. */
import { isObject, isText } from './check';
import { property } from './error-facts';

/** Above this an event's payload is sent, and not journaled. */
export const MAX_JOURNALED_BYTES = 64 * 1024;

/** What is published is read by every tab with every change, so it has to stay small. */
export const MAX_PUBLISHED_BYTES = 256 * 1024;

/**
 * Browsers clone these from tab to tab and refuse to write them to IndexedDB, with a DataCloneError that comes when it is too
 * late for whoever handed them over.
 */
const UNSTORABLE = /WebAssembly|SharedArrayBuffer|ImageBitmap|VideoFrame|AudioData|Encoded\w+Chunk/;

/** About how many bytes the clone `value` takes; stops counting above `limit`. `NaN` if it can't be stored. */
export function bytesIn(value: unknown, limit: number, seen: Set<unknown> = new Set()): number {
  if (isText(value)) return 2 * value.length;
  if (!isObject(value) || seen.has(value)) return 8;
  seen.add(value);
  if (UNSTORABLE.test(Object.prototype.toString.call(value))) return Number.NaN;
  // A view is cloned with the whole buffer that it looks at.
  if (ArrayBuffer.isView(value)) return bytesIn(value.buffer, limit, seen);
  if (value instanceof ArrayBuffer) return value.byteLength;
  const { size } = value;
  if (typeof size === 'number' && 'arrayBuffer' in value) return size; // a Blob or File
  const parts = value instanceof Map || value instanceof Set ? [...value].flat() : Object.entries(value).flat();
  let bytes = 8;
  for (const part of parts) if (bytes <= limit) bytes += bytesIn(part, limit, seen);
  return bytes;
}

/** Whether the clone `value` can be kept beside the record: it can be stored, and is not over 64 kB. */
export function isJournalable(value: unknown): boolean {
  return bytesIn(value, MAX_JOURNALED_BYTES) <= MAX_JOURNALED_BYTES;
}

/**
 * What `clone` makes, or a DataCloneError. `what`: what was given to whom, and what can't be done with it. Other causes than a
 * DataCloneError: a getter that throws, an environment of tests that has no structuredClone.
 */
export function cloned<Clone>(what: string, clone: () => Clone): Clone {
  try {
    return clone();
  } catch (cause) {
    const refused = property(cause, 'name') === 'DataCloneError';
    const why = refused ? 'it holds a function, a DOM node or the like.' : property(cause, 'message');
    throw Object.assign(new DOMException(`What was given to ${what}: ${why}`, 'DataCloneError'), { cause });
  }
}
