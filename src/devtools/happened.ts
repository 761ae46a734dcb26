/** What happened in the scope, as one list: events, refusals, commands with their outcome, and the moves of the session. */
import type { JournalEntry } from '../session/events';
import type { Knowledge } from './knowledge';

/** Reasons that solotab itself gives. Any other one is the driver's. */
const OWN_REASON = /^(ended|canceled|host-lost|superseded|recovery-expired|recovery-failed)$/;

export interface Happening {
  readonly at: number;
  readonly tabId: string;
  readonly what: string;
  readonly code?: number | undefined;
  /** The tab that had the session before. */
  readonly from?: string;
}

/** The first one first. */
export function happened(knowledge: Knowledge, withPublished: boolean): Happening[] {
  const all: Happening[] = [];
  let last: JournalEntry | undefined;
  for (const entry of knowledge.entries()) {
    const { type, reason = '', epoch, seq, at, tabId, error } = entry;
    const shown = withPublished || OWN_REASON.test(reason) ? ` ${reason}` : '';
    all.push({ at, tabId, what: `${type}${shown} ${epoch}:${seq}`, code: error?.code });
    if (type === 'session_ended') last = undefined;
    if (!/^session_(started|joined|resumed)$/.test(type)) continue;
    if (last && last.tabId !== tabId) {
      const wasLost = knowledge.isLostBetween(last.epoch, epoch);
      all.push({
        at,
        tabId,
        what: wasLost ? 'goes on for a tab that was lost' : 'was handed the session',
        from: last.tabId,
      });
    }
    last = entry;
  }
  for (const { tabId, code, at } of knowledge.refusals()) all.push({ at, tabId, what: 'refused here', code });
  for (const { tabId, at, name, state } of knowledge.commands())
    all.push({ at, tabId, what: `command ${name}: ${state}` });
  return all.sort((a, b) => a.at - b.at);
}
