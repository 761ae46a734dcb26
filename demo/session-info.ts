/** What all tabs may know of a session: it is published, so it is small, and nothing of the page is in it. */
import { type Assist, type MemberView, parseAssist, type Role } from './protocol';

export interface Agent {
  readonly userId: string;
  readonly userName: string;
}

export interface SessionInfo {
  readonly sessionId: string;
  readonly pin: string;
  readonly role: Role;
  /** The agents who are there. */
  readonly agents: readonly Agent[];
  /** False while the customer's line is down; null while there is none. */
  readonly customerPresent: boolean | null;
  readonly assist: Assist;
}

/** What was published for the session, read from a snapshot. */
export function parseInfo(value: unknown): SessionInfo | null {
  if (typeof value !== 'object' || value === null) return null;
  const { sessionId, pin, role, agents, customerPresent, assist } = value as Record<string, unknown>;
  if (typeof sessionId !== 'string' || typeof pin !== 'string' || !Array.isArray(agents)) return null;
  return {
    sessionId,
    pin,
    role: role === 'agent' ? 'agent' : 'customer',
    agents: agents.filter(isAgent),
    customerPresent: typeof customerPresent === 'boolean' ? customerPresent : null,
    assist: parseAssist(assist) ?? { state: 'none' },
  };
}

export function agentsAmong(members: readonly MemberView[]): Agent[] {
  const agents = members.filter(({ role, present }) => role === 'agent' && present);
  return agents.map(({ userId, userName }) => ({ userId, userName }));
}

export function without(agents: readonly Agent[], others: readonly Agent[]): Agent[] {
  return agents.filter(({ userId }) => !others.some((other) => other.userId === userId));
}

function isAgent(value: unknown): value is Agent {
  if (typeof value !== 'object' || value === null) return false;
  const { userId, userName } = value as Record<string, unknown>;
  return typeof userId === 'string' && typeof userName === 'string';
}
