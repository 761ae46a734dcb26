/** The host's shell in the model: `Tenure` and `HostWriter`, without the driver's details. */
import type { Decision, Report } from '../../src/session/commands';
import { SESSION_ERRORS } from '../../src/session/errors';
import type { SessionRecord } from '../../src/session/record';
import { commit, type Draft, type ReportName, releaseLocks, releaseSeat, type Term, tabOf } from './state';

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
  over(draft, index);
  const host: Term = {
    ...{ term, epoch: granted.epoch, origin: granted.origin, driver: 'none', closing: 'no' },
    ...{ isGivenUp: false, reports: [], answering: 0 },
  };
  tab.host = host;
  tab.key = term;
  if (purpose === 'end') Object.assign(host, { closing: 'finish', driver: 'letting go' });
  return host;
}

/** `Tenure.connect`: under an epoch above all that acted before. */
export function connect(draft: Draft, index: number, host: Term): void {
  host.driver = 'connecting';
  if (host.epoch <= draft.acted)
    draft.violations.push(`tab ${index} acts under epoch ${host.epoch}, after another acted under ${draft.acted}`);
  draft.acted = Math.max(draft.acted, host.epoch);
  see(draft, index);
}

/** `Tenure.abandon`: the caller gave the attempt up. */
export function abandon(draft: Draft, index: number): void {
  const { host } = tabOf(draft, index);
  if (!host || host.isGivenUp || host.closing !== 'no') return;
  host.isGivenUp = true;
  if (!draft.record.established) return void host.reports.push('give-up');
  host.closing = 'abandoned';
  if (host.driver === 'none') abandoned(draft, host);
}

/** The driver has let go of the attempt: somebody may have asked to end the session meanwhile. */
export function abandoned(draft: Draft, host: Term): void {
  const { term, phase } = draft.record;
  host.closing = 'no';
  host.driver = 'none';
  if (term === host.term && phase !== 'connecting') return finish(host);
  host.closing = 'failed';
  releaseSeat(draft, host.term);
  host.reports.push('failed');
}

/** `Tenure.observe`: does what the record asks of its host. */
export function see(draft: Draft, index: number): void {
  const { record } = draft;
  const { host } = tabOf(draft, index);
  if (!host) return;
  if (record.term !== host.term) {
    if (host.closing === 'no') over(draft, index);
    return;
  }
  if (record.phase === 'canceling' || record.phase === 'ending') finish(host);
  else if (record.successor && host.driver === 'connected' && host.closing === 'no') host.closing = 'hand-over';
  if (record.asked > record.answered && record.asked > host.answering) {
    host.answering = record.asked;
    // Every report answers: one that waits to be stored does as well.
    if (host.reports.length === 0) host.reports.push('alive');
  }
}

/** `Tenure.finish`, up to the moment in which the driver has let go. */
export function finish(host: Term): void {
  if (host.closing !== 'no') return;
  host.closing = 'finish';
  host.driver = 'letting go';
}

/** `Tenure.leave`, where there are locks: what was to be stored is stored once the page is back. */
export function leave(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  if (!tab.host) return;
  const { term, reports } = tab.host;
  if (reports.length > 0) tab.late = { term, reports };
  over(draft, index);
}

export function over(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  if (!tab.host) return;
  releaseLocks(draft, index, tab.host.term);
  tab.host = null;
}

/** Stores the next report, and does what its answer says. */
export function report(draft: Draft, index: number): void {
  const { host } = tabOf(draft, index);
  const name = host?.reports.shift();
  if (!host || !name) return;
  const { verdict } = store(draft, index, host.term, name);
  if (tabOf(draft, index).host !== host) return;
  switch (name) {
    case 'connected':
      if (verdict === 'void') finish(host);
      return;
    case 'failed':
    case 'settled':
    case 'ended':
    case 'lost':
      return over(draft, index);
    case 'hand-over':
      if (verdict !== 'void') return over(draft, index);
      host.closing = 'no';
      if (draft.record.phase === 'ending') return finish(host);
      host.reports.push('lost');
      return;
    case 'give-up':
    case 'reconnecting':
    case 'reconnected':
    case 'alive':
  }
}

/** The same for a term that was left. */
export function reportLate(draft: Draft, index: number): void {
  const tab = tabOf(draft, index);
  const name = tab.late?.reports.shift();
  if (!tab.late || !name) return;
  store(draft, index, tab.late.term, name);
  if (tab.late.reports.length === 0) tab.late = null;
}

function store(draft: Draft, index: number, term: string, name: ReportName): Decision {
  const isFenced = draft.record.term !== term;
  const decision =
    name === 'lost'
      ? commit(draft, index, { type: 'lost', term })
      : commit(draft, index, { type: 'report', term, report: toReport(name), entries: [] });
  if (isFenced && decision.changed) draft.violations.push(`tab ${index} is fenced and writes ${name}`);
  see(draft, index);
  return decision;
}

function toReport(name: Exclude<ReportName, 'lost'>): Report {
  switch (name) {
    case 'failed':
      return { type: 'failed', error: SESSION_ERRORS[1011] };
    case 'ended':
      return { type: 'ended', reason: 'ended' };
    default:
      return { type: name };
  }
}
