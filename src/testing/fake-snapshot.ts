/** The snapshots of a fake coordinator: a part of one is completed to one that a real coordinator could show. Pure. */
import type { Call, Decision } from '../session/command';
import { decide } from '../session/decide';
import { completeFacts, type SessionErrorEvent } from '../session/error-facts';
import { isSessionError } from '../session/errors';
import { check } from '../session/misuse';
import { type SessionRecord, UNKNOWN } from '../session/record';
import type { SessionSnapshot } from '../types';
import type { ErrorPatch, SnapshotPatch } from './fake-types';

/** The tab of every fake coordinator, and the one that has the session where this one does not. */
export const THIS_TAB = 'this-tab';
export const OTHER_TAB = 'other-tab';

/** The members of a snapshot, each by itself. */
type Members = { -readonly [Name in keyof SessionSnapshot]: SessionSnapshot[Name] };

/** What is given, and `last` where nothing is; what does not fit the phase and the role any more is as it usually is in them. */
export function completed(last: SessionSnapshot, patch: SnapshotPatch, seq: number, now: number): SessionSnapshot {
  // Without the members that are undefined. That they fit together is checked below.
  const given = Object.fromEntries(
    Object.entries(patch).filter(([, value]) => value !== undefined),
  ) as Partial<Members>;
  for (const name of Object.keys(given)) check(name in last, `a snapshot has no '${name}'.`);
  const wasIdle = last.phase === 'idle';
  const { phase = last.phase } = given;
  const isIdle = phase === 'idle';
  const usualRole = given.hostTabId === undefined ? (wasIdle ? 'host' : last.role) : roleOf(given.hostTabId);
  const { role = isIdle ? 'none' : usualRole } = given;
  // A session that is recovering for a follower has no tab, as a rule: its tab was lost.
  const isLost = role === 'follower' && phase === 'recovering' && last.phase !== 'recovering';
  const lastOther = last.role === 'follower' ? last.hostTabId : null;
  const usualOther = isLost || (phase === 'recovering' && lastOther === null) ? null : (lastOther ?? OTHER_TAB);
  const { hostTabId = isIdle ? null : role === 'host' ? THIS_TAB : usualOther } = given;
  const isNewTerm = !isIdle && (wasIdle || (hostTabId !== null && hostTabId !== last.hostTabId));
  const { epoch = last.epoch + Number(isNewTerm) } = given;
  const { lastError = wasIdle && !isIdle ? null : last.lastError } = given;
  const next: Members = {
    phase,
    role,
    hostTabId,
    epoch,
    kind: isIdle ? null : (last.kind ?? 'start'),
    since: isIdle ? null : phase === last.phase ? last.since : now,
    info: isIdle || wasIdle ? null : last.info,
    guarantee: last.guarantee,
    ...given,
    lastError:
      lastError === last.lastError ? lastError : lastError && completeError(lastError, { hostTabId, epoch }, seq, now),
  };
  checkFit(next);
  const isSame = Object.entries(next).every(([name, value]) => Object.is(value, Reflect.get(last, name)));
  // Its members fit together: that was checked.
  return isSame ? last : Object.freeze(next as SessionSnapshot);
}

/** As listeners and snapshots have it. Of a `SessionError` where and when it happened is not taken over: it may not know. */
export function completeError(
  given: ErrorPatch,
  { hostTabId, epoch }: Pick<SessionSnapshot, 'hostTabId' | 'epoch'>,
  seq: number,
  now: number,
): SessionErrorEvent {
  const { local = false, ...known }: Partial<SessionErrorEvent> = isSessionError(given)
    ? { local: given.local ?? false }
    : given;
  const tabId = local ? THIS_TAB : (hostTabId ?? THIS_TAB);
  return { tabId, epoch, seq: local ? null : seq, at: now, ...known, ...completeFacts(given), local };
}

/** What a call comes to while a real coordinator shows `snapshot`. */
export function ruleOn(
  { phase, kind, hostTabId, epoch }: SessionSnapshot,
  wasActive: boolean,
  type: Call['type'],
): Pick<Decision, 'verdict' | 'code'> & Pick<SessionRecord, 'phase'> {
  const recovery = { by: 'manual', windowMs: Number.POSITIVE_INFINITY, attempts: 1 } as const;
  const known: SessionRecord = {
    ...UNKNOWN,
    epoch,
    ...{ phase, kind, hostTabId, recovery, term: hostTabId && 'term', activeEpoch: wasActive ? epoch : 0 },
  };
  const call = { type, recovery, key: null, candidate: { term: 'next term', tabId: THIS_TAB } };
  const watched = { lostSince: null, forMs: 0 };
  // Each type of call finds in it what it needs.
  const decision = decide(known, call as Call, {
    ...{ tabId: THIS_TAB, now: 0, isPage: true, isStored: true, proof: 'lock' },
    known,
    watched,
    random: 0,
  });
  return { verdict: decision.verdict, ...(decision.code && { code: decision.code }), phase: decision.record.phase };
}

function roleOf(hostTabId: string | null): 'host' | 'follower' {
  return hostTabId === THIS_TAB ? 'host' : 'follower';
}

function checkFit({ phase, role, kind, hostTabId, since, info }: Members): void {
  if (phase === 'idle') {
    check(role === 'none', `an idle snapshot has the role 'none', not '${role}': give a phase too.`);
    const isEmpty = [kind, hostTabId, since, info].every((value) => value === null);
    check(isEmpty, 'an idle snapshot has no kind, hostTabId, since and info: give a phase too.');
    return;
  }
  check(role !== 'none', `a snapshot that is ${phase} has the role 'host' or 'follower'.`);
  check(kind !== null && since !== null, `a snapshot that is ${phase} has a kind and a since.`);
  check(
    role === roleOf(hostTabId),
    `the role '${role}' does not fit the hostTabId '${hostTabId}': this tab is '${THIS_TAB}'.`,
  );
  check(hostTabId !== null || phase === 'recovering', 'only a session that is recovering has no hostTabId.');
}
