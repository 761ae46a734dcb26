/**
 * What a tab waits for between calls, as the record says: the death of the host, the end of a recovery window, and, in case
 * every message was lost, the next look. An idle scope is waited for with nothing at all: no timer, no lock, no message.
 *
 * Each wait has a name and a reason: it begins when its reason appears, and stops when the reason changes.
 */
import type { Ledger } from '../ledger/ledger';
import type { Platform } from '../platform/platform';
import { type SessionRecord, SIGN_OF_LIFE_MS } from '../session/record';
import type { ScopeLocks } from './locks';
import { isWatched, type LifeProof } from './proof';

/** While there is a session, a tab looks at the record this often in case every message was lost. */
const WATCHDOG_MS = 15_000;

/**
 * Where no lock tells of a host's death, it is challenged when it was silent this long, or up to a quarter less: each tab draws its own
 * wait, so that one of a hundred asks, and the answer is a sign of life that begins the wait of all anew.
 */
const CHALLENGE_MS = 4_000;

/** A lock that nobody has is granted within this. */
const FREE_MS = 100;

/** Without a channel nobody can call the host: it looks by itself, well within the silence that another tab tolerates. */
const DEAF_HOST_MS = 1_000;

export interface WaitPorts extends Pick<Platform, 'clock' | 'random' | 'isPage'> {
  readonly ledger: Ledger;
  readonly locks: ScopeLocks;
  readonly proof: LifeProof;
  readonly tabId: string;
  /** This tab hosts, and has written nothing for a minute, or its window to reconnect is over. */
  onSignDue(): void;
}

export interface Waits {
  observe(record: SessionRecord): void;
  /** Runs `act` after `ms`, unless the reason for it goes away before. `null`: there is none. */
  keepTimer(name: string, reason: unknown, ms: number, act: () => void): void;
  /** Before the page is cached or frozen: what waits would hold up nobody here, but it would wake nobody either. */
  sleep(): void;
  wake(): void;
}

export function createWaits({ ledger, locks, proof, clock, tabId, isPage, random, onSignDue }: WaitPorts): Waits {
  const waits = new Map<string, { readonly reason: unknown; readonly stop: AbortController }>();
  let isAsleep = false;
  /** When this tab looked last: it does so every `WATCHDOG_MS` while it is awake. */
  let awakeAt = 0;

  function observe(record: SessionRecord): void {
    if (isAsleep) return;
    awakeAt = clock.monotonic();
    const { term, phase, lostSince, seenAt } = record;
    const { windowMs } = record.recovery;
    const isHost = record.hostTabId === tabId;
    const isLocked = isWatched(record, locks);
    keep('host', isHost || !isLocked ? null : term, (signal, hosting) => {
      const began = clock.monotonic();
      // A lock that was free at once, or while this tab slept, says nothing of when its host died: the record knows better.
      const isWitness = (now: number): boolean => now - began > FREE_MS && now - awakeAt < 2 * WATCHDOG_MS;
      const noticedAt = (): number | undefined => (isWitness(clock.monotonic()) ? clock.now() : undefined);
      void locks.watch(hosting, signal, () => quietly(proof.reap(hosting, { at: noticedAt() })));
    });
    // While a host reconnects only that host may close its window, as `decide` says: a look of another tab would change nothing, and the
    // next one come at once.
    const mayClose = isPage && phase === 'recovering' && (isHost || term === null);
    // At least a millisecond: timers are less exact than clocks.
    keepTimer('window', mayClose ? (lostSince ?? 0) + windowMs : null, Math.max(1, ledger.windowLeftMs()), () =>
      isHost ? onSignDue() : quietly(ledger.transact({ type: 'look' })),
    );
    keepTimer('sign', isHost ? seenAt : null, SIGN_OF_LIFE_MS, onSignDue);
    // Without a channel not even the beginning of a session is told.
    const { isDeaf } = ledger;
    const isNeeded = isDeaf || phase !== 'idle';
    const asks = isPage && !isLocked && !isHost && term !== null;
    const ms = asks ? CHALLENGE_MS * (1 - random() / 4) : isDeaf && isHost ? DEAF_HOST_MS : WATCHDOG_MS;
    keepTimer('watchdog', isNeeded ? (asks ? seenAt : ms) : null, ms, () => quietly(lookAgain(seenAt)));
  }

  function keepTimer(name: string, reason: unknown, ms: number, act: () => void): void {
    keep(name, reason, (signal) => {
      const cancel = clock.after(ms, () => {
        waits.delete(name);
        act();
      });
      signal.addEventListener('abort', cancel);
    });
  }

  function keep<Reason>(name: string, reason: Reason | null, begin: (signal: AbortSignal, why: Reason) => void): void {
    const before = waits.get(name);
    if ((before?.reason ?? null) === reason) return;
    before?.stop.abort();
    waits.delete(name);
    if (reason === null || isAsleep) return;
    const stop = new AbortController();
    waits.set(name, { reason, stop });
    begin(stop.signal, reason);
  }

  /** `seen`: the host's sign of life with which this wait began. */
  async function lookAgain(seen: number): Promise<void> {
    await ledger.refresh();
    // A look may find nothing new to observe; the next one comes all the same.
    observe(ledger.record);
    const { term, hostTabId, seenAt } = ledger.record;
    if (term === null || hostTabId === tabId) return;
    // The wait for its lock may have been lost, as a message may.
    if (isWatched(ledger.record, locks)) return proof.reapIfFree(term);
    // What the host wrote meanwhile, or answered to another tab, may have reached the store and not this tab.
    const death = seen === seenAt && (await proof.challenge(term));
    if (death) await proof.reap(term, death);
  }

  return {
    observe,
    keepTimer,
    sleep() {
      isAsleep = true;
      for (const { stop } of waits.values()) stop.abort();
      waits.clear();
    },
    wake() {
      isAsleep = false;
    },
  };
}

/** What could not be done now, because the store is blocked, the next look does. */
export function quietly(work: Promise<unknown>): void {
  work.catch(() => undefined);
}
