/**
 * One tab: wires the parts together and holds no rule. The rules are in `session/decide.ts`, what is so in `ledger/`, who may act
 * in `election/`, what the one who may does in `host/`.
 */
import { createElection, type Tenancy, type ToCall } from '../election/election';
import { scopeLocks } from '../election/locks';
import { lifeProof } from '../election/proof';
import { createWaits } from '../election/waits';
import { endOrphan } from '../host/orphan';
import { within } from '../host/outcome';
import { createTenure, type Tenure } from '../host/tenure';
import { openLedger } from '../ledger/ledger';
import { isBlocked } from '../ledger/patient-store';
import { abortError, throwIfAborted } from '../platform/abort';
import type { Platform } from '../platform/platform';
import { busyCode } from '../session/decide';
import type { SessionErrorCode } from '../session/catalogue';
import { isSessionError, SessionError } from '../session/errors';
import { type JournalEntry, toPublicEvent } from '../session/events';
import { BLOCKED, CANNOT_RESUME, NO_BROWSER, UNSAFE } from '../session/reasons';
import type { Candidate, Kind, SessionRecord } from '../session/record';
import type {
  CallOptions,
  Coordinator,
  CoordinatorOptions,
  DriverContext,
  Guarantee,
  SessionSnapshot,
  TakeOverOptions,
} from '../types';
import { createListeners, type Listener } from './listeners';
import { checkOptions } from './options';
import { resumeKey } from './resume-key';
import { nextSnapshot, type Snapshot } from './snapshot';

/** How long a tab without a store waits for what the others know. */
const ASK_LIMIT_MS = 100;

/** Where `any-tab` may resume, a hidden tab gives the visible one this head start. */
const HIDDEN_DELAY_MS = 250;

/** Between one failed automatic resume and the next. */
const RESUME_AGAIN_MS = 1_000;

/** How long `end()` waits for a driver that is letting go: it may be that driver that called, and waits for `end()`. */
const OWN_DRIVER_MS = 1_000;

type Facts = ConstructorParameters<typeof SessionError>[1];

/** A call that wants to become the host. */
interface Bid<Session> {
  readonly options: TakeOverOptions;
  readonly toCall: ToCall;
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
  const { name: scope, driver, recovery, connectTimeoutMs, refusesUnsafe } = checkOptions(options);
  const { clock, lifecycle, isBrowser } = platform;
  const logger = options.logger ?? platform.logger;
  const tabId = platform.randomId();
  const closing = new AbortController();
  const isClosed = (): boolean => closing.signal.aborted;

  let snapshot: Snapshot | undefined;
  /** The snapshot that the listeners of `statechange` were told last. */
  let told: SessionSnapshot | undefined;
  let tenure: Tenure<Session> | undefined;
  /** The term that was left when the page was hidden: let go of when it is shown again. */
  let left: Tenure<Session> | undefined;
  /** The call that is trying to become the host. */
  let calling: AbortController | undefined;
  /** How many calls are ending the session, wherever it is. */
  let ending = 0;
  /** Aborts when the page is left or the coordinator is closed; a new one when the page is back. */
  let awake = new AbortController();
  /** The resume that began by itself. */
  let resuming: Promise<Session> | undefined;
  /** A fenced driver lets go of its session: nothing is resumed before it has. */
  let lettingGo: Promise<void> | undefined;
  /** The epoch of the last `session_ended` that this tab heard. */
  let heardEnd = 0;
  let hasWarned = false;

  const listeners = createListeners((error, type) => logger.error(`solotab: a listener of '${type}' threw`, error));
  const key = resumeKey(platform.tabStorage, `solotab:${scope}`);
  const newTerm = (): string => platform.randomId();
  const locks = scopeLocks({
    ...{ locks: platform.locks, scope, clock, randomId: newTerm },
    onBroken(error) {
      logger.warn('solotab: Web Locks do not work here; going on without them', error);
      update();
    },
  });
  const ledger = openLedger({
    ...{ platform, logger, scope, tabId, onRecord, onEntry },
    proof: () => (locks.work() ? 'lock' : 'answer'),
    onGone: () => tenure?.restore(),
    // Pages that are loaded from now on get another lock manager than this one.
    onCleared: locks.distrust,
    onBye: (term) => quietly(proof.hearGoodbye(term)),
    onOrphan: (orphan) => void endOrphan({ driver, clock, logger, limitMs: connectTimeoutMs }, orphan),
  });
  const proof = lifeProof({ ledger, locks, clock });
  const election = createElection({ ledger, locks, proof, clock, tabId, newTerm, patienceMs: connectTimeoutMs });
  const waits = createWaits({ ledger, locks, proof, clock, tabId, onSignDue: () => tenure?.giveSign() });
  told = getSnapshot();
  lifecycle.listen((event) => {
    if (event === 'hide') hide();
    else if (event === 'show') quietly(show());
    else if (!isAsleep()) void ledger.refresh();
  }, closing.signal);
  const ready = open().catch(() => undefined);

  async function open(): Promise<void> {
    if (!isBrowser) return;
    await ledger.peek();
    if (!ledger.isStored) {
      // Locks may exist and fail: that is known only once one was asked for. And that look was a question to the others.
      await Promise.all([
        locks.probe(tabId),
        ledger.refresh(),
        ledger.until(({ epoch }) => epoch > 0, ASK_LIMIT_MS, closing.signal),
      ]);
    }
    await clearAway();
    update();
    const isKey = (): boolean => ledger.record.term !== null && ledger.record.term === key.term();
    if (isFree() && isKey()) await key.check(async (term) => (await proof.challenge(term)) && isKey() && isFree());
  }

  /** What a crash left behind is cleared away before anyone sees it. */
  async function clearAway(): Promise<void> {
    const { term, hostTabId } = ledger.record;
    if (term === null || hostTabId === tabId) return;
    const leftAt = key.leftAt(term);
    if (leftAt === undefined) await proof.reapIfFree(term);
    else await proof.reap(term, leftAt);
  }

  async function begin(kind: Kind, given: Request, callOptions: CallOptions): Promise<Session> {
    throwIfClosed();
    let request = given;
    try {
      if (driver.prepare) request = driver.prepare(kind, given);
    } catch (error) {
      throw refusal(error);
    }
    return bid({
      options: callOptions,
      toCall: (candidate) => ({ type: kind, candidate, recovery }),
      toConnect: () => (context) => driver[kind](request, context),
      fallback: kind === 'start' ? 1001 : 1011,
    });
  }

  async function goOn(toCall: ToCall, callOptions: TakeOverOptions, isAutomatic = false): Promise<Session> {
    throwIfClosed();
    if (!driver.resume) throw refuse(1011, CANNOT_RESUME);
    return bid({
      ...{ options: callOptions, toCall, isAutomatic, fallback: 1011 },
      toConnect: ({ kind, info, activeEpoch }) => {
        const previous = { kind: kind ?? 'start', info, epoch: activeEpoch };
        // Checked above; a method taken off its object would lose `this`.
        return (context) => driver.resume?.(previous, context) as Session | Promise<Session>;
      },
    });
  }

  async function bid({ options: { signal, force }, ...wanted }: Bid<Session>): Promise<Session> {
    throwIfAborted(signal);
    refuseIfBusy();
    const own = new AbortController();
    const stop = (): void => own.abort(signal?.reason);
    signal?.addEventListener('abort', stop);
    calling = own;
    try {
      await ready;
      await lettingGo;
      throwIfAborted(own.signal);
      if (!isBrowser) throw refuse(9999, NO_BROWSER);
      if (isUnsafe()) throw refuse(9999, UNSAFE);
      const tenancy = await election.run(wanted.toCall, { signal: own.signal, insists: force }).catch((error) => {
        throw wanted.isAutomatic ? error : refusal(error);
      });
      // Only an automatic resume is declined without a word.
      if (!tenancy) throw abortError('Another tab goes on with the session.');
      // What made it safe may have failed in the claim itself.
      const connect = isUnsafe()
        ? () => Promise.reject(new SessionError(9999, UNSAFE))
        : wanted.toConnect(tenancy.record);
      const connecting = hold(tenancy).connect(connect, wanted.fallback, own.signal);
      calling = undefined;
      // After the driver was called: a message and `sessionStorage` take as long as the claim's own work.
      tenancy.announce();
      key.keep(tenancy.term);
      return await connecting.catch((error) => {
        throw isBlocked(error) ? refusal(error) : error;
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      if (calling === own) calling = undefined;
      considerRecord();
    }
  }

  async function giveUp(type: 'cancel' | 'end'): Promise<void> {
    throwIfClosed();
    calling?.abort(abortError(`The attempt was given up by ${type}().`));
    await ready;
    ending += 1;
    try {
      const toCall: ToCall = (candidate, origin) => ({ type, candidate, ...(origin !== undefined && { origin }) });
      const run = async (): Promise<void> => {
        const tenancy = await election.run(toCall, { signal: awake.signal, insists: true });
        tenancy?.announce();
        if (tenancy) await hold(tenancy).finish();
      };
      const limitMs = Math.min(OWN_DRIVER_MS, connectTimeoutMs / 4);
      await (tenure?.isLettingGo() ? within(clock, limitMs, run()) : run());
    } catch (error) {
      throw refusal(error);
    } finally {
      ending -= 1;
      considerRecord();
    }
  }

  function hold(tenancy: Tenancy): Tenure<Session> {
    const { clone } = platform;
    const onOver = (isSuperseded: boolean): void => {
      if (tenure === held) tenure = undefined;
      if (isSuperseded) letGo(held);
    };
    const ports = {
      ledger,
      clock,
      lifecycle,
      logger,
      tabId,
      driver,
      connectTimeoutMs,
      clone,
      onAsked: key.sign,
      onOver,
    };
    const held: Tenure<Session> = createTenure(ports, tenancy);
    tenure = held;
    return held;
  }

  function onEntry(entry: JournalEntry, missed: number): void {
    if (entry.type === 'session_ended') heardEnd = entry.epoch;
    listeners.emit(entry.type, toPublicEvent(entry, missed));
  }

  function onRecord(previous: SessionRecord): void {
    const { record } = ledger;
    const { epoch, hostTabId } = previous;
    if (hostTabId !== null && hostTabId !== tabId && record !== previous && record.lostEpoch === epoch) {
      listeners.emit('host_lost', { epoch, hostTabId });
    }
    tenure?.observe(record);
    update();
    if (isClosed() || !isBrowser) return;
    waits.observe(record);
    considerRecord();
  }

  /** What a tab does by itself once it is free, with every look and after every call. */
  function considerRecord(): void {
    const {
      term,
      hostTabId,
      phase,
      recovery: { by },
      attempts,
    } = ledger.record;
    // A term of ours that nobody here acts for, as after a store that failed came back.
    if (term !== null && hostTabId === tabId && isFree()) quietly(proof.reap(term));
    const toCall = (candidate: Candidate) => ({ type: 'resume', candidate, key: key.term() }) as const;
    const isDue =
      phase === 'recovering' &&
      driver.resume !== undefined &&
      isFree() &&
      ledger.preview(toCall({ term: '', tabId })).verdict === 'granted';
    const isHidden = by === 'any-tab' && !lifecycle.isVisible();
    const delayMs = attempts > 0 ? RESUME_AGAIN_MS : isHidden ? HIDDEN_DELAY_MS : 0;
    waits.keepTimer('resume', isDue && delayMs > 0 ? 'due' : null, delayMs, resume);
    if (isDue && delayMs === 0) resume();

    /** Its outcome is told by events; there may be no caller to tell. */
    function resume(): void {
      const done = (): void => {
        if (resuming === own) resuming = undefined;
      };
      const own = goOn(toCall, {}, true);
      resuming = own;
      own.then(done, done);
    }
  }

  function getSnapshot(): SessionSnapshot {
    snapshot = nextSnapshot(snapshot, ledger.record, tabId, guaranteed());
    return snapshot.value;
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

  /** Lets go of the session of a term that another tab fenced, `after` the record was looked at. */
  function letGo(held: Tenure<Session>, after: Promise<unknown> = ledger.refresh()): void {
    const letGoNow = async (): Promise<void> => {
      await after;
      await held.letGo();
      const { term, phase, origin } = ledger.record;
      const { epoch } = held.context;
      // That a session went elsewhere is told in this tab alone, and only if it is not to be resumed here. How one ended is in the
      // journal.
      if (heardEnd >= epoch || (phase === 'recovering' && term === null && origin === held.origin)) return;
      listeners.emit('session_ended', {
        type: 'session_ended',
        reason: 'superseded',
        epoch,
        seq: null,
        tabId,
        at: clock.now(),
      });
    };
    const done = letGoNow().then(() => {
      if (lettingGo === done) lettingGo = undefined;
      onRecord(ledger.record);
    });
    lettingGo = done;
  }

  /** Whether this tab could hold a session now. */
  function isFree(): boolean {
    return !calling && !ending && !tenure && !lettingGo && !isAsleep();
  }

  function isAsleep(): boolean {
    return awake.signal.aborted;
  }

  /** A cached or frozen page must not hold, wait or listen: it would stop the others, or be thrown out of the cache. */
  function hide(reason: unknown = abortError('The page was left.')): void {
    if (isAsleep()) return;
    awake.abort(reason);
    waits.sleep();
    calling?.abort(reason);
    if (tenure) key.leave(clock.now());
    if (isClosed()) return;
    left ??= tenure;
    // Nothing is written: Chromium throws a page out of the cache whose transaction another tab waits for.
    void tenure?.leave('The page was left.', false);
    ledger.closeChannel();
  }

  async function show(): Promise<void> {
    if (!isAsleep() || isClosed()) return;
    awake = new AbortController();
    key.reread();
    const held = left;
    left = undefined;
    ledger.openChannel();
    const looked = ledger.refresh();
    if (held) letGo(held, looked);
    await looked;
    if (isAsleep()) return;
    await clearAway();
    if (isAsleep()) return;
    waits.wake();
    onRecord(ledger.record);
  }

  async function close(): Promise<void> {
    if (isClosed()) return;
    const held = tenure;
    closing.abort(closedError());
    hide(closedError());
    listeners.clear();
    await held?.leave('The coordinator was closed.', true);
    ledger.close();
    await Promise.all([lettingGo, left?.letGo(), held?.letGo()]);
  }

  function throwIfClosed(): void {
    if (isClosed()) throw closedError();
  }

  /** A double click, or a call in the tab that has the session: decided here, before any I/O. */
  function refuseIfBusy(): void {
    const { phase, term } = ledger.record;
    if (calling) throw refuse(1002);
    // A term that the record has done with is only being tidied up.
    if (phase !== 'idle' && term !== null && term === tenure?.term) throw refuse(busyCode(phase));
  }

  function isUnsafe(): boolean {
    return refusesUnsafe && guaranteed() !== 'exclusive';
  }

  /** A refusal: the error of one tab, told to its caller and to its listeners, and to no other tab. */
  function refuse(code: number, facts: Facts = {}): SessionError {
    const error = new SessionError(code, { ...facts, local: true, tabId, epoch: ledger.record.epoch, at: clock.now() });
    listeners.emit('session_error', error.toJSON());
    return error;
  }

  /** The same for one that was decided elsewhere. Any other error is passed on as it is. */
  function refusal(error: unknown): unknown {
    if (isBlocked(error)) return refuse(9999, { ...BLOCKED, cause: error });
    if (!isSessionError(error)) return error;
    const refused = SessionError.from(error, 9999);
    return refuse(refused.code, { ...refused.toJSON(), cause: refused.cause });
  }

  const coordinator = {
    tabId,
    ready,
    start: (request?: Request, callOptions: CallOptions = {}) => begin('start', request as Request, callOptions),
    join: (request?: Request, callOptions: CallOptions = {}) => begin('join', request as Request, callOptions),
    resume: (callOptions: CallOptions = {}) =>
      // What a person asks for is under way already.
      resuming && !callOptions.signal
        ? resuming
        : goOn((candidate) => ({ type: 'resume', candidate, key: null }), callOptions),
    async takeOver(callOptions: TakeOverOptions = {}) {
      const held = tenure?.session();
      if (held && ledger.record.phase === 'active') return held.value;
      return goOn((candidate) => ({ type: 'takeOver', candidate }), callOptions);
    },
    cancel: () => giveUp('cancel'),
    end: () => giveUp('end'),
    getSnapshot,
    subscribe: (listener: () => void) => listeners.add('statechange', () => listener()),
    /** The overloads of `Coordinator.on` tie each listener to the event that its type is emitted with. */
    on: (type: string, listener: (event: never) => void, { signal }: CallOptions = {}) =>
      listeners.add(type, listener as Listener, signal),
    close,
  };
  // Older browsers don't have these symbols; a member named `undefined` would help nobody.
  const { dispose, asyncDispose } = Symbol;
  if (dispose) Object.assign(coordinator, { [dispose]: () => void close() });
  if (asyncDispose) Object.assign(coordinator, { [asyncDispose]: close });
  // The two members were just added, wherever `using` exists.
  return coordinator as unknown as Coordinator<Session, Request>;
}

function closedError(): DOMException {
  return new DOMException('This coordinator was closed. Create a new one.', 'InvalidStateError');
}

/** What could not be done now, because the store is blocked, the next look does. */
function quietly(work: Promise<unknown>): void {
  work.catch(() => undefined);
}
