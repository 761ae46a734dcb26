/**
 * Whether the host lives. A free lock proves its death, if the term was claimed with a lock and this tab can trust its own; in all
 * other cases the host is asked, and only an answer that it committed counts: a frozen page still answers messages.
 */
import type { Ledger } from '../ledger/ledger';
import type { Clock } from '../platform/platform';
import type { Death } from '../session/command';
import type { SessionRecord } from '../session/record';
import type { ScopeLocks } from './locks';

/**
 * A host answers in some 5 ms. One that stays silent this long is stopped, dead, or so busy that its user sees a frozen page;
 * to fence it wrongly costs its session, never the exclusion.
 */
export const SILENCE_MS = 3_000;

/** Long against a message: within this, tabs without a store hear of what others do at the same time. */
export const AGREE_MS = 50;

/** Where others can look at the record and this tab can't, they have told it within this. */
const TOLD_MS = 1_000;

/** Whether the host has answered the question that `asked` holds. If that was lost with the record, what the host wrote since is an answer too. */
export function hasAnswered(now: SessionRecord, asked: SessionRecord): boolean {
  return now.answered >= asked.asked || now.seenAt > asked.seenAt;
}

/** Whether a lock tells this tab of the death of that record's host. */
export function isWatched({ proof }: SessionRecord, locks: ScopeLocks): boolean {
  return proof === 'lock' && locks.work();
}

export interface ProofPorts {
  readonly ledger: Ledger;
  readonly locks: ScopeLocks;
  readonly clock: Clock;
}

export interface LifeProof {
  /**
   * Sees the record as it is now, and that its host lives; ends the term of a host that does not. `willAsk`: as things stand the
   * call asks the host itself, and finds out by that whether it answers. `isRead`: the record was read since the call began, and this tab
   * was given a lock of its own.
   */
  look(signal: AbortSignal | undefined, willAsk?: () => boolean, isRead?: boolean): Promise<void>;
  /** Asks the host of `term` for a committed write. Null: it wrote one. */
  challenge(term: string): Promise<Death | null>;
  /** Ends the term of a host that is proven dead. */
  reap(term: string, death?: Death): Promise<void>;
  /** The same if the lock of that term is free, so far as that proves anything. */
  reapIfFree(term: string): Promise<void>;
  /** A host says that it leaves: believed where no lock tells of that. */
  hearGoodbye(term: string): Promise<void>;
}

/**
 * In a worker, which must not be the one that notices a death: it may have slept, and its driver may hold no session. It takes what is
 * stored for true, and leaves all else to the pages.
 */
export function noProof({ ledger }: ProofPorts): LifeProof {
  const nothing = async (): Promise<void> => {};
  return {
    look: ledger.peek,
    challenge: async () => null,
    ...{ reap: nothing, reapIfFree: nothing, hearGoodbye: nothing },
  };
}

export function lifeProof({ ledger, locks, clock }: ProofPorts): LifeProof {
  async function deathOf(
    { term, proof }: SessionRecord,
    willAsk: () => boolean,
    isChecked = false,
  ): Promise<Death | null> {
    if (term === null) return null;
    const answer = proof === 'lock' ? await locks.probe(term, isChecked) : 'unknown';
    if (answer === 'unknown') return willAsk() ? null : challenge(term);
    return answer === 'held' ? null : {};
  }

  async function challenge(term: string): Promise<Death | null> {
    const ask = { type: 'ask', term } as const;
    const { record } = await ledger.transact(ask);
    const isAnswered = (now: SessionRecord): boolean => now.term !== term || hasAnswered(now, record);
    const lives = await ledger.until(isAnswered, SILENCE_MS, undefined, ask);
    return lives ? null : { seenAt: record.seenAt };
  }

  async function reap(term: string, death?: Death): Promise<void> {
    // What this tab can't look up is told by a message, which may come after the news that the old host let go of its lock.
    const { isStored } = ledger.record;
    if (!isStored || !ledger.isStored) {
      void ledger.refresh();
      await ledger.until((now) => now.term !== term, isStored ? TOLD_MS : AGREE_MS);
    }
    await ledger.transact({ type: 'lost', term, ...death });
  }

  async function reapIfFree(term: string): Promise<void> {
    const isProven = ledger.record.term === term && ledger.record.proof === 'lock';
    if (isProven && (await locks.probe(term)) === 'free') await reap(term);
  }

  return {
    async look(signal, willAsk = () => false, isRead = false) {
      let known = ledger.record;
      // In the usual case this tab knows the record already: look and prove at the same time.
      let [death] = await Promise.all([deathOf(known, willAsk, isRead), isRead || ledger.peek()]);
      // That it lives counts for a record that was read before the proof, not for what was written since. The dead stay dead.
      for (let isProvenAfter = isRead; !signal?.aborted; isProvenAfter = true) {
        const { term, revision } = ledger.record;
        if (term === known.term && death) await reap(term ?? '', death);
        else if (term === known.term && (isProvenAfter || revision === known.revision)) return;
        known = ledger.record;
        death = await deathOf(known, willAsk);
      }
    },
    challenge,
    reap,
    reapIfFree,
    async hearGoodbye(term) {
      // Where locks tell of a death, this tab waits for this one: to prove it here as well would only be in the way of the call that follows.
      const { record } = ledger;
      if (record.term === term && !isWatched(record, locks)) await reap(term, { at: clock.now() });
    },
  };
}
