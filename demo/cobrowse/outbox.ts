/**
 * Sends long texts in chunks, a few at a time: the next one goes when the server has passed on an earlier one. So a large page
 * on a slow line fills neither the socket's buffer nor the server's, and what the line must also carry is not kept waiting.
 *
 *     push(text) ──▶ waiting ──▶ underway (at most WINDOW) ──taken()──▶ gone
 */
import { CHUNK_CHARACTERS, type Chunk } from '../protocol';

/** Enough to fill the time that an answer takes; little enough to stop soon. */
export const WINDOW = 8;
/** Largest text: about twenty times the first picture of a page of the demo. */
export const MAX_TEXT_CHARACTERS = 1_500_000;
/** More than this never waits: what comes then is late anyway, and a new picture is smaller. */
const MAX_WAITING_CHARACTERS = 2 * MAX_TEXT_CHARACTERS;

export interface Outbox {
  /** False: it is too much, and neither this text nor any later one is sent. What is underway stays so. */
  push(text: string): boolean;
  /** The server has passed on a chunk. */
  taken(): void;
  /** Chunks that were sent and not taken yet. */
  readonly underway: number;
}

export function createOutbox(stream: string, send: (chunk: Chunk) => void): Outbox {
  let waiting: Chunk[] = [];
  let waitingCharacters = 0;
  let underway = 0;
  let number = 0;
  let isFull = false;

  function sendSome(): void {
    while (underway < WINDOW) {
      const chunk = waiting.shift();
      if (!chunk) return;
      waitingCharacters -= chunk.data.length;
      underway += 1;
      send(chunk);
    }
  }

  return {
    push(text) {
      isFull ||= text.length > MAX_TEXT_CHARACTERS || waitingCharacters + text.length > MAX_WAITING_CHARACTERS;
      if (isFull) {
        waiting = [];
        waitingCharacters = 0;
        return false;
      }
      for (let from = 0; from < text.length; from += CHUNK_CHARACTERS) {
        const data = text.slice(from, from + CHUNK_CHARACTERS);
        waiting.push({ stream, number, last: from + CHUNK_CHARACTERS >= text.length, data });
        number += 1;
        waitingCharacters += data.length;
      }
      sendSome();
      return true;
    },
    taken() {
      underway = Math.max(0, underway - 1);
      sendSome();
    },
    get underway() {
      return underway;
    },
  };
}
