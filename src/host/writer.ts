/**
 * The host's pen: numbers its events, sends them at once, and stores reports, events and what is published, in order, one
 * transaction at a time.
 *
 * An event gets its number in the turn in which it was emitted, unless a report is under way that may have events of its
 * own: then it waits for that one transaction. However many events are emitted meanwhile, they are stored together. What is
 * published is a state and not a stream: the latest goes along with the next transaction, whatever that is for.
 */
import type { Tenancy } from '../election/election';
import type { Ledger } from '../ledger/ledger';
import type { Platform } from '../platform/platform';
import type { Decision, Report } from '../session/command';
import { isSessionError } from '../session/errors';
import { type EventDraft, type JournalEntry, withoutPayload } from '../session/events';

/** Events per message: keeps a flood from becoming one huge clone in every tab. */
const BATCH = 500;

/** A transaction that begins in the same turn as a message delays it by a fifth. This is later than any tab gets it. */
const AFTER_MESSAGE_MS = 2;

/** After these nothing can be told under the term: what is emitted until they are written goes before them. */
const LAST: readonly Report['type'][] = ['ended', 'handOver', 'settled', 'failed'];

/** Between two tries to write while the store is blocked. */
const BLOCKED_AGAIN_MS = 1_000;

export interface WriterPorts extends Pick<Platform, 'clock' | 'lifecycle' | 'logger'> {
  readonly ledger: Ledger;
  readonly tabId: string;
  /** The term is over: nothing can be written under it any more. */
  isOver(): boolean;
}

export interface Writer {
  /**
   * Reports under this host's term. Resolves with what became of it. While the store is blocked it waits, except with
   * `connected`: an attempt that can't be written down is rejected.
   */
  report(report: Report): Promise<Decision>;
  /** Tells every tab, this one included, after the present turn. */
  emit(draft: EventDraft): void;
  publish(info: unknown): void;
  /** Something that was emitted, published or reported is not stored yet. */
  hasMore(): boolean;
  /** Resolves when nothing is left to be stored, or the term is over. */
  storeAll(): Promise<void>;
  /** Resolves when what was reported until now is stored, or will never be. */
  settled(): Promise<unknown>;
}

export function createWriter(
  { ledger, clock, lifecycle, logger, tabId, isOver }: WriterPorts,
  { term, record: { epoch, ...claimed } }: Pick<Tenancy, 'term' | 'record'>,
): Writer {
  let seq = claimed.seq;
  const drafts: EventDraft[] = [];
  const unstored: JournalEntry[] = [];
  let published: { readonly info: unknown } | undefined;
  let reportsUnderWay = 0;
  /** Of those, how many are last ones. */
  let lastOnes = 0;
  let isStoring = false;
  let queue: Promise<unknown> = Promise.resolve();

  function number(fresh: readonly EventDraft[]): void {
    const at = clock.now();
    const entries = fresh.map((draft) => ({ ...draft, epoch, seq: ++seq, tabId, at }));
    // First: a listener in this tab may close its coordinator.
    unstored.push(...entries);
    for (let i = 0; i < entries.length; i += BATCH) ledger.sendEvents(term, entries.slice(i, i + BATCH));
  }

  function flush(): void {
    if (reportsUnderWay > 0) return;
    if (drafts.length > 0 && ledger.record.term !== term) {
      logger.warn('solotab: what the driver emitted as its session ended was ignored.');
      drafts.length = 0;
    }
    number(drafts.splice(0));
    if (isStoring || (unstored.length === 0 && !published)) return;
    isStoring = true;
    // A hidden page stores at once: its timers may wait for a second.
    if (unstored.length === 0 || !lifecycle.isVisible()) return storeSoon();
    clock.after(AFTER_MESSAGE_MS, () => {
      // A page that was left meanwhile, and woke, is nobody's host any more.
      if (!isOver()) storeSoon();
    });
  }

  function storeSoon(): void {
    void enqueue(async () => {
      isStoring = false;
      if (unstored.length > 0 || published) await store({ type: 'alive' });
    }).then(flush);
  }

  async function store(report: Report): Promise<Decision> {
    for (;;) {
      const [entries, info] = [[...unstored], published];
      try {
        const decision = await ledger.transact({ ...report, term, entries, seq, published: info });
        unstored.splice(0, entries.length);
        if (published === info) published = undefined;
        seq = Math.max(seq, decision.record.seq);
        return decision;
      } catch (error) {
        if (isOver()) return { verdict: 'void', record: ledger.record, changed: false, entries: [] };
        if (!isSessionError(error)) {
          // It can't be stored, although it could be cloned. Its number counts all the same.
          logger.error(
            "solotab: what the driver emitted or published can't be stored, and may not reach other tabs",
            error,
          );
          unstored.splice(0, entries.length, ...entries.map(withoutPayload));
          published = undefined;
        } else {
          if (report.type === 'connected') throw error;
          await new Promise<void>((resolve) => clock.after(BLOCKED_AGAIN_MS, resolve));
        }
      }
    }
  }

  function enqueue<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = queue.then(task);
    queue = result.catch(() => {});
    return result;
  }

  async function report(given: Report): Promise<Decision> {
    const isLast = LAST.includes(given.type);
    reportsUnderWay += 1;
    lastOnes += Number(isLast);
    // What was emitted before a last one is that one's to tell.
    const before = lastOnes > 0 ? [] : drafts.splice(0);
    try {
      return await enqueue(() => {
        number(isLast ? drafts.splice(0) : before);
        return store(given);
      });
    } finally {
      reportsUnderWay -= 1;
      lastOnes -= Number(isLast);
      flush();
    }
  }

  const hasMore = (): boolean => drafts.length + unstored.length + reportsUnderWay > 0 || published !== undefined;

  return {
    report,
    emit(draft) {
      if (drafts.push(draft) === 1) void Promise.resolve().then(flush);
    },
    publish(info) {
      if (!published) void Promise.resolve().then(flush);
      published = { info };
    },
    hasMore,
    async storeAll() {
      while (!isOver() && hasMore()) await report({ type: 'alive' });
    },
    settled: () => queue,
  };
}
