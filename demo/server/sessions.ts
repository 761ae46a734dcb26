/**
 * The rules of the session service: who may be in which session, and what the others are told. Knows no socket, no clock and
 * no token: the shell hands in what it has checked, and carries out the notices that it gets back.
 *
 * Invariants:
 * - A session has at most one customer and five agents, and a user id is in it once.
 * - A PIN names at most one living session.
 * - A member has a seat (an open connection) or a time until which it is waited for; a seat holds one member at most.
 * - A member's epoch never falls: what comes under an older one is refused and its seat is closed.
 */
import type { Cake } from '../cake';
import type { Act, MemberView, Role, ServerMessage } from '../protocol';
import { createRateLimit } from './rate-limit';

export const MAX_AGENTS = 5;
export const RECONNECT_WINDOW_MS = 120_000;
/** So long is a PIN of a session that is over told from one that never was. */
const REMEMBER_ENDED_MS = 600_000;
/** A person does not connect more often than this; someone who guesses PINs does. */
export const RATE = { calls: 20, perMs: 10_000 } as const;

/** Who asks: the claims of a token that was verified. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  readonly role: Role;
}

/** What the shell has to do, in this order. */
export interface Notice {
  readonly seat: string;
  readonly message: ServerMessage;
  /** Close the connection after the message. */
  readonly close?: boolean;
}

export interface SessionBookOptions {
  /** Milliseconds, by any clock that does not step back. */
  now(): number;
  /** A new unique id. */
  id(): string;
  /** A PIN at random; asked again where it is taken. */
  pin(): string;
}

interface Member extends Caller {
  seat: string | null;
  epoch: number;
  /** While it has no seat: when it is given up. */
  awayUntil: number;
}

interface Session {
  readonly id: string;
  readonly pin: string;
  readonly members: Map<string, Member>;
  cake: Cake | null;
}

export type SessionBook = ReturnType<typeof createSessionBook>;

export function createSessionBook({ now, id, pin: randomPin }: SessionBookOptions) {
  const sessions = new Map<string, Session>();
  const seats = new Map<string, { readonly session: Session; readonly member: Member }>();
  const endedPins = new Map<string, number>();
  let rate = createRateLimit({ ...RATE, now });
  const counts = { starts: 0, joins: 0, resumes: 0, acts: 0, ends: 0, stale: 0 };

  /** A new session with the caller in it. An agent may open one too, for a customer to join. */
  function start(seat: string, caller: Caller, ask: { epoch: number; pin: string | null }): Notice[] {
    if (!rate.allows(caller.userId)) return [refusal(seat, 9999, 'rate limit')];
    if (ask.pin !== null && !/^[A-Z0-9]{1,10}$/.test(ask.pin)) return [refusal(seat, 1008, 'PIN format')];
    if (ask.pin !== null && byPin(ask.pin)) return [refusal(seat, 1010, 'PIN in use')];
    counts.starts += 1;
    let pin = ask.pin ?? randomPin();
    while (ask.pin === null && byPin(pin)) pin = randomPin();
    endedPins.delete(pin);
    const session: Session = { id: id(), pin, members: new Map(), cake: null };
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

  function act(seat: string, epoch: number, what: Act): Notice[] {
    const place = seats.get(seat);
    if (!place) return [stale(seat)];
    const { session, member } = place;
    if (epoch < member.epoch) return [stale(seat)];
    const byCustomer = member.role === 'customer';
    if (byCustomer !== (what.kind === 'page')) return [refusal(seat, 9999, 'not your part')];
    counts.acts += 1;
    if (what.kind === 'page') session.cake = what.cake;
    const other: Role = byCustomer ? 'agent' : 'customer';
    return present(session)
      .filter(({ role }) => role === other)
      .map(({ seat }) => ({ seat, message: { type: 'acted', userName: member.userName, act: what } }));
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
    for (const [pin, at] of endedPins) if (at <= now() - REMEMBER_ENDED_MS) endedPins.delete(pin);
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
    const { id, pin, cake } = session;
    return [
      { seat, message: { type: 'connected', sessionId: id, pin, members: views(session), cake } },
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
    return session.members.size === 0
      ? [...notices, ...close(session, 'empty')]
      : [...notices, ...membersChanged(session)];
  }

  function close(session: Session, reason: string): Notice[] {
    const notices = [...session.members.values()].flatMap((member) => unseat(member, reason));
    sessions.delete(session.id);
    endedPins.set(session.pin, now());
    return notices;
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

function refusal(seat: string, code: number, reason: string): Notice {
  return { seat, message: { type: 'error', code, reason }, close: true };
}

function over(seat: string, reason: string): Notice {
  return { seat, message: { type: 'ended', reason }, close: true };
}

function count({ members }: Session, role: Role): number {
  return [...members.values()].filter((member) => member.role === role).length;
}

function present({ members }: Session): { readonly seat: string; readonly role: Role }[] {
  return [...members.values()].flatMap(({ seat, role }) => (seat === null ? [] : [{ seat, role }]));
}

function views({ members }: Session): MemberView[] {
  return [...members.values()].map(viewOf);
}

function viewOf({ userId, userName, role, seat }: Member): MemberView {
  return { userId, userName, role, present: seat !== null };
}
