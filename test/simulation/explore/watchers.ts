/** Invariants that hold only for what the exploration does: it knows every event type and every secret. */
import type { Coordinator } from '../../../src';
import { isObject } from '../../../src/session/check';
import { JOURNAL_SIZE } from '../../../src/session/events';
import { parseRecord } from '../../../src/session/record';
import type { SimulatedBrowser } from '../../../src/testing';
import type { Participant, Watcher } from '../../../src/testing/machine';
import { parsed } from '../../../src/testing/parsed';
import type { Calls } from './calls';

/** In every request, and in the message of every error: never stored, never sent. */
export const SECRET = 'SECRET';

/** In everything that is published or emitted: never sent where messages go through storage. */
export const PUBLIC = 'PUBLIC';

const EVENT_TYPES = [
  'session_error',
  'session_started',
  'session_joined',
  'session_resumed',
  'session_reconnecting',
  'session_ended',
  'note',
] as const;

/** Within which a tab that is told of a later event looks at the journal. */
const PATIENCE_MS = 1_000;

/** In every input of a command: never stored, never sent where messages go through storage. */
export const ASKED = 'ASKED';

const NEVER_STORED = [SECRET, ASKED];
const NEVER_POSTED = [SECRET];
const CONTENT = [PUBLIC, ASKED];

/** Nothing is stored or sent that was not published. */
export function watchSecrets(world: SimulatedBrowser): Watcher {
  return {
    onCommit({ page, after, journal }) {
      for (const value of [after, journal]) {
        if (contains(value, NEVER_STORED)) world.violate(`${page.name} stored a secret`);
      }
    },
    onPost(page, _scope, message, carries) {
      if (contains(message, NEVER_POSTED)) world.violate(`${page.name} posted a secret`);
      if (carries === 'hints' && contains(message, CONTENT)) world.violate(`${page.name} posted content as a hint`);
    },
  };
}

interface Place {
  readonly epoch: number;
  readonly seq: number;
}

interface Position extends Place {
  readonly at: number;
  /** It went by what it was told, by tabs that may not have known each other's numbers. */
  readonly fromMemory: boolean;
}

interface Heard {
  readonly type: string;
  readonly missed: number;
  /** How many events there were when its listener was added. */
  readonly before: number;
}

/** Where each coordinator stands in the stream of events. */
export class Ears {
  readonly heard = new Map<Coordinator, Position>();
  readonly #world: SimulatedBrowser;
  #isCounting: boolean;
  #isWiped = false;
  #wasAsleep = false;
  readonly #storedAt = new Map<number, number>();
  /** All events that were ever stored. */
  readonly #stored: Place[] = [];
  #lastSeq = 0;

  constructor(world: SimulatedBrowser, isCounting: boolean) {
    this.#world = world;
    this.#isCounting = isCounting;
    world.machine.watchers.push({
      onJoin: (participant) => this.#listen(participant),
      onCommit: ({ before, after, journal }) => {
        if (isErased(before, after)) this.#storedAt.clear();
        for (const [, entry] of journal) {
          if (!isObject(entry)) continue;
          const { epoch, seq } = entry;
          if (typeof epoch !== 'number' || typeof seq !== 'number') continue;
          this.#storedAt.set(seq, world.now);
          this.#stored.push({ epoch, seq });
          this.#lastSeq = Math.max(this.#lastSeq, seq);
        }
      },
      // Numbers begin anew.
      onWipe: () => {
        this.#isCounting = false;
        this.#isWiped = true;
        this.#wasAsleep ||= world.participants.some(({ page }) => !page.gone && !page.awake);
      },
    });
  }

  /** What the coordinator that is ahead of the others has heard of. */
  get furthest(): Place | undefined {
    let furthest: Place | undefined;
    for (const { page, coordinator } of this.#world.participants) {
      const at = this.heard.get(coordinator);
      if (at && !page.gone && !(furthest && isAtLeast(furthest, at))) furthest = at;
    }
    return furthest;
  }

  /** Whether a coordinator has heard of everything up to the event `seq`, also where numbers began anew: the new ones are later. */
  isUpToDate(coordinator: Coordinator, { seq }: Place): boolean {
    if (this.heard.get(coordinator)?.seq === seq) return true;
    const { forked, clocksDiffer } = this.#world.machine;
    // A page that slept as the data was cleared may write what it remembers, and others number on from there, with numbers that this tab has heard.
    return forked || this.#wasAsleep || (this.#isWiped && clocksDiffer);
  }

  /** It was there long enough to be found, and the store is not to blame. */
  #isInJournal({ page, coordinator }: Participant, seq: number): boolean {
    const { faults, now } = this.#world;
    // It may have gone on from memory since, and have counted events of its own.
    if (page.lostStoreAt >= (this.heard.get(coordinator)?.at ?? 0)) return false;
    const at = this.#storedAt.get(seq);
    if (at === undefined || now - at < PATIENCE_MS || this.#lastSeq - seq >= JOURNAL_SIZE) return false;
    return faults.failTransactions + faults.delayTransactions === 0;
  }

  /**
   * What came between two events. It can be more than their numbers say: one that its host sent, and died before it stored it, is heard all
   * the same, and the next term gives its number to another event. A tab that looked between the terms knows that, and counts it.
   */
  #storedBetween(last: Place, next: Place): number {
    return this.#stored.filter((place) => !isAtLeast(last, place) && !isAtLeast(place, next)).length;
  }

  #listen(participant: Participant): void {
    const { page, coordinator } = participant;
    const record = parseRecord(this.#world.recordOf());
    const before = typeof record === 'object' ? record.seq : 0;
    for (const type of EVENT_TYPES) {
      coordinator.on(type, (event: unknown) => {
        if (!isObject(event)) return;
        const { epoch, seq, missed = 0 } = event;
        if (typeof epoch !== 'number' || typeof seq !== 'number' || typeof missed !== 'number') return;
        const last = this.heard.get(coordinator);
        const isTold = page.hasNoStore || last?.fromMemory === true;
        if (this.#isCounting && !isTold && !this.#world.machine.forked)
          this.#check(participant, { type, epoch, seq, missed, before, last });
        this.heard.set(coordinator, { epoch, seq, at: this.#world.now, fromMemory: page.hasNoStore });
      });
    }
  }

  #check(
    participant: Participant,
    { type, missed, before, last, ...place }: Place & Heard & { readonly last: Position | undefined },
  ): void {
    const { page, name } = participant;
    const { seq } = place;
    const event = `${type} ${place.epoch}:${seq}`;
    if (!last) {
      // A tab that could not read the store when it was loaded does not know what is from before its time.
      if (seq <= before && page.lostStoreAt < page.bornAt)
        this.#world.violate(`replay: ${name} hears ${event}, from before its time`);
      return;
    }
    for (let skipped = last.seq + 1; skipped < seq; skipped++) {
      if (this.#isInJournal(participant, skipped)) {
        this.#world.violate(`gap: ${name} hears ${event} and skipped ${skipped}`);
      }
    }
    const owed = Math.max(0, seq - last.seq - 1);
    // A tab that slept may have looked between some of the terms only.
    if (missed < owed || missed > Math.max(owed, this.#storedBetween(last, place))) {
      this.#world.violate(`gap: ${name} hears ${event} after ${last.epoch}:${last.seq}, missed ${missed}`);
    }
  }
}

/** A log-out: what was in the journal can't be heard any more. */
function isErased(before: unknown, after: unknown): boolean {
  return isObject(after) && Number(after.erasedEpoch) > (isObject(before) ? Number(before.erasedEpoch ?? 0) : 0);
}

function isAtLeast(a: Place, b: Place): boolean {
  return (a.epoch - b.epoch || a.seq - b.seq) >= 0;
}

/** Where a coordinator keeps its resume key. */
const KEY = 'solotab:simulated';

/**
 * By itself a tab resumes only what the policy of the session lets it: with `same-tab`, what its `sessionStorage` has the key of. That is
 * the tab that had the session; or a copy of it, as long as that has not found its original alive: then it erases its key.
 */
export function watchResumes(world: SimulatedBrowser, calls: Calls): Watcher {
  /** Which place in which tab each resume key belongs to: its documents may have read it before `sessionStorage` was cleared. */
  const owners = new Map<string, string>();
  /** What a tab had of a key as `sessionStorage` was cleared: a copy may have read it before. */
  const clearedFrom = new Map<Coordinator, string>();
  const placeOf = ({ name }: Participant['page']): string => name.replace(/^([A-Z]+)\d+/, '$1');
  return {
    onWipe() {
      for (const { coordinator, platform } of world.participants) {
        const key = platform.tabStorage.get(KEY);
        // Only now is it known whether that was cleared too.
        void Promise.resolve().then(() => {
          if (key !== null && platform.tabStorage.get(KEY) === null) clearedFrom.set(coordinator, key);
        });
      }
    },
    onCommit({ page, before, after }) {
      const [lost, now] = [parsed(before), parsed(after)];
      if (
        typeof now === 'object' &&
        now.resumeKey !== null &&
        now.resumeKey === now.term &&
        !owners.has(now.resumeKey)
      ) {
        owners.set(now.resumeKey, placeOf(page));
      }
      if (typeof lost !== 'object' || typeof now !== 'object') return;
      if (lost.phase !== 'recovering' || lost.term !== null || now.phase !== 'connecting') return;
      // Another session begins, as the window of that one is over. Or it went on meanwhile in a tab that has no store, and comes from there.
      if (now.origin !== lost.origin || now.epoch !== lost.epoch + 1) return;
      const { recovery, resumeKey } = lost;
      const host = world.participants.find(({ coordinator }) => coordinator.tabId === now.hostTabId);
      if (host?.page !== page) return;
      if (recovery.by === 'any-tab' || calls.isBidding(page)) return;
      const keys = [host.platform.tabStorage.get(KEY), clearedFrom.get(host.coordinator)];
      const isOwn =
        resumeKey !== null && (keys.some((key) => key?.includes(resumeKey)) || owners.get(resumeKey) === placeOf(page));
      if (recovery.by === 'same-tab' && isOwn) return;
      world.violate(`${page.name} resumes by itself what is to be resumed by ${recovery.by}`);
    },
  };
}

/** Whether one of the words is in it. Looks into everything that is stored and sent, so it makes no lists of what it finds there. */
function contains(value: unknown, words: readonly string[]): boolean {
  if (typeof value === 'string') return words.some((word) => value.includes(word));
  if (!isObject(value)) return false;
  for (const key in value) if (contains(value[key], words)) return true;
  return false;
}
