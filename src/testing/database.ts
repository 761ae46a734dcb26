/**
 * The database of one scope: transactions run alone, one after the other, across all tabs.
 *
 * Each waits for its turn; then its step runs in its page and what it wrote is stored, both at once; then the page is told.
 * A page may die between the last two: what it wrote is there, and it never knew. The step of a page that can't run is put
 * off until it can, without keeping anyone waiting (unless `blockingTransactions`).
 */
import type { StoreWrite } from '../platform/platform';
import { clone, cloneForStorage } from './clone';
import type { Machine } from './machine';
import type { Page } from './page';

export interface Transaction {
  readonly page: Page;
  /** Runs in the page. Throws what the transaction rejects with. */
  readonly step: () => StoreWrite | undefined;
  /** Tells the page; with an error, nothing was written. */
  readonly settle: (error?: unknown) => void;
  /** Its connection was lost: it has to begin anew. */
  lost: boolean;
  /** Its page waits for it no longer. If it was stored already, it stays so. */
  aborted: boolean;
}

export class Database {
  record: unknown;
  readonly journal = new Map<number, unknown>();
  readonly #machine: Machine;
  readonly #scope: string;
  readonly #queue: Transaction[] = [];
  #current: Transaction | undefined;
  /** The page of the current transaction can't run. */
  #blocked = false;
  #toldAt = 0;

  constructor(machine: Machine, scope: string) {
    this.#machine = machine;
    this.#scope = scope;
  }

  begin(transaction: Transaction): void {
    this.#queue.push(transaction);
    if (this.#current === undefined) this.#next();
  }

  abort(transaction: Transaction): void {
    transaction.aborted = true;
    if (this.#blocked && this.#current === transaction) this.#next();
  }

  /** Overwrites the record as another program might. */
  put(record: unknown): void {
    this.record = clone(record);
  }

  /** Overwrites entries of the journal as another program might. */
  putJournal(entries: Iterable<readonly [slot: number, entry: unknown]>): void {
    for (const [slot, entry] of entries) this.journal.set(slot, clone(entry));
  }

  wipe(): void {
    this.record = undefined;
    this.journal.clear();
  }

  #next(): void {
    const transaction = this.#queue.shift();
    this.#current = transaction;
    if (this.#blocked) this.#machine.outOfReachUntil = this.#machine.scheduler.now;
    this.#blocked = false;
    if (transaction) this.#machine.scheduler.work(this.#latencyMs(), () => this.#turn(transaction));
  }

  #latencyMs(): number {
    const { faults, random } = this.#machine;
    return random.chance(faults.delayTransactions)
      ? random.between(1, faults.longestDelayMs)
      : random.between(0.2, 1.5);
  }

  #turn(transaction: Transaction): void {
    const { page } = transaction;
    if (page.gone || transaction.aborted) {
      if (this.#current === transaction) this.#next();
    } else if (page.isFree('store')) {
      this.#run(transaction);
    } else if (this.#machine.faults.blockingTransactions) {
      page.log('keeps the store waiting');
      this.#blocked = true;
      this.#machine.outOfReachUntil = Number.POSITIVE_INFINITY;
      page.deliver('store', () => this.#turn(transaction));
      page.whenGone(() => {
        if (this.#current === transaction) this.#next();
      });
    } else {
      page.deliver('store', () => this.begin(transaction));
      this.#next();
    }
  }

  #run(transaction: Transaction): void {
    const { faults, random, scheduler } = this.#machine;
    if (transaction.lost) {
      // As the adapter does: once more, on a new connection.
      transaction.lost = false;
      this.begin(transaction);
      this.#next();
      return;
    }
    if (random.chance(faults.failTransactions / 2)) {
      this.#finish(transaction, storeFailure());
      return;
    }
    let store: () => void;
    try {
      store = this.#prepare(transaction.page, transaction.step());
    } catch (error) {
      this.#finish(transaction, error);
      return;
    }
    if (random.chance(faults.failTransactions / 2)) {
      this.#finish(transaction, storeFailure());
    } else if (random.chance(faults.repeatTransactions)) {
      scheduler.work(this.#latencyMs(), () => this.#turn(transaction));
    } else {
      for (const watcher of this.#machine.watchers) watcher.onLook?.(transaction.page, this.#scope, this.record);
      store();
      this.#finish(transaction);
    }
  }

  /** Clones first: what can't be cloned spoils the whole transaction. */
  #prepare(page: Page, write: StoreWrite | undefined): () => void {
    if (write === undefined) return () => undefined;
    const record = cloneForStorage(write.record);
    const journal = (write.journal ?? []).map(([slot, entry]) => [slot, cloneForStorage(entry)] as const);
    return () => {
      const before = this.record;
      if (record !== undefined) this.record = record;
      if (write.erasesJournal) this.journal.clear();
      for (const [slot, entry] of journal) this.journal.set(slot, entry);
      const commit = { page, scope: this.#scope, before, after: this.record, journal };
      for (const watcher of this.#machine.watchers) watcher.onCommit?.(commit);
    };
  }

  /** Pages are told in the order of their transactions. */
  #finish({ page, settle }: Transaction, error?: unknown): void {
    const { random, scheduler } = this.#machine;
    this.#toldAt = Math.max(this.#toldAt, scheduler.now + random.between(0.1, 0.8));
    if (error !== undefined) page.log(() => `a transaction fails: ${String(error)}`);
    scheduler.work(this.#toldAt - scheduler.now, () => page.deliver('store', () => settle(error)));
    this.#next();
  }
}

export function storeFailure(name = 'UnknownError'): DOMException {
  return new DOMException('The simulated store failed.', name);
}
