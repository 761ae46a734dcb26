/**
 * What a tab does without being called, once it is free for it: it clears away a term that nobody acts for, resumes a lost session,
 * moves one here because its user looks here, or starts one that its app wants. `decide` says what it may; here is only when.
 */
import type { ToCall } from '../election/election';
import type { LifeProof } from '../election/proof';
import { quietly, type Waits } from '../election/waits';
import type { Ledger } from '../ledger/ledger';
import type { Platform } from '../platform/platform';
import type { Calls } from './calls';
import type { Settings } from './options';
import type { ResumeKey } from './resume-key';
import type { Wishes } from './wishes';

/** Where any tab may act, a hidden one gives the visible one this head start. */
const HIDDEN_DELAY_MS = 250;

/** Between one failed automatic resume and the next. */
const RESUME_AGAIN_MS = 1_000;

/** No event says that an app's `canHost` says yes now: while a session is wanted it is asked this often. */
const CAN_HOST_AGAIN_MS = 15_000;

/** Whoever looks at a tab for so long has not only passed it on the way to another one. */
const LOOKED_AT_MS = 300;

export interface ByItselfPorts extends Pick<Platform, 'lifecycle'> {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly proof: LifeProof;
  readonly waits: Waits;
  readonly calls: Calls;
  readonly wishes: Wishes;
  readonly key: ResumeKey;
  readonly tabId: string;
  /** Whether this tab could hold a session now. */
  isFree(): boolean;
}

/** `consider`: called with every look, after every call, and when the focus or the network came or went. */
export function createByItself(ports: ByItselfPorts): { consider(hasNewNetwork?: boolean): void } {
  const { settings, ledger, proof, waits, calls, wishes, key, lifecycle, tabId, isFree } = ports;
  const { driver, follows, canHost } = settings;
  /** The session that was moved here, or tried to be, since its user looks here: once is enough, or two tabs would fight. */
  let followed = 0;

  /** Acts after `ms`, unless the reason for it changes before. `null`: there is none. */
  function actIn(name: string, reason: unknown, ms: number, act: () => void): void {
    waits.keepTimer(name, ms > 0 ? reason : null, ms, act);
    if (reason !== null && ms <= 0) act();
  }

  const headStartMs = (): number => (lifecycle.isVisible() ? 0 : HIDDEN_DELAY_MS);

  function resume(): void {
    const { phase, attempts, recovery } = ledger.record;
    const toCall: ToCall = (candidate) => ({ type: 'resume', candidate, key: key.term() });
    const isAny = recovery.by === 'any-tab';
    const isDue =
      phase === 'recovering' &&
      driver.resume !== undefined &&
      isFree() &&
      ledger.preview(toCall({ term: '', tabId })).verdict === 'granted' &&
      (!isAny || canHost());
    const ms = attempts > 0 ? RESUME_AGAIN_MS : isDue && isAny ? headStartMs() : 0;
    actIn('resume', isDue ? 'due' : null, ms, () => calls.resumeByItself(toCall));
  }

  function follow(): void {
    const { phase, term, hostTabId, origin, successor } = ledger.record;
    const isFocused = lifecycle.isFocused();
    if (!isFocused) followed = 0;
    // One that is handing it over has it no more: its user came back meanwhile.
    else if (hostTabId === tabId && successor === null) followed = origin;
    // Here it is followed already.
    const isElsewhere = phase === 'active' && term !== null && followed !== origin;
    const isDue = isFocused && isElsewhere && isFree() && canHost();
    actIn('follow', isDue ? origin : null, LOOKED_AT_MS, () => {
      followed = origin;
      calls.follow();
    });
  }

  function start(hasNewNetwork: boolean): void {
    const inMs = wishes.observe();
    const isWanted = inMs !== undefined && isFree() && lifecycle.isOnline();
    const isDue = isWanted && canHost();
    waits.keepTimer('canHost', isWanted && !isDue ? 'no' : null, CAN_HOST_AGAIN_MS, consider);
    const ms = hasNewNetwork || !isDue ? 0 : Math.max(inMs, headStartMs());
    actIn('start', isDue ? (ledger.record.failures?.count ?? 0) : null, ms, wishes.start);
  }

  function consider(hasNewNetwork = false): void {
    const { term, hostTabId } = ledger.record;
    // A term of ours that nobody here acts for, as after a store that failed came back.
    if (term !== null && hostTabId === tabId && isFree()) quietly(proof.reap(term));
    resume();
    if (follows) follow();
    start(hasNewNetwork);
  }

  return { consider };
}
