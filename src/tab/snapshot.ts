/** The record as one tab sees it. */
import { toErrorEvent } from '../session/events';
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
  const error = record.lastError;
  const isSameError = last?.lastError?.seq === error?.seq && last?.lastError?.epoch === error?.epoch;
  const lastError = error && (isSameError && last ? last.lastError : toErrorEvent(error));
  const value: SessionSnapshot = { phase, role, kind, hostTabId, epoch, since, info, lastError, guarantee };
  const names = Object.keys(value) as (keyof SessionSnapshot)[];
  if (last && names.every((name) => Object.is(last[name], value[name]))) return previous;
  return { value: Object.freeze(value), infoRevision };
}
