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

export class Room {
  /** What a real server keeps in its database: it outlives a restart. */
  readonly messages: Message[] = [];
  /** Those that are open, with the epoch of the tab that opened each. */
  readonly sockets = new Map<WebSocket, number>();

  take(draft: Draft): void {
    if (this.messages.some(({ id }) => id === draft.id)) return;
    const message = { ...draft, number: this.messages.length + 1 };
    this.messages.push(message);
    for (const socket of this.sockets.keys()) say(socket, { message });
  }

  enter(socket: WebSocket, epoch: number, after: number): void {
    // A tab that was replaced and does not know it yet.
    if ([...this.sockets.values()].some((newer) => newer > epoch)) return socket.terminate();
    for (const [older, its] of this.sockets) if (its < epoch) older.terminate();
    this.sockets.set(socket, epoch);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('message', (data) => {
      const draft: Draft = JSON.parse(String(data));
      this.take(draft);
      say(socket, { taken: draft.id });
    });
    for (const message of this.messages.slice(after)) say(socket, { message });
  }
}

export function attach(server: Server, room: Room = new Room()): void {
  new WebSocketServer({ server }).on('connection', (socket, { url = '' }) => {
    const { searchParams } = new URL(url, 'ws://room');
    room.enter(socket, Number(searchParams.get('epoch')), Number(searchParams.get('after')));
  });
}

function say(socket: WebSocket, frame: Frame): void {
  socket.send(JSON.stringify(frame));
}
