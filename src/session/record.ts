/**
 * The record: the one stored value that says what the session of a scope is.
 *
 * Invariants, kept by `decide` and checked by the parser:
 * - `revision` rises with every write under one epoch, `epoch` with every claim and whenever a tab ends the term of another one.
 * - `term` and `hostTabId` are set together. Both are set in every phase but `idle`, where there is no host, and
 *   `recovering`, where there is one only while the host itself reconnects.
 * - `seq` counts the session events of the scope over all terms; the event `(epoch, seq)` is in journal slot
 *   `seq % JOURNAL_SIZE` until the slot is used again.
 * - Nothing in here was not published by the driver: no request, no token, no body.
 */
import { isCount, isObject, isOneOf, isText } from './check';
import { isEntry, type JournalEntry } from './events';

export const PROTOCOL_VERSION = 1;

export const PHASES = ['idle', 'connecting', 'active', 'recovering', 'canceling', 'ending'] as const;
export type Phase = (typeof PHASES)[number];

/** There is a session: connected, or to be connected again. */
export function isLive(phase: Phase): boolean {
  return phase === 'active' || phase === 'recovering';
}

/** Nothing but its end can come of it any more. */
export function isClosing(phase: Phase): boolean {
  return phase === 'canceling' || phase === 'ending';
}

export type Kind = 'start' | 'join';

export const RECOVERY_POLICIES = ['same-tab', 'any-tab', 'manual', 'none'] as const;
export type RecoveryPolicy = (typeof RECOVERY_POLICIES)[number];

/** What becomes of a session whose host was lost. Comes from the host, so that all tabs obey the same rule. */
export interface Recovery {
  readonly by: RecoveryPolicy;
  /** Milliseconds in which a resume has to succeed, from the host's last sign of life. */
  readonly windowMs: number;
  /** How many resumes may fail per loss. One that its own tab cut off, by a reload, has not failed. */
  readonly attempts: number;
}

/**
 * How others find out whether the host lives. `lock`: it holds the lock of its term, and a free lock proves its death. `answer`:
 * it has no locks that it could trust, so it is asked, and answers by a committed write.
 */
export type Proof = (typeof PROOFS)[number];

const PROOFS = ['lock', 'answer'] as const;

/** A tab that asks for the session, with the term that it will hold it under. */
export interface Candidate {
  readonly term: string;
  readonly tabId: string;
  /** How others could find out whether it lives, unless by its lock. */
  readonly proof?: Proof;
}

/**
 * Attempts to begin a session that failed, one after the other, with none between them that came about. A host that could not reconnect for
 * a whole recovery window counts as so many as last as long.
 */
export interface Failures {
  readonly count: number;
  /** When the last one failed, in milliseconds since the Unix epoch. */
  readonly at: number;
  /** After how many milliseconds a tab that wants a session may try by itself; null: it would fail again. */
  readonly retryMs: number | null;
}

export interface SessionRecord {
  /** Major version of the protocol. A record of a newer one is left alone and counts as busy. */
  readonly version: number;
  readonly revision: number;
  readonly phase: Phase;
  /** The fencing token: rises with every term. A new session counts from the milliseconds since 1970, so that it rises over lost storage too. */
  readonly epoch: number;
  /** The random id of the current term: names its lock. */
  readonly term: string | null;
  readonly hostTabId: string | null;
  readonly proof: Proof;
  /** False: its host has no store. Its memory is the record then, and it is asked by messages. */
  readonly isStored: boolean;
  readonly kind: Kind | null;
  /** Milliseconds since the Unix epoch at which the phase began, by the clock of the tab that began it. */
  readonly since: number | null;
  /** The epoch under which this session was first claimed: tells a session that moved from one that is over. */
  readonly origin: number;
  readonly recovery: Recovery;
  /** The host's last sign of life, by its clock: its last write. It writes at least once a minute. */
  readonly seenAt: number;
  /** When the session was lost; null while it is not. The recovery window begins here. */
  readonly lostSince: number | null;
  /** Resumes that failed since the session was lost. */
  readonly attempts: number;
  /** The epoch under which the session was last active; 0: it never was, and a failed attempt is its end. */
  readonly activeEpoch: number;
  /** The last term whose tab may resume the session by itself. A resume spends it by writing its own. */
  readonly resumeKey: string | null;
  /** The tab that asked the host last to hand the session over. */
  readonly successor: Candidate | null;
  readonly info: unknown;
  /** The revision that last changed `info`. */
  readonly infoRevision: number;
  /** The last error that was told to all tabs. */
  readonly lastError: JournalEntry | null;
  readonly seq: number;
  /** The last epoch whose host was lost; 0 for none. */
  readonly lostEpoch: number;
  /** Null: the last attempt to begin a session did not fail. */
  readonly failures: Failures | null;
  /** Some tab wants that there be a session: who ends one, or the wait for one, has something to say. */
  readonly isWanted: boolean;
  /** Rises whenever a person ends or cancels, or the driver says that the session is over: whoever wanted one wants none any more. */
  readonly stops: number;
  /** The epoch at which everything stored was erased last; 0 for never. */
  readonly erasedEpoch: number;
  /** Questions to the host so far, and the last one that it answered by a committed write. */
  readonly asked: number;
  readonly answered: number;
}

/** A host writes a sign of life this often, unless it writes anyhow. A hidden page's timers may take as long again. */
export const SIGN_OF_LIFE_MS = 60_000;

/** What was found in the store. */
export type Stored = SessionRecord | 'absent' | 'malformed' | 'newer';

/** No scope counts this far, and from here on a session can still count: an idle record beyond was written to break it. */
const MAX_BELIEVED = 2 ** 51;

/** What a record says of a session where there is none. All else counts on from one session of a scope to the next. */
export const IDLE = {
  phase: 'idle',
  term: null,
  hostTabId: null,
  proof: 'lock',
  kind: null,
  since: null,
  origin: 0,
  recovery: { by: 'none', windowMs: 0, attempts: 0 },
  seenAt: 0,
  lostSince: null,
  attempts: 0,
  activeEpoch: 0,
  resumeKey: null,
  successor: null,
  info: null,
  infoRevision: 0,
  lastError: null,
  asked: 0,
  answered: 0,
} as const;

/** What a tab knows of a scope that it has not looked at. */
export const UNKNOWN: SessionRecord = {
  ...IDLE,
  version: PROTOCOL_VERSION,
  revision: 0,
  epoch: 0,
  isStored: true,
  seq: 0,
  lostEpoch: 0,
  failures: null,
  isWanted: false,
  stops: 0,
  erasedEpoch: 0,
};

const COUNTS = [
  ...['revision', 'epoch', 'origin', 'attempts', 'activeEpoch', 'infoRevision'],
  ...['seq', 'lostEpoch', 'stops', 'erasedEpoch', 'asked', 'answered'],
];

/** Reads a record from anything. A field that is missing or wrong spoils it; one that it does not know does not matter. */
export function parseRecord(value: unknown): Stored {
  if (value === undefined || value === null) return 'absent';
  if (!isObject(value)) return 'malformed';
  const { version, phase, term, hostTabId, recovery, lastError, failures } = value;
  if (isCount(version) && version > PROTOCOL_VERSION) return 'newer';
  const isWellFormed =
    version === PROTOCOL_VERSION &&
    COUNTS.every((name) => isCount(value[name])) &&
    // A host that had answered more than it was asked would pass for alive for ever.
    Number(value.answered) <= Number(value.asked) &&
    [term, hostTabId, value.resumeKey].every((id) => id === null || isText(id)) &&
    [value.since, value.lostSince, value.seenAt].every((time) => time === null || Number.isFinite(time)) &&
    isOneOf(PHASES, phase) &&
    isOneOf([null, 'start', 'join'], value.kind) &&
    isOneOf(PROOFS, value.proof) &&
    [value.isStored, value.isWanted].every((flag) => typeof flag === 'boolean') &&
    isObject(recovery) &&
    isOneOf(RECOVERY_POLICIES, recovery.by) &&
    Number.isFinite(recovery.windowMs) &&
    isCount(recovery.attempts) &&
    (value.successor === null || isCandidate(value.successor)) &&
    (lastError === null || isEntry(lastError)) &&
    (failures === null || isFailures(failures));
  if (!isWellFormed) return 'malformed';
  // Every field was looked at just now.
  const record = value as unknown as SessionRecord;
  const isHosted = term !== null;
  const isConsistent = isHosted === (hostTabId !== null) && (phase === 'recovering' || isHosted === (phase !== 'idle'));
  const isBelieved = phase !== 'idle' || Math.max(record.epoch, record.revision, record.seq) <= MAX_BELIEVED;
  return isConsistent && isBelieved ? record : 'malformed';
}

function isFailures(value: unknown): boolean {
  return (
    isObject(value) &&
    isCount(value.count) &&
    Number.isFinite(value.at) &&
    (value.retryMs === null || Number.isFinite(value.retryMs))
  );
}

export function isCandidate(value: unknown): value is Candidate {
  return isObject(value) && isText(value.term) && isText(value.tabId) && isOneOf([undefined, ...PROOFS], value.proof);
}

/**
 * What stands in for a stored value that is no record: what this tab knew last. A damaged record is not an idle one; and the
 * next claim must go above its epoch, as far as that can be believed.
 */
export function standIn(given: SessionRecord, value: unknown): SessionRecord {
  const known = isForeign(given) ? { ...given, ...IDLE } : given;
  const epoch = isObject(value) && isCount(value.epoch) && value.epoch <= MAX_BELIEVED ? value.epoch : 0;
  return known.phase === 'idle' && epoch > known.epoch ? { ...known, epoch } : known;
}

/** What a tab shows of a session of a newer version, which it leaves alone: one is active elsewhere. */
export function foreign(known: SessionRecord): SessionRecord {
  return { ...known, ...IDLE, phase: 'active' };
}

/** A session of a newer version is known to be there while its record is, and no longer. */
export function isForeign({ phase, term }: SessionRecord): boolean {
  return phase === 'active' && term === null;
}

/** Whether `a` is a later state of the scope than `b`. Of two claims in the same millisecond, which no store kept apart, the name decides. */
export function isNewer(a: SessionRecord, b: SessionRecord): boolean {
  const isTie = a.revision === b.revision && !a.isStored && !b.isStored && a.term !== null && b.term !== null;
  return a.epoch > b.epoch || (a.epoch === b.epoch && (isTie ? a.term > b.term : a.revision > b.revision));
}

/** Whether the session that was claimed goes on in `now`. In no store two can begin in the same millisecond; one that moves has another epoch. */
export function isSameSession({ origin, epoch, term }: SessionRecord, now: SessionRecord): boolean {
  const isAnother = now.epoch === epoch && now.term !== null && now.term !== term;
  return now.origin === origin && !isAnother;
}

/** Whether an error was told after the last one that `record` knows of, under the same epoch. What was erased stays so. */
export function isAfterLast({ epoch, seq }: JournalEntry, record: SessionRecord): boolean {
  return epoch === record.epoch && epoch > record.erasedEpoch && seq > (record.lastError?.seq ?? 0);
}

/**
 * `known` says that the host of `told` was lost, whose session is in no store: where there is one, that decides. The epoch is compared
 * too: before the first term both are 0, and tabs that told each other of that would never stop.
 */
export function hasLost({ lostEpoch, epoch }: SessionRecord, told: SessionRecord): boolean {
  return !told.isStored && lostEpoch === told.epoch && epoch > told.epoch;
}
