/**
 * One term of this tab as host: runs the driver, and does what the record asks of its host. It decides nothing: every
 * step is reported to the record, whose answer counts.
 *
 *     connecting ──▶ held ──▶ closing ──▶ over
 *         └────────────────────▲            ▲      closing: the driver ends or releases, or the last report is under way
 *                any stage ─────────────────┘      over: the locks are released, the signal is aborted, the context is deaf
 *
 * A term ends in one of five ways: it failed or was given up; it was ended (`finish`); it was handed over; this tab left;
 * or the record says that another tab has fenced it.
 */
import type { Driver, DriverContext } from '../driver';
import type { Tenancy } from '../election/election';
import type { ScopeLocks } from '../election/locks';
import { AGREE_MS, SILENCE_MS } from '../election/proof';
import type { Ledger } from '../ledger/ledger';
import { abortError, reasonOf } from '../platform/abort';
import type { Platform } from '../platform/platform';
import type { SessionErrorCode } from '../session/catalogue';
import type { Report } from '../session/command';
import type { ErrorFacts } from '../session/error-facts';
import { SessionError } from '../session/errors';
import { isClosing, isSameSession, type SessionRecord } from '../session/record';
import { createCommands } from './commands';
import { createConnection } from './connection';
import { createContext } from './context';
import { sharedFacts } from './error-data';
import { holdLocks } from './held-locks';
import { failureTo, type Outcome, outcomeOf, within } from './outcome';
import { createWriter } from './writer';

export interface TenurePorts extends Pick<Platform, 'clock' | 'lifecycle' | 'logger' | 'clone'> {
  readonly ledger: Ledger;
  readonly locks: Pick<ScopeLocks, 'watch' | 'distrust' | 'takeSeat'>;
  readonly tabId: string;
  readonly driver: Pick<Driver, 'end' | 'release' | 'commands'>;
  readonly connectTimeoutMs: number;
  /** Somebody asked whether this tab lives; it is about to answer. */
  onAsked(): void;
  /** The session of this term was replaced by another object. */
  onReplaced(): void;
  /** The term is over in this tab; `isSuperseded`: because another tab fenced it. */
  onOver(isSuperseded: boolean): void;
}

export type Tenure = ReturnType<typeof createTenure>;

export function createTenure(ports: TenurePorts, tenancy: Tenancy) {
  const { term, record: claimed } = tenancy;
  const { ledger, locks, clock, logger, clone, driver, connectTimeoutMs } = ports;
  const { origin, epoch } = claimed;
  const control = new AbortController();
  const began = clock.monotonic();
  let stage: 'connecting' | 'held' | 'closing' | 'over' = 'connecting';
  /** The driver's call, from when it was made. */
  let attempt: Promise<Outcome<unknown>> | undefined;
  const connection = createConnection();
  /** It failed before its driver was done with it. */
  let failure: Outcome<never> | undefined;
  /** The code of a failure that says nothing better. None: nothing was attempted, this term ends an orphan. */
  let fallback: SessionErrorCode | undefined;
  /** The driver said that the session is over before it had come back. */
  let endedEarly: string | undefined;
  /** This host wrote, while it let go of the session, that it can't be recovered any more: it told so under the next epoch. */
  let hasClosedWindow = false;
  /** The last question that is being answered. None: 0, as they may be counted anew after the record was lost. */
  let answering = 0;
  /** The driver's `end` or `release` is under way. */
  let isLettingGo = false;
  /** This host ends the session, also if its page goes away meanwhile. */
  let isFinishing = false;
  /** Writes, as the coordinator is closed, that this tab ends the session itself. False: another tab wrote before that it is over, and ended it. */
  let leaving: Promise<boolean> | undefined;

  const isOver = (): boolean => stage === 'over';
  /** The session of this term is the one of the record still, and not about to end. */
  const goesOn = (): boolean => isSameSession(claimed, ledger.record) && !isClosing(ledger.record.phase);
  const writer = createWriter({ ...ports, isOver }, tenancy);
  /** Reports what needs no answer. Every report restores what was lost of the record, and answers what was asked. */
  const say = (report: Report): void => void writer.report(report);
  const context = createContext({
    ...{ signal: control.signal, epoch, logger, isOver, clone },
    isClosing: () => stage === 'closing',
    info: () => claimed.info,
    emit: writer.emit,
    publish: writer.publish,
    reconnecting() {
      connection.broke();
      say({ type: 'reconnecting' });
    },
    reconnected(replacement) {
      // Too late: it is let go of, as what an attempt connects too late.
      if (isOver() || stage === 'closing') return void (replacement === undefined || letGoOf(replacement));
      connection.restored(replacement);
      ports.onReplaced();
      say({ type: 'reconnected' });
    },
    ended: endedByDriver,
  });

  const commands = createCommands({
    ...{ ledger, clock, driver, term, context, signal: control.signal, clone, watch: locks.watch },
    // The record says that it is active a moment before this host has heard so.
    session: () => (isOver() || endedEarly !== undefined ? undefined : connection.session),
  });

  const held = holdLocks(locks, tenancy, async () => {
    if (ledger.isStored && !isOver()) await ledger.refresh();
    else observe(ledger.record);
    // Whoever took it may be about to write its claim.
    await ledger.until((now) => now.term !== term, AGREE_MS);
    await ledger.refresh();
    return !isOver() && ledger.record.term === term;
  });

  /** Runs `call`, the driver's for this attempt. Rejects as `Coordinator.start` does. */
  async function connect(call: (context: DriverContext) => unknown, code: SessionErrorCode, signal: AbortSignal) {
    fallback = code;
    const stopped = new Promise<typeof failure>((resolve) => {
      control.signal.addEventListener('abort', () => resolve(failure));
    });
    const onAbort = (): void => {
      control.abort(signal.reason);
      // The record then asks for `finish`, as it does when another tab cancels; or another tab may go on with the session.
      if (stage === 'connecting') void giveUp();
    };
    const cancelTimer = clock.after(connectTimeoutMs, () =>
      fail(`The session was not connected within ${connectTimeoutMs / 1000} seconds.`),
    );
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else attempt = outcomeOf(() => call(context));
    observe(ledger.record);
    // Without an attempt it is stopped already.
    const outcome = await Promise.race([attempt, stopped]);
    cancelTimer();
    signal.removeEventListener('abort', onAbort);
    // Given up or fenced.
    if (!outcome) throw reasonOf(control.signal);
    if (outcome.type === 'value') return connected(outcome.value);
    throw await failed(SessionError.from(outcome.error, code));
  }

  /** The attempt is over before its driver is done with it. */
  function fail(message: string): void {
    const error = new SessionError(fallback ?? 1011, { message });
    failure = { type: 'error', error };
    control.abort(error);
  }

  async function connected(value: unknown): Promise<unknown> {
    connection.made(value);
    attempt = undefined;
    try {
      const { verdict } = await writer.report({ type: 'connected' });
      if (verdict === 'done') {
        if (stage === 'connecting') stage = 'held';
        observe(ledger.record);
        const now = connection.session?.value ?? value;
        if (endedEarly !== undefined) endedByDriver(endedEarly);
        else if (connection.isBroken) say({ type: 'reconnecting' });
        return now;
      }
    } catch (error) {
      await abandon(error);
      throw error;
    }
    // Given up or fenced meanwhile: `observe` has seen that in the record of this answer, and lets go of the session.
    throw abortError();
  }

  async function giveUp(): Promise<void> {
    const decision = await within(clock, connectTimeoutMs, writer.report({ type: 'giveUp' }));
    // The store was blocked all the time: the others notice by the locks.
    if (!decision && stage === 'connecting') await abandon(control.signal.reason);
  }

  /** What can't be written down is over all the same, and nobody else will end what was never told. */
  function abandon(reason: unknown): Promise<unknown> {
    over(reason);
    return letGo();
  }

  async function failed(error: SessionError): Promise<unknown> {
    stage = 'closing';
    held.releaseSeat();
    const reason = ledger.record.activeEpoch > 0 ? endedEarly : undefined;
    const facts = sharedFacts(error, ports);
    const report: Report = reason === undefined ? { type: 'failed', error: facts } : { type: 'ended', reason };
    const entries = (await within(clock, connectTimeoutMs, writer.report(report)))?.entries;
    void abandon(error);
    const told = entries?.find((entry) => entry.error === facts);
    // Given up or fenced meanwhile: no tab is told of a failure.
    if (reason === undefined && entries && !told) return abortError();
    // What every tab is sent, numbered as it was told, and the cause, which stays here.
    const { seq, at } = told ?? { seq: null, at: clock.now() };
    return new SessionError(facts.code, { ...facts, cause: error.cause, tabId: ports.tabId, epoch, seq, at });
  }

  /** Does what the record asks of its host. Called with every look at it. */
  function observe(record: SessionRecord): void {
    if (isOver()) return;
    if (record.term !== term || (held.areLost && !ledger.isStored)) {
      const { lastError, lostEpoch } = record;
      // A term that this host is closing ends by its own report.
      if (stage === 'closing') {
        // Its own window: any tab may close that of a session which was lost.
        hasClosedWindow ||= lastError?.tabId === ports.tabId && lastError.epoch === epoch + 1 && lostEpoch !== epoch;
        return;
      }
      // Another tab found the lock of this term free, although this tab holds it: the two have different lock managers. A term that is
      // older may have been lost by its silence.
      const isYoung = clock.monotonic() - began < SILENCE_MS;
      const keptLock = claimed.proof === 'lock' && !held.areLost && !control.signal.aborted;
      if (isYoung && keptLock && lostEpoch === epoch) locks.distrust();
      return over(abortError('Another tab has taken over this session.'), true);
    }
    if (isClosing(record.phase)) void finish();
    else if (record.successor && connection.session && stage === 'held') void handOver();
    // The record was lost, and a tab that had not heard of it yet wrote what it knew.
    else if (record.phase === 'connecting' && stage === 'held') say({ type: 'connected' });
    if (record.asked > Math.max(record.answered, answering)) {
      answering = record.asked;
      ports.onAsked();
      void writer.report({ type: 'here' }).then(() => {
        answering = 0;
      });
    }
  }

  /** Ends the session as the record says, or gives up the attempt: the only way out of `canceling` and `ending`. */
  async function finish(): Promise<void> {
    if (stage === 'closing') return;
    stage = 'closing';
    isFinishing = true;
    // As it is now: the record can be over before the attempt is.
    const wasActive = ledger.record.activeEpoch > 0;
    let had = connection.take();
    if (attempt) {
      control.abort(abortError());
      // What comes is ended here, also if the page goes away meanwhile, and not there too.
      const coming = attempt;
      attempt = undefined;
      const outcome = await within(clock, connectTimeoutMs, coming);
      if (outcome?.type === 'value') had ??= outcome;
      else if (!outcome) letGoWhenItComes(coming);
    }
    if (!had && (await isMineToEnd(wasActive))) had = { value: null };
    const error = had && (await callDriver('end', had.value));
    held.releaseSeat();
    await writer.report({ type: 'settled', error });
    over(abortError('The session was ended.'));
  }

  /** Whether this tab ends a session that it has not got. */
  async function isMineToEnd(wasActive: boolean): Promise<boolean> {
    // An attempt that came to nothing.
    if (fallback && !wasActive) return false;
    // If its page was stopped meanwhile, a tab that fenced it may have ended it.
    await ledger.peek().catch(() => undefined);
    if (await leaving) return true;
    const isLeft = isOver() && ledger.isStored;
    // Of a page that was left any tab may write that its term is over, this one as well: who does ends the session.
    if (isLeft) await ledger.transact({ type: 'lost', term }).catch(() => undefined);
    return !isLeft && ledger.record.epoch <= epoch;
  }

  /** Gives the term up early, as its page or coordinator goes away. Others notice by the locks, or the goodbye. `isWritten`: the record says so too. */
  async function leave(reason: string, isWritten: boolean): Promise<void> {
    if (isOver()) return;
    // While the locks are kept: who finds them free writes that the term is over, and nothing can be stored under it.
    if (isWritten && writer.hasMore()) await within(clock, SILENCE_MS, writer.storeAll());
    const isHeld = connection.session !== undefined || isFinishing;
    over(abortError(reason));
    ledger.sayGoodbye(term);
    if (!isWritten) return;
    const lost = ledger.transact({ type: 'lost', term, at: clock.now(), isHeld }).catch(() => undefined);
    leaving = lost.then((decision) => isHeld && decision?.verdict === 'done');
    await leaving;
  }

  /** Lets go of the session of a term that is over: ends it, unless it lives on elsewhere. */
  async function letGo(looked?: Promise<void>): Promise<unknown> {
    const session = connection.take();
    // Unless it is known to be over: a look that is under way may say so, or a report that was held up as the page was left.
    if (!session || goesOn()) await Promise.all([looked, writer.settled()]);
    return session ? letGoOf(session.value) : letGoWhenItComes();
  }

  function endedByDriver(reason: string): void {
    if (stage === 'closing') return;
    if (!connection.session) {
      endedEarly ??= reason;
      // What the driver resolves with in this very turn counts: such a session began and ended.
      clock.after(0, () => {
        if (attempt && stage === 'connecting') fail(`The session ended before it was connected (${reason}).`);
      });
      return;
    }
    stage = 'closing';
    connection.take();
    held.releaseSeat();
    void writer.report({ type: 'ended', reason }).then(() => over(abortError('The session is over.')));
  }

  async function handOver(): Promise<void> {
    stage = 'closing';
    // From now on nobody has it until it is resumed: if this tab goes away meanwhile, whoever writes that it is over ends it.
    await callDriver('release', connection.take()?.value);
    held.releaseSeat();
    const { verdict } = await writer.report({ type: 'handOver' });
    if (verdict === 'void' && !isOver()) {
      // This tab has let go of it already: it is ended if somebody asked for that, or if it was over before, as this tab wrote.
      if (ledger.record.term === term && ledger.record.phase === 'ending') {
        stage = 'held';
        return finish();
      }
      if (hasClosedWindow) await callDriver('end', null);
    }
    over(abortError('The session moved to another tab.'));
  }

  function over(reason: unknown, isSuperseded = false): void {
    if (isOver()) return;
    stage = 'over';
    control.abort(reason);
    held.release();
    ports.onOver(isSuperseded);
  }

  function letGoWhenItComes(coming = attempt): void {
    void coming?.then((outcome) => (outcome.type === 'value' ? letGoOf(outcome.value) : undefined));
  }

  function letGoOf(value: unknown): Promise<unknown> {
    // Another tab has it or may resume it. One that was never told active is nobody's.
    return callDriver(goesOn() && ledger.record.activeEpoch > 0 ? 'release' : 'end', value);
  }

  async function callDriver(name: 'end' | 'release', value: unknown): Promise<ErrorFacts | undefined> {
    isLettingGo = true;
    const error = await failureTo(name, () => driver[name]?.(value, context), ports);
    isLettingGo = false;
    return error;
  }

  const state = { session: () => connection.session, isLettingGo: () => isLettingGo };
  return { ...state, term, origin, epoch, commands, connect, observe, say, finish, leave, letGo };
}
