import type { CommandContext } from '../driver';
import type { Platform } from '../platform/platform';
import type { Coordinator } from '../types';
import type { Faults } from './faults';
import type { Page } from './page';
import type { Profile } from './profiles';
import type { Random } from './random';
import type { Scheduler } from './scheduler';
import type { ServiceSession } from './service';
import type { Timeline } from './timeline';

/** What all parts of one simulated browser share. */
export interface Machine {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly ids: Random;
  readonly profile: Profile;
  readonly faults: Faults;
  readonly timeline: Timeline;
  readonly watchers: Watcher[];
  /**
   * Some tab went on from memory beside what is stored: then epochs and numbers of both meet, and neither counts for the
   * other. Who may act is up to the locks.
   */
  forked: boolean;
  /** The browser has a network. */
  isOnline: boolean;
  /** Some tab's clock was set: after a wipe, the next session may then have a lower epoch than the last. */
  clocksDiffer: boolean;
  /** When any tab last found its store failing. */
  lostStoreAt: number;
  /**
   * Until when a page that is awake may have been out of reach, because of what was lost or because a page that slept kept
   * the store waiting: it learns a moment later that others went on without it.
   */
  outOfReachUntil: number;
}

/** One coordinator in one document. Most documents have one; a tab may have several documents. */
export interface Participant {
  /** `A` is the coordinator of the document A, `A+1` the next one in the same document. */
  readonly name: string;
  readonly page: Page;
  readonly platform: Platform;
  readonly coordinator: Coordinator;
}

export type DriverCall = 'start' | 'join' | 'resume' | 'release' | 'end';

/** Sees everything that happens, as it happens. Invariants are watchers. */
export interface Watcher {
  /** A document was loaded, or another coordinator was created in one; it has begun. */
  onJoin?(participant: Participant): void;
  /** A transaction wrote. */
  onCommit?(commit: Commit): void;
  onPost?(page: Page, scope: string, message: unknown, carries: 'full' | 'hints'): void;
  /** A transaction of a page sees the record, before it writes. */
  onLook?(page: Page, scope: string, record: unknown): void;
  /** A driver is called. */
  onDriver?(request: DriverRequest): void;
  /** A command of a driver is about to run. */
  onCommand?(run: CommandRun): void;
  /** Everything was wiped, or a record was overwritten from outside. */
  onWipe?(): void;
  /** A page is gone, and so are its locks. */
  onDeath?(page: Page): void;
  /** A coordinator warns its developer. */
  onWarning?(page: Page, message: string): void;
  onUncaught?(error: unknown): void;
  /** After each event and all that followed from it. */
  afterStep?(): void;
}

export interface DriverRequest {
  readonly page: Page;
  readonly scope: string;
  readonly call: DriverCall;
  readonly epoch: number;
  /** The same for all calls of one coordinator. */
  readonly owner: object;
  /** What it is about, as far as the far end can tell. */
  readonly session: ServiceSession | undefined;
  /** An `end` by a tab that does not have the session. */
  readonly isOrphan: boolean;
  /** An `end` or a `release` of something that its driver never made; `end` is given null where its tab has nothing. */
  readonly isStray: boolean;
  /** What a `start` or a `join` was given. */
  readonly given: unknown;
}

export interface CommandRun {
  readonly page: Page;
  readonly scope: string;
  readonly name: string;
  readonly input: unknown;
  readonly context: CommandContext;
  /** The tab that runs it has this session, under the epoch of the command. */
  readonly isHeld: boolean;
}

export interface Commit {
  readonly page: Page;
  readonly scope: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly journal: readonly (readonly [slot: number, entry: unknown])[];
}
