/** What is known, in words. */
import { isSessionErrorCode, SESSION_ERRORS } from '../session/catalogue';
import { timeOf } from './browser';
import type { Knowledge, Refusal } from './knowledge';
import type { Lane } from './lanes';
import type { Report } from './report';

/** Refused because of another call or session, not because of what was asked. */
const BUSY_CODES = [1002, 1004, 1017];

type Names = Pick<Knowledge, 'nameOf'>;

export function laneName({ nameOf }: Names, { tabId, clientId }: Pick<Lane, 'tabId' | 'clientId'>): string {
  return tabId === null ? `? ${clientId?.slice(0, 4)}` : nameOf(tabId);
}

/** What is known of a tab beside its name. */
export function laneFacts({ lanes }: Knowledge, lane: Lane): string[] {
  const { presence, spans } = lane;
  const last = spans[spans.length - 1];
  const facts: string[] = [lanes.sign(lane)];
  if (last?.to === null && last.isHost) facts.push('host');
  if (last?.to === null && presence?.isVisible === false) facts.push('hidden');
  return facts;
}

/**
 * Why the call was refused, in one sentence: the code, who was in its way, in which phase, since when, and how it was known that he
 * lives. `withWords`: with what the error says beyond its code, which may be the app's.
 */
export function whyRefused({ nameOf }: Names, refusal: Refusal, withWords: boolean): string {
  const { error, snapshot, record, isTermHeld } = refusal;
  const { code, exception, message } = error;
  const isUsual = isSessionErrorCode(code) && SESSION_ERRORS[code].message === message;
  const says = isUsual || withWords ? ` (${message.replace(/\.$/, '')})` : '';
  const what = `At ${timeOf(error.at)} this tab was refused with ${code} ${exception}`;
  const { phase, role, hostTabId, since } = snapshot;
  if (phase === 'idle') {
    const other = BUSY_CODES.includes(code)
      ? 'another call of this tab was not over yet'
      : 'no other tab was in its way';
    return `${what}${says}: there was no session, and ${other}.`;
  }
  const state = `${phase} since ${timeOf(since)}`;
  const said = BUSY_CODES.includes(code) && isUsual ? '' : says;
  if (role === 'host') return `${what}${said}: this tab itself has the session, ${state}.`;
  if (hostTabId === null) return `${what}${said}: the session is ${state}, its tab was lost, and no tab has it yet.`;
  return `${what}${said}: tab ${nameOf(hostTabId)} has the session, ${state}; ${proof(record, isTermHeld)}.`;
}

function proof(record: Refusal['record'], isTermHeld: boolean | null): string {
  if (!record) return 'how its life was proven could not be read';
  if (record.proof === 'answer') return `its life was proven by an answer that it committed (its ${record.answered}.)`;
  const held = isTermHeld === null ? '' : isTermHeld ? ', which it holds' : ', which is free now';
  return `its life was proven by the lock of its term${held}`;
}

/** The last one first. */
export function eventLines({ nameOf }: Names, { happened }: Report): string[] {
  return happened.map(({ at, tabId, what, code = '' }) => `${timeOf(at)} ${nameOf(tabId)} ${what} ${code}`).reverse();
}

export function lockLines(knowledge: Knowledge): string[] {
  return (knowledge.locks() ?? []).map((lock) => {
    const lane = knowledge.laneOf(lock);
    return `${knowledge.purposeOf(lock)}: ${lane && laneName(knowledge, lane)} ${lock.isHeld ? 'holds it' : 'waits for it'} (${lock.mode})`;
  });
}

export function recordLines({ record }: Report): string[] {
  return Object.entries(record ?? {}).map(([name, value]) => {
    const isTime = typeof value === 'number' && /^(since|seenAt|lostSince)$/.test(name);
    return `${name}: ${isTime ? timeOf(value) : JSON.stringify(value)}`;
  });
}
