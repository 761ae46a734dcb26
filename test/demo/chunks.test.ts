/** What is recorded of a page goes in pieces, a few at a time, and comes out as it went in. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createInbox } from '../../demo/cobrowse/inbox';
import { createOutbox, MAX_TEXT_CHARACTERS, WINDOW } from '../../demo/cobrowse/outbox';
import { CHUNK_CHARACTERS, type Chunk } from '../../demo/protocol';

function createReader() {
  const texts: string[] = [];
  let gaps = 0;
  let streams = 0;
  const inbox = createInbox({
    onStream: () => (streams += 1),
    onText: (text) => texts.push(text),
    onGap: () => (gaps += 1),
  });
  return { take: inbox.take, texts, counts: () => ({ gaps, streams }) };
}

test('texts of any length arrive whole and in order, and never more than a window of chunks is underway', () => {
  const texts = fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 20_000 })), { maxLength: 6 });
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.boolean()), (parts, answers) => {
      const sent = parts.map(([text, times]) => text.repeat(Math.ceil(times / text.length)));
      const line: Chunk[] = [];
      const reader = createReader();
      const outbox = createOutbox('s', (chunk) => line.push(chunk));
      const serve = () => {
        const chunk = line.shift();
        if (!chunk) return;
        reader.take(chunk);
        outbox.taken();
      };
      for (const text of sent) {
        expect(outbox.push(text)).toBe(true);
        expect(line.length).toBeLessThanOrEqual(WINDOW);
        if (answers.next().value) serve();
      }
      while (line.length > 0) serve();
      expect(reader.texts).toEqual(sent);
    }),
    { numRuns: 60 },
  );
});

describe('bounds', () => {
  test('a text that is too large is not sent at all', () => {
    const line: Chunk[] = [];
    const outbox = createOutbox('s', (chunk) => line.push(chunk));
    expect(outbox.push('x'.repeat(MAX_TEXT_CHARACTERS + 1))).toBe(false);
    expect(line).toEqual([]);
  });

  test('on a line that answers nothing, what waits is bounded, and is dropped when it is too much', () => {
    const line: Chunk[] = [];
    const outbox = createOutbox('s', (chunk) => line.push(chunk));
    const page = 'x'.repeat(MAX_TEXT_CHARACTERS);
    expect([outbox.push(page), outbox.push(page), outbox.push(page)]).toEqual([true, true, false]);
    expect(line).toHaveLength(WINDOW);
    // Those that are underway come back; nothing follows them.
    for (let count = 0; count < WINDOW; count += 1) outbox.taken();
    expect(line).toHaveLength(WINDOW);
    expect(outbox.underway).toBe(0);
  });
});

describe('a reader', () => {
  const chunk = (number: number, last = true, stream = 's'): Chunk => ({ stream, number, last, data: '1' });

  test('leaves a stream alone that it did not see from its beginning', () => {
    const reader = createReader();
    for (const number of [3, 4]) reader.take(chunk(number));
    expect(reader.texts).toEqual([]);
    expect(reader.counts()).toEqual({ gaps: 0, streams: 0 });
  });

  test('says once that a piece is missing, and goes on with the next stream', () => {
    const reader = createReader();
    for (const number of [0, 2, 3]) reader.take(chunk(number));
    expect(reader.counts()).toEqual({ gaps: 1, streams: 1 });
    reader.take(chunk(0, true, 'next'));
    expect(reader.texts).toEqual(['1', '1']);
  });

  test('forgets the unfinished text of a stream that another one follows', () => {
    const reader = createReader();
    reader.take(chunk(0, false));
    reader.take(chunk(0, true, 'next'));
    expect(reader.texts).toEqual(['1']);
  });

  test('does not put together more than a page may have', () => {
    const reader = createReader();
    const data = 'x'.repeat(CHUNK_CHARACTERS);
    for (let number = 0; number * CHUNK_CHARACTERS <= MAX_TEXT_CHARACTERS; number += 1)
      reader.take({ stream: 's', number, last: false, data });
    expect(reader.counts().gaps).toBe(1);
  });
});
