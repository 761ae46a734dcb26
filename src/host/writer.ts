/**
 * The host's pen: numbers its events, sends them at once, and stores reports and events in order, one transaction at a time.
 *
 * An event gets its number in the turn in which it was emitted, unless a report is under way that may have events of its
 * own: then it waits for that one transaction. However many events are emitted meanwhile, they are stored together.
 */
import type { SharedRecord } from '../election/shared-record';
import type { Clock } from '../platform/platform';
import type { Decision, Report } from '../session/commands';
import type { EventDraft, JournalEntry } from '../session/events';
import type { SessionRecord } from '../session/record';

/** Events per message: keeps a flood from becoming one huge clone in every tab. */
const BATCH = 500;

export class HostWriter {
  private readonly term: string;
  private readonly epoch: number;
  private seq: number;
  private drafts: EventDraft[] = [];
  private unstored: JournalEntry[] = [];
  private reportsUnderWay = 0;
  private isFlushing = false;
  private isStoring = false;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly shared: SharedRecord,
    private readonly clock: Clock,
    private readonly tabId: string,
    { term, epoch, seq }: SessionRecord,
  ) {
    this.term = term ?? '';
    this.epoch = epoch;
    this.seq = seq;
  }

  /** Reports under this host's term. Resolves with what became of it; `fenced` if the term is over. */
  report(report: Report): Promise<Decision> {
    this.reportsUnderWay += 1;
    const before = this.drafts.splice(0);
    return this.enqueue(async () => {
      this.number(before);
      const decision = await this.store(report);
      this.seq = Math.max(this.seq, decision.record.seq);
      this.reportsUnderWay -= 1;
      this.flush();
      return decision;
    });
  }

  /** Tells every tab, this one included, after the present turn. */
  emit(draft: EventDraft): void {
    this.drafts.push(draft);
    if (this.isFlushing) return;
    this.isFlushing = true;
    void Promise.resolve().then(() => {
      this.isFlushing = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.reportsUnderWay > 0 || this.drafts.length === 0) return;
    this.number(this.drafts.splice(0));
    if (this.isStoring) return;
    this.isStoring = true;
    void this.enqueue(async () => {
      this.isStoring = false;
      if (this.unstored.length > 0) await this.store({ type: 'alive' });
    });
  }

  private number(drafts: readonly EventDraft[]): void {
    const { term, epoch } = this;
    const at = this.clock.now();
    const entries = drafts.map((draft) => ({ ...draft, epoch, seq: ++this.seq, tabId: this.tabId, at }));
    for (let i = 0; i < entries.length; i += BATCH) this.shared.sendEvents(term, entries.slice(i, i + BATCH));
    this.unstored.push(...entries);
  }

  private async store(report: Report): Promise<Decision> {
    const entries = this.unstored.splice(0);
    return this.shared.transact({ type: 'report', term: this.term, report, entries });
  }

  private enqueue<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.queue.then(task);
    this.queue = result.catch(() => {});
    return result;
  }
}
