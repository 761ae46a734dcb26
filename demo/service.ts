/** The HTTP API beside the socket: tokens, and the lab's switches. */

import { ServiceError } from './line';
import type { Role } from './protocol';
import type { Conditions } from './server/conditions';

export interface User {
  readonly userId: string;
  readonly userName: string;
}

export type Trouble = 'cut' | 'expire-tokens' | 'close';

/** What the service says about a site. */
export interface SiteView {
  readonly conditions: Conditions;
  /** Messages that were sent and are not handled yet. */
  readonly underway: number;
  readonly counts: Readonly<Record<'starts' | 'joins' | 'resumes' | 'acts' | 'chunks' | 'ends' | 'stale', number>>;
  readonly sessions: readonly {
    readonly sessionId: string;
    readonly pin: string;
    readonly members: readonly {
      readonly userId: string;
      readonly userName: string;
      readonly role: Role;
      readonly present: boolean;
      readonly epoch: number;
    }[];
  }[];
}

/** A new access token. Rejects with 2001 where the token service is in trouble, with a fetch's own error without a network. */
export async function fetchToken(site: string, user: User, role: Role): Promise<string> {
  const response = await fetch('/api/token', {
    method: 'POST',
    body: JSON.stringify({ appKey: site, role, ...user }),
  });
  if (!response.ok) throw new ServiceError(2001, 'The token service gave no token.');
  const { token } = (await response.json()) as { readonly token: string };
  return token;
}

export function createService(site: string) {
  // The answer comes from this demo's own server.
  const call = async (method: string, path: string, body?: unknown): Promise<SiteView> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${path}?site=${encodeURIComponent(site)}`, init);
    if (!response.ok) throw new Error(`The session service answered ${response.status}.`);
    return (await response.json()) as SiteView;
  };
  return {
    view: () => call('GET', '/api/site'),
    /** Changes the world in which the service lives. */
    change: (conditions: Partial<Conditions>) => call('PATCH', '/api/conditions', conditions),
    /** Everything as it was at first. */
    repair: () => call('POST', '/api/repair', {}),
    trouble: (kind: Trouble, sessionId: string | null) => call('POST', '/api/trouble', { kind, sessionId }),
  };
}

export type Service = ReturnType<typeof createService>;

/** The user of this browser: the same in all of its tabs, as a signed-in customer would be. */
export function currentUser(): User {
  const key = 'solotab-demo-user';
  const known = localStorage.getItem(key);
  const userId = known ?? `customer-${crypto.randomUUID().slice(0, 8)}`;
  if (known === null) localStorage.setItem(key, userId);
  return { userId, userName: 'Ada' };
}
