/** The ledger of a tab, on a store and a channel that may fail, be missing, or be blocked. What it promises is in `ledger.ts`. */
import type { Channel, StoreWrite } from '../platform/platform';
import type { Command, Decision, Facts } from '../session/command';
import { decide, isAhead } from '../session/decide';
import { isEntry, JOURNAL_SIZE, type JournalEntry, slim } from '../session/events';
import {
  foreign,
  hasLost,
  IDLE,
  isAfterLast,
  isNewer,
  parseRecord,
  type SessionRecord,
  type Stored,
  standIn,
  UNKNOWN,
} from '../session/record';
import { windowLeftMs } from '../session/steps';
import { createArrivals } from './arrivals';
import { createGap } from './gap';
import { createInbox } from './inbox';
import type { Bid, Ledger, LedgerPorts } from './ledger';
import { lossNews } from './loss-news';
import { type Message, parseMessage, toHint, toWire, withKnownInfo } from './messages';
import { oneAtATime } from './one-at-a-time';
import { patientStore } from './patient-store';
import { createUntil } from './until';

type Stepped = { readonly result: Decision; readonly write?: StoreWrite };

export function openLedger({ platform, logger, scope, tabId, ...ports }: LedgerPorts): Ledger {
  const { clock } = platform;
  const port = platform.openStore(scope);
  const store = patientStore({ store: port, clock, logger, onChange: storeChanged });
  const isNews = lossNews(clock);
  const arrivals = createArrivals();
  let record = UNKNOWN;
  /** When the last transaction began whose record this tab knows. */
  let readAt = Number.NEGATIVE_INFINITY;
  let isSpoilt = false;
  /** What was stored may have been cleared since this tab saw it last. */
  let wasCleared = false;
  /** The journal of a session that is in no store, as far as this tab knows it. */
  let memory: readonly JournalEntry[] = [];
  let channel: Channel | null = null;
  let watched: { readonly lostSince: number | null; readonly at: number } = { lostSince: null, at: 0 };
  let isBlocked = false;
  let isClosed = false;

  const inbox = createInbox((entry, missed) => {
    // An error that is not stored yet is the last one all the same.
    if (entry.error && isAfterLast(entry, record)) record = { ...record, lastError: entry };
    ports.onEntry(entry, missed);
  });
  port?.onLost((isCleared) => {
    wasCleared ||= isCleared;
    if (isCleared) ports.onCleared();
    readAt = Number.NEGATIVE_INFINITY;
    void refresh();
  });
  openChannel();

  const peek = oneAtATime(() => look(false));
  // A blocked store has nothing new to show.
  const lookThrough = (asks = true): Promise<void> => look(true, asks).catch(() => undefined);
  const refresh = oneAtATime(lookThrough);
  const gap = createGap({ clock, inbox, refresh });
  const { until, wake } = createUntil({
    ...{ clock, random: platform.random, askAgain },
    record: () => record,
    isClosed: () => isClosed,
  });
  const catchUp = (): void => {
    if (!isClosed && !arrivals.isWaiting()) gap.close(record, store.works);
  };
  const peekSoon = (): Promise<void> => peek().catch(() => undefined);
  const isHost = (): boolean => record.hostTabId === tabId;
  const isHeard = (): boolean => channel?.carries === 'full';
  /** Somebody else's memory is the record's home, or this tab can't look at it. */
  const isElsewhere = (): boolean => record.term !== null && !isHost() && !(record.isStored && store.works);
  const remember = (entries: readonly JournalEntry[]): void => {
    memory = [...memory, ...entries].slice(-JOURNAL_SIZE);
  };

  async function transact(command: Command, bid?: Bid): Promise<Decision> {
    const isForTheHost = ('candidate' in command && !('silent' in command)) || command.type === 'ask';
    const began = clock.monotonic();
    const isIts = (): boolean => isForTheHost && isElsewhere();
    const stored = !isIts() && (await store.attempt((it) => it.transact((raw) => step(raw, command, true, bid))));
    // Also where the store was given up just now.
    if (!stored && isIts()) {
      call(command);
      return preview(command);
    }
    const decision = stored || step(record, command, false, bid).result;
    accept(decision.record);
    if (stored) readAt = began;
    // What is in no store each tab concludes for itself, and all of them would end it: but for what its host reports.
    if (decision.orphan && (stored || 'entries' in command)) ports.onOrphan(decision.orphan);
    announce(decision, command);
    return decision;
  }

  /** `isStored`: in the store, which other transactions of this tab may have given up meanwhile. */
  function step(raw: unknown, command: Command, isStored: boolean, bid: Bid = {}): Stepped {
    const stored = parseRecord(raw);
    // The record was lost. A tab whose locks can't prove its host dead, and whoever names no term, waits for that host to write it anew.
    const isBlind = 'candidate' in command ? ports.proof() === 'answer' : !('term' in command);
    // A report under a term that this tab has left meanwhile: no host would answer for what it writes.
    const isOver = 'entries' in command && !ports.holds(command.term);
    const hasWaited = bid.hasWaited ?? isSpoilt;
    // Without a store nothing tells it of a tab that claimed since.
    const isLate = !isStored && bid.isUnlocked?.();
    if (isClosed || isLate || (isLost(stored) && (isOver || (isBlind && !hasWaited)))) {
      noteLoss(stored);
      return { result: { verdict: 'void', record, changed: false, entries: [] } };
    }
    const result = decide(stored, command, facts(standIn(record, raw), isStored));
    const entries = result.entries.slice(-JOURNAL_SIZE).map(slim);
    const erasesJournal = command.type === 'forget' && result.changed;
    if (!result.record.isStored) remember(entries);
    if (!result.changed) return { result };
    const journal = entries.map((entry) => [entry.seq % JOURNAL_SIZE, entry] as const);
    return { result, write: { record: result.record, journal, erasesJournal } };
  }

  /** No record is stored, although there was one, or may have been. */
  function isLost(stored: Stored): boolean {
    return stored === 'malformed' || (stored === 'absent' && (wasCleared || (record.isStored && record.revision > 0)));
  }

  /** Notes whether the record is lost. If it was not before, the others are told: its host may not have looked since. */
  function noteLoss(stored: Stored): void {
    const wasSpoilt = isSpoilt;
    isSpoilt = isLost(stored);
    if (!isSpoilt || wasSpoilt) return;
    hint([]);
    if (stored === 'malformed') logger.warn('solotab: the stored session record is damaged and will be replaced');
  }

  function preview(command: Command): Decision {
    return decide(record, command, facts(record));
  }

  async function look(journal: boolean, asks = true): Promise<void> {
    const began = clock.monotonic();
    const found = await store
      .attempt((it) => it.read({ journal }))
      .catch((error: unknown) => {
        // From now on this tab looks again by itself, also while it knows of no session: no message may come for long.
        isBlocked = true;
        accept(record, false);
        throw error;
      });
    isBlocked = false;
    if (isClosed) return;
    if (found) acceptStored(found.record);
    if (found) readAt = began;
    // A host whose store failed remembers what happened since: what was before that is in the store.
    if (journal) inbox.reconcile(record, [...(found?.journal.filter(isEntry) ?? []), ...memory]);
    // Somebody else knows better, or nobody does.
    if (asks && (!found || (journal && isElsewhere()))) post({ type: 'call', command: { type: 'look' } });
    catchUp();
  }

  async function askAgain(command: Command): Promise<void> {
    // Called also where the host has a store: it may not have looked at it.
    if (isElsewhere() || !store.works) call(command);
    else hint([]);
    if (store.works) await peekSoon();
  }

  /** Has the host carry it out. Whether a lock of this tab will prove that it lives is known here alone. */
  function call(command: Command): void {
    const isUnproven = 'candidate' in command && ports.proof() === 'answer';
    post({
      type: 'call',
      command: isUnproven ? { ...command, candidate: { ...command.candidate, proof: 'answer' } } : command,
    });
  }

  /** Tells the others what was decided, and catches up with what was decided before. */
  function announce({ record: now, entries, changed }: Decision, command: Command): void {
    if (changed) {
      const fresh = entries.slice('entries' in command ? command.entries.length : 0);
      inbox.offer(fresh, (epoch) => epoch === now.epoch);
      // A sign of life is no news, nor are events that were sent as they happened, if the channel could carry them.
      const isQuiet = command.type === 'alive' && !command.published && isHeard();
      if (!now.isStored) tellState();
      else if (!isQuiet) hint(fresh);
    }
    catchUp();
  }

  /** Has the others look at the store. */
  function hint(entries: readonly JournalEntry[]): void {
    post({ type: 'look', term: record.term, entries });
  }

  function tellState(): void {
    post({ type: 'state', record, entries: memory });
  }

  function post(message: Message): void {
    channel?.post(toWire(isHeard() ? message : toHint(message)));
  }

  function send(message: Message): void {
    if (isHeard()) post(message);
  }

  function closeChannel(): void {
    channel?.close();
    channel = null;
    gap.stop();
  }

  function openChannel(): void {
    if (!isClosed) channel ??= platform.openChannel(scope, receive, () => void refresh());
  }

  function receive(value: unknown): void {
    const message = parseMessage(value);
    if (isClosed) return;
    switch (message?.type) {
      case 'look':
        // Whoever looks in vain for what is in this host's memory says no more than this.
        if (isHost() && !store.works) tellState();
        // The record first: who listens for these events looks at the snapshot.
        return arrivals.add(peekSoon(), () => hear(message.term, message.entries));
      case 'events':
        return arrivals.add(undefined, () => hear(message.term, message.entries));
      case 'bye':
        return ports.onBye(message.term);
      case 'run':
      case 'answer':
      case 'stop':
        return ports.onCommand(message);
      case 'state': {
        // A record that is in the store is looked up there, unless it is lost.
        if (store.works && message.record.isStored && !isSpoilt) return void peekSoon();
        // A host that was taken for dead may not have heard of it.
        if (hasLost(record, message.record)) return isNews(record) ? tellState() : undefined;
        const isLater = store.works && !isSpoilt ? isAhead : isNewer;
        if (!isLater(message.record, record)) return;
        // Where this tab comes in, the store says: this host may have slept for long.
        accept(withKnownInfo(message.record, record), !store.works);
        memory = message.entries;
        // Without asking the host for what it told just now: each of many tabs would have all of them told again.
        if (inbox.isBehind(record)) arrivals.add(lookThrough(false), catchUp);
        return;
      }
      case 'call': {
        // Its host answers. Where there is none, or one that never stored it, whoever knows it does.
        if (!isHost()) return !record.isStored || (record.term === null && store.works) ? tellState() : undefined;
        return void transact(message.command).then(tellState, () => undefined);
      }
      default:
        logger.debug?.('solotab: a message was not understood', value);
    }
  }

  function hear(term: string | null, entries: readonly JournalEntry[]): void {
    inbox.offer(entries, (epoch) => term === record.term && epoch === record.epoch);
    if (term !== record.term) {
      // What is stored is lost, and one of the two slept through the end of its session: it would write anew what is over.
      if (isSpoilt) tellState();
    } else if (!record.isStored) remember(entries);
    catchUp();
  }

  function acceptStored(raw: unknown): void {
    const stored = parseRecord(raw);
    noteLoss(stored);
    if (stored === 'newer') return accept(foreign(record));
    if (typeof stored === 'object') {
      wasCleared = false;
      return accept(isAhead(record, stored) ? record : stored);
    }
    // A worker proves no death: what was erased is over for it, until the host writes it anew.
    accept(platform.isPage || !record.isStored ? standIn(record, raw) : { ...record, ...IDLE });
    ports.onGone();
  }

  function accept(next: SessionRecord, begins = true): void {
    if (isClosed) return;
    const { lastError } = record;
    // Erased, or counted anew: what is remembered would be told once more.
    if (next.erasedEpoch > record.erasedEpoch || next.epoch < record.epoch) memory = [];
    if (watched.lostSince !== next.lostSince) watched = { lostSince: next.lostSince, at: clock.monotonic() };
    const previous = record;
    // An error that this tab was told of may not be stored yet.
    record = lastError && isAfterLast(lastError, next) && lastError.seq > next.seq ? { ...next, lastError } : next;
    if (begins) inbox.begin(record);
    ports.onRecord(previous);
    wake();
  }

  function storeChanged(): void {
    ports.onRecord(record);
    if (!store.works) return isHost() ? tellState() : undefined;
    // A host knows better than a store that was away.
    if (isHost()) ports.onGone();
    else void refresh();
  }

  function facts(known: SessionRecord, isStored = store.works): Facts {
    const { lostSince, at } = watched;
    return {
      ...{ tabId, isPage: platform.isPage, now: clock.now(), known, isStored, proof: ports.proof() },
      ...{ watched: { lostSince, forMs: clock.monotonic() - at }, random: platform.random() },
    };
  }

  return {
    get record() {
      return record;
    },
    get ageMs() {
      return isSpoilt ? Number.POSITIVE_INFINITY : clock.monotonic() - readAt;
    },
    get isSpoilt() {
      return isSpoilt;
    },
    get isStored() {
      return store.works;
    },
    get isDeaf() {
      return channel === null || isBlocked;
    },
    get isHeard() {
      return isHeard();
    },
    ...{ send, transact, preview, peek, refresh, until, closeChannel, openChannel },
    windowLeftMs: () => windowLeftMs(record, facts(record)),
    sendEvents(term, entries) {
      // The others first: this tab's own listeners take their time.
      send({ type: 'events', term, entries });
      hear(term, entries);
    },
    sayGoodbye: (term) => post({ type: 'bye', term }),
    close() {
      isClosed = true;
      wake();
      closeChannel();
      store.close();
    },
  };
}
