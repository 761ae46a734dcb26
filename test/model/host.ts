/** The host's shell in the model: `Tenure`, `Terms` and the writer, without the driver's details. */
import type { Decision, Report } from '../../src/session/command';
import type { SessionRecord } from '../../src/session/record';
import { beginAtService, commit, endAtService } from './commit';
import { type Draft, type Late, type ReportName, releaseLocks, releaseSeat, seenBy, type Term, tabOf } from './state';

/**
 * A term begins. `undefined` where a later call of the same tab has overtaken it: two terms of one tab are one too many for
 * this model, and the older one only has to find out that it is over.
 */
export function hold(
  draft: Draft,
  index: number,
  term: string,
  granted: SessionRecord,
  purpose: 'connect' | 'end',
): Term | undefined {
  const tab = tabOf(draft, index);
  if (tab.host && tab.host.epoch > granted.epoch) return void releaseLocks(draft, index, term);
  fenced(draft, index);
  const { epoch, origin, info } = granted;
  const host: Term = {
    ...{ term, epoch, origin, session: typeof info === 'string' ? info : term, isBeforeClear: false },
    ...{
      driver: 'none',
      closing: 'no',
      isGivenUp: false,
      isWished: false,
      hasClosedWindow: false,
      reports: [],
      answering: 0,
    },
  };
  tab.host = host;
  if (purpose === 'end') Object.assign(host, { closing: 'finish', driver: 'letting go' });
  return host;
}

/** `Tenure.connect`: under an epoch above all that acted before. */
export function connect(draft: Draft, index: number, host: Term, isBeforeClear: boolean): void {
  const tab = tabOf(draft, index);
  host.driver = 'connecting';
  host.isBeforeClear = isBeforeClear;
  Object.assign(tab, { key: host.term, isCopy: false, check: 'none' });
  if (!isBeforeClear) {
    if (host.epoch <= draft.acted)
      draft.violations.push(`tab ${index} acts under epoch ${host.epoch}, after another acted under ${draft.acted}`);
    draft.acted = Math.max(draft.acted, host.epoch);
  }
  see(draft, index);
}

/** The caller gave the attempt up. */
export function abandon(draft: Draft, index: number): void {
  const { host } = tabOf(draft, index);
  if (!host || host.isGivenUp || host.closing !== 'no') return;
  host.isGivenUp = true;
  host.reports.push('giveUp');
}

/** `Tenure.observe`: does what the record asks of its host. */
export function see(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const record = seenBy(draft, tab);
  const { host } = tab;
  if (!host) return;
  if (record.term !== host.term) {
    if (host.closing === 'no') fenced(draft, index);
    return;
  }
  if (record.phase === 'canceling' || record.phase === 'ending') finish(host);
  else if (record.successor && host.driver === 'connected' && host.closing === 'no') host.closing = 'handOver';
  const isAsked = record.asked > record.answered && record.asked > host.answering;
  if (isAsked) host.answering = record.asked;
  // Every report answers, and writes anew what was lost: one that waits to be stored does as well.
  if ((isAsked || draft.isGone) && host.reports.length === 0) host.reports.push('here');
}

/** The recovery window is over, as this tab has watched it. */
export function endWindow(draft: Draft, index: number): void {
  const { host } = tabOf(draft, index);
  // A host says so as the host that it is: whoever was left and came back holds nothing to close.
  const sign = host && ({ type: 'alive', term: host.term, entries: [], seq: 0 } as const);
  commit(draft, index, sign ?? { type: 'look' }, true);
  if (host?.closing === 'handOver' && draft.record.term !== host.term) host.hasClosedWindow = true;
}

/** `Tenure.finish`, up to the moment in which the driver has let go. */
export function finish(host: Term): void {
  if (host.closing !== 'no') return;
  host.closing = 'finish';
  host.driver = 'letting go';
}

/** Another tab has taken the term over: what it holds is let go of. */
function fenced(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  if (tab.host) leaveBehind(draft, index, tab.host);
  over(draft, index);
}

function leaveBehind(draft: Draft, index: number, { term, origin, session, driver, closing }: Term): void {
  const what = closing === 'finish' && driver === 'letting go' ? 'ending' : driver === 'connected' ? 'held' : null;
  if (what) tabOf(draft, index).left = { term, origin, session, what };
}

/** `Terms.leave`, where there are locks: nothing is written. What was to be stored is stored once the page is back. */
export function leave(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { host } = tab;
  if (!host) return;
  leaveBehind(draft, index, host);
  const reports =
    host.closing === 'handOver' && host.driver === 'connected' ? [...host.reports, 'handOver' as const] : host.reports;
  if (reports.length > 0) tab.late = { term: host.term, session: host.session, reports: [...reports] };
  over(draft, index);
}

function goesOn({ phase, origin }: SessionRecord, own: Pick<Term, 'origin'>): boolean {
  return ['connecting', 'active', 'recovering'].includes(phase) && origin === own.origin;
}

/** `Tenure.letGo`: ends the session, unless it goes on elsewhere. */
export function letGo(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { left } = tab;
  if (!left) return;
  const record = seenBy(draft, tab);
  const { term } = record;
  if (left.what === 'ending' || !goesOn(record, left)) endAtService(draft, left.session);
  if (left.what === 'ending' && term === left.term)
    tab.late = { term, session: left.session, reports: [...(tab.late?.reports ?? []), 'settled'] };
  tab.left = null;
}

export function over(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  if (!tab.host) return;
  releaseLocks(draft, index, tab.host.term);
  tab.host = null;
}

/** The driver is done with ending or with releasing the session, or says that it is over: nothing is left but to report it. */
export function letGone(draft: Draft, host: Term, report: 'settled' | 'handOver' | 'ended'): void {
  host.driver = 'none';
  if (report !== 'handOver') endAtService(draft, host.session);
  releaseSeat(draft, host.term);
  host.reports.push(report);
}

/** Stores the next report, and does what its answer says. */
export function report(draft: Draft, index: number): void {
  const { host } = tabOf(draft, index);
  const name = host?.reports.shift();
  if (!host || !name) return;
  const { verdict } = store(draft, index, host, name);
  if (tabOf(draft, index).host !== host) return;
  switch (name) {
    case 'connected':
      if (verdict === 'void') finish(host);
      return;
    case 'failed':
    case 'gone':
    case 'settled':
    case 'ended':
      return over(draft, index);
    case 'lost':
      // It was over before. Whoever else wrote that has ended it.
      if (verdict === 'void' && host.hasClosedWindow) endAtService(draft, host.session);
      return over(draft, index);
    case 'handOver':
      return verdict === 'void' ? lostInHandOver(draft, host) : over(draft, index);
    case 'giveUp':
    case 'reconnecting':
    case 'reconnected':
    case 'here':
    case 'alive':
  }
}

/** It has let go of the session already, and nobody waits for it. */
function lostInHandOver({ record }: Draft, host: Term): void {
  if (record.term !== host.term || record.phase !== 'ending') return void host.reports.push('lost');
  host.closing = 'no';
  finish(host);
}

/** The same for a term that was left. */
export function reportLate(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const { late } = tab;
  const name = late?.reports.shift();
  if (!late || !name) return;
  const { verdict } = store(draft, index, late, name);
  if (name === 'handOver' && verdict === 'void' && draft.record.term === late.term) late.reports.push('lost');
  if (late.reports.length === 0) tab.late = null;
}

/** Stored without anything else to store. */
export function signOfLife(draft: Draft, index: number): Draft {
  const { host, life } = tabOf(draft, index);
  if (host && life === 'awake') store(draft, index, host, 'alive');
  return draft;
}

function store(draft: Draft, index: number, { term, session, reports }: Late, name: ReportName): Decision {
  const isFenced = seenBy(draft, tabOf(draft, index)).term !== term;
  const decision =
    name === 'lost'
      ? commit(draft, index, { type: 'lost', term, at: draft.now })
      : commit(draft, index, {
          ...{ ...toReport(name), term, entries: [], seq: 0 },
          ...(name === 'connected' && { published: { info: session } }),
        });
  const { verdict, record } = decision;
  if (isFenced && verdict !== 'void') draft.violations.push(`tab ${index} is fenced and writes ${name}`);
  if (name === 'connected' && verdict === 'done' && !reports.includes('ended')) beginAtService(draft, session);
  if ((name === 'failed' || name === 'gone') && verdict === 'done' && record.phase === 'idle') draft.failed += 1;
  if (name === 'gone' && record.phase === 'idle') endAtService(draft, session);
  see(draft, index);
  return decision;
}

function toReport(name: Exclude<ReportName, 'lost'>): Report {
  switch (name) {
    case 'failed':
      return { type: 'failed', error: { code: 1011 } };
    case 'gone':
      return { type: 'failed', error: { code: 1011, retryable: false } };
    case 'ended':
      return { type: 'ended', reason: 'ended' };
    case 'settled':
      return { type: 'settled' };
    default:
      return { type: name };
  }
}
