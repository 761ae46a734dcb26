/** One transaction, and what it means for the sessions at the service. */
import type { Decision, Facts } from '../../src/session/command';
import type { SessionRecord } from '../../src/session/record';
import { type Commit, type Draft, type State, seenBy, tabOf } from './state';

/** `isWindowOver`: this tab has watched the recovery window end, by a clock of its own. */
export function commit(draft: Draft, index: number, command: Commit['command'], isWindowOver = false): Decision {
  const tab = tabOf(draft, index);
  const found = seenBy(draft, tab);
  const decision = draft.rules(draft.isGone ? 'absent' : found, command, {
    ...factsOf(draft, index),
    watched: { lostSince: found.lostSince, forMs: isWindowOver ? found.recovery.windowMs : 0 },
  });
  if (decision.changed) {
    draft.record = decision.record;
    draft.isGone = false;
  }
  draft.commit = { tab: index, command, decision, found };
  if (decision.orphan) endOrphan(draft, decision.orphan);
  return decision;
}

/** What a tab knows as it decides. That time passes is a step of its own. */
export function factsOf(state: State, index: number): Facts {
  const tab = tabOf(state, index);
  return {
    ...{ tabId: tab.id, now: state.now, known: seenBy(state, tab), isStored: true, isPage: true },
    proof: tab.isOld ? 'answer' : 'lock',
    watched: { lostSince: null, forMs: 0 },
    random: 0,
  };
}

/** Whoever writes that a session is over which nobody holds ends it at the service. */
function endOrphan(draft: Draft, { info: session, term }: SessionRecord): void {
  if (typeof session !== 'string') {
    draft.violations.push('an orphan is ended that nobody can tell from others');
    return;
  }
  const isHeld = draft.tabs.some(
    ({ life, host }) => life === 'awake' && host !== null && host.term === term && host.driver === 'connected',
  );
  if (isHeld) draft.violations.push(`${session} is ended as an orphan while its host lives`);
  if (draft.orphans.includes(session)) draft.violations.push(`the orphan ${session} is ended twice`);
  draft.orphans = [...draft.orphans, session];
  endAtService(draft, session);
}

/** Its host has connected to it, and the record says so. */
export function beginAtService(draft: Draft, session: string): void {
  if (!draft.live.includes(session)) draft.live = [...draft.live, session];
}

export function endAtService(draft: Draft, session: string): void {
  if (draft.live.includes(session)) draft.live = draft.live.filter((other) => other !== session);
}
