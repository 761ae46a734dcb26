/** The record as one tab sees it. */
import type { SessionErrorEvent } from './session/errors';
import type { SessionRecord } from './session/record';
import type { Guarantee, SessionSnapshot } from './types';

/** The next snapshot: the very same object as `previous` if nothing changed, so that frameworks need not render. */
export function nextSnapshot(
  previous: Snapshot | undefined,
  record: SessionRecord,
  tabId: string,
  guarantee: Guarantee,
): Snapshot {
  const { phase, kind, hostTabId, epoch, since, infoRevision } = record;
  const role = phase === 'idle' ? 'none' : hostTabId === tabId ? 'host' : 'follower';
  // Every look at the store yields a new clone: the old one is kept while it is the same publication.
  const isSameInfo = previous?.infoRevision === infoRevision && previous.value.phase !== 'idle';
  const info = isSameInfo ? previous.value.info : record.info;
  const lastError = isSameError(previous?.value.lastError, record.lastError)
    ? (previous?.value.lastError ?? null)
    : record.lastError;
  const value = { phase, role, kind, hostTabId, epoch, since, info, lastError, guarantee } as const;
  if (previous && isEqual(previous.value, value)) return previous;
  return { value: Object.freeze(value), infoRevision };
}

export interface Snapshot {
  readonly value: SessionSnapshot;
  readonly infoRevision: number;
}

function isEqual(a: SessionSnapshot, b: SessionSnapshot): boolean {
  return (Object.keys(a) as (keyof SessionSnapshot)[]).every((key) => Object.is(a[key], b[key]));
}

function isSameError(a: SessionErrorEvent | null | undefined, b: SessionErrorEvent | null): boolean {
  return a?.seq === b?.seq && a?.epoch === b?.epoch;
}
