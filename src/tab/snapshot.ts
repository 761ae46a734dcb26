/** The record as one tab sees it. */
import { errorEvent } from '../session/error-facts';
import type { SessionRecord } from '../session/record';
import type { Guarantee, SessionSnapshot } from '../types';

export interface Snapshot {
  readonly value: SessionSnapshot;
  readonly infoRevision: number;
}

/** The next snapshot: the very same object as `previous` if nothing changed, so that frameworks need not render. */
export function nextSnapshot(
  previous: Snapshot | undefined,
  record: SessionRecord,
  tabId: string,
  guarantee: Guarantee,
): Snapshot {
  const { phase, kind, hostTabId, epoch, since, infoRevision } = record;
  const last = previous?.value;
  const role = phase === 'idle' ? 'none' : hostTabId === tabId ? 'host' : 'follower';
  // Every look at the store yields new clones: the old ones are kept while they are the same.
  const info = last && last.phase !== 'idle' && previous.infoRevision === infoRevision ? last.info : record.info;
  const entry = record.lastError;
  const isSameError = last?.lastError?.seq === entry?.seq && last?.lastError?.epoch === entry?.epoch;
  const lastError = isSameError && last ? last.lastError : entry?.error ? errorEvent(entry.error, entry) : null;
  const value: SessionSnapshot = { phase, role, kind, hostTabId, epoch, since, info, lastError, guarantee };
  const names = Object.keys(value) as (keyof SessionSnapshot)[];
  if (last && names.every((name) => Object.is(last[name], value[name]))) return previous;
  return { value: Object.freeze(value), infoRevision };
}
