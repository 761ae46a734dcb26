/** The record as one tab sees it. */
import { errorEvent, type SessionErrorEvent } from '../session/error-facts';
import { isLive, type SessionRecord } from '../session/record';
import type { Guarantee, SessionSnapshot } from '../types';

export interface Snapshot {
  readonly value: SessionSnapshot;
  readonly infoRevision: number;
  /** Of the session that the info is of: where storage was cleared, another one may have the same revisions. */
  readonly origin: number;
  /** The session that this tab has: another one is another snapshot. */
  readonly session: unknown;
}

/** What servers show, and pages until the first look: so what is hydrated never differs from what was rendered. */
export const UNSEEN: Snapshot = {
  value: Object.freeze<SessionSnapshot>({
    phase: 'idle',
    role: 'none',
    kind: null,
    hostTabId: null,
    epoch: 0,
    since: null,
    info: null,
    lastError: null,
    guarantee: 'exclusive',
  }),
  infoRevision: 0,
  origin: 0,
  session: undefined,
};

/** What this tab adds to the record. */
export interface Seen {
  readonly tabId: string;
  readonly guarantee: Guarantee;
  /** What this tab has as host, if it is. */
  readonly session: unknown;
  shown(error: SessionErrorEvent): SessionErrorEvent;
}

/** The next snapshot: the very same object as `previous` if nothing changed, so that frameworks need not render. */
export function nextSnapshot(
  previous: Snapshot,
  record: SessionRecord,
  { tabId, guarantee, shown, ...tab }: Seen,
): Snapshot {
  const { phase, kind, hostTabId, epoch, since, infoRevision, origin } = record;
  const last = previous.value;
  const role = phase === 'idle' ? 'none' : hostTabId === tabId ? 'host' : 'follower';
  // Every look at the store yields new clones: the old ones are kept while they are the same. A hint of the record has none.
  const isSameInfo = last.info !== null && previous.origin === origin && previous.infoRevision === infoRevision;
  const info = isSameInfo ? last.info : record.info;
  const entry = record.lastError;
  const knowsMore = last.lastError?.data === undefined && entry?.error?.data !== undefined;
  const isSameError = last.lastError?.seq === entry?.seq && last.lastError?.epoch === entry?.epoch && !knowsMore;
  const lastError = isSameError ? last.lastError : entry?.error ? shown(errorEvent(entry.error, entry)) : null;
  const session = role === 'host' && isLive(phase) ? tab.session : undefined;
  // The record's invariants tie the others to the phase.
  const value = { phase, role, kind, hostTabId, epoch, since, info, lastError, guarantee } as SessionSnapshot;
  const names = Object.keys(value) as (keyof SessionSnapshot)[];
  const isSame = session === previous.session && names.every((name) => Object.is(last[name], value[name]));
  return isSame ? previous : { value: Object.freeze(value), infoRevision, origin, session };
}
