/** The recording of a page, over a line that is slower than the page. The recorder itself is played. */
import { beforeEach, expect, test, vi } from 'vitest';
import { MAX_TEXT_CHARACTERS, WINDOW } from '../../demo/cobrowse/outbox';
import { createRecording } from '../../demo/cobrowse/recording';
import type { Chunk } from '../../demo/protocol';

const recorder = vi.hoisted(() => ({
  running: 0,
  begun: 0,
  emit: (_event: object): void => undefined,
}));
vi.mock('@rrweb/record', () => ({
  record({ emit }: { emit(event: object): void }) {
    recorder.running += 1;
    recorder.begun += 1;
    recorder.emit = emit;
    emit({ picture: recorder.begun });
    return () => (recorder.running -= 1);
  },
}));

function startRecording() {
  const sent: Chunk[] = [];
  const tooLarge = vi.fn();
  const recording = createRecording({ send: (chunk) => sent.push(chunk), tooLarge });
  recording.begin();
  return { recording, sent, tooLarge };
}

/** Lets the page change this much, and the time pass after which changes are sent. */
function change(characters: number): void {
  recorder.emit({ text: 'x'.repeat(characters) });
  vi.advanceTimersByTime(1_000);
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(recorder, { running: 0, begun: 0 });
  return () => vi.useRealTimers();
});

test('changes that come together are sent together', () => {
  const { sent } = startRecording();
  for (const text of ['a', 'b']) recorder.emit({ text });
  vi.advanceTimersByTime(1_000);
  expect(sent.map(({ data }) => data)).toEqual(['[{"picture":1}]', '[{"text":"a"},{"text":"b"}]']);
});

test('a line that is too slow loses what waits, and gets a new picture once it is free', () => {
  const { recording, sent } = startRecording();
  const stream = sent[0]?.stream ?? '';
  const half = MAX_TEXT_CHARACTERS * 0.9;
  for (let count = 0; count < 4; count += 1) change(half);
  expect(recorder.running).toBe(0);
  expect(sent).toHaveLength(WINDOW);
  for (let count = 1; count < WINDOW; count += 1) recording.taken(stream);
  expect(recorder.begun).toBe(1);
  recording.taken(stream);
  expect(recorder).toMatchObject({ begun: 2, running: 1 });
  expect(sent.at(-1)).toMatchObject({ number: 0, last: true, data: '[{"picture":2}]' });
  expect(sent.at(-1)?.stream).not.toBe(stream);
});

test('a page that is too large is said to be, once, and is not recorded again and again', () => {
  const { recording, sent, tooLarge } = startRecording();
  change(MAX_TEXT_CHARACTERS + 1);
  recording.taken(sent[0]?.stream ?? '');
  vi.advanceTimersByTime(10_000);
  expect(tooLarge).toHaveBeenCalledTimes(1);
  expect(recorder).toMatchObject({ begun: 1, running: 0 });
});

test('after a stop nothing is sent, and an answer to an earlier recording makes no room in a later one', () => {
  const { recording, sent } = startRecording();
  const first = sent[0]?.stream ?? '';
  recorder.emit({ text: 'unsent' });
  recording.stop();
  vi.advanceTimersByTime(1_000);
  expect(sent).toHaveLength(1);
  recording.begin();
  change(MAX_TEXT_CHARACTERS * 0.9);
  const before = sent.length;
  recording.taken(first);
  expect(sent).toHaveLength(before);
});
