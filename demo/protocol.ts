/**
 * What the pages and the session server of the demo say to each other over the socket, as JSON, one message per frame.
 *
 *     page                                  server
 *     start | join | resume  (token) ─────▶ connected | error
 *     act                            ─────▶ acted, at the other side's
 *     record (a chunk)               ─────▶ recorded, at the agents'; taken, back to the sender
 *     consent                        ─────▶ assist, at everybody's
 *     renew (token)                  ─────▶ renewed | error
 *     leave                          ─────▶ ended (for this line: the session lives)
 *     end                            ─────▶ ended
 *                                    ◀───── members, error, ended at any time
 *
 * Both sides parse what arrives: it is `unknown` until then.
 */
/** The version of this protocol. The server refuses any other one, as the SDK's service refuses an old SDK. */
export const DEMO_PROTOCOL = 2;

export type Role = 'customer' | 'agent';

/** What an agent does for the customer to see. Places are in per cent of what the customer's window shows. */
export type Act =
  /** Missed a piece of the page: asks for a new picture of it. */
  | { readonly kind: 'look' }
  /** Asks for remote assist: without the customer's consent the next four do nothing. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'point'; readonly x: number; readonly y: number }
  | { readonly kind: 'draw'; readonly points: readonly (readonly [number, number])[] }
  | { readonly kind: 'clear' }
  /** Downwards, in per cent of the window's height. */
  | { readonly kind: 'scroll'; readonly by: number }
  | { readonly kind: 'cheer' };

/** Whether an agent may point, draw and scroll on the customer's page, and which one. */
export type Assist =
  | { readonly state: 'none' }
  | { readonly state: 'asked' | 'given'; readonly userId: string; readonly userName: string };

/**
 * A piece of what is recorded of the customer's page. One recording is one stream: it begins with chunk 0, and a whole picture
 * of the page. The texts of the chunks up to a `last` one make a list of events, as JSON.
 */
export interface Chunk {
  readonly stream: string;
  /** Counts the chunks of the stream, from 0. */
  readonly number: number;
  readonly last: boolean;
  readonly data: string;
}

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
  | ({ readonly type: 'record'; readonly epoch: number } & Chunk)
  /** The page can't be shown: a picture of it is larger than what may be sent. */
  | { readonly type: 'unshowable'; readonly epoch: number }
  | { readonly type: 'consent'; readonly epoch: number; readonly given: boolean }
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
      readonly assist: Assist;
    }
  | { readonly type: 'members'; readonly members: readonly MemberView[] }
  | { readonly type: 'acted'; readonly userName: string; readonly act: Act }
  | ({ readonly type: 'recorded' } & Chunk)
  /** The chunk was passed on: there is room for another one. */
  | { readonly type: 'taken'; readonly stream: string; readonly number: number }
  | { readonly type: 'unshowable' }
  | { readonly type: 'assist'; readonly assist: Assist }
  | { readonly type: 'renewed' }
  | { readonly type: 'error'; readonly code: number; readonly reason: string }
  | { readonly type: 'ended'; readonly reason: string };

/** Longest line that one `draw` may hold. */
export const MAX_POINTS = 64;
/** The largest frame on the socket; the server hangs up on a larger one. */
export const MAX_FRAME_BYTES = 16_384;
/** Characters in one chunk: three bytes each at most, so that with its envelope it fits into a frame. */
export const CHUNK_CHARACTERS = 5_000;
/** An agent scrolls by two windows at most, at once. */
export const MAX_SCROLL = 200;

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
    case 'record': {
      const chunk = parseChunk(value);
      return isCount(epoch) && chunk !== null ? { type, epoch, ...chunk } : null;
    }
    case 'unshowable':
      return isCount(epoch) ? { type, epoch } : null;
    case 'consent':
      return isCount(epoch) && typeof value.given === 'boolean' ? { type, epoch, given: value.given } : null;
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
      const assist = parseAssist(value.assist);
      if (!isText(sessionId) || !isText(pin) || members === null || assist === null) return null;
      return { type, sessionId, pin, members, assist };
    }
    case 'members': {
      const members = parseMembers(value.members);
      return members === null ? null : { type, members };
    }
    case 'acted': {
      const act = parseAct(value.act);
      return isText(userName) && act !== null ? { type, userName, act } : null;
    }
    case 'recorded': {
      const chunk = parseChunk(value);
      return chunk === null ? null : { type, ...chunk };
    }
    case 'taken':
      return isText(value.stream) && isCount(value.number)
        ? { type, stream: value.stream, number: value.number }
        : null;
    case 'assist': {
      const assist = parseAssist(value.assist);
      return assist === null ? null : { type, assist };
    }
    case 'unshowable':
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
  const { kind, x, y, points, by } = value;
  switch (kind) {
    case 'point':
      return isPlace(x) && isPlace(y) ? { kind, x, y } : null;
    case 'draw':
      return Array.isArray(points) && points.length <= MAX_POINTS && points.every(isPoint) ? { kind, points } : null;
    case 'scroll':
      return isNumber(by) && Math.abs(by) <= MAX_SCROLL ? { kind, by } : null;
    case 'look':
    case 'ask':
    case 'clear':
    case 'cheer':
      return { kind };
    default:
      return null;
  }
}

/** Reads who may assist from anything; `null` where that is not said. */
export function parseAssist(value: unknown): Assist | null {
  if (!isObject(value)) return null;
  const { state, userId, userName } = value;
  if (state === 'none') return { state };
  if ((state !== 'asked' && state !== 'given') || !isText(userId) || !isText(userName)) return null;
  return { state, userId, userName };
}

function parseChunk({ stream, number, last, data }: Record<string, unknown>): Chunk | null {
  if (!isText(stream) || !isCount(number) || typeof last !== 'boolean') return null;
  return typeof data === 'string' && data.length <= CHUNK_CHARACTERS ? { stream, number, last, data } : null;
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
  return isNumber(value) && value >= 0 && value <= 100;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
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
