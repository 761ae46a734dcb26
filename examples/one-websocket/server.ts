/** A chat room over one WebSocket per browser. Numbers the messages, takes each id once, and replays what a socket has missed. */
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Draft {
  /** Made by its sender: a message that is sent again is the same message. */
  readonly id: string;
  readonly text: string;
}

export interface Message extends Draft {
  /** 1, 2, 3 … in the order in which the server took them. */
  readonly number: number;
}

/** What goes to the browser. `taken` answers a draft, also one that was there already. */
export type Frame = { readonly message: Message } | { readonly taken: string };

interface Owner {
  readonly browser: string;
  readonly epoch: number;
}

export class Room {
  /** What a real server keeps in its database: it outlives a restart. */
  readonly messages: Message[] = [];
  /** Those that are open, with whose each is, and the epoch of the tab that opened it. */
  readonly sockets = new Map<WebSocket, Owner>();

  take(draft: Draft): void {
    if (this.messages.some(({ id }) => id === draft.id)) return;
    const message = { ...draft, number: this.messages.length + 1 };
    this.messages.push(message);
    for (const socket of this.sockets.keys()) say(socket, { message });
  }

  /** `owner.browser` is believed here. In your app take the user from the handshake's cookie, and look at its `Origin`. */
  enter(socket: WebSocket, owner: Owner, after: number): void {
    // Of the same browser only: the epochs of two are not to be compared.
    const own = [...this.sockets].filter(([, { browser }]) => browser === owner.browser);
    // A tab that was replaced and does not know it yet.
    if (own.some(([, { epoch }]) => epoch > owner.epoch)) return socket.terminate();
    for (const [older, { epoch }] of own) if (epoch < owner.epoch) older.terminate();
    this.sockets.set(socket, owner);
    socket.on('close', () => this.sockets.delete(socket));
    // Without a listener a frame that is no WebSocket's would end the server for everybody.
    socket.on('error', () => socket.terminate());
    socket.on('message', (data) => {
      const draft = parseDraft(String(data));
      if (!draft) return socket.terminate();
      this.take(draft);
      say(socket, { taken: draft.id });
    });
    for (const message of this.messages.slice(after)) say(socket, { message });
  }
}

export function attach(server: Server, room: Room = new Room()): void {
  new WebSocketServer({ server }).on('connection', (socket, { url = '' }) => {
    const { searchParams } = new URL(`ws://room${url}`);
    const owner = { browser: searchParams.get('browser') ?? '', epoch: Number(searchParams.get('epoch')) };
    room.enter(socket, owner, Number(searchParams.get('after')));
  });
}

function parseDraft(text: string): Draft | undefined {
  try {
    const { id, text: said } = JSON.parse(text);
    return typeof id === 'string' && typeof said === 'string' ? { id, text: said } : undefined;
  } catch {
    return undefined;
  }
}

function say(socket: WebSocket, frame: Frame): void {
  socket.send(JSON.stringify(frame));
}
