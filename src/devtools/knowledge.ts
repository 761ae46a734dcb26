/** All that a panel knows of its scope: what it overheard, what it read, what the other panels told. Knows no browser. */

import type { Answer, Message } from '../ledger/messages';
import { attempt } from '../platform/attempt';
import { lockPrefix } from '../platform/names';
import type { SessionErrorEvent } from '../session/error-facts';
import { inOrder, isEntry, type JournalEntry } from '../session/events';
import { isNewer, parseRecord, type SessionRecord } from '../session/record';
import type { SessionSnapshot } from '../types';
import { createLanes } from './lanes';
import type { PeerMessage, Presence } from './peers';
import type { SeenLock, Stored } from './sources';

/** Events, commands and refusals that are remembered, of each. */
const KEPT = 200;

export interface CommandSeen {
  readonly id: string;
  readonly name: string;
  readonly tabId: string;
  readonly at: number;
  readonly term: string;
  /** `sent`: nobody has said yet that it began. `stopped`: its caller gave up. */
  state: 'sent' | 'stopped' | Answer['state'];
}

/** A call that was refused in this tab, and what was known then of who was in its way. */
export interface Refusal {
  readonly error: SessionErrorEvent;
  readonly snapshot: SessionSnapshot;
  /** Of the same term as the snapshot; null if there was none to be read. */
  record: SessionRecord | null;
  /** Whether the lock of that term was held; null where the browser does not say. */
  isTermHeld: boolean | null;
}

export interface RefusedElsewhere {
  readonly tabId: string;
  readonly code: number;
  readonly at: number;
}

export type Knowledge = ReturnType<typeof createKnowledge>;

export function createKnowledge(
  scope: string,
  ownTabId: string,
  now: () => number,
  givenName: (tabId: string) => string | undefined = () => undefined,
) {
  const lanes = createLanes(ownTabId, now);
  const entries = new Map<string, JournalEntry>();
  const commands = new Map<string, CommandSeen>();
  const refusals = new Map<string, RefusedElsewhere>();
  /** Which tab has or had which term: terms name locks. */
  const tabOfTerm = new Map<string, string>();
  const lostEpochs = new Set<number>();
  const prefix = lockPrefix(scope);
  let record: SessionRecord | null = null;
  let locks: readonly SeenLock[] | null = null;
  let refusal: Refusal | null = null;

  function hearEntries(heard: readonly JournalEntry[]): void {
    for (const entry of heard) {
      entries.set(`${entry.epoch}:${entry.seq}`, entry);
      lanes.heard(entry.tabId, entry.at);
    }
    limit(entries);
  }

  function hearRecord(next: SessionRecord): void {
    if (record && isNewer(record, next)) return;
    lostEpochs.add(next.lostEpoch);
    record = next;
    const { term, hostTabId, successor } = next;
    if (term !== null && hostTabId !== null) name(term, hostTabId);
    if (successor) name(successor.term, successor.tabId);
    for (const command of commands.values()) {
      if (command.term !== term && (command.state === 'sent' || command.state === 'begun')) command.state = 'unknown';
    }
  }

  function name(term: string, tabId: string): void {
    tabOfTerm.set(term, tabId);
    lanes.know(tabId);
  }

  function refused(tabId: string, { code, at }: Pick<RefusedElsewhere, 'code' | 'at'>): void {
    refusals.set(`${tabId} ${at}`, { tabId, code, at });
    limit(refusals);
  }

  /** A term's lock is named by the term; a tab that calls a command holds one that is named by its own id. */
  function tabOfLock({ name: lockName }: SeenLock): string | null | undefined {
    const key = lockName.slice(prefix.length);
    return tabOfTerm.get(key) ?? lanes.list().find((lane) => lane.tabId === key)?.tabId;
  }

  lanes.heard(ownTabId);

  return {
    scope,
    ownTabId,
    lanes,
    /** Short enough for a lane, long enough to tell tabs apart. Also where the app's own function throws, as for a tab that it does not know. */
    nameOf: (tabId: string): string => attempt(() => givenName(tabId)) ?? tabId.slice(0, 4),
    hear(message: Message): void {
      switch (message.type) {
        case 'look':
        case 'events':
          return hearEntries(message.entries);
        case 'state':
          hearEntries(message.entries);
          return hearRecord(message.record);
        case 'bye': {
          const tabId = tabOfTerm.get(message.term);
          return tabId === undefined ? undefined : lanes.gone(tabId);
        }
        case 'run': {
          const { id, name: command, tabId, at } = message.request;
          lanes.heard(tabId);
          if (!commands.has(id)) commands.set(id, { id, name: command, tabId, at, term: message.term, state: 'sent' });
          return limit(commands);
        }
        case 'answer':
        case 'stop': {
          const command = commands.get(message.id);
          if (command) command.state = message.type === 'stop' ? 'stopped' : message.answer.state;
          return;
        }
        case 'call': {
          const { command } = message;
          if ('candidate' in command) name(command.candidate.term, command.candidate.tabId);
        }
      }
    },
    hearPeer(message: PeerMessage): void {
      if (message.type === 'gone') lanes.gone(message.tabId);
      if (message.type !== 'here') return;
      const { presence } = message;
      const { tabId, clientId } = presence;
      if (clientId !== null) lanes.identify(tabId, clientId);
      lanes.answered(presence);
      if (presence.refused) refused(tabId, presence.refused);
    },
    hearLost(epoch: number, hostTabId: string): void {
      lostEpochs.add(epoch);
      lanes.gone(hostTabId);
    },
    hearRefusal(next: Refusal): void {
      refusal = next;
      refused(ownTabId, next.error);
    },
    /** What was read. What can't be parsed is what was known before. */
    read(stored: Stored): void {
      hearEntries(stored.journal.filter(isEntry));
      const found = parseRecord(stored.record);
      if (typeof found === 'object') hearRecord(found);
    },
    /** The list of locks that was asked for at `at`. */
    seeLocks(seen: readonly SeenLock[] | null, at: number): void {
      locks = seen?.filter((lock) => lock.name.startsWith(prefix)) ?? null;
      for (const lock of locks ?? []) {
        const tabId = tabOfLock(lock);
        if (lock.isHeld && tabId) lanes.identify(tabId, lock.clientId, at);
      }
      lanes.lock((locks ?? []).map(({ clientId }) => clientId));
    },
    /** Brings the lanes up to date with what this tab knows of the session. */
    observe(snapshot: SessionSnapshot, presence: Presence): void {
      const { phase, hostTabId, since } = snapshot;
      if (hostTabId !== null) lanes.know(hostTabId);
      lanes.host(hostTabId);
      lanes.answered(presence);
      if (presence.clientId !== null) lanes.identify(ownTabId, presence.clientId);
      lanes.observe(phase, since ?? now());
      lanes.forget();
    },
    record: () => record,
    locks: () => locks,
    /** The lane of whoever holds a lock or waits for it. */
    laneOf(lock: SeenLock) {
      const all = lanes.list();
      // Several tabs are one document where a page has several coordinators: the name of the lock says which, if it is held.
      const tabId = lock.isHeld ? tabOfLock(lock) : undefined;
      return (
        all.find((lane) => lane.tabId === tabId && tabId) ?? all.find(({ clientId }) => clientId === lock.clientId)
      );
    },
    refusal: () => refusal,
    /** What a lock is for. */
    purposeOf(lock: SeenLock): string {
      const key = lock.name.slice(prefix.length);
      if (key === 'seat') return key;
      if (key === record?.term) return 'term';
      return lanes.list().some(({ tabId }) => tabId === key) ? 'calls commands' : 'another term';
    },
    isTermHeld: (term: string | null) =>
      locks?.some(({ name: held, isHeld }) => isHeld && held === prefix + term) ?? null,
    entries: () => [...entries.values()].sort(inOrder),
    commands: () => [...commands.values()],
    refusals: () => [...refusals.values()],
    /** Whether a term from this epoch on, and before that one, ended with the loss of its tab. */
    isLostBetween: (from: number, to: number) => [...lostEpochs].some((epoch) => epoch >= from && epoch < to),
  };
}

function limit(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= KEPT) return;
    map.delete(key);
  }
}
