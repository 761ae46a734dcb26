/**
 * Who may act. Every call, from whichever tab, runs through one loop:
 *
 *     look, and prove that the host lives ──▶ refused, or nothing to do
 *       ▲     │
 *       │  take the term lock, and the seat if it should be free
 *       │     │
 *       ├── compare-and-set ──▶ granted
 *       │     │
 *       └── asked: wait for the host ──▶ handed over; or, for a person who insists, silent: decide without it
 *
 * A claim is made while this tab already holds the locks of its term, so a free lock means a dead host. A refusal rests on a look at
 * the store *and* on a proof that the tab which is in the way lives.
 */
import type { Ledger } from '../ledger/ledger';
import { abortError, throwIfAborted } from '../platform/abort';
import type { HeldLock, Platform } from '../platform/platform';
import type { Call } from '../session/command';
import { busyCode } from '../session/decide';
import { refusal, refusalIn, SILENT } from '../session/reasons';
import type { Candidate, SessionRecord } from '../session/record';
import { type ScopeLocks, SEAT } from './locks';
import { AGREE_MS, hasAnswered, type LifeProof, SILENCE_MS } from './proof';

/** A host that has answered but not acted is asked again after this long. */
const ASK_AGAIN_MS = 10_000;

/** Between two looks whether the seat is free. */
const SEAT_AGAIN_MS = 250;

/** A term that this tab holds. */
export interface Tenancy {
  readonly term: string;
  readonly termLock: HeldLock;
  readonly seat: HeldLock;
  /** The record as it was claimed. */
  readonly record: SessionRecord;
}

/** Makes the call for a candidate. `origin`: the session that was there when the call began, if there was one. */
export type ToCall = (candidate: Candidate, origin?: number) => Call;

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** A person insists: go on without a host that does not answer. */
  readonly insists?: boolean | undefined;
  /** With each record that this call has written, or looked at in its transaction. */
  onDecided?(record: SessionRecord): void;
}

export interface ElectionPorts extends Pick<Platform, 'clock' | 'isPage'> {
  readonly ledger: Ledger;
  readonly locks: ScopeLocks;
  readonly proof: LifeProof;
  readonly tabId: string;
  newTerm(): string;
  /** Aborts when the page is left or the coordinator is closed. */
  awake(): AbortSignal;
  /**
   * How long a live host may take to hand over or to end, in milliseconds: its driver may take its time for both, one after the
   * other, and timers of a hidden page come late.
   */
  readonly patienceMs: number;
}

export interface Election {
  /** Runs a call. Rejects with the refusal, or with the signal's reason. `null`: there is nothing to do for this tab. */
  run(toCall: ToCall, options: RunOptions): Promise<Tenancy | null>;
}

export function createElection(ports: ElectionPorts): Election {
  const { ledger, locks, proof, clock, tabId, isPage, newTerm, awake, patienceMs } = ports;
  /** A record that was lost was waited for in vain. */
  let hasWaited = false;

  async function run(toCall: ToCall, { signal, insists, ...options }: RunOptions): Promise<Tenancy | null> {
    let candidate = { term: newTerm(), tabId };
    // Remember which session we were asked to end, so that we don't end the next one.
    let origin: number | undefined;
    let isDecided = false;
    const onDecided = (record: SessionRecord): void => {
      isDecided = true;
      origin ??= record.origin;
      options.onDecided?.(record);
    };
    // Another tab came first, as the record says since this call began: only the proof that it lives is missing.
    let isBeaten = false;
    for (;;) {
      const verdict = () => ledger.preview(toCall(candidate, origin)).verdict;
      const willAsk = (): boolean => insists === true && verdict() === 'asked';
      if (verdict() !== 'granted') await proof.look(signal, willAsk, isBeaten);
      throwIfAborted(signal);
      origin ??= ledger.record.origin || undefined;
      const call = toCall(candidate, origin);
      const expected = ledger.preview(call);
      if (expected.verdict === 'refused') throw refusalIn(ledger.record, expected.code);
      // What this call ended is over: a session that was wanted, or began, since that was decided is none of its business.
      if (expected.verdict === 'void' || (isDecided && expected.verdict === 'done')) return null;
      isBeaten = expected.verdict === 'granted';
      const tenancy = await tryOnce(call, isBeaten, onDecided, signal, insists);
      if (tenancy) return tenancy;
      throwIfAborted(signal);
      // Never reuse a term id that was in the record: a follower may still be queued for its lock and would take our release for
      // our death.
      const { term, successor } = ledger.record;
      if (term !== candidate.term && successor?.term !== candidate.term) candidate = { term: newTerm(), tabId };
    }
  }

  /** `null`: somebody else came first; look again. */
  async function tryOnce(
    call: Call,
    isFree: boolean,
    onDecided: (record: SessionRecord) => void,
    signal: AbortSignal | undefined,
    insists: boolean | undefined,
  ): Promise<Tenancy | null> {
    const { term } = call.candidate;
    // What is in here at the end is released; and at once when the page is left: one that sleeps must not keep it. Who gives a call up
    // while its page is awake keeps it until its claim is undone: to others a free lock would be a dead host.
    const left = awake();
    const held: HeldLock[] = [];
    let isStolen = false;
    const release = (): void => {
      for (const lock of held) lock.release();
    };
    const onLeft = (): void => {
      isStolen = true;
      release();
    };
    const hold = async (request: Promise<HeldLock | null>): Promise<HeldLock | null> => {
      const lock = await request;
      if (lock) held.push(lock);
      void lock?.lost.then(() => {
        isStolen = true;
      });
      if (left.aborted) release();
      return lock;
    };
    const isOurs = (): boolean => ledger.record.term === term && !isStolen;

    left.addEventListener('abort', onLeft);
    try {
      let [termLock, seat] = await Promise.all([
        hold(locks.takeTerm(term)),
        isFree ? hold(freeSeat(term, signal)) : null,
      ]);
      if (signal?.aborted || !termLock || (isFree && !seat)) return null;
      let began = clock.monotonic();
      // Not "it is known to be lost": this tab may have looked only since it was given the seat.
      const bid = { hasWaited: isFree ? hasWaited : undefined, isUnlocked: () => isStolen };
      const decision = await ledger.transact(call, bid);
      const { record, verdict } = decision;
      onDecided(record);
      if (verdict === 'refused' && record.term === null) throw refusalIn(record, decision.code);
      if (verdict === 'asked') {
        const isSilent = !(await hostDoes(call, record, signal));
        if (isSilent && !isPage) throw refusal(busyCode(ledger.record.phase), SILENT);
        if (isSilent && insists) {
          seat ??= await hold(locks.takeSeat('steal'));
          // Where no store says who came first of two that insist at once, it is who has the seat in the end.
          if (!ledger.isStored) await ledger.until(() => isStolen, AGREE_MS, signal);
          if (!isStolen) onDecided((await ledger.transact({ ...call, silent: record.term ?? '' }, bid)).record);
        } else if (call.type === 'takeOver' && !isOurs()) {
          await giveWay(call, record, isSilent, signal);
        }
        began = Number.NEGATIVE_INFINITY;
      }
      // The old host has let go of the seat, or is gone; whoever else holds it has no right to, as the store says.
      if (isOurs()) seat ??= await hold(locks.takeSeat(ledger.isStored ? 'steal' : 'probe'));
      if (!seat && isOurs()) await ledger.until((now) => now.term !== term, SEAT_AGAIN_MS, signal);
      // If this took longer than the silence that others tolerate, the page may have been stopped and fenced meanwhile: read the
      // record again before acting.
      if (clock.monotonic() - began > SILENCE_MS) {
        began = clock.monotonic();
        await ledger.peek();
      }
      if (seat && isOurs() && clock.monotonic() - began <= SILENCE_MS) {
        held.length = 0;
        return { term, termLock, seat, record: ledger.record };
      }
      // Our seat was stolen while the page was stopped, or given back as it was left: assume that others act, and undo our claim.
      if (isStolen && ledger.record.term === term) await proof.reap(term);
      return null;
    } finally {
      left.removeEventListener('abort', onLeft);
      release();
    }
  }

  /**
   * The seat, unless the record says who has it. If nobody answers for it, a tab was stopped in the middle of its claim: that
   * claim will fail, as the record says.
   */
  async function freeSeat(ours: string, signal: AbortSignal | undefined): Promise<HeldLock | null> {
    // Counted and not timed: a tab that slept meanwhile has not waited.
    for (let tries = SILENCE_MS / SEAT_AGAIN_MS; ; tries -= 1) {
      // Without a seat to be taken, only a record speaks for a live host. If it was lost, let that host write a new one.
      if (!ledger.isSpoilt) hasWaited = false;
      else if (!hasWaited && !locks.work())
        hasWaited = !(await ledger.until(() => !ledger.isSpoilt, SILENCE_MS, signal));
      const seat = await locks.takeSeat(tries <= 0 && ledger.isStored && !ledger.isDeaf ? 'steal' : 'probe');
      if (seat || signal?.aborted || ledger.record.term !== null) return seat;
      // Or its locks broke meanwhile, and every one is said to be taken.
      if (tries <= 0 && (await locks.probe(SEAT)) === 'held') throw refusal(1002);
      // Whoever has the seat has claimed: asking for it once more would tell nothing.
      if (await ledger.until(({ term }) => term !== null && term !== ours, SEAT_AGAIN_MS, signal)) return null;
    }
  }

  /** Waits until the host has done what the record asks of it, which shows as the end of its term. False: it is silent. */
  async function hostDoes(call: Call, record: SessionRecord, signal: AbortSignal | undefined): Promise<boolean> {
    const { term } = record;
    let wasNamed = false;
    const isOver = (now: SessionRecord): boolean => {
      const isNamed = call.type === 'takeOver' && now.successor?.term === call.candidate.term;
      wasNamed ||= isNamed;
      // Or overtaken by another tab that asked later.
      return now.term !== term || now.phase === 'idle' || (wasNamed && !isNamed);
    };
    const deadline = clock.monotonic() + patienceMs;
    for (let asked = record; ; ) {
      const isAnswered = (now: SessionRecord): boolean => isOver(now) || hasAnswered(now, asked);
      if (!(await ledger.until(isAnswered, SILENCE_MS, signal, call))) break;
      if ((await ledger.until(isOver, ASK_AGAIN_MS, signal, call)) || signal?.aborted) return true;
      if (term === null || clock.monotonic() > deadline) break;
      asked = (await ledger.transact({ type: 'ask', term })).record;
    }
    return signal?.aborted === true;
  }

  /** A take-over that did not come about: it is refused, or begins anew once others that were later are done. */
  async function giveWay(
    call: Call,
    { term, phase }: SessionRecord,
    isSilent: boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { candidate } = call;
    await ledger.transact({ type: 'withdraw', candidate });
    // Handed over meanwhile: who gives that up says so in the record, or the others would find a host that is none.
    if (ledger.record.term === candidate.term) return;
    throwIfAborted(signal);
    if (isSilent) throw refusal(busyCode(phase), SILENT);
    // A tab that only follows its user gives up: where the later call was made its user is now.
    if (call.type === 'takeOver' && call.follows) throw abortError('Another tab asked for the session later.');
    // Two that ask again at once overtake each other for ever, and neither ever finds the host silent.
    await ledger.until((now) => now.term !== term || now.successor === null, 2 * SILENCE_MS, signal);
  }

  return { run };
}
