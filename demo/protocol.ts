/**
 * What the pages and the session server of the demo say to each other over the socket, as JSON, one message per frame.
 *
 *     page                                  server
 *     start | join | resume  (token) ─────▶ connected | error
 *     act                            ─────▶ acted, at the other side's
 *     renew (token)                  ─────▶ renewed | error
 *     leave                          ─────▶ ended (for this line: the session lives)
 *     end                            ─────▶ ended
 *                                    ◀───── members, error, ended at any time
 *
 * Both sides parse what arrives: it is `unknown` until then.
 */
import { type Cake, parseCake } from './cake';

/** The version of this protocol. The server refuses any other one, as the SDK's service refuses an old SDK. */
export const DEMO_PROTOCOL = 1;

export type Role = 'customer' | 'agent';

/** What one side does for the other to see. Places are in per cent of the picture. */
export type Act =
  | { readonly kind: 'page'; readonly cake: Cake }
  | { readonly kind: 'point'; readonly x: number; readonly y: number }
  | { readonly kind: 'draw'; readonly points: readonly (readonly [number, number])[] }
  | { readonly kind: 'clear' }
  | { readonly kind: 'cheer' };

export type ClientMessage =
  | {
      readonly type: 'start';
      readonly version: number;
      readonly token: string;
      readonly epoch: number;
      readonly pin: string | null;
    }
  | {
      readonly type: 'join';
      readonly version: number;
      readonly token: string;
      readonly epoch: number;
      readonly pin: string;
    }
  | {
      readonly type: 'resume';
      readonly version: number;
      readonly token: string;
      readonly epoch: number;
      readonly sessionId: string;
    }
  | { readonly type: 'act'; readonly epoch: number; readonly act: Act }
  | { readonly type: 'renew'; readonly token: string }
  | { readonly type: 'leave' }
  /** From a seat in the session, or, with a token, from a page that has none. */
  | {
      readonly type: 'end';
      readonly epoch: number;
      readonly token: string | null;
      readonly sessionId: string | null;
    };

export interface MemberView {
  readonly userId: string;
  readonly userName: string;
  readonly role: Role;
  /** False while the member's connection is lost and the reconnection window is open. */
  readonly present: boolean;
}

export type ServerMessage =
  | {
      readonly type: 'connected';
      readonly sessionId: string;
      readonly pin: string;
      readonly members: readonly MemberView[];
      /** The page as the customer last showed it. */
      readonly cake: Cake | null;
    }
  | { readonly type: 'members'; readonly members: readonly MemberView[] }
  | { readonly type: 'acted'; readonly userName: string; readonly act: Act }
  | { readonly type: 'renewed' }
  | { readonly type: 'error'; readonly code: number; readonly reason: string }
  | { readonly type: 'ended'; readonly reason: string };

/** Longest line that one `draw` may hold. */
export const MAX_POINTS = 64;

export function parseClientMessage(text: string): ClientMessage | null {
  const value = parseJson(text);
  if (value === null) return null;
  const { type, version, token, epoch, pin, sessionId } = value;
  switch (type) {
    case 'start':
      if (!isCount(version) || !isText(token) || !isCount(epoch) || !(pin === null || isText(pin))) return null;
      return { type, version, token, epoch, pin };
    case 'join':
      if (!isCount(version) || !isText(token) || !isCount(epoch) || !isText(pin)) return null;
      return { type, version, token, epoch, pin };
    case 'resume':
      if (!isCount(version) || !isText(token) || !isCount(epoch) || !isText(sessionId)) return null;
      return { type, version, token, epoch, sessionId };
    case 'act': {
      const act = parseAct(value.act);
      return isCount(epoch) && act !== null ? { type, epoch, act } : null;
    }
    case 'renew':
      return isText(token) ? { type, token } : null;
    case 'leave':
      return { type };
    case 'end':
      if (!isCount(epoch) || !(token === null || isText(token)) || !(sessionId === null || isText(sessionId)))
        return null;
      return { type, epoch, token, sessionId };
    default:
      return null;
  }
}

export function parseServerMessage(text: string): ServerMessage | null {
  const value = parseJson(text);
  if (value === null) return null;
  const { type, sessionId, pin, userName, code, reason } = value;
  switch (type) {
    case 'connected': {
      const members = parseMembers(value.members);
      if (!isText(sessionId) || !isText(pin) || members === null) return null;
      return { type, sessionId, pin, members, cake: parseCake(value.cake) };
    }
    case 'members': {
      const members = parseMembers(value.members);
      return members === null ? null : { type, members };
    }
    case 'acted': {
      const act = parseAct(value.act);
      return isText(userName) && act !== null ? { type, userName, act } : null;
    }
    case 'renewed':
      return { type };
    case 'error':
      return isCount(code) && isText(reason) ? { type, code, reason } : null;
    case 'ended':
      return isText(reason) ? { type, reason } : null;
    default:
      return null;
  }
}

function parseAct(value: unknown): Act | null {
  if (!isObject(value)) return null;
  const { kind, x, y, points } = value;
  switch (kind) {
    case 'page': {
      const cake = parseCake(value.cake);
      return cake === null ? null : { kind, cake };
    }
    case 'point':
      return isPlace(x) && isPlace(y) ? { kind, x, y } : null;
    case 'draw':
      return Array.isArray(points) && points.length <= MAX_POINTS && points.every(isPoint) ? { kind, points } : null;
    case 'clear':
    case 'cheer':
      return { kind };
    default:
      return null;
  }
}

function parseMembers(value: unknown): readonly MemberView[] | null {
  return Array.isArray(value) && value.every(isMember) ? value : null;
}

function isMember(value: unknown): value is MemberView {
  if (!isObject(value)) return false;
  const { userId, userName, role, present } = value;
  return (
    isText(userId) && isText(userName) && (role === 'customer' || role === 'agent') && typeof present === 'boolean'
  );
}

function isPoint(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isPlace);
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 100;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 2_000;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
