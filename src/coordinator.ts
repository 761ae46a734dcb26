/**
 * Wires the parts of one tab together. The rules are in `session/decide.ts`, who hosts in `election/`, what the host does in
 * `host/`, what every tab hears in `relay/`.
 */
import {
  abortError,
  type ClaimCall,
  type ClaimOptions,
  Election,
  type Tenancy,
  throwIfAborted,
} from './election/claim';
import { Resumption } from './election/resumption';
import { SharedRecord } from './election/shared-record';
import { TermLocks } from './election/term-locks';
import { Watcher } from './election/watcher';
import { Tenure } from './host/tenure';
import { checkOptions, type Settings } from './options';
import type { LifecycleEvent, Logger, Platform } from './platform/platform';
import { CANNOT_RESUME, NO_BROWSER, Refusals, UNSAFE } from './refusals';
import { Listeners } from './relay/listeners';
import { toPublicEvent } from './relay/public-event';
import { busyCode } from './session/decide';
import { SessionError, type SessionErrorCode } from './session/errors';
import type { Kind, SessionRecord, Successor } from './session/record';
import { nextSnapshot, type Snapshot } from './snapshot';
import type {
  CallOptions,
  Coordinator,
  CoordinatorEvents,
  CoordinatorOptions,
  DriverContext,
  Guarantee,
  SessionSnapshot,
  TakeOverOptions,
} from './types';

/** How long a tab without a store waits for what the others know. */
const ASK_LIMIT_MS = 100;

type EventMap = CoordinatorEvents & Record<string, unknown>;

/** A call that wants to become the host. */
interface Bid<Session> {
  readonly options: ClaimOptions;
  readonly toCall: (candidate: Successor) => ClaimCall;
  /** The driver's call, once the claim was granted with this record. */
  readonly toConnect: (record: SessionRecord) => (context: DriverContext) => Session | Promise<Session>;
  /** The code of a failure that says nothing better. */
  readonly fallback: SessionErrorCode;
  /** Nobody called it, so nobody is told that it was refused. */
  readonly isAutomatic?: boolean;
}

/** As `createCoordinator`, on any platform: a real browser's or a simulated one's. */
export function createCoordinatorOn<Session, Request>(
  platform: Platform,
  options: CoordinatorOptions<Session, Request>,
): Coordinator<Session, Request> {
  const coordinator = new Tab(platform, checkOptions(options), options.logger ?? platform.logger);
  // Older browsers don't have these symbols; a class member named `undefined` would help nobody.
  const { dispose, asyncDispose } = Symbol;
  if (dispose) Object.assign(coordinator, { [dispose]: () => void coordinator.close() });
  if (asyncDispose) Object.assign(coordinator, { [asyncDispose]: () => coordinator.close() });
  // The two members were just added, wherever `using` exists.
  return coordinator as unknown as Coordinator<Session, Request>;
}

class Tab<Session, Request> {
  readonly tabId: string;
  readonly ready: Promise<void>;
  private readonly shared: SharedRecord;
  private readonly locks: TermLocks;
  private readonly election: Election;
  private readonly watcher: Watcher;
  private readonly resumption: Resumption;
  private readonly listeners: Listeners<EventMap>;
  private readonly closing = new AbortController();
  private readonly refusals: Refusals;
  private snapshot: Snapshot;
  private tenure: Tenure<Session> | undefined;
  /** The term that was left when the page was hidden: let go of when it is shown again. */
  private left: Tenure<Session> | undefined;
  /** The call that is trying to become the host. */
  private calling: AbortController | undefined;
  /** How many calls are ending the session, wherever it is. */
  private ending = 0;
  /** Aborts when the page is left or the coordinator is closed; a new one when the page is back. */
  private awake = new AbortController();
  /** The resume that began by itself. */
  private resuming: Promise<Session> | undefined;
  private isAsleep = false;
  /** A fenced driver lets go of its session: nothing is resumed before it has. */
  private lettingGo: Promise<void> | undefined;
  private hasWarned = false;

  constructor(
    private readonly platform: Platform,
    private readonly settings: Settings<Session, Request>,
    private readonly logger: Logger,
  ) {
    const tabId = platform.randomId();
    const scope = settings.name;
    this.tabId = tabId;
    this.listeners = new Listeners((error, type) =>
      logger.error(`solotab: a listener of '${String(type)}' threw`, error),
    );
    const locks = new TermLocks(platform.locks, scope, (error) => {
      logger.warn('solotab: Web Locks do not work here; going on without them', error);
      this.update();
    });
    const shared = new SharedRecord({
      ...{ platform, logger, scope, tabId },
      onRecord: (previous) => this.onRecord(previous),
      onLastError: () => this.update(),
      onEntry: (entry, missed) => this.listeners.emit(entry.type, toPublicEvent(entry, missed)),
      onGone: () => this.tenure?.restore(),
      onBye: (term) => void this.election.reapIfGone(term),
    });
    const newTerm = (): string => platform.randomId();
    const election = new Election({
      ...{ shared, locks, tabId, newTerm, clock: platform.clock },
      patienceMs: settings.connectTimeoutMs,
    });
    this.watcher = new Watcher({ shared, locks, election, tabId, clock: platform.clock });
    [this.shared, this.locks, this.election] = [shared, locks, election];
    this.refusals = new Refusals({
      tabId,
      epoch: () => shared.record.epoch,
      now: () => platform.clock.now(),
      tell: (event) => this.listeners.emit('session_error', event),
    });
    this.snapshot = nextSnapshot(undefined, shared.record, tabId, this.guarantee());
    this.resumption = new Resumption({
      ...{ shared, election, platform, scope },
      isFree: () => settings.driver.resume !== undefined && this.isFree(),
      resume: (toCall) => this.resumeByItself(toCall),
    });
    platform.lifecycle.listen((event) => this.onLifecycle(event), this.closing.signal);
    this.ready = this.open();
  }

  start(request?: Request, options: CallOptions = {}): Promise<Session> {
    return this.begin('start', request as Request, options);
  }

  join(request?: Request, options: CallOptions = {}): Promise<Session> {
    return this.begin('join', request as Request, options);
  }

  resume(options: CallOptions = {}): Promise<Session> {
    // What a person asks for is under way already.
    if (this.resuming && !options.signal) return this.resuming;
    return this.goOn((candidate) => ({ type: 'resume', candidate, key: null }), options);
  }

  async takeOver(options: TakeOverOptions = {}): Promise<Session> {
    const { tenure } = this;
    if (tenure?.session && this.shared.record.phase === 'active') return tenure.session.value;
    return this.goOn((candidate) => ({ type: 'takeOver', candidate }), options);
  }

  cancel(): Promise<void> {
    return this.giveUp('cancel');
  }

  end(): Promise<void> {
    return this.giveUp('end');
  }

  /** Bound, as is `subscribe`: frameworks take them off the object. */
  readonly getSnapshot = (): SessionSnapshot => this.snapshot.value;

  readonly subscribe = (listener: () => void): (() => void) => {
    return this.listeners.add('statechange', () => listener());
  };

  /** The overloads of `Coordinator.on` tie each listener to the event that its type is emitted with. */
  on(type: string, listener: (event: never) => void, options: { readonly signal?: AbortSignal } = {}): () => void {
    return this.listeners.add(type, listener as (event: unknown) => void, options.signal);
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    const { tenure, left, shared } = this;
    this.closing.abort(closedError());
    this.calling?.abort(closedError());
    this.sleep(closedError());
    this.listeners.clear();
    await tenure?.leave('The coordinator was closed.', true);
    shared.close();
    await Promise.all([this.lettingGo, left?.letGo(), tenure?.letGo()]);
  }

  private async open(): Promise<void> {
    const { shared, locks, election, platform } = this;
    if (!platform.isBrowser) return;
    // Locks may exist and throw: that is known only once one was asked for.
    await Promise.all([shared.refresh(), locks.probe(this.tabId)]);
    // Without a store that look was a question to the others.
    if (!shared.isStored) await shared.until(({ epoch }) => epoch > 0, ASK_LIMIT_MS, this.closing.signal);
    // What a crash left behind is cleared away before anyone sees it.
    const { term } = shared.record;
    if (term !== null && locks.work) await election.reapIfGone(term);
    this.update();
    // Awaited: a copied key must be gone before anything can be lost.
    await this.resumption.check();
  }

  private async begin(kind: Kind, given: Request, options: CallOptions): Promise<Session> {
    this.throwIfClosed();
    const { driver, recovery } = this.settings;
    let request = given;
    try {
      if (driver.prepare) request = driver.prepare(kind, given);
    } catch (error) {
      throw this.refusals.from(error);
    }
    return this.bid({
      options,
      toCall: (candidate) => ({ type: kind, candidate, recovery }),
      toConnect: () => (context) => driver[kind](request, context),
      fallback: kind === 'start' ? 1001 : 1011,
    });
  }

  private async goOn(toCall: Bid<Session>['toCall'], options: TakeOverOptions, isAutomatic = false): Promise<Session> {
    this.throwIfClosed();
    const { driver } = this.settings;
    if (!driver.resume) throw this.refusals.make(1011, CANNOT_RESUME);
    return this.bid({
      ...{ options, toCall, isAutomatic, fallback: 1011 },
      toConnect: ({ kind, info, activeEpoch }) => {
        const previous = { kind: kind ?? 'start', info, epoch: activeEpoch };
        // Checked above; a method taken off its object would lose `this`.
        return (context) => driver.resume?.(previous, context) as Session | Promise<Session>;
      },
    });
  }

  private async bid(bid: Bid<Session>): Promise<Session> {
    const { signal } = bid.options;
    throwIfAborted(signal);
    this.refuseIfBusy();
    const calling = new AbortController();
    const stop = (): void => calling.abort(signal?.reason ?? abortError('The call was given up.'));
    signal?.addEventListener('abort', stop);
    this.calling = calling;
    try {
      await this.ready;
      await this.lettingGo;
      this.refuseIfUnsafe();
      const tenancy = await this.election
        .claim(bid.toCall, { ...bid.options, signal: calling.signal })
        .catch((error) => {
          throw bid.isAutomatic ? error : this.refusals.from(error);
        });
      // Only an automatic resume is declined without a word.
      if (!tenancy) throw abortError('Another tab goes on with the session.');
      // What made it safe may have failed in the claim itself.
      const connect = this.isRefused()
        ? () => Promise.reject(new SessionError(9999, UNSAFE))
        : bid.toConnect(tenancy.record);
      const connecting = this.hold(tenancy).connect(connect, bid.fallback, calling.signal);
      this.calling = undefined;
      // After the driver was called: a message and `sessionStorage` take as long as the claim's own work.
      tenancy.announce?.();
      this.resumption.keep(tenancy.term);
      return await connecting;
    } finally {
      signal?.removeEventListener('abort', stop);
      if (this.calling === calling) this.calling = undefined;
      this.considerRecord();
    }
  }

  private async giveUp(type: 'cancel' | 'end'): Promise<void> {
    this.throwIfClosed();
    this.calling?.abort(abortError(`The attempt was given up by ${type}().`));
    await this.ready;
    this.ending += 1;
    try {
      const tenancy = await this.election.endAnywhere(type, this.awake.signal);
      if (!tenancy) return;
      tenancy.announce?.();
      await this.hold(tenancy).finish();
    } catch (error) {
      throw this.refusals.from(error);
    } finally {
      this.ending -= 1;
      this.considerRecord();
    }
  }

  private hold(tenancy: Tenancy): Tenure<Session> {
    const { shared, logger, tabId, platform, settings } = this;
    const { clock } = platform;
    const { driver, connectTimeoutMs } = settings;
    const clone = <Value>(value: Value): Value => platform.clone(value);
    const onOver = (superseded: boolean): void => {
      if (this.tenure === tenure) this.tenure = undefined;
      if (superseded) this.letGo(tenure);
    };
    const tenure: Tenure<Session> = new Tenure(
      { shared, clock, logger, tabId, driver, connectTimeoutMs, clone, onOver },
      tenancy,
    );
    this.tenure = tenure;
    return tenure;
  }

  private onRecord(previous: SessionRecord): void {
    const { record } = this.shared;
    const { epoch, hostTabId } = previous;
    if (hostTabId !== null && hostTabId !== this.tabId && record.lostEpoch === epoch)
      this.listeners.emit('host_lost', { epoch, hostTabId });
    this.tenure?.observe(record);
    this.update();
    if (this.closing.signal.aborted || !this.platform.isBrowser) return;
    this.watcher.observe(record);
    this.considerRecord();
  }

  /** What a tab does by itself once it is free, with every look and after every call. */
  private considerRecord(): void {
    const { term, hostTabId } = this.shared.record;
    // A term of ours that nobody here acts for, as after a store that failed came back.
    if (term !== null && hostTabId === this.tabId && this.isFree()) void this.election.reap(term);
    this.resumption.consider();
  }

  private update(): void {
    const next = nextSnapshot(this.snapshot, this.shared.record, this.tabId, this.guarantee());
    if (next === this.snapshot) return;
    this.snapshot = next;
    if (next.value.guarantee === 'best-effort' && !this.hasWarned) {
      this.hasWarned = true;
      this.logger.warn('solotab: neither IndexedDB nor Web Locks work here, so tabs may not exclude each other.');
    }
    this.listeners.emit('statechange', next.value);
  }

  private guarantee(): Guarantee {
    return this.shared.isStored || this.locks.work ? 'exclusive' : 'best-effort';
  }

  /** Lets go of the session of a term that another tab fenced, `after` the record was looked at. */
  private letGo(tenure: Tenure<Session>, after?: Promise<void>): void {
    const done = this.letGoOf(tenure, after).then(() => {
      if (this.lettingGo === done) this.lettingGo = undefined;
      this.onRecord(this.shared.record);
    });
    this.lettingGo = done;
  }

  /** That a session went elsewhere is told in this tab alone, and only if it is not to be resumed here. */
  private async letGoOf(tenure: Tenure<Session>, after?: Promise<void>): Promise<void> {
    await after;
    await tenure.letGo();
    const { tabId, platform, shared } = this;
    const { term, phase, origin } = shared.record;
    if (phase === 'recovering' && term === null && origin === tenure.origin) return;
    const event = { type: 'session_ended', reason: 'superseded', epoch: tenure.context.epoch, seq: null, tabId };
    this.listeners.emit('session_ended', { ...event, at: platform.clock.now() });
  }

  /** Its outcome is told by events; there may be no caller to tell. */
  private resumeByItself(toCall: Bid<Session>['toCall']): void {
    const resuming = this.goOn(toCall, {}, true);
    this.resuming = resuming;
    const done = (): void => {
      if (this.resuming === resuming) this.resuming = undefined;
    };
    resuming.then(done, done);
  }

  /** Whether this tab could hold a session now. */
  private isFree(): boolean {
    return !this.calling && !this.ending && !this.tenure && !this.lettingGo && !this.isAsleep;
  }

  private onLifecycle(event: LifecycleEvent): void {
    switch (event) {
      case 'hide':
        return this.hide();
      case 'show':
        return void this.show();
      case 'visible':
        if (!this.isAsleep) this.shared.refreshSoon();
    }
  }

  /** A cached or frozen page must not hold, wait or listen: it would stop the others, or be thrown out of the cache. */
  private hide(): void {
    if (this.isAsleep) return;
    this.sleep(abortError('The page was left.'));
    this.calling?.abort(abortError('The page was left.'));
    this.left ??= this.tenure;
    // With locks everybody knows already, and Chromium throws a page out of the cache whose transaction another tab waits for.
    void this.tenure?.leave('The page was left.', !this.locks.work);
    this.shared.closeChannel();
  }

  private async show(): Promise<void> {
    const { shared, left } = this;
    if (!this.isAsleep || this.closing.signal.aborted) return;
    this.isAsleep = false;
    this.awake = new AbortController();
    this.left = undefined;
    shared.openChannel();
    const looked = shared.refresh();
    if (left) this.letGo(left, looked);
    await looked;
    if (this.isAsleep) return;
    this.watcher.wake();
    this.onRecord(shared.record);
  }

  private sleep(reason: DOMException): void {
    this.isAsleep = true;
    this.awake.abort(reason);
    this.watcher.sleep();
    this.resumption.cancel();
  }

  private throwIfClosed(): void {
    if (this.closing.signal.aborted) throw closedError();
  }

  /** A double click, or a call in the tab that has the session: decided here, before any I/O. */
  private refuseIfBusy(): void {
    const { phase, term } = this.shared.record;
    if (this.calling) throw this.refusals.make(1002);
    // A term that the record has done with is only being tidied up.
    if (phase !== 'idle' && term !== null && term === this.tenure?.term) throw this.refusals.make(busyCode(phase));
  }

  private refuseIfUnsafe(): void {
    if (!this.platform.isBrowser) throw this.refusals.make(9999, NO_BROWSER);
    if (this.isRefused()) throw this.refusals.make(9999, UNSAFE);
  }

  private isRefused(): boolean {
    return this.settings.refusesUnsafe && this.guarantee() !== 'exclusive';
  }
}

function closedError(): DOMException {
  return new DOMException('This coordinator was closed. Create a new one.', 'InvalidStateError');
}
