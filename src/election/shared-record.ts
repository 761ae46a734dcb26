/**
 * This tab's copy of the record, and the only way to change the stored one: `transact` reads it, lets `decide` decide and
 * writes, in one transaction. Every change is hinted at over the channel; every hint makes the others look at the store.
 */
import type { Channel, Logger, Platform } from '../platform/platform';
import { Inbox } from '../relay/inbox';
import { type Message, parseMessage, toHint, toWire } from '../relay/messages';
import { slim } from '../relay/payload';
import type { Command, Decision, Facts } from '../session/commands';
import { decide, windowLeftMs } from '../session/decide';
import { JOURNAL_SIZE, type JournalEntry, toErrorEvent } from '../session/events';
import { idleRecord, isFurther, isNewer, parseRecord, type SessionRecord, standIn } from '../session/record';
import { PatientStore } from './patient-store';

/** A waiting call asks again this often: long against a message (2 ms), short against a person's patience. */
const ASK_AGAIN_MS = 250;

/** Between two looks at the journal for an event that another tab has sent and not stored yet. */
const GAP_RETRY_MS = 100;

export interface SharedRecordPorts {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly scope: string;
  readonly tabId: string;
  /** The record was read or written; it may be the same as before. */
  onRecord(previous: SessionRecord): void;
  /** An event changed the record's `lastError`, and nothing else. */
  onLastError(): void;
  onEntry(entry: JournalEntry, missed: number): void;
  /** There is no stored record: whoever is host writes it anew. */
  onGone(): void;
  /** A host says that it leaves. */
  onBye(term: string): void;
}

export class SharedRecord {
  /** As of the last look. Of an unknown scope: idle. */
  record: SessionRecord = idleRecord({ revision: 0, epoch: 0, seq: 0, lostEpoch: 0 });
  /** What was stored at the last look was no record. */
  isSpoilt = false;
  private readonly inbox: Inbox;
  private readonly store: PatientStore;
  private channel: Channel | null = null;
  private reading: Promise<void> | undefined;
  private readonly waiting = new Set<() => void>();
  private watched: { readonly lostSince: number; readonly at: number } | undefined;
  private cancelRetry: (() => void) | undefined;
  private closed = false;

  constructor(private readonly ports: SharedRecordPorts) {
    const { platform, scope } = ports;
    this.inbox = new Inbox({
      deliver: (entry, missed) => this.deliver(entry, missed),
      warn: (message, detail) => ports.logger.warn(`solotab: ${message}`, detail),
    });
    const store = platform.openStore(scope);
    store?.onLost(() => this.refreshSoon());
    this.store = new PatientStore({
      store,
      logger: ports.logger,
      clock: platform.clock,
      onChange: () => this.storeChanged(),
    });
    this.openChannel();
  }

  /** Whether the record outlives its tabs. Without a store each tab believes what the host tells it. */
  get isStored(): boolean {
    return this.store.works;
  }

  /** Decides `command` on what is stored now, and stores the answer: the one compare-and-set that everything rests on. */
  async transact(command: Command): Promise<Decision> {
    const decision = await this.transactQuietly(command);
    this.announce(decision, command);
    return decision;
  }

  /** As `transact`, but it is left to the caller to `announce` what was decided. */
  async transactQuietly(command: Command): Promise<Decision> {
    const decision =
      (await this.store.attempt((store) => store.transact((raw) => this.step(raw, command)))) ??
      this.step(this.record, command).result;
    this.accept(decision.record);
    return decision;
  }

  /** Tells the others what was decided, and catches up with what was decided before. */
  announce({ record, entries, changed }: Decision, command: Command): void {
    if (changed) {
      const sent = command.type === 'report' ? command.entries.length : 0;
      const fresh = entries.slice(sent);
      this.inbox.offer(fresh, record.term, record);
      // Events that were sent as they happened need no second message, unless the channel could not carry them.
      const isRelay = sent > 0 && record.asked === 0 && command.type === 'report' && command.report.type === 'alive';
      if (!isRelay || this.channel?.carries !== 'full')
        this.post({ type: 'state', record, entries: fresh, isStored: this.isStored });
    }
    this.catchUp();
  }

  /** What `transact` would answer on the record as it was last seen. */
  preview(command: Command): Decision {
    return decide(this.record, command, this.facts(this.record));
  }

  /** Milliseconds until the recovery window is over, as far as this tab can tell. */
  windowLeftMs(): number {
    return windowLeftMs(this.record, this.facts(this.record));
  }

  /** Looks at the record alone. */
  async peek(): Promise<void> {
    const found = await this.store.attempt((store) => store.read({ journal: false }));
    if (found) this.acceptStored(found.record);
    this.catchUp();
  }

  /** Looks at record and journal. Resolves when this tab has seen everything that was stored when it was called. */
  async refresh(): Promise<void> {
    // A look that has begun already may have been too early; one that has not is shared.
    if (this.reading) await this.reading;
    this.reading ??= this.look().finally(() => {
      this.reading = undefined;
    });
    await this.reading;
  }

  /**
   * Resolves with true once `isTrue` holds for the record, with false after `ms` or when `signal` aborts. Meanwhile it asks
   * and looks again and again, so that no lost message keeps it waiting.
   */
  async until(
    isTrue: (record: SessionRecord) => boolean,
    ms: number,
    signal?: AbortSignal,
    ask?: Message,
  ): Promise<boolean> {
    const { clock } = this.ports.platform;
    const deadline = clock.monotonic() + ms;
    for (;;) {
      if (isTrue(this.record)) return true;
      const left = deadline - clock.monotonic();
      if (left <= 0 || this.closed || signal?.aborted) return false;
      const again = await this.changeWithin(Math.max(1, Math.min(left, ASK_AGAIN_MS)), signal);
      if (again) {
        this.post(ask ?? this.state());
        await this.peek();
      }
    }
  }

  /** As `refresh`, for those who can't wait for it. */
  refreshSoon(): void {
    void this.refresh();
  }

  /** Sends events at once; they are stored with the host's next report. */
  sendEvents(term: string, entries: readonly JournalEntry[]): void {
    // The others first: this tab's own listeners take their time.
    if (this.channel?.carries === 'full') this.post({ type: 'events', term, entries });
    this.receiveEvents(term, entries);
  }

  post(message: Message): void {
    const { channel } = this;
    channel?.post(toWire(channel.carries === 'full' ? message : toHint(message)));
  }

  /** No channel: nobody tells this tab anything. */
  get isDeaf(): boolean {
    return this.channel === null;
  }

  /** A cached or frozen page must not receive: the message would throw it out of the cache. */
  closeChannel(): void {
    this.channel?.close();
    this.channel = null;
    this.cancelRetry?.();
    this.cancelRetry = undefined;
  }

  openChannel(): void {
    if (this.closed || this.channel) return;
    this.channel = this.ports.platform.openChannel(this.ports.scope, (message) => this.receive(message));
  }

  close(): void {
    this.closed = true;
    for (const wake of this.waiting) wake();
    this.closeChannel();
    this.store.close();
  }

  private async look(): Promise<void> {
    const found = await this.store.attempt((store) => store.read({ journal: true }));
    if (this.closed) return;
    if (found) this.acceptStored(found.record);
    else this.askOthers();
    this.inbox.reconcile(this.record, found?.journal);
    this.catchUp();
  }

  /** Also makes anew what was asked of the host: it may have been lost together with the tab that asked it. */
  private askOthers(): void {
    const { asked, answered } = this.record;
    if (asked > answered) this.post(this.state());
    this.post({ type: 'ask' });
  }

  /** What this tab knows, for others to compare. */
  private state(entries: readonly JournalEntry[] = []): Message {
    return { type: 'state', record: this.record, entries, isStored: this.isStored };
  }

  private step(raw: unknown, command: Command) {
    const stored = parseRecord(raw);
    const result = decide(stored, command, this.facts(standIn(this.record, raw)));
    if (!result.changed) return { result };
    const journal = result.entries
      .slice(-JOURNAL_SIZE)
      .map((entry) => [entry.seq % JOURNAL_SIZE, slim(entry)] as const);
    return { result, write: { record: result.record, journal } };
  }

  private acceptStored(raw: unknown): void {
    const stored = parseRecord(raw);
    this.isSpoilt = stored === 'malformed';
    if (stored === 'newer') this.accept({ ...idleRecord(this.record), phase: 'active' });
    else this.accept(typeof stored === 'object' ? stored : standIn(this.record, raw));
    if (this.isSpoilt) this.ports.logger.warn('solotab: the stored session record is damaged and will be replaced');
    if (stored === 'absent' || this.isSpoilt) this.ports.onGone();
  }

  private storeChanged(): void {
    const isHost = this.record.term !== null && this.record.hostTabId === this.ports.tabId;
    this.ports.onRecord(this.record);
    // A host knows better than a store that was away.
    if (this.isStored && isHost) this.ports.onGone();
    else if (this.isStored) this.refreshSoon();
  }

  private accept(record: SessionRecord): void {
    if (this.closed) return;
    const previous = this.record;
    // An error that this tab was told of may not be stored yet.
    const { lastError } = previous;
    const isAhead = lastError?.epoch === record.epoch && (lastError.seq ?? 0) > record.seq;
    this.record = isAhead ? { ...record, lastError } : record;
    const { lostSince } = record;
    if (lostSince === null) this.watched = undefined;
    else if (this.watched?.lostSince !== lostSince)
      this.watched = { lostSince, at: this.ports.platform.clock.monotonic() };
    this.ports.onRecord(previous);
    for (const wake of this.waiting) wake();
  }

  private deliver(entry: JournalEntry, missed: number): void {
    const { record } = this;
    if (entry.error && entry.seq > (record.lastError?.seq ?? 0) && entry.epoch === record.epoch) {
      this.record = { ...record, lastError: toErrorEvent(entry, entry.error) };
      this.ports.onLastError();
    }
    this.ports.onEntry(entry, missed);
  }

  /** Resolves with false when the record was read or written, with true after `ms`. */
  private changeWithin(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = (timedOut: boolean): void => {
        cancel();
        this.waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve(timedOut);
      };
      const wake = (): void => stop(false);
      const cancel = this.ports.platform.clock.after(ms, () => stop(true));
      this.waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  private receive(value: unknown): void {
    if (this.closed) return;
    const message = parseMessage(value);
    switch (message?.type) {
      case 'state':
        return this.receiveState(message);
      case 'hint':
        return this.isStored ? this.refreshSoon() : undefined;
      case 'ask':
        return this.answer();
      case 'events':
        return this.receiveEvents(message.term, message.entries);
      case 'bye':
        return this.ports.onBye(message.term);
      default:
        this.ports.logger.debug?.('solotab: a message was not understood', value);
    }
  }

  /** A tab without a store asks, or one that finds the seat taken. One answer is enough; an orphan has nobody else to speak for it. */
  private answer(): void {
    const { term, hostTabId, phase } = this.record;
    const isOrphan = phase === 'recovering' && term === null;
    // Whoever asks may have found the record damaged: its host mends it when it looks.
    if (this.isStored) this.refreshSoon();
    if (hostTabId === this.ports.tabId || isOrphan) this.post(this.state());
  }

  /** A record that is in the store is looked up there; one that only its host has is taken as it is, and stored for it. */
  private receiveState({ record, entries, isStored }: Extract<Message, { type: 'state' }>): void {
    const { epoch, revision, asked } = this.record;
    // The store knows better than any comparison: it may have been wiped, and count anew.
    if (isStored && this.isStored)
      return record.epoch === epoch && record.revision === revision && record.asked === asked
        ? undefined
        : this.refreshSoon();
    const isHost =
      record.term !== null && this.record.hostTabId === this.ports.tabId && record.term === this.record.term;
    if (isHost) return void this.transact({ type: 'adopt', record, entries: [] });
    if (!isNewer(record, this.record) && !isFurther(record, this.record)) return;
    if (this.isStored) return void this.transact({ type: 'adopt', record, entries });
    this.accept(record);
    this.inbox.offer(entries, record.term, record);
    this.catchUp();
  }

  private receiveEvents(term: string, entries: readonly JournalEntry[]): void {
    this.inbox.offer(entries, term, this.record);
    this.catchUp();
  }

  /** Looks at the journal as long as an event waits for one before it. */
  private catchUp(): void {
    if (this.inbox.isBehind(this.record)) return this.refreshSoon();
    if (!this.inbox.isWaiting || this.cancelRetry) return;
    this.cancelRetry = this.ports.platform.clock.after(this.reading ? GAP_RETRY_MS : 0, () => {
      this.cancelRetry = undefined;
      this.refreshSoon();
    });
  }

  private facts(known: SessionRecord): Facts {
    const { platform, tabId } = this.ports;
    const { watched } = this;
    return {
      tabId,
      now: platform.clock.now(),
      known,
      isStored: this.isStored,
      watched:
        watched === undefined ? null : { lostSince: watched.lostSince, forMs: platform.clock.monotonic() - watched.at },
    };
  }
}
