/** Puts the chunks of a recording together again. A stream that is not seen from its beginning is left alone. */
import type { Chunk } from '../protocol';
import { MAX_TEXT_CHARACTERS } from './outbox';

export interface InboxOptions {
  /** A new recording has begun: what follows is of another page, or of the same one from its beginning. */
  onStream(): void;
  onText(text: string): void;
  /** A piece is missing. Nothing comes of this stream any more. */
  onGap(): void;
}

export function createInbox({ onStream, onText, onGap }: InboxOptions) {
  let stream: string | null = null;
  let next = 0;
  let text = '';

  return {
    take(chunk: Chunk): void {
      if (chunk.number === 0 && chunk.stream !== stream) {
        stream = chunk.stream;
        next = 0;
        text = '';
        onStream();
      }
      if (chunk.stream !== stream) return;
      text += chunk.data;
      if (chunk.number !== next || text.length > MAX_TEXT_CHARACTERS) {
        stream = null;
        return onGap();
      }
      next += 1;
      if (!chunk.last) return;
      const whole = text;
      text = '';
      onText(whole);
    },
  };
}
