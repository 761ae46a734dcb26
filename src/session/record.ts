/**
 * The record: the one stored value that says what the session of a scope is.
 *
 * Invariants, kept by `decide` and checked by the parser:
 * - `revision` rises with every write, `epoch` with every claim and whenever a tab ends the term of another one.
 * - `term` and `hostTabId` are set together. Both are set in every phase but `idle`, where there is no host, and
 *   `recovering`, where there is one only while the host itself reconnects.
 * - `seq` counts the session events of the scope over all terms; the event `(epoch, seq)` is in journal slot
 *   `seq % JOURNAL_SIZE` until the slot is used again.
 * - Nothing in here was not published by the driver: no request, no token, no body.
 */
import type { SessionErrorEvent } from './errors';

export const PROTOCOL_VERSION = 1;

export const PHASES = ['idle', 'connecting', 'active', 'recovering', 'canceling', 'ending'] as const;
export type Phase = (typeof PHASES)[number];

export type Kind = 'start' | 'join';

export const RECOVERY_POLICIES = ['same-tab', 'any-tab', 'manual', 'none'] as const;
export type RecoveryPolicy = (typeof RECOVERY_POLICIES)[number];

/** What becomes of a session whose host was lost. Comes from the host, so that all tabs obey the same rule. */
export interface Recovery {
  readonly by: RecoveryPolicy;
  /** Milliseconds in which a resume has to succeed. */
  readonly windowMs: number;
  /** Resume attempts per loss. */
  readonly attempts: number;
}

/** A tab that waits to be handed the session, with the term that it will hold it under. */
export interface Successor {
  readonly term: string;
  readonly tabId: string;
}

export interface SessionRecord {
  /** Major version of the protocol. A record of a newer one is left alone and counts as busy. */
  readonly version: number;
  readonly revision: number;
  readonly phase: Phase;
  /** Terms so far: the fencing token. */
  readonly epoch: number;
  /** The random id of the current term: names its lock. */
  readonly term: string | null;
  readonly hostTabId: string | null;
  readonly kind: Kind | null;
  /** Milliseconds since the Unix epoch at which the phase began, by the clock of the tab that began it. */
  readonly since: number | null;
  /** The epoch under which this session was first claimed: tells a session that moved from one that is over. */
  readonly origin: number;
  /** The session has been active: a failed attempt leads back to `recovering`, not to `idle`. */
  readonly established: boolean;
  readonly recovery: Recovery;
  /** When the session was lost, by the clock of the tab that noticed; null while it is not. The window begins here. */
  readonly lostSince: number | null;
  /** Resume attempts spent on the present loss. */
  readonly attempts: number;
  /** The epoch under which the session was last active. */
  readonly activeEpoch: number;
  /** The last term whose tab may resume the session by itself. A resume spends it by writing its own. */
  readonly resumeKey: string | null;
  readonly successor: Successor | null;
  readonly info: unknown;
  /** The revision that last changed `info`. */
  readonly infoRevision: number;
  readonly lastError: SessionErrorEvent | null;
  readonly seq: number;
  /** The last epoch whose host was lost; 0 for none. */
  readonly lostEpoch: number;
  /** Challenges so far, and the last one that the host answered by a committed write. */
  readonly asked: number;
  readonly answered: number;
}

/** What was found in the store. */
export type Stored = SessionRecord | 'absent' | 'malformed' | 'newer';

/** No scope counts this far, and from here on a session can still count: an idle record beyond was written to break it. */
const MAX_BELIEVED = 2 ** 51;

/** What counts on from one session of a scope to the next. */
export type Counters = Pick<SessionRecord, 'revision' | 'epoch' | 'seq' | 'lostEpoch'>;

export function idleRecord({ revision, epoch, seq, lostEpoch }: Counters): SessionRecord {
  return {
    version: PROTOCOL_VERSION,
    revision,
    phase: 'idle',
    epoch,
    term: null,
    hostTabId: null,
    kind: null,
    since: null,
    origin: 0,
    established: false,
    recovery: { by: 'none', windowMs: 0, attempts: 0 },
    lostSince: null,
    attempts: 0,
    activeEpoch: 0,
    resumeKey: null,
    successor: null,
    info: null,
    infoRevision: 0,
    lastError: null,
    seq,
    lostEpoch,
    asked: 0,
    answered: 0,
  };
}

/** Reads a record from anything. Fields that it does not know are dropped; one that is missing or wrong spoils it. */
export function parseRecord(value: unknown): Stored {
  if (value === undefined || value === null) return 'absent';
  if (!isObject(value)) return 'malformed';
  if (isCount(value.version) && value.version > PROTOCOL_VERSION) return 'newer';
  const recovery = parseRecovery(value.recovery);
  const successor = parseSuccessor(value.successor);
  const lastError = value.lastError === null ? null : parseErrorEvent(value.lastError);
  if (
    value.version !== PROTOCOL_VERSION ||
    !isPhase(value.phase) ||
    !isCount(value.revision) ||
    !isCount(value.epoch) ||
    !isId(value.term) ||
    !isId(value.hostTabId) ||
    !(value.kind === null || value.kind === 'start' || value.kind === 'join') ||
    !isTime(value.since) ||
    !isTime(value.lostSince) ||
    !isCount(value.activeEpoch) ||
    !isCount(value.origin) ||
    typeof value.established !== 'boolean' ||
    recovery === undefined ||
    !isCount(value.attempts) ||
    !isId(value.resumeKey) ||
    successor === undefined ||
    !isCount(value.infoRevision) ||
    lastError === undefined ||
    !isCount(value.seq) ||
    !isCount(value.lostEpoch) ||
    !isCount(value.asked) ||
    !isCount(value.answered)
  ) {
    return 'malformed';
  }
  const { version, phase, revision, epoch, term, hostTabId, kind, since, origin, established, attempts } = value;
  const { lostSince, activeEpoch, resumeKey, info = null, infoRevision, seq, lostEpoch, asked, answered } = value;
  const hosted = term !== null && hostTabId !== null;
  const hostless = term === null && hostTabId === null;
  const consistent = phase === 'idle' ? hostless : phase === 'recovering' ? hosted || hostless : hosted;
  if (!consistent || (phase === 'idle' && Math.max(epoch, revision, seq) > MAX_BELIEVED)) return 'malformed';
  // One literal: this runs with every look at the store.
  return {
    version,
    revision,
    phase,
    epoch,
    term,
    hostTabId,
    kind,
    since,
    origin,
    established,
    recovery,
    lostSince,
    attempts,
    activeEpoch,
    resumeKey,
    successor,
    info,
    infoRevision,
    lastError,
    seq,
    lostEpoch,
    asked,
    answered,
  };
}

/**
 * What stands in for a stored value that is no record: what this tab knew last. A spoilt record is no idle one; and the next
 * claim must go above its epoch, as far as that can be believed.
 */
export function standIn(known: SessionRecord, value: unknown): SessionRecord {
  const salvaged = isObject(value) && isCount(value.epoch) && value.epoch <= MAX_BELIEVED ? value.epoch : 0;
  const epoch = Math.max(known.epoch, salvaged);
  return known.phase === 'idle' && epoch > known.epoch ? { ...known, epoch } : known;
}

export function parseErrorEvent(value: unknown): SessionErrorEvent | undefined {
  if (!isObject(value)) return undefined;
  const { code, exception, message, suggestedAction, retryable, local, tabId, epoch, seq, at } = value;
  if (
    !isCount(code) ||
    typeof exception !== 'string' ||
    typeof message !== 'string' ||
    typeof suggestedAction !== 'string' ||
    typeof retryable !== 'boolean' ||
    typeof local !== 'boolean' ||
    typeof tabId !== 'string' ||
    !isCount(epoch) ||
    !(seq === null || isCount(seq)) ||
    !isFiniteNumber(at)
  ) {
    return undefined;
  }
  return { code, exception, message, suggestedAction, retryable, local, tabId, epoch, seq, at };
}

function parseRecovery(value: unknown): Recovery | undefined {
  if (!isObject(value)) return undefined;
  const by = RECOVERY_POLICIES.find((policy) => policy === value.by);
  if (by === undefined || !isFiniteNumber(value.windowMs) || !isCount(value.attempts)) return undefined;
  return { by, windowMs: value.windowMs, attempts: value.attempts };
}

function parseSuccessor(value: unknown): Successor | null | undefined {
  if (value === null) return null;
  if (!isObject(value) || typeof value.term !== 'string' || typeof value.tabId !== 'string') return undefined;
  return { term: value.term, tabId: value.tabId };
}

/** Whether `a` is a later state of the scope than `b`. Two hosts without a store may claim one epoch: the lower id wins. */
export function isNewer(a: SessionRecord, b: SessionRecord): boolean {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  if (a.term !== null && b.term !== null && a.term !== b.term) return a.term < b.term;
  return a.revision > b.revision;
}

/** Without a store a term's host and whoever handed it over may write one revision: the one that is further on counts. */
export function isFurther(a: SessionRecord, b: SessionRecord): boolean {
  const isTie = a.epoch === b.epoch && a.term === b.term && a.revision === b.revision;
  return isTie && PHASES.indexOf(a.phase) > PHASES.indexOf(b.phase);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** A whole number that can still be counted up for longer than anyone will. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 52;
}

function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

function isTime(value: unknown): value is number | null {
  return value === null || isFiniteNumber(value);
}

function isId(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isPhase(value: unknown): value is Phase {
  return PHASES.some((phase) => phase === value);
}
