/**
 * One term of this tab as host: runs the driver, and does what the record asks of its host. It decides nothing: every
 * step is reported to the record, whose answer counts.
 *
 *     connect ──▶ held ──▶ over          over: the locks are released, the signal is aborted, the context is deaf
 *
 * A term ends in one of five ways: it failed or was given up; it was ended (`finish`); it was handed over; this tab left;
 * or the record says that another tab has fenced it.
 */
import { abortError, type Tenancy } from '../election/claim';
import type { SharedRecord } from '../election/shared-record';
import type { Clock, Logger } from '../platform/platform';
import { type ErrorFacts, errorFacts, SessionError, type SessionErrorCode } from '../session/errors';
import type { SessionRecord } from '../session/record';
import type { Driver, DriverContext } from '../types';
import { createContext } from './context';
import { type Outcome, outcomeOf, within } from './outcome';
import { HostWriter } from './writer';

export interface TenurePorts<Session> {
  readonly shared: SharedRecord;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tabId: string;
  readonly driver: Pick<Driver<Session>, 'end' | 'release'>;
  readonly connectTimeoutMs: number;
  clone<Value>(value: Value): Value;
  /** The term is over in this tab; `superseded`: because another tab fenced it. */
  onOver(superseded: boolean): void;
}

/** Why an attempt stopped before its driver was done. */
type GivenUp =
  | { readonly type: 'given-up'; readonly why: 'over'; readonly reason: unknown }
  /** The record says so: by `cancel()` or `end()` in any tab. */
  | { readonly type: 'given-up'; readonly why: 'canceled'; readonly reason: unknown }
  /** The caller's own signal. */
  | { readonly type: 'given-up'; readonly why: 'signal'; readonly reason: unknown }
  | { readonly type: 'given-up'; readonly why: 'failed'; readonly error: SessionError };

export class Tenure<Session> {
  readonly term: string;
  /** Tells this session from the next one of the scope. */
  readonly origin: number;
  readonly context: DriverContext;
  /** The session, once connected. */
  session: { readonly value: Session } | undefined;
  isOver = false;
  private readonly controller = new AbortController();
  private readonly writer: HostWriter;
  private attempt: Promise<Outcome<Session>> | undefined;
  private giveUp: (given: GivenUp) => void = () => {};
  private isAttempt = false;
  private isConnected = false;
  private isClosing = false;
  private hasLostLock = false;
  private answering = 0;
  private fallback: SessionErrorCode = 1011;

  constructor(
    private readonly ports: TenurePorts<Session>,
    private readonly tenancy: Tenancy,
  ) {
    const { shared, clock, logger, tabId } = ports;
    this.term = tenancy.term;
    this.origin = tenancy.record.origin;
    this.writer = new HostWriter(shared, clock, tabId, tenancy.record);
    this.context = createContext({
      signal: this.controller.signal,
      epoch: tenancy.record.epoch,
      logger,
      isOver: () => this.isOver,
      info: () => shared.record.info,
      clone: ports.clone,
      emit: (draft) => this.writer.emit(draft),
      report: (report) => void this.writer.report(report),
      ended: (reason) => this.endedByDriver(reason),
    });
    // A lock that was taken away is a reason to look whether the term is still ours.
    for (const { lost } of [tenancy.termLock, tenancy.seat]) void lost.then(() => this.lostLock());
  }

  /** Runs `connect`, the driver's call for this attempt. Rejects as `Coordinator.start` does. */
  async connect(
    connect: (context: DriverContext) => Session | Promise<Session>,
    fallback: SessionErrorCode,
    signal: AbortSignal | undefined,
  ): Promise<Session> {
    const { clock, connectTimeoutMs } = this.ports;
    this.fallback = fallback;
    this.isAttempt = true;
    const givenUp = new Promise<GivenUp>((resolve) => {
      this.giveUp = (given) => {
        resolve(given);
        this.controller.abort(given.why === 'failed' ? given.error : given.reason);
      };
    });
    const onAbort = (): void =>
      this.giveUp({ type: 'given-up', why: 'signal', reason: signal?.reason ?? abortError(GIVEN_UP) });
    signal?.addEventListener('abort', onAbort, { once: true });
    const stopTimer = clock.after(connectTimeoutMs, () => {
      const message = `The session was not connected within ${connectTimeoutMs / 1000} seconds.`;
      this.giveUp({ type: 'given-up', why: 'failed', error: new SessionError(fallback, { message }) });
    });
    if (signal?.aborted) onAbort();
    else this.attempt = outcomeOf(() => connect(this.context));
    this.observe(this.ports.shared.record);
    const first = await (this.attempt ? Promise.race([this.attempt, givenUp]) : givenUp);
    stopTimer();
    signal?.removeEventListener('abort', onAbort);
    switch (first.type) {
      case 'value':
        return this.connected(first.value);
      case 'error':
        return this.failed(SessionError.from(first.error, fallback));
      case 'given-up':
        if (first.why === 'failed') return this.failed(first.error);
        if (first.why === 'signal') void this.abandon();
        throw first.reason;
    }
  }

  /** Does what the record asks of its host. Called with every look at it. */
  observe(record: SessionRecord): void {
    if (this.isOver) return;
    if (this.hasLostLock && !this.ports.shared.isStored && !this.isClosing) return this.fenced(record);
    if (record.term !== this.term) {
      // A term that this host is closing ends by its own report.
      if (!this.isClosing) this.fenced(record);
      return;
    }
    if (record.phase === 'canceling' || record.phase === 'ending') void this.finish();
    else if (record.successor && this.session) void this.handOver(this.session.value);
    // The record was lost, and a tab that had not heard of it yet wrote what it knew.
    else if (record.phase === 'connecting' && this.isConnected) void this.writer.report({ type: 'connected' });
    if (record.asked > record.answered && record.asked > this.answering) {
      this.answering = record.asked;
      void this.writer.report({ type: 'alive' });
    }
  }

  /** Writes the record anew after it was lost or damaged: every report of a host does. */
  restore(): void {
    if (!this.isOver) void this.writer.report({ type: 'alive' });
  }

  /** Ends the session as the record says, or gives up the attempt: the only way out of `canceling` and `ending`. */
  async finish(): Promise<void> {
    if (this.isClosing || this.isOver) return;
    this.isClosing = true;
    const { clock, connectTimeoutMs, shared } = this.ports;
    let session: Session | null = null;
    if (this.session) {
      session = this.session.value;
      this.session = undefined;
    } else if (this.attempt) {
      this.giveUp({ type: 'given-up', why: 'canceled', reason: abortError(GIVEN_UP) });
      const outcome = await within(clock, connectTimeoutMs, this.attempt);
      if (outcome?.type === 'value') session = outcome.value;
      else if (!outcome) this.letGoWhenItComes(this.attempt);
    }
    const wasNever = session === null && this.isAttempt && !shared.record.established;
    const error = wasNever ? undefined : await this.callEnd(session);
    this.tenancy.seat.release();
    await this.writer.report({ type: 'settled', ...(error && { error }) });
    this.over(abortError('The session was ended.'));
  }

  /**
   * Gives the term up before its time, because the page or its coordinator goes away. The others notice by the locks, or by
   * the goodbye. `isWritten`: also says so in the record.
   */
  async leave(reason: string, isWritten: boolean): Promise<void> {
    if (this.isOver) return;
    const { shared } = this.ports;
    this.over(abortError(reason));
    shared.post({ type: 'bye', term: this.term });
    if (isWritten) await shared.transact({ type: 'lost', term: this.term });
  }

  /** Lets go of the session of a term that is over: ends it, unless it lives on elsewhere. */
  async letGo(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    if (session) await this.letGoOf(session.value);
    else if (this.attempt) this.letGoWhenItComes(this.attempt);
  }

  private async connected(session: Session): Promise<Session> {
    this.session = { value: session };
    this.attempt = undefined;
    const { verdict } = await this.writer.report({ type: 'connected' });
    if (verdict === 'done') {
      this.isConnected = true;
      this.observe(this.ports.shared.record);
      return session;
    }
    // Given up or fenced meanwhile: whoever noticed lets go of the session.
    if (verdict === 'void') await this.finish();
    throw abortError(GIVEN_UP);
  }

  private async failed(error: SessionError): Promise<never> {
    const { attempt } = this;
    this.isClosing = true;
    this.tenancy.seat.release();
    const { entries } = await this.writer.report({ type: 'failed', error: errorFacts(error) });
    this.over(error);
    if (attempt) this.letGoWhenItComes(attempt);
    const told = entries.find((entry) => entry.error?.code === error.code);
    const { message, suggestedAction, retryable, cause } = error;
    const { epoch, tabId } = { epoch: this.context.epoch, tabId: this.ports.tabId };
    throw new SessionError(error.code, {
      ...{ message, suggestedAction, retryable, cause, local: false, epoch, tabId },
      ...(told && { epoch: told.epoch, seq: told.seq, at: told.at }),
    });
  }

  /** The caller's signal gave the attempt up. The tabs see `canceling` until the driver has let go of it. */
  private async abandon(): Promise<void> {
    const { shared, clock, connectTimeoutMs } = this.ports;
    if (this.isClosing) return;
    // The record then asks for `finish`, as it does when another tab cancels.
    if (!shared.record.established) return void (await this.writer.report({ type: 'give-up' }));
    // A session that was live before goes back to where it can be resumed, unless somebody ends it meanwhile.
    this.isClosing = true;
    if (this.attempt) await within(clock, connectTimeoutMs, this.attempt);
    this.isClosing = shared.record.term !== this.term || shared.record.phase === 'connecting';
    if (!this.isClosing) return this.finish();
    this.tenancy.seat.release();
    await this.writer.report({ type: 'failed' });
    this.over(abortError(GIVEN_UP));
    await this.letGo();
  }

  private endedByDriver(reason: string): void {
    if (this.isClosing) return;
    if (!this.session) {
      const message = 'The session ended before it was connected.';
      return this.giveUp({ type: 'given-up', why: 'failed', error: new SessionError(this.fallback, { message }) });
    }
    this.isClosing = true;
    this.session = undefined;
    this.tenancy.seat.release();
    void this.writer.report({ type: 'ended', reason }).then(() => this.over(abortError('The session is over.')));
  }

  private async handOver(session: Session): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    const { shared } = this.ports;
    await this.callDriver('release', () => this.ports.driver.release?.(session, this.context));
    this.session = undefined;
    this.tenancy.seat.release();
    const { verdict } = await this.writer.report({ type: 'hand-over' });
    if (verdict === 'void') {
      // Nobody waits for it any more, and this tab has let go of it already: it is ended if somebody asked for that, or lost.
      this.isClosing = false;
      if (shared.record.phase === 'ending') return this.finish();
      await shared.transact({ type: 'lost', term: this.term });
    }
    this.over(abortError('The session moved to another tab.'));
  }

  /** Without a store nothing but the lock says whose turn it is. */
  private lostLock(): void {
    const { shared } = this.ports;
    if (this.isOver || this.isClosing) return;
    this.hasLostLock = true;
    if (shared.isStored) shared.refreshSoon();
    else this.fenced(shared.record);
  }

  private fenced(record: SessionRecord): void {
    this.over(abortError('Another tab has taken over this session.'), true);
    this.ports.logger.debug?.('solotab: this tab lost its term', { epoch: this.context.epoch, now: record.epoch });
  }

  private over(reason: unknown, superseded = false): void {
    if (this.isOver) return;
    this.isOver = true;
    this.giveUp({ type: 'given-up', why: 'over', reason });
    this.controller.abort(reason);
    this.tenancy.seat.release();
    this.tenancy.termLock.release();
    this.ports.onOver(superseded);
  }

  private letGoWhenItComes(attempt: Promise<Outcome<Session>>): void {
    void attempt.then((outcome) => {
      if (outcome.type === 'value') void this.letGoOf(outcome.value);
    });
  }

  private async letGoOf(session: Session): Promise<void> {
    const { origin, phase } = this.ports.shared.record;
    const isAlive = phase === 'connecting' || phase === 'active' || phase === 'recovering';
    if (isAlive && origin === this.origin) {
      await this.callDriver('release', () => this.ports.driver.release?.(session, this.context));
    } else {
      await this.callEnd(session);
    }
  }

  private callEnd(session: Session | null): Promise<ErrorFacts | undefined> {
    return this.callDriver('end', () => this.ports.driver.end(session, this.context));
  }

  /** A driver that fails to let go, or hangs, does not keep the scope: the failure is told instead. */
  private async callDriver(name: 'end' | 'release', call: () => void | Promise<void>): Promise<ErrorFacts | undefined> {
    const { clock, connectTimeoutMs, logger } = this.ports;
    const outcome = await within(clock, connectTimeoutMs, outcomeOf<void>(call));
    if (outcome?.type === 'value') return undefined;
    const cause = outcome
      ? outcome.error
      : new Error(`driver.${name}() took longer than ${connectTimeoutMs / 1000} seconds.`);
    logger.error(`solotab: driver.${name}() failed`, cause);
    const message = `The session is over here, but its driver failed to ${name} it.`;
    return errorFacts(new SessionError(9999, { message, suggestedAction: 'Check the session at the service.', cause }));
  }
}

const GIVEN_UP = 'The attempt was given up.';
