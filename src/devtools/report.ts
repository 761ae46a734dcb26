/**
 * All that a panel knows, as plain data for a bug report. Nothing that the app published is in it, unless `withPublished`: no info, no
 * payload, no `data` and no words of an error, no reason of the driver's own. What a command takes and returns is never kept.
 */
import { isSessionErrorCode, SESSION_ERRORS } from '../session/catalogue';
import { type JournalEntry, OWN_TYPES } from '../session/events';
import type { SessionSnapshot } from '../types';
import type { Knowledge } from './knowledge';
import type { Sources } from './sources';
import { laneFacts, whyRefused } from './words';

const OWN_REASONS = ['ended', 'canceled', 'host-lost', 'superseded', 'recovery-expired'];

/** A time at which the session moved from one tab to another. */
export interface Move {
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly wasLost: boolean;
}

/** The moves among the events: a tab goes on with what another one had. */
export function movesOf(knowledge: Knowledge): Move[] {
  const moves: Move[] = [];
  let last: JournalEntry | undefined;
  for (const entry of knowledge.entries()) {
    if (entry.type === 'session_ended') last = undefined;
    if (!/^session_(started|joined|resumed)$/.test(entry.type)) continue;
    const { at, tabId: to } = entry;
    if (last && last.tabId !== to) {
      moves.push({ at, from: last.tabId, to, wasLost: knowledge.isLostBetween(last.epoch, entry.epoch) });
    }
    last = entry;
  }
  return moves;
}

export function reportOf(knowledge: Knowledge, snapshot: SessionSnapshot, sources: Sources, withPublished: boolean) {
  const { scope, ownTabId, lanes } = knowledge;
  const refusal = knowledge.refusal();
  const record = knowledge.record();
  const { info, lastError, ...facts } = snapshot;
  const shown = (entry: JournalEntry | null) => entry && (withPublished ? entry : withoutContent(entry));
  return {
    scope,
    at: sources.clock.now(),
    userAgent: sources.userAgent,
    tabId: ownTabId,
    refused: refusal && { why: whyRefused(refusal, withPublished), code: refusal.error.code, at: refusal.error.at },
    snapshot: { ...facts, lastError: lastError?.code ?? null, ...(withPublished && { info, lastError }) },
    tabs: lanes.list().map((lane) => {
      const { tabId, clientId, heardAt, spans, presence } = lane;
      const path = withPublished ? { path: presence?.path } : {};
      return { tabId, clientId, facts: laneFacts(knowledge, lane), heardAt, spans, ...path };
    }),
    moves: movesOf(knowledge),
    record: record && { ...record, info: withPublished ? record.info : undefined, lastError: shown(record.lastError) },
    locks: knowledge.locks()?.map((lock) => ({ ...lock, purpose: knowledge.lockPurpose(lock) })) ?? null,
    commands: knowledge.commands(),
    refusals: knowledge.refusals(),
    journal: knowledge.entries().map(shown),
  };
}

function withoutContent({ type, epoch, seq, tabId, at, reason, error, tooLarge }: JournalEntry) {
  const code = error?.code;
  const isOwn = OWN_TYPES.test(type) && reason !== undefined && OWN_REASONS.includes(reason);
  const exception = isSessionErrorCode(code) ? SESSION_ERRORS[code].exception : undefined;
  return { type, epoch, seq, tabId, at, reason: isOwn ? reason : undefined, code, exception, tooLarge };
}
