/**
 * A SIP proxy over WebSocket (RFC 7118), as small as two softphones need: it registers, and passes on what belongs to a call. When a
 * socket closes, it says goodbye to whoever that socket was talking to.
 */
import type { Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { parse, reply, type SipMessage, uriIn, write } from './sip';

/** Two sides that talk, or one that rings at the other. */
interface Call {
  readonly caller: WebSocket;
  readonly callee: WebSocket;
  readonly invite: SipMessage;
  /** From when it was answered. */
  answer?: SipMessage;
}

export class SipProxy {
  /** What it was asked, the oldest first, as `INFO sip:bob@example.com`. */
  readonly requests: SipMessage[] = [];
  /** By the user's address. */
  readonly registrations = new Map<string, WebSocket>();
  /** By the address of one device. */
  readonly #contacts = new Map<string, WebSocket>();
  /** Who sent a request that is not answered yet, by its branch. */
  readonly #senders = new Map<string, WebSocket>();
  readonly calls = new Map<string, Call>();

  connect(socket: WebSocket): void {
    socket.on('message', (data) => {
      const message = parse(String(data));
      if (message.method === undefined) this.#passBack(message);
      else this.#serve(socket, message, message.method);
    });
    socket.on('close', () => this.#disconnect(socket));
  }

  #serve(socket: WebSocket, request: SipMessage, method: string): void {
    this.requests.push(request);
    if (method === 'OPTIONS') return socket.send(reply(request, '200 OK'));
    if (method === 'REGISTER') return this.#register(socket, request);
    const target = this.registrations.get(request.uri) ?? this.#contacts.get(request.uri);
    if (!target) {
      if (method !== 'ACK') socket.send(reply(request, '480 Temporarily Unavailable'));
      return;
    }
    const callId = request.header('Call-ID');
    if (method === 'INVITE') {
      this.#contacts.set(uriIn(request.header('Contact')), socket);
      if (!this.calls.has(callId)) this.calls.set(callId, { caller: socket, callee: target, invite: request });
    }
    if (method === 'BYE') this.calls.delete(callId);
    if (method !== 'ACK') this.#senders.set(request.branch, socket);
    target.send(request.text);
  }

  #register(socket: WebSocket, request: SipMessage): void {
    const [address, contact] = [uriIn(request.header('To')), request.header('Contact')];
    const isLeaving = /expires=0\b/.test(contact) || request.header('Expires') === '0';
    if (!isLeaving) {
      this.registrations.set(address, socket);
      this.#contacts.set(uriIn(contact), socket);
    } else if (this.registrations.get(address) === socket) this.registrations.delete(address);
    socket.send(reply(request, '200 OK', isLeaving ? [] : [`Contact: ${contact}`]));
  }

  #passBack(response: SipMessage): void {
    const callId = response.header('Call-ID');
    const call = this.calls.get(callId);
    if (call && response.header('CSeq').endsWith('INVITE')) {
      if (response.status >= 300) this.calls.delete(callId);
      else if (response.status >= 200) call.answer ??= response;
      const contact = response.header('Contact');
      if (contact) this.#contacts.set(uriIn(contact), call.callee);
    }
    this.#senders.get(response.branch)?.send(response.text);
    if (response.status >= 200) this.#senders.delete(response.branch);
  }

  #disconnect(socket: WebSocket): void {
    for (const known of [this.registrations, this.#contacts, this.#senders]) {
      for (const [name, its] of known) if (its === socket) known.delete(name);
    }
    for (const [callId, { caller, callee, invite, answer }] of this.calls) {
      if (caller !== socket && callee !== socket) continue;
      this.calls.delete(callId);
      const goodbye = { callId, from: invite.header('From'), to: (answer ?? invite).header('To') };
      if (callee === socket) {
        if (!answer) caller.send(reply(invite, '480 Temporarily Unavailable'));
        else caller.send(bye({ ...goodbye, from: goodbye.to, to: goodbye.from }, uriIn(invite.header('Contact'))));
      } else if (answer) callee.send(bye(goodbye, uriIn(answer.header('Contact'))));
      else callee.send(cancel(invite));
    }
  }
}

export function attach(server: Server, proxy: SipProxy = new SipProxy()): void {
  new WebSocketServer({ server }).on('connection', (socket) => proxy.connect(socket));
}

function cancel(invite: SipMessage): string {
  const same = ['Via', 'From', 'To', 'Call-ID'].map((name) => `${name}: ${invite.header(name)}`);
  return write(`CANCEL ${invite.uri} SIP/2.0`, [...same, `CSeq: ${Number.parseInt(invite.header('CSeq'), 10)} CANCEL`]);
}

interface Goodbye {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
}

/** In the name of a side that is gone. Its own count of requests is not known, but is lower than this one. */
function bye({ callId, from, to }: Goodbye, uri: string): string {
  return write(`BYE ${uri} SIP/2.0`, [
    `Via: SIP/2.0/WS proxy.invalid;branch=z9hG4bK${callId}`,
    ...[`From: ${from}`, `To: ${to}`, `Call-ID: ${callId}`, 'CSeq: 1000000 BYE', 'Max-Forwards: 70'],
  ]);
}
