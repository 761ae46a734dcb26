/**
 * The session server: sockets, tokens and time around the rules of `sessions.ts`. It decides nothing about sessions. State is
 * in memory and goes with the process. Each site (the `app_key` of a token) has sessions and conditions of its own.
 */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ClientMessage, DEMO_PROTOCOL, MAX_FRAME_BYTES, parseClientMessage } from '../protocol';
import { answer, fromThisMachine, urlOf } from './api';
import { type Clock, systemClock } from './clock';
import { type Conditions, FAIR_WEATHER } from './conditions';
import { createRateLimit } from './rate-limit';
import type { Notice } from './session';
import { createSessionBook, type SessionBook } from './sessions';
import { createTokens, type TokenClaims, type Tokens } from './tokens';

export const SOCKET_PATH = '/session';
/** Without 0, O, 1, I and L, which people mix up. */
const PIN_CHARACTERS = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const PIN_LENGTH = 6;
/** Open connections of one site. */
export const MAX_SEATS = 5_000;
/** Messages of one connection that wait for their turn: more than a person makes in the longest latency of the lab. */
export const MAX_WAITING = 512;
/** Messages of one connection in a second: more than a page's picture needs on the fastest line. */
export const MAX_MESSAGES = { calls: 1_000, perMs: 1_000 } as const;
/** What may wait to be read by one page. Whoever is slower than the page that it looks at is hung up on, and may join again. */
export const MAX_UNREAD_BYTES = 4_000_000;

export interface Site {
  readonly appKey: string;
  readonly book: SessionBook;
  readonly fair: Conditions;
  conditions: Conditions;
  /** Messages that were sent and are not handled yet. */
  underway: number;
  /** Lets arrive what a slow line still carries. */
  readonly late: Set<() => void>;
}

/** One open connection. */
interface Seat {
  readonly id: string;
  readonly site: Site;
  readonly socket: WebSocket;
  /** Milliseconds since the Unix epoch; a seat without a token has none. */
  tokenExpiresAt: number;
  isToldOfExpiry: boolean;
  /** What this connection sent is handled one by one, in order. */
  queue: Promise<void>;
  waiting: number;
}

export interface Service {
  readonly tokens: Tokens;
  site(appKey: string | null): Site | undefined;
  /** Cuts the lines of a session's customer, or of everyone on the site. */
  cut(site: Site, sessionId: string | null): void;
  /** Lets the tokens of everyone on the site run out, and says so. */
  expireTokens(site: Site): void;
  /** Who is connected is told if the service lost its backend; what was slow arrives at once if the lines are faster now. */
  change(site: Site, conditions: Conditions): void;
  closeSession(site: Site, sessionId: string): void;
}

export interface SessionServerOptions {
  readonly clock?: Clock;
  readonly secret?: Uint8Array;
  /** The app keys that have an account. */
  readonly sites?: readonly string[];
  /** What each site begins with, and what a repair goes back to. */
  readonly conditions?: Conditions;
}

export interface SessionServer {
  /** Answers a request for the service's API. False: it is for somebody else. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** How many things are kept in memory. */
  kept(): Readonly<Record<string, number>>;
  close(): void;
}

export function createSessionServer({
  clock = systemClock,
  secret = randomBytes(32),
  sites: appKeys = ['cakes', 'lab'],
  conditions: fair = FAIR_WEATHER,
}: SessionServerOptions = {}): SessionServer {
  const tokens = createTokens({ secret, now: clock.now });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  const seats = new Map<string, Seat>();
  const sweeps = new Map<Site, () => void>();
  const sites = new Map(
    appKeys.map((appKey): [string, Site] => {
      const book = createSessionBook({ now: clock.now, id: randomUUID, pin: randomPin });
      return [appKey, { appKey, book, fair, conditions: fair, underway: 0, late: new Set() }];
    }),
  );

  /** Carries out what the rules decided. A seat that is gone by now misses nothing: it could not have heard it. */
  function carryOut(site: Site, notices: readonly Notice[]): void {
    for (const { seat: id, message, close } of notices) {
      const seat = seats.get(id);
      if (!seat) continue;
      seat.socket.send(JSON.stringify(message));
      if (seat.socket.bufferedAmount > MAX_UNREAD_BYTES) seat.socket.terminate();
      if (close) seat.socket.close(1000, message.type);
    }
    sweeps.get(site)?.();
    const deadline = site.book.nextDeadline();
    if (deadline === null) return void sweeps.delete(site);
    const stop = clock.wake(Math.max(0, deadline - clock.now()), () => carryOut(site, site.book.sweep()));
    sweeps.set(site, stop);
  }

  async function handle(seat: Seat, message: ClientMessage): Promise<Notice[]> {
    const { book, conditions } = seat.site;
    const refuse = (code: number, reason: string, close = true): Notice[] => [
      { seat: seat.id, message: { type: 'error', code, reason }, close },
    ];
    switch (message.type) {
      case 'start':
      case 'join':
      case 'resume': {
        if (book.sessionOf(seat.id) !== null) return refuse(9999, 'this connection has a session');
        const failed = message.type === 'start' ? 1001 : 1011;
        if (message.version !== DEMO_PROTOCOL) return refuse(failed, 'unsupported version');
        const caller = await verify(seat, message.token);
        if (caller === null) return refuse(2001, 'token');
        if (caller.appKey !== seat.site.appKey) return refuse(failed, 'invalid site link');
        if (conditions.serviceDown) return refuse(9999, 'service error');
        if (message.type === 'start' && conditions.creditUsedUp) return refuse(1001, 'trial credit used up');
        if (message.type === 'start') return book.start(seat.id, caller, message);
        if (message.type === 'join') return book.join(seat.id, caller, message);
        return book.resume(seat.id, caller, message);
      }
      case 'act':
      case 'record':
      case 'unshowable':
      case 'consent':
        // A fenced seat is shown out whatever the weather.
        if (book.sessionOf(seat.id) !== null) {
          const expired = seat.tokenExpiresAt <= clock.now();
          if (message.type === 'record' && (expired || conditions.serviceDown)) {
            // The chunk is lost, and an agent who misses it asks for a new picture. Said once: a page has many chunks.
            const { stream, number } = message;
            const taken: Notice = { seat: seat.id, message: { type: 'taken', stream, number } };
            if (!expired || seat.isToldOfExpiry) return [taken];
            seat.isToldOfExpiry = true;
            return [taken, ...refuse(2001, 'token expired', false)];
          }
          if (expired) return refuse(2001, 'token expired', false);
          if (conditions.serviceDown) return refuse(9999, 'service error', false);
        }
        return doPart(book, seat.id, message);
      case 'renew': {
        const caller = await verify(seat, message.token);
        return caller === null ? refuse(2001, 'token', false) : [{ seat: seat.id, message: { type: 'renewed' } }];
      }
      case 'leave':
        return [
          ...book.leave(seat.id, { deliberate: true }),
          { seat: seat.id, message: { type: 'ended', reason: 'left' }, close: true },
        ];
      case 'end': {
        if (message.token === null || message.sessionId === null) return book.end(seat.id, message.epoch);
        const caller = await verify(seat, message.token);
        if (caller === null) return refuse(2001, 'token');
        return book.endFrom(seat.id, caller, { epoch: message.epoch, sessionId: message.sessionId });
      }
    }
  }

  async function verify(seat: Seat, token: string): Promise<TokenClaims | null> {
    const claims = await tokens.verify(token);
    if (claims !== null) {
      seat.tokenExpiresAt = claims.expiresAt * 1000;
      seat.isToldOfExpiry = false;
    }
    return claims;
  }

  /** Handles `work` when everything before it was, and not before the site's latency is over. */
  function enqueue(seat: Seat, work: () => Notice[] | Promise<Notice[]>): void {
    const arrived = new Promise<void>((resolve) => {
      const { conditions, late } = seat.site;
      if (conditions.latencyMs === 0) return resolve();
      const arrive = () => {
        stop();
        late.delete(arrive);
        resolve();
      };
      const stop = clock.wake(conditions.latencyMs, arrive);
      late.add(arrive);
    });
    seat.queue = seat.queue
      .then(() => arrived)
      .then(work)
      .catch((error: unknown): Notice[] => {
        console.error(error);
        return [{ seat: seat.id, message: { type: 'error', code: 9999, reason: 'service error' }, close: true }];
      })
      .then((notices) => carryOut(seat.site, notices));
  }

  function open(socket: WebSocket, site: Site): void {
    const seat: Seat = {
      id: randomUUID(),
      site,
      socket,
      tokenExpiresAt: 0,
      isToldOfExpiry: false,
      queue: Promise.resolve(),
      waiting: 0,
    };
    const rate = createRateLimit({ ...MAX_MESSAGES, now: clock.now });
    seats.set(seat.id, seat);
    socket.on('message', (data, binary) => {
      // What comes after a farewell, or after being shown out, is not read any more.
      if (socket.readyState !== socket.OPEN) return;
      if (seat.waiting >= MAX_WAITING || !rate.allows(seat.id)) return socket.close(1008, 'too many messages');
      const message = binary ? null : parseClientMessage(String(data));
      if (message === null) return socket.close(1003, 'unreadable message');
      site.underway += 1;
      seat.waiting += 1;
      enqueue(seat, () => {
        site.underway -= 1;
        seat.waiting -= 1;
        return handle(seat, message);
      });
    });
    // The reason follows in 'close'.
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      seats.delete(seat.id);
      // 1000: closed by the page. 1001: the page went away. Else the line broke.
      enqueue(seat, () => site.book.leave(seat.id, { deliberate: code === 1000 || code === 1001 }));
    });
  }

  const seatsOf = (site: Site) => [...seats.values()].filter((seat) => seat.site === site);

  const service: Service = {
    tokens,
    site: (appKey) => sites.get(appKey ?? ''),
    cut(site, sessionId) {
      for (const { id, socket } of seatsOf(site)) {
        const theirs = site.book.sessionOf(id) === sessionId && site.book.isCustomer(id);
        if (sessionId === null || theirs) socket.terminate();
      }
    },
    expireTokens(site) {
      for (const seat of seatsOf(site)) {
        seat.tokenExpiresAt = 0;
        seat.isToldOfExpiry = true;
        if (site.book.sessionOf(seat.id) === null) continue;
        carryOut(site, [{ seat: seat.id, message: { type: 'error', code: 2001, reason: 'token expired' } }]);
      }
    },
    change(site, conditions) {
      const before = site.conditions;
      site.conditions = conditions;
      if (conditions.latencyMs < before.latencyMs) for (const arrive of site.late) arrive();
      if (before.serviceDown || !conditions.serviceDown) return;
      for (const { id } of seatsOf(site)) {
        if (site.book.sessionOf(id) === null) continue;
        carryOut(site, [{ seat: id, message: { type: 'error', code: 9999, reason: 'service error' } }]);
      }
    },
    closeSession: (site, sessionId) => carryOut(site, site.book.closeById(sessionId, 'closed by the service')),
  };

  return {
    handleRequest: (request, response) => answer(service, request, response),
    handleUpgrade(request, socket, head) {
      const url = urlOf(request);
      if (url?.pathname !== SOCKET_PATH) return false;
      const site = service.site(url.searchParams.get('site'));
      const isFull = site !== undefined && seatsOf(site).length >= MAX_SEATS;
      if (!site || isFull || site.conditions.refuseConnections || !fromThisMachine(request)) socket.destroy();
      else sockets.handleUpgrade(request, socket, head, (opened) => open(opened, site));
      return true;
    },
    kept() {
      const total: Record<string, number> = { connections: seats.size, sweeps: sweeps.size };
      for (const { book } of sites.values()) {
        for (const [name, size] of Object.entries(book.kept())) total[name] = (total[name] ?? 0) + size;
      }
      return total;
    },
    close() {
      for (const stop of sweeps.values()) stop();
      for (const { socket } of seats.values()) socket.terminate();
      sockets.close();
    },
  };
}

type Part = Extract<ClientMessage, { readonly type: 'act' | 'record' | 'unshowable' | 'consent' }>;

function doPart(book: SessionBook, seat: string, message: Part): Notice[] {
  const { type, epoch } = message;
  switch (type) {
    case 'act':
      return book.act(seat, epoch, message.act);
    case 'record':
      // The epoch is for the server; the chunk is for the agents.
      return book.record(seat, epoch, {
        stream: message.stream,
        number: message.number,
        last: message.last,
        data: message.data,
      });
    case 'unshowable':
      return book.unshowable(seat, epoch);
    case 'consent':
      return book.consent(seat, epoch, message.given);
  }
}

function randomPin(): string {
  return Array.from({ length: PIN_LENGTH }, () => PIN_CHARACTERS[randomInt(PIN_CHARACTERS.length)]).join('');
}
