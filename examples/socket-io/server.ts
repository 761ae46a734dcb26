/** A chat over socket.io. Numbers the messages, takes each id once, replays what a socket has missed, and can throw everybody out. */
import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';

export interface Draft {
  /** Made by its sender: a message that is sent again is the same message. */
  readonly id: string;
  readonly text: string;
}

export interface Message extends Draft {
  /** 1, 2, 3 … in the order in which the server took them. */
  readonly number: number;
}

export interface ToServer {
  send(draft: Draft, taken: (number: number) => void): void;
}

export interface ToBrowser {
  message(message: Message): void;
}

export class Chat {
  /** What a real server keeps in its database: it outlives a restart. */
  readonly messages: Message[] = [];
  /** How many sockets were ever opened. */
  connections = 0;
  #io: Server<ToServer, ToBrowser> | undefined;

  take(draft: Draft): number {
    const before = this.messages.find(({ id }) => id === draft.id);
    if (before) return before.number;
    const message = { ...draft, number: this.messages.length + 1 };
    this.messages.push(message);
    this.#io?.emit('message', message);
    return message.number;
  }

  kickAll(): void {
    this.#io?.disconnectSockets(true);
  }

  attach(server: HttpServer): void {
    this.#io = new Server<ToServer, ToBrowser>(server);
    this.#io.on('connection', (socket) => {
      this.connections += 1;
      socket.on('send', (draft, taken) => {
        // Anybody can send anything: what is thrown here would end the server for everybody.
        if (isDraft(draft) && typeof taken === 'function') taken(this.take(draft));
        else socket.disconnect(true);
      });
      for (const message of this.messages.slice(Number(socket.handshake.auth.after))) socket.emit('message', message);
    });
  }
}

function isDraft(given: unknown): given is Draft {
  const { id, text } = Object(given);
  return typeof id === 'string' && typeof text === 'string';
}

export function attach(server: HttpServer, chat: Chat = new Chat()): void {
  chat.attach(server);
}
