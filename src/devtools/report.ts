/**
 * All that a panel knows, as plain data for a bug report. Nothing that the app published is in it, unless `withPublished`: no info, no
 * payload, no `data` and no words of an error, no reason of the driver's own, no path. What a command takes and returns is never kept.
 */
import type { SessionSnapshot } from '../types';
import { happened } from './happened';
import type { Knowledge } from './knowledge';
import type { Sources } from './sources';
import { laneFacts, whyRefused } from './words';

export type Report = ReturnType<typeof reportOf>;

export function reportOf(knowledge: Knowledge, snapshot: SessionSnapshot, sources: Sources, withPublished: boolean) {
  const { scope, ownTabId, lanes } = knowledge;
  const refusal = knowledge.refusal();
  const record = knowledge.record();
  const { info, lastError, ...facts } = snapshot;
  return {
    scope,
    at: sources.clock.now(),
    userAgent: sources.userAgent,
    tabId: ownTabId,
    refused: refusal && whyRefused(knowledge, refusal, withPublished),
    snapshot: facts,
    tabs: lanes.list().map((lane) => {
      const { tabId, clientId, heardAt, spans } = lane;
      return { tabId, clientId, facts: laneFacts(knowledge, lane), heardAt, spans };
    }),
    happened: happened(knowledge, withPublished),
    locks: knowledge.locks(),
    record: record && { ...record, info: undefined, lastError: record.lastError?.error?.code ?? null },
    published: withPublished
      ? { info, lastError, paths: lanes.list().map(({ presence }) => presence?.path), journal: knowledge.entries() }
      : undefined,
  };
}
