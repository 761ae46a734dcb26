/** The journal keeps small things: what is larger than this goes over the channel only. */
import type { JournalEntry } from '../session/events';

const MAX_BYTES = 64 * 1024;

/** The entry as it is journaled: without its payload if that is too large. */
export function slim(entry: JournalEntry): JournalEntry {
  if (entry.payload === undefined || bytesIn(entry.payload, MAX_BYTES) <= MAX_BYTES) return entry;
  const { payload: _, ...rest } = entry;
  return { ...rest, tooLarge: true };
}

/** About how many bytes a structured clone of `value` takes. Stops counting above `limit`. */
export function bytesIn(value: unknown, limit: number, seen: Set<unknown> = new Set()): number {
  if (typeof value === 'string') return 2 * value.length;
  if (typeof value !== 'object' || value === null || seen.has(value)) return 8;
  seen.add(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  if ('size' in value && typeof value.size === 'number' && 'arrayBuffer' in value) return value.size; // a Blob or File
  const parts = value instanceof Map || value instanceof Set ? [...value].flat() : Object.entries(value).flat();
  let bytes = 8;
  for (const part of parts) {
    bytes += bytesIn(part, limit, seen);
    if (bytes > limit) break;
  }
  return bytes;
}
