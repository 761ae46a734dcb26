/**
 * What must be true of every run, whatever goes wrong in it. Checked as it happens, so that a timeline ends where the
 * promise was broken.
 *
 * - The stored record is well-formed; its revision rises, if not its epoch, which never falls.
 * - Journal entries are numbered without gap, under an epoch that never falls.
 * - Each `start`, `join` and `resume` of a driver acts under an epoch of its own, higher than all before it, as long as
 *   those who act have a store: without one, nobody can know how far others have counted.
 * - When one acts, no other coordinator that could answer still has the session; and no two go on having one.
 * - No session is ended by two tabs that don't have it, or by one that does not have it while another could still answer, or
 *   resumed after it was ended.
 * - A driver is given back only what it made: to end, or to let go of. To end it may be given null, for what its tab has not got.
 * - A worker has no session, ends none, and begins and ends no term.
 * - A command runs only on a session that its tab has, and not once its caller gave up or its term is over.
 * - No session stays open once its term is over in its tab: its driver ends it or lets go of it, one that it connected too late as well.
 * - Each tab hears of each event once, in order.
 */

import { isObject } from '../session/check';
import { JOURNAL_SIZE } from '../session/events';
import { isClosing } from '../session/record';
import type { CoordinatorEvents } from '../types';
import { areLossy } from './faults';
import type { Commit, DriverRequest, Machine, Participant, Watcher } from './machine';
import type { LiveSession, Network } from './network';
import type { Page } from './page';
import { parsed } from './parsed';
import type { ServiceSession } from './service';

/** A message that nothing holds up is there after this long. */
const ON_WAY_MS = 10;

/** A page that slept has heard of whatever happened meanwhile after this long. */
const INFORMED_AFTER_MS = 15_000;

/** A page that is awake has let go of a session after this long, whatever it asks the store before. */
const LET_GO_AFTER_MS = 30_000;

/** A host writes its record anew as soon as it learns that what is stored was wiped. Until then a new page can't know of it. */
const WRITTEN_ANEW_AFTER_MS = 1_000;

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
  const orphanEnders = new WeakMap<ServiceSession, Page>();
  /** Then numbers begin anew, and each tab learns it at its own time. */
  let wiped = false;
  let wipedAt = Number.NEGATIVE_INFINITY;
  /** All that were ever stored. */
  const storedEpochs = new Set<unknown>();
  /** Since when the term is over of what a tab still has. */
  const overSince = new WeakMap<LiveSession, number>();
  /** What is stored now is that the session is to end. */
  let isEnding = false;
  let stored = false;
  let fromMemory = false;
  const watchForks = (): void => {
    machine.forked ||= stored && fromMemory;
  };
  /** Where nothing but the record tells who has the session, nobody knows once it is wiped, until the host writes it anew. */
  const mayNotKnow = (page: Page, other: Page): boolean => {
    const isFresh = machine.scheduler.now - wipedAt < WRITTEN_ANEW_AFTER_MS;
    return wiped && (page.hasNoLocks || (isFresh && !shareLocks(page, other)));
  };
  return {
    onCommit(commit) {
      stored = true;
      for (const value of [commit.before, commit.after, ...commit.journal.map(([, entry]) => entry)]) {
        if (isObject(value)) storedEpochs.add(value.epoch);
      }
      watchForks();
      const record = parsed(commit.after);
      isEnding = typeof record === 'object' && isClosing(record.phase);
      checkCommit(
        machine.lostStoreAt,
        commit,
        machine.scheduler.now,
        machine.forked ? undefined : lastNumbers,
        violate,
      );
    },
    onDriver(request) {
      const { page, call } = request;
      if (page.isWorker) violate(`${page.name} calls driver.${call} in a worker`);
      if (request.isStray) violate(`${page.name} calls driver.${call} with a session that its driver never made`);
      fromMemory ||= page.hasNoStore;
      watchForks();
      // A tab that is about to resume it may hear a moment later that it is to end.
      const isLate = call === 'resume' && isEnding;
      if (!machine.forked && !wiped && !isLate) checkService(machine, network, orphanEnders, request, violate);
      if (call === 'end' || call === 'release') return;
      // A new session is above all before it, whatever was wiped. An old one may be written anew by a page that slept meanwhile.
      // Or go on with the claim that it made before.
      const sleptOver = page.awakeSince > wipedAt;
      const counts = !wiped || (call !== 'resume' && !machine.clocksDiffer && !sleptOver);
      checkAct(machine, network, acts, counts, request, mayNotKnow, violate);
    },
    onCommand: ({ page, name, context, isHeld }) => {
      if (!isHeld) violate(`${page.name} runs the command ${name} on a session that it does not have`);
      if (context.signal.aborted) violate(`${page.name} runs the command ${name}, which was given up`);
    },
    afterStep() {
      for (const live of network.live) checkLetGo(live, overSince, machine.scheduler.now, violate);
      const [first, second] = network.live;
      if (first && second) checkPairs(machine, network, mayNotKnow, violate);
    },
    onWipe() {
      wiped = true;
      wipedAt = machine.scheduler.now;
      lastNumbers.clear();
    },
    onJoin: (participant) =>
      watchEvents(
        participant,
        (epoch) => {
          // A tab that goes on from memory counts epochs that nobody stores. Without a channel nothing else tells that one does.
          fromMemory ||= !storedEpochs.has(epoch);
          watchForks();
        },
        (what) => wiped || machine.forked || violate(what),
      ),
  };
}

function checkCommit(
  lostStoreAt: number,
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
  if (page.isWorker && typeof old === 'object' && (record.term !== old.term || record.epoch !== old.epoch)) {
    violate(`${page.name}, a worker, wrote epoch ${record.epoch} over ${old.epoch}`);
  }
  if (!lastNumbers) return;
  if (typeof old === 'object' && before !== after && !page.hasNoStore) {
    // One that is written anew out of a memory may have the number of another one, under an epoch that is higher.
    const isLater = record.revision > old.revision || record.epoch > old.epoch;
    if (!isLater) violate(`${page.name} wrote revision ${record.revision} over ${old.revision}`);
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
    // One whose store failed since may have counted on from memory.
    const mayHaveCounted = last && lostStoreAt >= last.at;
    const isNext = last && (seq === last.seq + 1 || ((isFlood || mayHaveCounted) && seq > last.seq));
    if (last && !page.hasNoStore && (!isNext || epoch < last.epoch)) {
      violate(`${page.name} wrote event ${epoch}:${seq} after ${last.epoch}:${last.seq}`);
    }
    lastNumbers.set(scope, { epoch, seq, at });
  }
}

function checkAct(
  machine: Machine,
  network: Network,
  acts: Map<string, Act>,
  /** Whether its epoch is to be above all before it. */
  counts: boolean,
  { page, scope, call, epoch, owner }: DriverRequest,
  mayNotKnow: (page: Page, other: Page) => boolean,
  violate: (what: string) => void,
): void {
  const last = acts.get(scope);
  if (counts && !machine.forked && last?.hadStore && !page.hasNoStore && epoch <= last.epoch) {
    violate(
      `${page.name} calls driver.${call} under epoch ${epoch}, after ${last.page.name} acted under ${last.epoch}`,
    );
    return;
  }
  acts.set(scope, { page, epoch, hadStore: !page.hasNoStore });
  for (const live of [...network.live, ...network.connecting]) {
    if (live.scope !== scope || live.owner === owner || !couldAnswer(machine, live)) continue;
    if (areKeptApart(machine.scheduler.now, page, live.page) && !mayNotKnow(page, live.page)) {
      violate(`${page.name} calls driver.${call} while ${live.page.name} still has the session`);
    }
  }
}

/** Two that have a session, and know of each other or could for long, are not to go on so. */
function checkPairs(
  machine: Machine,
  network: Network,
  mayNotKnow: (page: Page, other: Page) => boolean,
  violate: (what: string) => void,
): void {
  const { now } = machine.scheduler;
  const since = now - INFORMED_AFTER_MS;
  const long = [...network.live].filter((live) => live.since < since && couldAnswer(machine, live));
  for (const [index, one] of long.entries()) {
    const other = long.slice(index + 1).find(({ scope, owner }) => scope === one.scope && owner !== one.owner);
    if (!other || mayNotKnow(one.page, other.page)) continue;
    if (!areKeptApart(now, one.page, other.page) || !areKeptApart(now, other.page, one.page)) continue;
    violate(`${one.page.name} and ${other.page.name} both have a session`);
  }
}

/** What a tab connected is let go of, whenever its term ended. */
function checkLetGo(
  live: LiveSession,
  overSince: WeakMap<LiveSession, number>,
  now: number,
  violate: (what: string) => void,
): void {
  const { page, context, service } = live;
  if (!context.signal.aborted) return;
  const since = overSince.get(live) ?? now;
  overSince.set(live, since);
  if (now - Math.max(since, page.awakeSince) <= LET_GO_AFTER_MS) return;
  // Said once.
  overSince.set(live, Number.POSITIVE_INFINITY);
  violate(`${page.name} keeps ${service?.id ?? 'a session'} open, whose term is over`);
}

/** What the far end is asked to do with a session, it must make sense to it. */
function checkService(
  machine: Machine,
  network: Network,
  orphanEnders: WeakMap<ServiceSession, Page>,
  { page, call, session, isOrphan, owner }: DriverRequest,
  violate: (what: string) => void,
): void {
  if (!session) return;
  // Without a store nothing but messages says that it was ended: who slept then may find nobody who knows, and without locks they may come late.
  const [first] = session.ends;
  const isOnWay = first !== undefined && machine.scheduler.now - first.at < ON_WAY_MS;
  const sleptOver = first !== undefined && page.awakeSince > first.at;
  const mayComeLate = page.hasNoLocks && (isOnWay || areLossy(machine.faults));
  const isTold = !(page.hasNoStore && (sleptOver || mayComeLate));
  if (call === 'resume' && session.state === 'ended' && isTold) {
    violate(`${page.name} resumes ${session.id}, which ${first?.page} has ended`);
  }
  if (call !== 'end' || !isOrphan) return;
  const ender = orphanEnders.get(session);
  const endedAt = session.ends.find((end) => end.isOrphan)?.at ?? 0;
  // One that died or slept as it ended an orphan may not have got round to saying so. Without a store nothing is said for sure.
  // Nor can one that was stopped between its last look and the call.
  const hasJustWoken = page.awakeSince > endedAt && machine.scheduler.now === page.awakeSince;
  const couldKnow =
    ender && !ender.gone && ender.awakeSince < endedAt && !hasJustWoken && !ender.hasNoStore && !page.hasNoStore;
  if (couldKnow) {
    violate(`${page.name} ends ${session.id} without having it, as ${ender.name} did before`);
  }
  orphanEnders.set(session, page);
  for (const live of network.live) {
    if (live.service !== session || live.owner === owner || !couldAnswer(machine, live)) continue;
    if (areKeptApart(machine.scheduler.now, page, live.page))
      violate(`${page.name} ends ${session.id}, which ${live.page.name} still has`);
  }
}

/** It has been awake for long enough to know what others did meanwhile, and nothing that it says is lost. */
function couldAnswer({ scheduler, faults, outOfReachUntil }: Machine, { page, context }: LiveSession): boolean {
  if (context.signal.aborted || scheduler.now - page.awakeSince < INFORMED_AFTER_MS) return false;
  // A host whose answer is lost or late is taken over by force, and finds out a moment later.
  return !areLossy(faults) && scheduler.now - outOfReachUntil >= INFORMED_AFTER_MS;
}

/** Without common locks and without a store nothing but messages keeps a tab from one that has the session, and that one from going on. */
function areKeptApart(now: number, page: Page, host: Page): boolean {
  const isTold = now - host.hasStoreSince >= INFORMED_AFTER_MS;
  return shareLocks(page, host) || (isTold && !page.hasNoStore);
}

function shareLocks(page: Page, other: Page): boolean {
  const haveLocks = [page, other].every(({ hasNoLocks, hasAbandonedLocks }) => !hasNoLocks && !hasAbandonedLocks);
  return haveLocks && page.bucket === other.bucket;
}

function watchEvents(
  { page, name, coordinator }: Participant,
  onEpoch: (epoch: number) => void,
  violate: (what: string) => void,
): void {
  let last = { epoch: 0, seq: 0 };
  for (const type of EVENT_TYPES) {
    coordinator.on(type, (event) => {
      const { epoch, seq } = event as { readonly epoch: number; readonly seq: number | null };
      page.log(() => `hears ${describeEntry({ type, ...event })}`);
      if (seq === null) return;
      onEpoch(epoch);
      if (epoch < last.epoch || (epoch === last.epoch && seq <= last.seq)) {
        violate(`${name} hears ${type} ${epoch}:${seq} after ${last.epoch}:${last.seq}`);
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
