import { describe, expect, test } from 'vitest';
import { type JournalEntry, slim } from '../../src/session/events';
import { bytesIn, MAX_JOURNALED_BYTES, MAX_PUBLISHED_BYTES } from '../../src/session/payload';

const KB = 1024;
const LIMIT = MAX_JOURNALED_BYTES;

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
  ['a text beside a field that says something else', { byteLength: 1, size: 1, text: text(LIMIT + 2) }],
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

  test.each<[string, number, unknown]>([
    ['a text has two for each letter', 10, 'x'.repeat(5)],
    ['a buffer has its own', 1_000, new ArrayBuffer(1_000)],
    [
      'a view has those of the whole buffer, which is cloned with it',
      1_000,
      new Uint8Array(new ArrayBuffer(1_000), 4, 8),
    ],
    ['a file has those of its content', 3, new Blob(['abc'])],
    ['a number has those of one', 8, 7],
  ])('%s', (_, bytes, value) => {
    expect(bytesIn(value, LIMIT)).toBe(bytes);
  });

  test('knows both limits that are promised', () => {
    expect([MAX_JOURNALED_BYTES, MAX_PUBLISHED_BYTES]).toEqual([64 * KB, 256 * KB]);
  });
});

describe('what browsers clone and can’t store', () => {
  /** Not all of them are in Node: what counts is how they call themselves. */
  const named = (name: string): object => Object.defineProperty({}, Symbol.toStringTag, { value: name });

  test.each([
    ['WebAssembly.Module', new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))],
    ['SharedArrayBuffer', new SharedArrayBuffer(8)],
    ...['ImageBitmap', 'VideoFrame', 'AudioData', 'EncodedAudioChunk', 'EncodedVideoChunk'].map(
      (name): [string, object] => [name, named(name)],
    ),
  ])('%s has no size at all, wherever it is', (_, value) => {
    const places = [
      value,
      [value],
      { deep: [{ value }] },
      new Map([[1, value]]),
      new Map([[value, 1]]),
      new Set([value]),
    ];
    for (const place of places) expect(bytesIn(place, MAX_PUBLISHED_BYTES)).toBeNaN();
  });

  test('is found in a view of shared memory too', () => {
    expect(bytesIn(new Uint8Array(new SharedArrayBuffer(8)), LIMIT)).toBeNaN();
  });

  test.each<[string, unknown]>([
    ['a date', new Date(0)],
    ['an expression', /x/g],
    ['an error', new Error('no')],
    ['a list', [1, 'two', null, undefined, 3n]],
    ['a map', new Map([['WebAssembly', 1]])],
    ['a text that only speaks of it', 'WebAssembly'],
    ['a field that is called so', { VideoFrame: 1 }],
    ['an object without prototype', Object.create(null)],
  ])('is not %s', (_, value) => {
    expect(bytesIn(value, LIMIT)).toBeGreaterThan(0);
  });
});
