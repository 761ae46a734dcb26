/** The ports of one tab: a store in a variable, a channel whose other end is the test, and time that stands still. */
import type { LedgerPorts } from '../../src/ledger/ledger';
import { openLedger } from '../../src/ledger/open-ledger';
import type { Channel, Platform, Store } from '../../src/platform/platform';
import { JOURNAL_SIZE, type JournalEntry } from '../../src/session/events';
import type { Proof, SessionRecord } from '../../src/session/record';
import { fakeClock, fakeLogger, flush } from './fakes';
import { CALLER } from './records';

export interface FakePlatformOptions {
  /** What is stored at first. */
  readonly record?: unknown;
  readonly hasStore?: boolean;
  readonly channel?: Channel['carries'] | null;
  readonly tabId?: string;
  /** How others find out whether a host in this tab lives. Default: by its lock. */
  readonly proof?: Proof;
  /** Whether the term of its reports is this tab’s still. */
  readonly isHost?: boolean;
}

/** A ledger over such ports, and everything that it does and tells. */
export function setUpLedger(options: FakePlatformOptions) {
  const { record, hasStore = true, channel = 'full', tabId = CALLER.tabId, proof = 'lock', isHost = true } = options;
  const clock = fakeClock();
  const logger = fakeLogger();
  const stored = { record, journal: new Map<number, unknown>() };
  const reads: string[] = [];
  const posted: Readonly<Record<string, unknown>>[] = [];
  const told: string[] = [];
  const entries: JournalEntry[] = [];
  let writes = 0;
  let receive: ((message: unknown) => void) | null = null;
  let lose: (isCleared: boolean) => void = () => undefined;
  let before: () => void | Promise<void> = () => undefined;

  const store: Store = {
    async transact(step) {
      await before();
      const { write, result } = step(structuredClone(stored.record));
      if (write) writes += 1;
      if (write?.record !== undefined) stored.record = structuredClone(write.record);
      for (const [slot, entry] of write?.journal ?? []) stored.journal.set(slot, structuredClone(entry));
      return result;
    },
    async read({ journal }) {
      reads.push(journal ? 'journal' : 'record');
      await before();
      return { record: structuredClone(stored.record), journal: journal ? [...stored.journal.values()] : [] };
    },
    onLost(listener) {
      lose = listener;
    },
    close: () => undefined,
  };
  const names = new Map<string, number>();
  const platform: Platform = {
    openStore: () => (hasStore ? store : null),
    locks: null,
    openChannel(_, listener) {
      if (channel === null) return null;
      receive = listener;
      return {
        carries: channel,
        post: (message) => void posted.push(structuredClone(message) as Readonly<Record<string, unknown>>),
        close() {
          receive = null;
        },
      };
    },
    clock,
    lifecycle: { isVisible: () => true, isFocused: () => true, isOnline: () => true, listen: () => undefined },
    tabStorage: { get: () => null, set: () => undefined },
    randomId: () => 'id',
    random: () => 0.5,
    clone: structuredClone,
    names: () => names,
    isBrowser: true,
    isPage: true,
    logger,
  };
  const ports: LedgerPorts = {
    ...{ platform, logger, scope: 'support', tabId },
    proof: () => proof,
    holds: () => isHost,
    onRecord: () => void told.push(`${ledger?.record.phase ?? 'idle'} r${ledger?.record.revision ?? 0}`),
    onEntry(entry, missed) {
      entries.push(entry);
      told.push(`${entry.type} ${entry.epoch}:${entry.seq}${missed ? ` missed ${missed}` : ''}`);
    },
    onGone: () => void told.push('gone'),
    onCleared: () => void told.push('cleared'),
    onCommand: ({ type }) => void told.push(type),
    onBye: (term) => void told.push(`bye ${term}`),
    onOrphan: ({ info, epoch }) => void told.push(`orphan ${JSON.stringify(info)} ${epoch}`),
  };
  const ledger = openLedger(ports);
  return {
    ...{ clock, logger, ledger, stored, reads, posted, told, entries },
    writes: () => writes,
    /** What was told and posted so far is forgotten. */
    forget(): void {
      for (const list of [reads, posted, told, entries]) list.length = 0;
    },
    async hear(message: object): Promise<void> {
      receive?.(structuredClone({ version: 1, ...message }));
      await flush();
    },
    isListening: () => receive !== null,
    lose: (isCleared: boolean) => lose(isCleared),
    /** Before each transaction and each read: may throw or wait. */
    obstruct(next: () => void | Promise<void>): void {
      before = next;
    },
    /** Another tab writes. */
    store(next: SessionRecord, journal: readonly JournalEntry[] = []): void {
      stored.record = structuredClone(next);
      for (const entry of journal) stored.journal.set(entry.seq % JOURNAL_SIZE, structuredClone(entry));
    },
  };
}
