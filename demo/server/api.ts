/**
 * The little HTTP API beside the socket: the token service that a real app has in its own backend, and the switches of the
 * lab. JSON in, JSON out. Loopback only, and only for pages of this server.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { changeConditions } from './conditions';
import type { Service, Site } from './server';

const TOKEN_LIFETIME_S = 3_600;
/** Of a request. The largest one that pages send is a tenth of it. */
export const MAX_BODY_BYTES = 4_096;
const LOCAL_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];

/** Guards against pages of other origins: by name rebinding (the host) and by cross-site requests (the origin). */
export function fromThisMachine({ headers: { host = '', origin } }: IncomingMessage): boolean {
  const local = LOCAL_HOSTS.includes(host.replace(/:\d+$/, ''));
  return local && (origin === undefined || origin === `http://${host}`);
}

/** What is asked for; null where that is no address. */
export function urlOf({ url = '/' }: IncomingMessage): URL | null {
  const address = `http://localhost${url}`;
  return URL.canParse(address) ? new URL(address) : null;
}

export function answer(service: Service, request: IncomingMessage, response: ServerResponse): boolean {
  const url = urlOf(request);
  if (!url?.pathname.startsWith('/api/')) return false;
  route(service, request, url).then(
    ({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    },
    () => {
      response.writeHead(400).end();
    },
  );
  return true;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function route(service: Service, request: IncomingMessage, url: URL): Promise<Answer> {
  if (!fromThisMachine(request)) return { status: 403, body: { message: 'This server is for pages of its own.' } };
  const endpoint = `${request.method} ${url.pathname}`;
  if (endpoint === 'POST /api/token') return issueToken(service, await readJson(request));
  const site = service.site(url.searchParams.get('site'));
  if (!site) return { status: 404, body: { message: 'No such site.' } };
  switch (endpoint) {
    case 'GET /api/site':
      break;
    case 'PATCH /api/conditions': {
      const wanted = await readJson(request);
      service.change(site, changeConditions(site.conditions, wanted));
      break;
    }
    case 'POST /api/repair':
      service.change(site, site.fair);
      site.book.forgive();
      break;
    case 'POST /api/trouble': {
      const { kind, sessionId } = await readJson(request);
      const session = typeof sessionId === 'string' ? sessionId : null;
      if (kind === 'cut') service.cut(site, session);
      else if (kind === 'expire-tokens') service.expireTokens(site);
      else if (kind === 'close' && session !== null) service.closeSession(site, session);
      else return { status: 400, body: { message: 'No such trouble.' } };
      break;
    }
    default:
      return { status: 404, body: { message: 'No such endpoint.' } };
  }
  return { status: 200, body: describe(site) };
}

function describe({ conditions, underway, book }: Site): unknown {
  return { conditions, underway, ...book.view() };
}

/** Any page of this server may be anybody: that is the demo's sign-in. An app's backend would know who is signed in. */
async function issueToken(service: Service, body: Record<string, unknown>): Promise<Answer> {
  const { appKey, userId, userName, role } = body;
  if (!isName(appKey) || !isName(userId) || !isName(userName) || !(role === 'customer' || role === 'agent')) {
    return { status: 400, body: { message: 'Say who you are.' } };
  }
  const state = service.site(appKey)?.conditions.tokens ?? 'good';
  if (state === 'none') return { status: 503, body: { message: 'The token service is in trouble.' } };
  const claims = { appKey, userId, userName, role } as const;
  if (state === 'expired') return { status: 200, body: { token: await service.tokens.sign(claims, -60) } };
  const key = state === 'forged' ? randomBytes(32) : undefined;
  return { status: 200, body: { token: await service.tokens.sign(claims, TOKEN_LIFETIME_S, key) } };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 64;
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error('The body is too large.');
  }
  // Not each by itself: one may end in the middle of a character.
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
  // Whatever is not an object has none of the properties that are asked for.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
