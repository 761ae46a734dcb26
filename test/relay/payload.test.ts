import { describe, expect, test } from 'vitest';
import { bytesIn, slim } from '../../src/relay/payload';
import type { JournalEntry } from '../../src/session/events';

const KB = 1024;
const LIMIT = 64 * KB;

function entry(payload?: unknown): JournalEntry {
  const bare = { type: 'note', epoch: 1, seq: 1, tabId: 'A', at: 0 };
  return payload === undefined ? bare : { ...bare, payload };
}

const text = (bytes: number): string => 'x'.repeat(bytes / 2);

function cycle(): unknown {
  const value: Record<string, unknown> = { name: 'cycle' };
  value.self = value;
  return value;
}

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
  ['a text of just 64 kB', text(LIMIT)],
  ['a buffer of just 64 kB', new ArrayBuffer(LIMIT)],
  ['something that refers to itself', cycle()],
  ['a small map', new Map([['a', 1]])],
  ['a date', new Date(0)],
])('%s is journaled as it is', (_, payload) => {
  const given = entry(payload);
  expect(slim(given)).toBe(given);
});

test.each<[string, unknown]>([
  ['a text', text(LIMIT + 2)],
  ['a buffer', new ArrayBuffer(LIMIT + 1)],
  ['a typed array', new Uint32Array(LIMIT / 4 + 1)],
  ['a part of a larger buffer', new DataView(new ArrayBuffer(2 * LIMIT), 8, LIMIT + 8)],
  ['a text in an object in a list', [{ deep: { text: text(LIMIT + 2) } }]],
  ['many small texts', Array.from({ length: 1_000 }, () => text(100))],
  ['many numbers', Array.from({ length: 10_000 }, (_, index) => index)],
  ['a large key', { [text(LIMIT + 2)]: 1 }],
  ['a map with a large value', new Map([['a', text(LIMIT + 2)]])],
  ['a map with a large key', new Map([[text(LIMIT + 2), 1]])],
  ['a set', new Set([text(LIMIT + 2)])],
  ['a file', new Blob([new ArrayBuffer(LIMIT + 1)])],
  ['the same buffer in a map of maps', new Map([[1, new Map([[2, new ArrayBuffer(LIMIT)]])]])],
])('%s of more than 64 kB is journaled as too large, without it', (_, payload) => {
  const { payload: _payload, ...bare } = entry(payload);
  expect(slim(entry(payload))).toEqual({ ...bare, tooLarge: true });
  expect(slim(entry(payload))).not.toHaveProperty('payload');
});

describe('the count of bytes', () => {
  test('takes what is there twice once, as a clone does', () => {
    const shared = new ArrayBuffer(40 * KB);
    expect(bytesIn([shared, shared], LIMIT)).toBeLessThan(LIMIT);
    expect(bytesIn([shared, new ArrayBuffer(40 * KB)], LIMIT)).toBeGreaterThan(LIMIT);
  });

  test('stops soon above the limit: it may not take long for something huge', () => {
    let reads = 0;
    const huge = new Proxy(
      Array.from({ length: 1_000 }, () => ({})),
      {
        get(target, key) {
          reads += 1;
          return Reflect.get(target, key);
        },
      },
    );
    const parts = Array.from({ length: 50 }, () => huge);
    expect(bytesIn([text(LIMIT + 2), parts], LIMIT)).toBeLessThan(2 * LIMIT);
    expect(reads).toBe(0);
  });
});
