/**
 * Records this page for the agents who look at it, and for nobody else: the driver begins when the first of them comes, begins
 * anew for each one who comes later, and stops when the last one has gone. Nothing of it is published, stored or journaled.
 *
 * What is marked `data-private` is not recorded at all, and leaves an empty place of its size; passwords are masked as well.
 */
import { record } from '@rrweb/record';
import type { Chunk } from '../protocol';
import { createOutbox, MAX_TEXT_CHARACTERS, type Outbox } from './outbox';

/** Changes that come together are sent together. An agent does not see the difference. */
const BATCH_MS = 40;
/** A hand on the mouse: how often its place is noted, and how often it is told. */
const MOUSE_MS = { mousemove: 40, mousemoveCallback: 80 } as const;

export interface Recording {
  /** Begins, or begins anew: with a picture of the whole page. */
  begin(): void;
  stop(): void;
  taken(stream: string): void;
}

export interface RecordingOptions {
  send(chunk: Chunk): void;
  /** A picture of the page is too large to be sent. Nothing more is recorded until the next `begin`. */
  tooLarge(): void;
}

export function createRecording({ send, tooLarge }: RecordingOptions): Recording {
  let stream: string | null = null;
  let outbox: Outbox | null = null;
  let stopRecorder: (() => void) | undefined;
  /** Events as JSON. */
  let batch: string[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  /** The line is slower than the page: begin anew once it is free. */
  let isLate = false;

  function begin(): void {
    stop();
    stream = crypto.randomUUID();
    outbox = createOutbox(stream, send);
    stopRecorder = record({
      blockSelector: '[data-private]',
      maskInputOptions: { password: true },
      sampling: MOUSE_MS,
      emit(event) {
        batch.push(JSON.stringify(event));
        timer ??= setTimeout(flush, BATCH_MS);
      },
    });
    flush();
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (batch.length === 0) return;
    const text = `[${batch.join(',')}]`;
    batch = [];
    if (outbox === null || outbox.push(text)) return;
    stopRecorder?.();
    stopRecorder = undefined;
    if (text.length > MAX_TEXT_CHARACTERS) tooLarge();
    else isLate = true;
  }

  function stop(): void {
    stopRecorder?.();
    stopRecorder = undefined;
    if (timer !== null) clearTimeout(timer);
    timer = null;
    batch = [];
    stream = null;
    outbox = null;
    isLate = false;
  }

  return {
    begin,
    stop,
    taken(of) {
      if (of !== stream) return;
      outbox?.taken();
      if (isLate && outbox?.underway === 0) begin();
    },
  };
}
