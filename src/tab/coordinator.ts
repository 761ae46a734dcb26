/**
 * One tab: wires the parts together, and follows the life of its page. It holds no rule: those are in `session/decide.ts`; what is so
 * is in `ledger/`, who may act in `election/`, what the one who may does in `host/`.
 */
import { createElection } from '../election/election';
import { scopeLocks } from '../election/locks';
import { lifeProof, noProof } from '../election/proof';
import { createWaits, quietly } from '../election/waits';
import { endOrphan } from '../host/orphan';
import { within } from '../host/outcome';
import { createTerms } from '../host/terms';
import { openLedger } from '../ledger/open-ledger';
import { abortError } from '../platform/abort';
import type { Platform } from '../platform/platform';
import { described } from '../session/describe';
import type { SessionErrorEvent } from '../session/error-facts';
import { localError, type Refusal, type SessionError } from '../session/errors';
import { type JournalEntry, toPublicEvent } from '../session/events';
import type { SessionRecord } from '../session/record';
import type { Shape } from '../shape';
import type { CallOptions, Coordinator, CoordinatorOptions, Guarantee, SessionSnapshot } from '../types';
import { createByItself } from './by-itself';
import { createCalls } from './calls';
import { addDispose, closedError } from './closing';
import { createCommandCalls } from './commands';
import { createListeners, type Listener } from './listeners';
import { noteName } from './name-use';
import { checkOptions } from './options';
import { resumeKey } from './resume-key';
import { nextSnapshot, UNSEEN } from './snapshot';
import { createWishes } from './wishes';

/** How long a tab without a store waits for what the others know. */
const ASK_LIMIT_MS = 100;

/** How long a tab that is loaded while a question is open tells the host of it. */
const TOLD_AGAIN_MS = 1_000;

/** How long a coordinator that is closed waits for a claim that it made before. */
const CLAIM_LIMIT_MS = 1_000;

/** As `createCoordinator`, on any platform: a real browser's or a simulated one's. */
export function createCoordinatorOn<S extends Shape = Shape>(
  platform: Platform,
  given: CoordinatorOptions<S>,
): Coordinator<S> {
  // The types of an app are the app's. In here a session is anything.
  const options = given as unknown as CoordinatorOptions;
  const settings = checkOptions(options, platform.logger);
  const { name: scope, driver, connectTimeoutMs, logger } = settings;
  const { clock, lifecycle, isBrowser, isPage, clone, random, randomId } = platform;
  const tabId = randomId();
  const closing = new AbortController();
  /** Aborts when a coordinator that is closed has left its term: until then it must hear that its page goes away. */
  const gone = new AbortController();
  noteName(platform, options, closing.signal, logger);
  /** Aborts when the page is left or the coordinator is closed; a new one when the page is back. */
  let awake = new AbortController();
  /** A page that wakes can be called before it is told: it would claim with locks that a sleeping page must not hold. */
  let whenAwake = Promise.resolve();
  let wakeUp = (): void => {};
  let snapshot = UNSEEN;
  /** The first look is done. Never so on a server. */
  let hasLooked = false;
  /** What the listeners of `statechange` were told last. */
  let told = snapshot.value;
  /** The epoch of the last `session_ended` that this tab heard. */
  let heardEnd = 0;
  let hasWarned = platform.isStandIn;

  const onThrow = (error: unknown, type: string): void => logger.error(`solotab: a listener of '${type}' threw`, error);
  const listeners = createListeners(onThrow, !isBrowser);
  const key = resumeKey(platform.tabStorage, `solotab:${scope}`);
  const locks = scopeLocks({
    ...{ locks: platform.locks, scope, clock, randomId },
    onBroken(error) {
      logger.warn('solotab: Web Locks do not work here; going on without them', error);
      // From now on the host is asked.
      onRecord(ledger.record);
    },
  });
  const ledger = openLedger({
    ...{ platform, logger, scope, tabId, onRecord, onEntry },
    proof: () => (locks.work() ? 'lock' : 'answer'),
    holds: (term) => terms.held?.term === term,
    onGone: () => terms.held?.say({ type: 'here' }),
    // Pages that are loaded from now on get another lock manager than this one.
    onCleared: locks.distrust,
    onBye: (term) => quietly(proof.hearGoodbye(term)),
    onCommand: (message) => commands.hear(message),
    onOrphan: (orphan) => void endOrphan(shared, orphan),
  });
  // Before the parts below are made: while this page makes them, the browser opens the database.
  const looked = isBrowser ? ledger.peek() : null;
  const proof = (isPage ? lifeProof : noProof)({ ledger, locks, clock });
  /** What the parts below share. Each takes what it asks for. */
  const shared = {
    ...{ settings, ledger, locks, proof, clock, lifecycle, logger, tabId, driver, connectTimeoutMs, isPage, key },
    ...{ clone, random, randomId, shown, refused, throwIfClosed, consider },
    ready: whenReady,
    awake: () => awake.signal,
  };
  const election = createElection({ ...shared, newTerm: randomId, patienceMs: 3 * connectTimeoutMs });
  const waits = createWaits({ ...shared, onSignDue: () => terms.held?.say({ type: 'alive' }) });
  const terms = createTerms({ ...shared, onReplaced: update, onAsked: key.sign, onLetGo });
  const calls = createCalls({
    ...{ ...shared, election, terms },
    isExclusive: () => guaranteed() === 'exclusive',
    tell: (error) => listeners.emit('session_error', error),
  });
  const commands = createCommandCalls({ ...shared, terms, ready: whenKnown });
  const wishes = createWishes({
    ...shared,
    ended: calls.ended,
    stopped: calls.stopped,
    throwIfUnfit: () => calls.throwIfUnfit(true),
    start: (request, signal, wish) => calls.begin('start', request, { signal }, wish),
  });
  const byItself = createByItself({ ...shared, waits, calls, wishes, isFree });
  lifecycle.listen((event) => {
    if (event === 'hide') hide();
    else if (event === 'show') quietly(show());
    else if (event === 'focus' || event === 'network') consider(event === 'network');
    else if (!isAsleep()) void ledger.refresh();
  }, gone.signal);
  const ready = open()
    .catch(() => undefined)
    .then(() => {
      hasLooked = isBrowser;
      update();
    });

  async function whenReady(): Promise<void> {
    await ready;
    await whenAwake;
  }

  /** A worker is not told that it slept with its page. */
  async function whenKnown(): Promise<void> {
    await whenReady();
    if (!isPage) await ledger.refresh();
  }

  async function open(): Promise<void> {
    if (!looked) return;
    await looked;
    if (!ledger.isStored) {
      // Locks may exist and fail: that is known only once one was asked for. And that look was a question to the others.
      await Promise.all([
        locks.probe(tabId),
        ledger.refresh(),
        ledger.until(({ epoch }) => epoch > 0, ASK_LIMIT_MS, closing.signal),
      ]);
    }
    await clearAway();
    // Whoever asked may have been gone before the host was told.
    void ledger.until((now) => now.term === null || now.answered >= now.asked, TOLD_AGAIN_MS);
    const { term, epoch } = ledger.record;
    // A host that ended its term, or handed it over, lived as well as one that answered.
    const isKey = (): boolean => term === key.term() && ledger.record.lostEpoch < epoch;
    if (term !== null && isKey()) await key.check(async () => !(await proof.challenge(term)) && isKey());
  }

  /** What a crash left behind is cleared away before anyone sees it. */
  async function clearAway(): Promise<void> {
    const { term, hostTabId } = ledger.record;
    if (term === null || hostTabId === tabId) return;
    const leftAt = key.leftAt(term);
    if (leftAt === undefined) await proof.reapIfFree(term);
    else await proof.reap(term, { at: leftAt });
  }

  function onEntry(entry: JournalEntry, missed: number): void {
    if (entry.type === 'session_ended') heardEnd = entry.epoch;
    const event = toPublicEvent(entry, missed);
    // Of an entry with an error `toPublicEvent` makes such an event.
    listeners.emit(entry.type, entry.error ? shown(event as SessionErrorEvent) : event);
    // It is the last one from now on, and may be stored later.
    if (entry.error) update();
  }

  function onRecord(previous: SessionRecord): void {
    const { record } = ledger;
    const { epoch, hostTabId } = previous;
    if (hostTabId !== null && hostTabId !== tabId && record !== previous && record.lostEpoch === epoch) {
      listeners.emit('host_lost', { epoch, hostTabId });
    }
    terms.held?.observe(record);
    commands.observe(record);
    update();
    if (isClosed() || !isBrowser) return;
    waits.observe(record);
    if (record.erasedEpoch > previous.erasedEpoch && ![record.term, record.resumeKey].includes(key.term()))
      key.forget();
    consider();
  }

  function consider(hasNewNetwork?: boolean): void {
    if (isPage && !isClosed()) byItself.consider(hasNewNetwork);
  }

  /** That a session went elsewhere is told in this tab alone. How one ended is in the journal. */
  function onLetGo(epoch: number, isElsewhere: boolean): void {
    if (isElsewhere && heardEnd < epoch) {
      const event = { type: 'session_ended', reason: 'superseded', epoch, seq: null, tabId, at: clock.now() };
      listeners.emit(event.type, event);
    }
    onRecord(ledger.record);
  }

  function look(): typeof snapshot {
    if (hasLooked) {
      const session = terms.held?.session()?.value;
      snapshot = nextSnapshot(snapshot, ledger.record, { tabId, guarantee: guaranteed(), session, shown });
    }
    return snapshot;
  }

  function getSnapshot(): SessionSnapshot {
    return look().value;
  }

  function shown<Shown extends SessionErrorEvent>(error: Shown): Shown {
    return described(error, options.describe, logger);
  }

  function refused(why: Refusal): SessionError {
    return shown(localError(why, { tabId, epoch: ledger.record.epoch, at: clock.now() }));
  }

  function update(): void {
    const next = getSnapshot();
    if (next === told) return;
    told = next;
    if (next.guarantee === 'best-effort' && !hasWarned) {
      hasWarned = true;
      logger.warn('solotab: neither IndexedDB nor Web Locks work here, so tabs may not exclude each other.');
    }
    listeners.emit('statechange', next);
  }

  function guaranteed(): Guarantee {
    return ledger.isStored || locks.work() ? 'exclusive' : 'best-effort';
  }

  /** Whether this tab could hold a session now. */
  function isFree(): boolean {
    return !calls.isBusy() && !terms.held && !terms.lettingGo && !isAsleep();
  }

  function isAsleep(): boolean {
    return awake.signal.aborted;
  }

  function isClosed(): boolean {
    return closing.signal.aborted;
  }

  function throwIfClosed(): void {
    if (isClosed()) throw closedError();
  }

  /** A cached or frozen page must not hold, wait or listen: it would stop the others, or be thrown out of the cache. */
  function hide(): void {
    // Also while its coordinator is being closed, and stores what its driver said last.
    if (!fallAsleep(abortError('The page was left.')) && !isClosed()) return;
    // Nothing is written: Chromium throws a page out of the cache whose transaction another tab waits for.
    void terms.leave('The page was left.', false);
    ledger.closeChannel();
  }

  /** False: it was asleep already. */
  function fallAsleep(reason: unknown): boolean {
    // Also what was called meanwhile: a cached page can still be closed.
    calls.stop(reason);
    commands.stop(reason);
    if (isAsleep()) return false;
    awake.abort(reason);
    whenAwake = new Promise((resolve) => {
      wakeUp = resolve;
    });
    waits.sleep();
    // Not for a coordinator that is closed: it has its term for as long as it stores what was said last, and then writes that it is over.
    if (terms.held && !isClosed()) key.leave(clock.now());
    return true;
  }

  async function show(): Promise<void> {
    if (!isAsleep() || isClosed()) return;
    awake = new AbortController();
    wakeUp();
    key.reread();
    ledger.openChannel();
    const looked = ledger.refresh();
    terms.comeBack(looked);
    await looked;
    // What can't be done now, because the store is blocked, the waits see to: without them this tab would not notice any death.
    if (!isAsleep()) await clearAway().catch(() => undefined);
    if (isAsleep()) return;
    waits.wake();
    onRecord(ledger.record);
  }

  async function closeOnce(): Promise<void> {
    closing.abort();
    fallAsleep(closedError());
    wishes.close(closedError());
    wakeUp();
    // Of events nothing is heard any more. What this tab shows goes on to be true.
    listeners.clear('statechange');
    // A claim that is on its way is still stored: its term is left then.
    if (!terms.held) await within(clock, CLAIM_LIMIT_MS, calls.settled());
    await terms.leave('The coordinator was closed.', true);
    gone.abort();
    ledger.close();
    update();
    listeners.clear();
    await terms.letGo();
  }

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeOnce());

  const coordinator = {
    tabId,
    ready,
    start: (request?: unknown, callOptions: CallOptions = {}) => calls.begin('start', request, callOptions),
    join: (request?: unknown, callOptions: CallOptions = {}) => calls.begin('join', request, callOptions),
    resume: calls.resume,
    takeOver: calls.takeOver,
    cancel: () => calls.giveUp('cancel'),
    end: () => calls.giveUp('end'),
    ensure: wishes.ensure,
    forget: calls.forget,
    call: commands.call,
    get session() {
      return look().session;
    },
    getSnapshot,
    getServerSnapshot: () => UNSEEN.value,
    subscribe: (listener: () => void) => listeners.add('statechange', () => listener()),
    /** The overloads of `Coordinator.on` tie each listener to the event that its type is emitted with. */
    on: (type: string, listener: (event: never) => void, { signal }: CallOptions = {}) =>
      listeners.add(type, listener as Listener, signal),
    close,
  };
  addDispose(coordinator, close);
  // The two members were just added, wherever `using` exists.
  return coordinator as unknown as Coordinator<S>;
}
