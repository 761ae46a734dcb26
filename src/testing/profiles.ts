/** How an engine treats pages that are not on show, as it was measured. */
export interface Profile {
  readonly name: EngineName;
  /** It freezes hidden pages, and says so by an event. */
  readonly freezes: boolean;
  /** A page that holds a lock can go into the back/forward cache. */
  readonly cachesLockHolders: boolean;
  /** A page that goes into the cache keeps its locks and its place in the queues; otherwise it loses both. */
  readonly cachedKeepLocks: boolean;
  /** A new request for a lock that a cached page holds throws that page out of the cache. */
  readonly requestsEvict: boolean;
  /** A message to a cached page throws it out of the cache; otherwise the message is lost. */
  readonly messagesEvict: boolean;
  /** Going into the cache and coming back are told twice: as `pagehide` and `freeze`, `resume` and `pageshow`. */
  readonly tellsTwice: boolean;
  /** Clearing the site's data gives pages that are loaded later another lock manager than those that were there. */
  readonly clearingParts: boolean;
  /** Milliseconds from the death of a page until its locks are free. */
  readonly deathMs: readonly [min: number, max: number];
}

export type EngineName = 'chromium' | 'firefox' | 'webkit';

export const PROFILES: Readonly<Record<EngineName, Profile>> = {
  chromium: {
    name: 'chromium',
    freezes: true,
    cachesLockHolders: true,
    cachedKeepLocks: true,
    requestsEvict: true,
    messagesEvict: true,
    tellsTwice: true,
    clearingParts: true,
    deathMs: [13, 40],
  },
  firefox: {
    name: 'firefox',
    freezes: false,
    cachesLockHolders: false,
    cachedKeepLocks: true,
    requestsEvict: false,
    messagesEvict: true,
    tellsTwice: false,
    clearingParts: false,
    deathMs: [6, 55],
  },
  webkit: {
    name: 'webkit',
    freezes: false,
    cachesLockHolders: true,
    cachedKeepLocks: false,
    requestsEvict: false,
    messagesEvict: false,
    tellsTwice: false,
    clearingParts: false,
    deathMs: [8, 19],
  },
};
