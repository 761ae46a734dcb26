/** One socket to the session server, as the pages see it. */
import { isSessionErrorCode, SESSION_ERRORS } from 'solotab';
import { type ClientMessage, parseServerMessage, type ServerMessage } from './protocol';

export type Connected = Extract<ServerMessage, { readonly type: 'connected' }>;
export type Answer = Connected | Extract<ServerMessage, { readonly type: 'ended' }>;

/**
 * What the service answered instead of what was asked for. Its codes are the catalogue's: it says so by the exception's name,
 * without which solotab takes a code for another world's.
 */
export class ServiceError extends Error {
  readonly code: number;
  readonly exception: string;

  constructor(code: number, reason: string) {
    super(reason);
    this.name = 'ServiceError';
    this.code = code;
    this.exception = SESSION_ERRORS[isSessionErrorCode(code) ? code : 9999].exception;
  }
}

export interface LineOptions {
  readonly site: string;
  /** Gives up an opening line. One that is open is not its business any more. */
  readonly signal?: AbortSignal;
  /** Everything but the answers to `ask`. */
  onMessage?(message: ServerMessage): void;
  /** The line is closed, by whichever side. */
  onClosed?(): void;
}

export interface Line {
  /** Resolves when the line is closed. Never rejects. */
  readonly closed: Promise<void>;
  /** Sends a message that is answered. Rejects with a `ServiceError` if it is refused, with a `NetworkError` if the line breaks. */
  ask(message: ClientMessage): Promise<Answer>;
  send(message: ClientMessage): void;
  close(): void;
}

/** Rejects with a `NetworkError` where no connection gets through. */
export function openLine({ site, signal, onMessage, onClosed }: LineOptions): Promise<Line> {
  const { protocol, host } = location;
  const scheme = protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${host}/session?site=${encodeURIComponent(site)}`);
  let asked: { resolve(answer: Answer): void; reject(error: unknown): void } | null = null;

  const closed = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => {
      asked?.reject(networkError());
      asked = null;
      resolve();
      onClosed?.();
    });
  });

  socket.addEventListener('message', (event) => {
    const message = parseServerMessage(String(event.data));
    if (message === null) return;
    const { type } = message;
    if (asked === null || !(type === 'connected' || type === 'ended' || type === 'error')) return onMessage?.(message);
    if (type === 'error') asked.reject(new ServiceError(message.code, message.reason));
    else asked.resolve(message);
    asked = null;
  });

  const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
  const line: Line = {
    closed,
    ask(message) {
      if (socket.readyState !== WebSocket.OPEN) return Promise.reject(networkError());
      return new Promise((resolve, reject) => {
        asked = { resolve, reject };
        send(message);
      });
    },
    send(message) {
      if (socket.readyState === WebSocket.OPEN) send(message);
    },
    close: () => socket.close(1000),
  };

  return new Promise((resolve, reject) => {
    const giveUp = () => {
      socket.close();
      reject(signal?.reason);
    };
    if (signal?.aborted) return giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    socket.addEventListener('open', () => {
      signal?.removeEventListener('abort', giveUp);
      resolve(line);
    });
    socket.addEventListener('close', () => reject(networkError()));
  });
}

function networkError(): DOMException {
  return new DOMException('The connection to the session service failed.', 'NetworkError');
}
