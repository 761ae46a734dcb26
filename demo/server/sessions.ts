/**
 * The rules of the session service: who may be in which session, and what the others are told. Knows no socket, no clock and
 * no token: the shell hands in what it has checked, and carries out the notices that it gets back.
 *
 * Invariants:
 * - A session has at most one customer and five agents, and a user id is in it once.
 * - A PIN names at most one living session.
 * - A member has a seat (an open connection) or a time until which it is waited for; a seat holds one member at most.
 * - A member's epoch never falls: what comes under an older one is refused and its seat is closed.
 * - An agent points, draws and scrolls while the session's `assist` is given to it; that ends with its being a member.
 * - Nothing of a recorded page is kept here: a chunk is passed on, or forgotten.
 */
import type { Act, Assist, Chunk, Role, ServerMessage } from '../protocol';
import { createRateLimit } from './rate-limit';
import {
  type Caller,
  count,
  type Member,
  type Notice,
  over,
  type Place,
  present,
  refusal,
  type Session,
  viewOf,
  views,
} from './session';

export const MAX_AGENTS = 5;
/** Living sessions of one site. Each has a few hundred bytes. */
export const MAX_SESSIONS = 2_000;
/** PINs of sessions that are over; older ones are forgotten first. */
export const MAX_ENDED_PINS = 500;
export const RECONNECT_WINDOW_MS = 120_000;
/** So long is a PIN of a session that is over told from one that never was. */
const REMEMBER_ENDED_MS = 600_000;
/** A person does not connect more often than this; someone who guesses PINs does. */
export const RATE = { calls: 20, perMs: 10_000 } as const;

export interface SessionBookOptions {
  /** Milliseconds, by any clock that does not step back. */
  now(): number;
  /** A new unique id. */
  id(): string;
  /** A PIN at random; asked again where it is taken. */
  pin(): string;
}

export type SessionBook = ReturnType<typeof createSessionBook>;

export function createSessionBook({ now, id, pin: randomPin }: SessionBookOptions) {
  const sessions = new Map<string, Session>();
  const seats = new Map<string, Place>();
  const endedPins = new Map<string, number>();
  let rate = createRateLimit({ ...RATE, now });
  const counts = { starts: 0, joins: 0, resumes: 0, acts: 0, chunks: 0, ends: 0, stale: 0 };

  /** A new session with the caller in it. An agent may open one too, for a customer to join. */
  function start(seat: string, caller: Caller, ask: { epoch: number; pin: string | null }): Notice[] {
    if (!rate.allows(caller.userId)) return [refusal(seat, 9999, 'rate limit')];
    if (sessions.size >= MAX_SESSIONS) return [refusal(seat, 9999, 'too many sessions')];
    if (ask.pin !== null && !/^[A-Z0-9]{1,10}$/.test(ask.pin)) return [refusal(seat, 1008, 'PIN format')];
    if (ask.pin !== null && byPin(ask.pin)) return [refusal(seat, 1010, 'PIN in use')];
    counts.starts += 1;
    let pin = ask.pin ?? randomPin();
    while (ask.pin === null && byPin(pin)) pin = randomPin();
    endedPins.delete(pin);
    const session: Session = { id: id(), pin, members: new Map(), assist: { state: 'none' } };
    sessions.set(session.id, session);
    return seatMember(session, seat, caller, ask.epoch);
  }

  function join(seat: string, caller: Caller, ask: { epoch: number; pin: string }): Notice[] {
    if (!rate.allows(caller.userId)) return [refusal(seat, 9999, 'rate limit')];
    const session = byPin(ask.pin);
    if (!session) {
      const over = (endedPins.get(ask.pin) ?? Number.NEGATIVE_INFINITY) > now() - REMEMBER_ENDED_MS;
      return [over ? refusal(seat, 1011, 'session over') : refusal(seat, 1006, 'no such PIN')];
    }
    const same = session.members.get(caller.userId);
    if (same && (same.seat !== null || same.role !== caller.role)) return [refusal(seat, 1015, 'same user')];
    if (same && ask.epoch < same.epoch) return [stale(seat)];
    if (!same && caller.role === 'customer' && count(session, 'customer') > 0)
      return [refusal(seat, 1012, 'has a customer')];
    if (!same && caller.role === 'agent' && count(session, 'agent') >= MAX_AGENTS) {
      return [refusal(seat, 1013, 'has its agents')];
    }
    counts.joins += 1;
    return seatMember(session, seat, caller, ask.epoch);
  }

  /** A member comes back on another connection: after a lost socket, a reload, or because the session moved to another tab. */
  function resume(seat: string, caller: Caller, ask: { epoch: number; sessionId: string }): Notice[] {
    if (!rate.allows(caller.userId)) return [refusal(seat, 9999, 'rate limit')];
    const session = sessions.get(ask.sessionId);
    const member = session?.members.get(caller.userId);
    if (!session || !member) return [refusal(seat, 1011, 'session over')];
    if (ask.epoch < member.epoch) return [stale(seat)];
    counts.resumes += 1;
    const notices = unseat(member, 'superseded');
    return [...notices, ...seatMember(session, seat, caller, ask.epoch)];
  }

  /** An agent's act, for the customer. Without consent most of them are nothing, and no fault: it may just have been taken back. */
  function act(seat: string, epoch: number, what: Act): Notice[] {
    const place = placeFor(seat, epoch, 'agent');
    if ('refused' in place) return place.refused;
    const { session, member } = place;
    counts.acts += 1;
    if (what.kind === 'ask') {
      if (session.assist.state === 'given') return [];
      return assistChanged(session, { state: 'asked', userId: member.userId, userName: member.userName });
    }
    const { assist } = session;
    const allowed = assist.state === 'given' && assist.userId === member.userId;
    if (!allowed && what.kind !== 'cheer' && what.kind !== 'look') return [];
    return toAll(session, 'customer', { type: 'acted', userName: member.userName, act: what });
  }

  /** A piece of the customer's page, for the agents who are there. */
  function record(seat: string, epoch: number, chunk: Chunk): Notice[] {
    const place = placeFor(seat, epoch, 'customer');
    if ('refused' in place) return place.refused;
    counts.chunks += 1;
    return [
      ...toAll(place.session, 'agent', { type: 'recorded', ...chunk }),
      { seat, message: { type: 'taken', stream: chunk.stream, number: chunk.number } },
    ];
  }

  function unshowable(seat: string, epoch: number): Notice[] {
    const place = placeFor(seat, epoch, 'customer');
    return 'refused' in place ? place.refused : toAll(place.session, 'agent', { type: 'unshowable' });
  }

  /** The customer allows what was asked for, or takes it back. */
  function consent(seat: string, epoch: number, given: boolean): Notice[] {
    const place = placeFor(seat, epoch, 'customer');
    if ('refused' in place) return place.refused;
    const { session } = place;
    if (session.assist.state === 'none') return [];
    return assistChanged(session, given ? { ...session.assist, state: 'given' } : { state: 'none' });
  }

  /** A customer's end is the session's; an agent's is its own. Asked for twice, it is the same end. */
  function end(seat: string, epoch: number): Notice[] {
    const place = seats.get(seat);
    if (!place) return [over(seat, 'ended')];
    if (epoch < place.member.epoch) return [stale(seat)];
    counts.ends += 1;
    return place.member.role === 'customer'
      ? close(place.session, 'ended')
      : remove(place.session, place.member, 'ended');
  }

  /** The same from a page that has no seat in the session: its tab is gone, and another one ends it. */
  function endFrom(seat: string, caller: Caller, ask: { epoch: number; sessionId: string }): Notice[] {
    const session = sessions.get(ask.sessionId);
    const member = session?.members.get(caller.userId);
    if (!session || !member) return [over(seat, 'ended')];
    if (ask.epoch < member.epoch) return [stale(seat)];
    counts.ends += 1;
    const notices = caller.role === 'customer' ? close(session, 'ended') : remove(session, member, 'ended');
    return [...notices, over(seat, 'ended')];
  }

  /**
   * A seat is given up: the session moved, or the connection was lost. A customer is waited for. So is an agent, unless it
   * went by itself.
   */
  function leave(seat: string, { deliberate }: { deliberate: boolean }): Notice[] {
    const place = seats.get(seat);
    if (!place) return [];
    const { session, member } = place;
    if (deliberate && member.role === 'agent') return remove(session, member, 'left');
    seats.delete(seat);
    member.seat = null;
    member.awayUntil = now() + RECONNECT_WINDOW_MS;
    return membersChanged(session);
  }

  /** Gives up whoever did not come back in time. */
  function sweep(): Notice[] {
    const notices: Notice[] = [];
    for (const session of [...sessions.values()]) {
      for (const member of [...session.members.values()]) {
        if (member.seat !== null || member.awayUntil > now() || !sessions.has(session.id)) continue;
        notices.push(
          ...(member.role === 'customer' ? close(session, 'customer lost') : remove(session, member, 'lost')),
        );
      }
    }
    forgetPins();
    return notices;
  }

  /** When `sweep` has something to do, or null. */
  function nextDeadline(): number | null {
    let next: number | null = null;
    for (const { members } of sessions.values()) {
      for (const { seat, awayUntil } of members.values()) {
        if (seat === null && (next === null || awayUntil < next)) next = awayUntil;
      }
    }
    return next;
  }

  /** Ends a session from the service's side. */
  function closeById(sessionId: string, reason: string): Notice[] {
    const session = sessions.get(sessionId);
    return session ? close(session, reason) : [];
  }

  function seatMember(session: Session, seat: string, caller: Caller, epoch: number): Notice[] {
    const member: Member = { ...caller, seat, epoch, awayUntil: 0 };
    session.members.set(caller.userId, member);
    seats.set(seat, { session, member });
    const { id, pin, assist } = session;
    return [
      { seat, message: { type: 'connected', sessionId: id, pin, members: views(session), assist } },
      ...membersChanged(session, seat),
    ];
  }

  function unseat(member: Member, reason: string): Notice[] {
    const { seat } = member;
    if (seat === null) return [];
    seats.delete(seat);
    member.seat = null;
    return [over(seat, reason)];
  }

  function remove(session: Session, member: Member, reason: string): Notice[] {
    const notices = unseat(member, reason);
    session.members.delete(member.userId);
    if (session.members.size === 0) return [...notices, ...close(session, 'empty')];
    const { assist } = session;
    if (assist.state !== 'none' && assist.userId === member.userId)
      notices.push(...assistChanged(session, { state: 'none' }));
    return [...notices, ...membersChanged(session)];
  }

  function close(session: Session, reason: string): Notice[] {
    const notices = [...session.members.values()].flatMap((member) => unseat(member, reason));
    sessions.delete(session.id);
    endedPins.delete(session.pin);
    endedPins.set(session.pin, now());
    forgetPins();
    return notices;
  }

  /** The PIN that ended first comes first. */
  function forgetPins(): void {
    for (const [pin, at] of endedPins) {
      if (at > now() - REMEMBER_ENDED_MS && endedPins.size <= MAX_ENDED_PINS) return;
      endedPins.delete(pin);
    }
  }

  /** The seat's place in its session; or what is answered to one who has none, comes under an older epoch, or is on the other side. */
  function placeFor(seat: string, epoch: number, role: Role): Place | { readonly refused: Notice[] } {
    const place = seats.get(seat);
    if (!place || epoch < place.member.epoch) return { refused: [stale(seat)] };
    return place.member.role === role ? place : { refused: [refusal(seat, 9999, 'not your part')] };
  }

  function assistChanged(session: Session, assist: Assist): Notice[] {
    session.assist = assist;
    const message: ServerMessage = { type: 'assist', assist };
    return present(session).map(({ seat }) => ({ seat, message }));
  }

  function toAll(session: Session, role: Role, message: ServerMessage): Notice[] {
    return present(session)
      .filter((member) => member.role === role)
      .map(({ seat }) => ({ seat, message }));
  }

  function membersChanged(session: Session, except?: string): Notice[] {
    const message: ServerMessage = { type: 'members', members: views(session) };
    return present(session)
      .filter(({ seat }) => seat !== except)
      .map(({ seat }) => ({ seat, message }));
  }

  function stale(seat: string): Notice {
    counts.stale += 1;
    return { seat, message: { type: 'error', code: 1011, reason: 'older epoch' }, close: true };
  }

  function byPin(pin: string): Session | undefined {
    return [...sessions.values()].find((session) => session.pin === pin);
  }

  return {
    start,
    join,
    resume,
    act,
    record,
    unshowable,
    consent,
    end,
    endFrom,
    leave,
    sweep,
    nextDeadline,
    closeById,
    sessionOf: (seat: string) => seats.get(seat)?.session.id ?? null,
    isCustomer: (seat: string) => seats.get(seat)?.member.role === 'customer',
    /** Forgets who called how often. */
    forgive() {
      rate = createRateLimit({ ...RATE, now });
    },
    /** How many things are kept in memory: it follows the living sessions, not those that were. */
    kept: () => ({ sessions: sessions.size, seats: seats.size, endedPins: endedPins.size, callers: rate.size }),
    /** What the lab shows, and what a test asks. */
    view: () => ({
      counts: { ...counts },
      sessions: [...sessions.values()].map((session) => ({
        sessionId: session.id,
        pin: session.pin,
        members: [...session.members.values()].map((member) => ({ ...viewOf(member), epoch: member.epoch })),
      })),
    }),
  };
}
