/** One session as the rules see it, and what they answer. */
import type { Assist, MemberView, Role, ServerMessage } from '../protocol';

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

export interface Member extends Caller {
  seat: string | null;
  epoch: number;
  /** While it has no seat: when it is given up. */
  awayUntil: number;
}

export interface Session {
  readonly id: string;
  readonly pin: string;
  readonly members: Map<string, Member>;
  assist: Assist;
}

export interface Place {
  readonly session: Session;
  readonly member: Member;
}

export function refusal(seat: string, code: number, reason: string): Notice {
  return { seat, message: { type: 'error', code, reason }, close: true };
}

export function over(seat: string, reason: string): Notice {
  return { seat, message: { type: 'ended', reason }, close: true };
}

export function count({ members }: Session, role: Role): number {
  return [...members.values()].filter((member) => member.role === role).length;
}

export function present({ members }: Session): { readonly seat: string; readonly role: Role }[] {
  return [...members.values()].flatMap(({ seat, role }) => (seat === null ? [] : [{ seat, role }]));
}

export function views({ members }: Session): MemberView[] {
  return [...members.values()].map(viewOf);
}

export function viewOf({ userId, userName, role, seat }: Member): MemberView {
  return { userId, userName, role, present: seat !== null };
}
