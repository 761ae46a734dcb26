/**
 * Becoming the host. Every claim is one compare-and-set of the record, made while this tab already holds the locks of the
 * term that it claims; every refusal rests on a look at the store *and* on a proof that the tab which is in the way lives.
 *
 *     look and prove ──▶ refused, and alive ──▶ refuse
 *       ▲     │               refused, and dead ──▶ reap, look again
 *       │     ▼
 *       │  take term lock and seat ──▶ seat taken ──▶ wait for it, or for the record to say why
 *       │     │
 *       └── compare-and-set ──▶ granted
 */
import type { Clock, HeldLock } from '../platform/platform';
import type { Call, Command, Decision } from '../session/commands';
import { SessionError } from '../session/errors';
import type { SessionRecord, Successor } from '../session/record';
import type { SharedRecord } from './shared-record';
import type { TermLocks } from './term-locks';

/**
 * A host answers a challenge in some 5 ms. One that stays silent this long is stopped, dead, or so busy that its user sees
 * a frozen page; to fence it wrongly costs its session, never the exclusion.
 */
export const SILENCE_MS = 3_000;

/** A host that has answered but not acted is challenged again after this long. */
const CHALLENGE_AGAIN_MS = 10_000;

/** Long against a message: within this, tabs without a store hear of what others do at the same time. */
const AGREE_MS = 50;

/** A term that this tab holds. */
export interface Tenancy {
  readonly term: string;
  readonly termLock: HeldLock;
  readonly seat: HeldLock;
  /** The record as it was claimed. */
  readonly record: SessionRecord;
  /** Tells the other tabs, who don't know yet: the driver comes first. */
  announce?(): void;
}

/** A call that claims. */
export type ClaimCall = Call & { readonly candidate: Successor };

export interface ClaimOptions {
  readonly signal?: AbortSignal;
  /** Take the session even from a host that does not answer. */
  readonly force?: boolean;
}

/** Waits for a lock and keeps it for the claim. */
type Hold = (request: Promise<HeldLock | null>) => Promise<HeldLock | null>;

export interface ElectionPorts {
  readonly shared: SharedRecord;
  readonly locks: TermLocks;
  readonly clock: Clock;
  readonly tabId: string;
  newTerm(): string;
  /** How long a live host may take to hand over or to end, in milliseconds. */
  readonly patienceMs: number;
}

export class Election {
  constructor(private readonly ports: ElectionPorts) {}

  /**
   * Claims what `toCall` asks for. Rejects with the refusal, or with the signal's reason. `null`: an automatic resume that
   * is not this tab's to do.
   */
  async claim(toCall: (candidate: Successor) => ClaimCall, options: ClaimOptions = {}): Promise<Tenancy | null> {
    const { shared, tabId } = this.ports;
    let call = toCall({ term: this.ports.newTerm(), tabId });
    for (;;) {
      throwIfAborted(options.signal);
      if (shared.preview(call).verdict !== 'granted') await this.look(options.signal);
      throwIfAborted(options.signal);
      const preview = shared.preview(call);
      if (preview.verdict === 'refused') throw this.refusal(preview);
      if (preview.verdict === 'void') return null;
      const tenancy =
        preview.verdict === 'asked' ? await this.askToHandOver(call, options) : await this.tryToClaim(call, options);
      if (tenancy) return tenancy;
      // A term that the record has done with is spent: others may still wait for its lock.
      const { term } = call.candidate;
      const isNamed = shared.record.term === term || shared.record.successor?.term === term;
      if (!isNamed) call = toCall({ term: this.ports.newTerm(), tabId });
    }
  }

  /** Ends the session, or gives up the attempt, whoever has it. A tenancy if this tab has to do it, `null` when it is done. */
  async endAnywhere(type: 'cancel' | 'end', signal: AbortSignal): Promise<Tenancy | null> {
    const { shared, tabId } = this.ports;
    // Only the session that is there now: another one may begin as soon as it is over.
    let target: { readonly origin?: number } = {};
    for (;;) {
      throwIfAborted(signal);
      const { record, verdict } = await shared.transact({ type, ...target });
      if (verdict === 'refused') throw this.refusal({ record, code: 1004 });
      if (verdict === 'void') return null;
      target = { origin: record.origin };
      if (verdict === 'needs-term') {
        const call = { type, ...target, candidate: { term: this.ports.newTerm(), tabId } } as const;
        const tenancy = await this.tryToClaim(call, { signal });
        if (tenancy) return tenancy;
      } else if ((await this.hostDoes(record, { signal })) === 'silent') {
        const candidate = { term: this.ports.newTerm(), tabId };
        const tenancy = await this.withLocks(signal, async (hold) => {
          const termLock = await hold(this.ports.locks.takeTerm(candidate.term));
          return termLock && this.seize(record, 'end', candidate, termLock, hold);
        });
        if (tenancy) return tenancy;
      }
    }
  }

  /** Reaps the term of a host that is proven dead. */
  async reap(term: string): Promise<void> {
    const { shared } = this.ports;
    // Without a store a hand-over is told by a message, which may come after the news that the old host let go of its lock.
    if (!shared.isStored) await shared.until((now) => now.term !== term, AGREE_MS);
    await shared.transact({ type: 'lost', term });
  }

  /** Reaps the term of a host that is said to have left, unless its lock shows that it has not. */
  async reapIfGone(term: string): Promise<void> {
    const isCurrent = this.ports.shared.record.term === term;
    if (isCurrent && (await this.ports.locks.probe(term)) !== 'held') await this.reap(term);
  }

  /**
   * A claim whose answer is news, and still to be announced. A tab that was stopped meanwhile may have been fenced: it looks
   * again before it acts on a grant, and a grant that is over counts as void.
   */
  private async transactAwake(command: Command): Promise<Decision> {
    const { shared, clock } = this.ports;
    const began = clock.monotonic();
    const decision = await shared.transactQuietly(command);
    if (clock.monotonic() - began < SILENCE_MS) return decision;
    return (await this.isStill(decision.record.term)) ? decision : { ...decision, verdict: 'void' };
  }

  /** Whether the record names `term` as its host's, in a look that was not interrupted itself. */
  private async isStill(term: string | null): Promise<boolean> {
    const { shared, clock } = this.ports;
    const began = clock.monotonic();
    await shared.peek();
    return clock.monotonic() - began < SILENCE_MS && shared.record.term === term;
  }

  /** Whether the host of `term` lives: its lock says so, or its committed answer to a challenge. */
  async isAlive(term: string): Promise<boolean> {
    const answer = await this.ports.locks.probe(term);
    return answer === 'unknown' ? this.challenge(term) : answer === 'held';
  }

  /** Asks the host of `term` for a committed write. False: it stayed silent. */
  async challenge(term: string): Promise<boolean> {
    const { shared } = this.ports;
    const { record } = await shared.transact({ type: 'ask', term });
    return shared.until((now) => now.term !== term || now.answered >= record.asked, SILENCE_MS);
  }

  /** Sees the record as it is now, and that its host lives; reaps it otherwise. */
  private async look(signal: AbortSignal | undefined): Promise<void> {
    const { shared, locks } = this.ports;
    let known = shared.record;
    let isAlive = false;
    // In the usual case this tab knows the record already: look and prove at the same time.
    if (known.term === null) await shared.peek();
    else [isAlive] = await Promise.all([this.isAlive(known.term), shared.peek()]);
    while (shared.record.term !== null && !signal?.aborted) {
      const { record } = shared;
      const isSame = record.term === known.term;
      if (isSame && !isAlive) {
        await this.reap(record.term ?? '');
      } else if (isSame && (record.revision === known.revision || (!locks.work && record.phase === known.phase))) {
        // A proof speaks for what was known when it was asked for. An answer to a challenge is newer than the question.
        return;
      } else {
        known = record;
        isAlive = await this.isAlive(record.term ?? '');
      }
    }
  }

  /**
   * Runs `claim`, which takes its locks with `hold`. They are released unless it was granted; and at once when the call is
   * given up: a page that is cached or frozen in the middle of its claim must not keep them.
   */
  private async withLocks(
    signal: AbortSignal | undefined,
    claim: (hold: Hold) => Promise<Tenancy | null>,
  ): Promise<Tenancy | null> {
    const held: HeldLock[] = [];
    const release = (): void => {
      for (const lock of held) lock.release();
    };
    const hold: Hold = async (request) => {
      const lock = await request;
      if (lock) held.push(lock);
      if (signal?.aborted) release();
      return lock;
    };
    signal?.addEventListener('abort', release);
    let tenancy: Tenancy | null = null;
    try {
      tenancy = await claim(hold);
      return tenancy;
    } finally {
      signal?.removeEventListener('abort', release);
      if (!tenancy) release();
    }
  }

  /** One compare-and-set. `null`: somebody else came first; look again. */
  private tryToClaim(call: ClaimCall, { signal }: ClaimOptions): Promise<Tenancy | null> {
    const { shared, locks } = this.ports;
    const { term } = call.candidate;
    return this.withLocks(signal, async (hold) => {
      const before = shared.record;
      // Without a seat to be taken, a damaged record is all that may speak for a live host: let it write a new one.
      if (shared.isSpoilt && !locks.work) await shared.until(() => !shared.isSpoilt, SILENCE_MS, signal);
      const [termLock, freeSeat] = await Promise.all([hold(locks.takeTerm(term)), hold(locks.takeSeat('probe'))]);
      const seat = freeSeat ?? (await hold(this.waitForSeat(signal)));
      if (signal?.aborted || !termLock) return null;
      if (!seat) {
        if (shared.record.term !== null) return null;
        throw this.refusal({ record: before, code: 1002 });
      }
      let isStolen = false;
      void seat.lost.then(() => {
        isStolen = true;
      });
      const decision = await this.transactAwake(call);
      const { verdict, record } = decision;
      const announce = (): void => shared.announce(decision, call);
      if (verdict === 'granted' && !isStolen) return { term, termLock, seat, record, announce };
      announce();
      // This tab slept with the seat, and somebody else took it: whatever the record says now, that tab may have a session.
      if (verdict === 'granted') await this.reap(term);
      // No host is in the way: nothing to resume, or a record that this build can't read.
      if (verdict === 'refused' && record.term === null) throw this.refusal(decision);
      return null;
    });
  }

  /**
   * The seat is taken and no record says by whom. It becomes free in a moment, or the record tells. If neither happens and
   * nobody answers for it, a tab was stopped in the middle of its claim: that claim will fail, as the record says.
   */
  private async waitForSeat(signal: AbortSignal | undefined): Promise<HeldLock | null> {
    const { shared, locks } = this.ports;
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    signal?.addEventListener('abort', stop);
    const ask = { type: 'ask' } as const;
    // In a crowd that starts at one instant the winner's record is there before anyone need ask.
    if (!shared.isStored) shared.post(ask);
    const told = shared.until(({ term }) => term !== null, SILENCE_MS, controller.signal, ask);
    void told.then(stop);
    const seat = await locks.takeSeat('queue', controller.signal);
    stop();
    signal?.removeEventListener('abort', stop);
    const isSilent = !seat && !(await told) && !signal?.aborted;
    return isSilent && shared.isStored && !shared.isDeaf ? locks.takeSeat('steal') : seat;
  }

  /** Asks the host to let go; it then writes our term into the record itself. */
  private askToHandOver(call: ClaimCall, { signal, force }: ClaimOptions): Promise<Tenancy | null> {
    const { shared, locks } = this.ports;
    const { term } = call.candidate;
    return this.withLocks(signal, async (hold) => {
      const termLock = await hold(locks.takeTerm(term));
      const asked = await this.transactAwake(call);
      shared.announce(asked, call);
      if (!termLock || (asked.verdict !== 'asked' && asked.verdict !== 'granted')) return null;
      if (asked.verdict === 'asked') {
        const result = await this.hostDoes(asked.record, { ours: term, ...(signal && { signal }) });
        if (shared.record.term !== term && result !== 'changed') {
          if (result === 'silent' && force) return this.seize(asked.record, 'takeOver', call.candidate, termLock, hold);
          await shared.transact({ type: 'withdraw', term });
        }
        if (shared.record.term !== term) {
          throwIfAborted(signal);
          if (result === 'silent') throw this.silence(asked.record);
          await this.letOthersAsk(asked.record, signal);
          return null;
        }
      }
      const seat = await hold(this.seatOf(term));
      // Stopped since it saw the answer, this tab may have been fenced.
      if (!seat || !(await this.isStill(term))) return null;
      return { term, termLock, seat, record: shared.record };
    });
  }

  /**
   * The seat of a term that was handed over. The old host has let go of it, or is gone; whoever else holds it has no right to, as
   * the store says. Without one a tab that slept may be told so long after: then nothing but the seat says whose turn it is.
   */
  private async seatOf(term: string): Promise<HeldLock | null> {
    const { shared, locks } = this.ports;
    if (shared.isStored) return locks.takeSeat('steal');
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    void shared.until((now) => now.term !== term, SILENCE_MS, controller.signal).then(stop);
    const seat = await locks.takeSeat('queue', controller.signal);
    stop();
    return seat;
  }

  /**
   * The host hands over to whoever asked last. Who was overtaken waits for what comes of that: two that ask again at once
   * overtake each other for ever, and neither ever finds the host silent.
   */
  private letOthersAsk({ term }: SessionRecord, signal: AbortSignal | undefined): Promise<boolean> {
    return this.ports.shared.until((now) => now.term !== term || now.successor === null, 2 * SILENCE_MS, signal);
  }

  /** Waits until the host has done what the record asks of it, which shows as the end of its term. */
  private async hostDoes(record: SessionRecord, waiting: { ours?: string; signal?: AbortSignal } = {}) {
    const { shared, patienceMs } = this.ports;
    const { term, asked } = record;
    if (term === null) return 'changed';
    const isOver = (now: SessionRecord) =>
      now.term !== term || (waiting.ours !== undefined && now.successor?.term !== waiting.ours);
    let challenge = asked;
    for (let waitedMs = 0; waitedMs <= patienceMs; waitedMs += CHALLENGE_AGAIN_MS) {
      if ((await this.ports.locks.probe(term)) === 'free') await this.reap(term);
      const heard = await shared.until((now) => isOver(now) || now.answered >= challenge, SILENCE_MS, waiting.signal);
      if (waiting.signal?.aborted) return 'aborted';
      if (!heard) return 'silent';
      if (await shared.until(isOver, CHALLENGE_AGAIN_MS, waiting.signal)) return 'changed';
      challenge = (await shared.transact({ type: 'ask', term })).record.asked;
    }
    return 'silent';
  }

  /** Takes the session from a host that does not answer. It is fenced: whatever it writes when it wakes is refused. */
  private async seize(
    record: SessionRecord,
    purpose: 'end' | 'takeOver',
    candidate: Successor,
    termLock: HeldLock,
    hold: Hold,
  ): Promise<Tenancy | null> {
    const { shared, locks } = this.ports;
    const { term } = candidate;
    if (record.term === null) return null;
    const command = { type: 'seize', term: record.term, candidate, for: purpose } as const;
    if (!shared.isStored) {
      // Two that insist at once agree by messages on who it is. Both would find the seat theirs, for a moment.
      await shared.transact(command);
      await shared.until((now) => now.term !== term, AGREE_MS);
      if (shared.record.term !== term) return null;
    }
    const seat = await hold(locks.takeSeat('steal'));
    if (!seat) return null;
    const decision = await this.transactAwake(command);
    shared.announce(decision, command);
    return decision.verdict === 'granted' ? { term, termLock, seat, record: decision.record } : null;
  }

  private silence({ phase, epoch }: SessionRecord): SessionError {
    return new SessionError(phase === 'recovering' ? 1002 : 1004, {
      local: true,
      tabId: this.ports.tabId,
      epoch,
      message: 'The tab that has the session does not answer.',
      suggestedAction: 'Try again in a moment, or take the session over by force.',
    });
  }

  private refusal({ record, code = 1002 }: Pick<Decision, 'record' | 'code'>): SessionError {
    return new SessionError(code, { local: true, tabId: this.ports.tabId, epoch: record.epoch });
  }
}

/** Rejects as the platform does: with the signal's own reason. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason ?? abortError('The call was given up.');
}

export function abortError(message: string): DOMException {
  return new DOMException(message, 'AbortError');
}
