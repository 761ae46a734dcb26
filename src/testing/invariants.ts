/**
 * What must be true of every run, whatever goes wrong in it. Checked as it happens, so that a timeline ends where the
 * promise was broken.
 *
 * - The stored record is well-formed; its revision rises, its epoch never falls.
 * - Journal entries are numbered without gap, under an epoch that never falls.
 * - Each `start`, `join` and `resume` of a driver acts under an epoch of its own, higher than all before it, as long as
 *   those who act have a store: without one, nobody can know how far others have counted.
 * - When one acts, no other page that could answer still has the session.
 * - Each tab hears of each event once, in order.
 */

import { isObject } from '../session/check';
import { JOURNAL_SIZE } from '../session/events';
import type { CoordinatorEvents } from '../types';
import { areLossy } from './faults';
import type { Commit, DriverCall, Machine, Watcher } from './machine';
import type { Network } from './network';
import type { Page } from './page';
import { parsed } from './parsed';
import type { SimulatedTab } from './tab';

/** A page that slept has heard of whatever happened meanwhile after this long. */
const INFORMED_AFTER_MS = 15_000;

/** Nobody counts this far: epochs beyond go by the clock, which is how a tab counts that goes on from memory. */
const COUNTED_BY_CLOCK = 1e12;

const EVENT_TYPES: readonly (keyof CoordinatorEvents)[] = [
  'session_error',
  'session_started',
  'session_joined',
  'session_resumed',
  'session_reconnecting',
  'session_ended',
];

interface LastNumber {
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
}

interface Act {
  readonly page: Page;
  readonly epoch: number;
  readonly hadStore: boolean;
}

export function watchInvariants(machine: Machine, network: Network, violate: (what: string) => void): Watcher {
  const acts = new Map<string, Act>();
  const lastNumbers = new Map<string, LastNumber>();
  /** Then numbers begin anew, and each tab learns it at its own time. */
  let wiped = false;
  /** By scope, the epoch that was stored since. */
  const storedEpochs = new Map<string, unknown>();
  let stored = false;
  let fromMemory = false;
  const watchForks = (): void => {
    machine.forked ||= stored && fromMemory;
  };
  return {
    onCommit(commit) {
      stored = true;
      if (isObject(commit.after)) storedEpochs.set(commit.scope, commit.after.epoch);
      watchForks();
      checkCommit(commit, machine.scheduler.now, machine.forked ? undefined : lastNumbers, violate);
    },
    onPost(_page, _scope, message) {
      fromMemory ||= isObject(message) && message.isStored === false;
      watchForks();
    },
    onDriver(page, scope, call, epoch) {
      fromMemory ||= page.hasNoStore;
      watchForks();
      if (call === 'end' || call === 'release') return;
      // Under a claim that was wiped away before its host began: the next one may have the same number, and fences it.
      if (wiped && storedEpochs.get(scope) !== epoch) return;
      // Where nothing but the record tells who has the session, nobody knows once it is wiped, until the host writes it anew.
      checkAct(
        machine,
        network,
        acts,
        { page, scope, call, epoch },
        (what) => (wiped && page.hasNoLocks) || violate(what),
      );
    },
    onWipe() {
      wiped = true;
      storedEpochs.clear();
      acts.clear();
      lastNumbers.clear();
    },
    onLoad: (tab) =>
      watchEvents(
        tab,
        (epoch) => {
          // Without a channel nothing else tells that somebody does.
          fromMemory ||= epoch > COUNTED_BY_CLOCK;
          watchForks();
        },
        (what) => wiped || machine.forked || violate(what),
      ),
  };
}

function checkCommit(
  { page, scope, before, after, journal }: Commit,
  at: number,
  /** None: numbers don't count. */
  lastNumbers: Map<string, LastNumber> | undefined,
  violate: (what: string) => void,
): void {
  const [old, record] = [parsed(before), parsed(after)];
  page.log(() => `writes ${describeRecord(after)}${journal.map(([, entry]) => ` + ${describeEntry(entry)}`).join('')}`);
  if (typeof record !== 'object') {
    violate(`${page.name} stored a record that is ${record}`);
    return;
  }
  if (!lastNumbers) return;
  if (typeof old === 'object' && before !== after && !page.hasNoStore) {
    if (record.revision <= old.revision) violate(`${page.name} wrote revision ${record.revision} over ${old.revision}`);
    if (record.epoch < old.epoch) violate(`${page.name} wrote epoch ${record.epoch} over ${old.epoch}`);
    if (record.seq < old.seq) violate(`${page.name} wrote seq ${record.seq} over ${old.seq}`);
  }
  for (const [index, [, entry]] of journal.entries()) {
    if (!isObject(entry)) continue;
    const { epoch, seq } = entry;
    if (typeof epoch !== 'number' || typeof seq !== 'number') continue;
    const last = lastNumbers.get(scope);
    // Of a flood only as much is journaled as the journal holds.
    const isFlood = index === 0 && journal.length === JOURNAL_SIZE;
    // One whose store failed since may have counted on from memory, and nobody been told.
    const mayHaveCounted = last && page.lostStoreAt >= last.at;
    const isNext = last && (seq === last.seq + 1 || ((isFlood || mayHaveCounted) && seq > last.seq));
    if (last && !page.hasNoStore && (!isNext || epoch < last.epoch)) {
      violate(`${page.name} wrote event ${epoch}:${seq} after ${last.epoch}:${last.seq}`);
    }
    lastNumbers.set(scope, { epoch, seq, at });
  }
}

function checkAct(
  { scheduler, faults, forked, outOfReachUntil }: Machine,
  network: Network,
  acts: Map<string, Act>,
  act: { readonly page: Page; readonly scope: string; readonly call: DriverCall; readonly epoch: number },
  violate: (what: string) => void,
): void {
  const { page, scope, call, epoch } = act;
  const last = acts.get(scope);
  if (!forked && last?.hadStore && !page.hasNoStore && epoch <= last.epoch) {
    violate(
      `${page.name} calls driver.${call} under epoch ${epoch}, after ${last.page.name} acted under ${last.epoch}`,
    );
    return;
  }
  acts.set(scope, { page, epoch, hadStore: !page.hasNoStore });
  for (const live of [...network.live, ...network.connecting]) {
    if (live.scope !== scope || live.page === page || live.context.signal.aborted) continue;
    if (scheduler.now - live.page.awakeSince < INFORMED_AFTER_MS) continue;
    // A host whose answer is lost or late is taken over by force, and finds out a moment later.
    if (areLossy(faults) || scheduler.now - outOfReachUntil < INFORMED_AFTER_MS) continue;
    // Without locks and without a store nothing but messages keeps two tabs apart.
    if (page.hasNoLocks && (page.hasNoStore || live.page.hasNoStore)) continue;
    violate(`${page.name} calls driver.${call} while ${live.page.name} still has the session`);
  }
}

function watchEvents(
  tab: SimulatedTab<unknown, unknown>,
  onEpoch: (epoch: number) => void,
  violate: (what: string) => void,
): void {
  if (tab.isBare) return;
  const { page, coordinator } = tab;
  let last = { epoch: 0, seq: 0 };
  for (const type of EVENT_TYPES) {
    coordinator.on(type, (event) => {
      const { epoch, seq } = event as { readonly epoch: number; readonly seq: number | null };
      page.log(() => `hears ${describeEntry({ type, ...event })}`);
      onEpoch(epoch);
      if (seq === null) return;
      if (epoch < last.epoch || (epoch === last.epoch && seq <= last.seq)) {
        violate(`${page.name} hears ${type} ${epoch}:${seq} after ${last.epoch}:${last.seq}`);
      }
      last = { epoch, seq };
    });
  }
}

function describeRecord(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value) ?? 'nothing';
  const { revision, phase, epoch, hostTabId, asked, answered, successor } = value;
  const host = hostTabId === null ? '' : ` host ${hostTabId}`;
  const challenge = asked === answered ? '' : ` asked ${asked} answered ${answered}`;
  const next = isObject(successor) ? ` successor ${successor.tabId}` : '';
  return `r${revision} ${phase} epoch ${epoch}${host}${challenge}${next}`;
}

function describeEntry(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value) ?? 'nothing';
  const { type, epoch, seq, reason, code, missed, error } = value;
  const number = isObject(error) ? error.code : code;
  const parts = [type, number, seq === null ? 'local' : `${epoch}:${seq}`, reason, missed && `missed ${missed}`];
  return parts.filter(Boolean).join(' ');
}
