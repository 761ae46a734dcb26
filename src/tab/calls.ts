/** What is asked of this tab, by its app or by the recovery policy: each call is run by the election, and its term is held here. */

import type { DriverContext } from '../driver';
import type { Election, ToCall } from '../election/election';
import { quietly } from '../election/waits';
import { outcomeOf, within } from '../host/outcome';
import type { Terms } from '../host/terms';
import type { Ledger } from '../ledger/ledger';
import { abortError, linkedTo, throwIfAborted } from '../platform/abort';
import type { Platform } from '../platform/platform';
import type { SessionErrorCode } from '../session/catalogue';
import type { Call } from '../session/command';
import { busyCode } from '../session/decide';
import type { SessionErrorEvent } from '../session/error-facts';
import { isSessionError, type Refusal, SessionError } from '../session/errors';
import { CANNOT_JOIN, CANNOT_RESUME, NO_PAGE, refusal, UNSAFE } from '../session/reasons';
import type { Kind, SessionRecord } from '../session/record';
import type { CallOptions, TakeOverOptions } from '../types';
import type { Settings } from './options';
import type { ResumeKey } from './resume-key';

/** How long `end()` waits for a driver that is letting go: it may be that driver that called, and waits for `end()`. */
const OWN_DRIVER_MS = 1_000;

export interface CallPorts extends Pick<Platform, 'clock' | 'isPage'> {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly election: Election;
  readonly terms: Terms;
  readonly key: ResumeKey;
  ready(): Promise<void>;
  /** Aborts when the page is left or the coordinator is closed. */
  awake(): AbortSignal;
  throwIfClosed(): void;
  isExclusive(): boolean;
  /** An error in the app's own words. */
  shown(error: SessionError): SessionError;
  /** The same, as the refusal of a call of this tab. */
  refused(why: Refusal): SessionError;
  tell(error: SessionErrorEvent): void;
  /** A call is over: this tab may be free, and act by itself. */
  consider(): void;
}

/** Calls the driver, for the record as it was claimed. */
type Connect = (claimed: SessionRecord, context: DriverContext) => unknown;

export type Calls = ReturnType<typeof createCalls>;

export function createCalls(ports: CallPorts) {
  const { settings, ledger, election, terms, key, clock, throwIfClosed } = ports;
  const { driver, recovery, connectTimeoutMs, refusesUnsafe } = settings;
  /** The call that is trying to become the host. */
  let calling: AbortController | undefined;
  /** Until every call that would become the host is over. */
  let bids: Promise<unknown> = Promise.resolve();
  /** How many calls are ending the session, wherever it is. */
  let endings = 0;
  /** What their last transaction left of `stops` in the record: a higher one was written by somebody else. */
  let stopped = 0;
  /** Settles with the last of them. */
  let ends: Promise<unknown> = Promise.resolve();
  /** The resume that began by itself. */
  let resuming: Promise<unknown> | undefined;

  /** Runs a call that wants to become the host, and then the driver's call for the record as it was claimed. */
  function bid(...given: Parameters<typeof makeBid>): Promise<unknown> {
    const made = makeBid(...given);
    bids = outcomeOf(() => made);
    return made;
  }

  async function makeBid(
    toCall: ToCall,
    connect: Connect,
    fallback: SessionErrorCode,
    { signal, force }: TakeOverOptions,
    isAutomatic = false,
  ): Promise<unknown> {
    const { control: own, unlink } = linkedTo(signal);
    const before = bids;
    calling = own;
    try {
      await before;
      await ports.ready();
      await terms.lettingGo;
      throwIfAborted(own.signal);
      refuseIfUnsafe();
      const tenancy = await election.run(toCall, { signal: own.signal, insists: force });
      // Only an automatic resume is declined without a word.
      if (!tenancy) throw abortError('Another tab goes on with the session.');
      const tenure = terms.hold(tenancy);
      const connecting = tenure.connect(
        // What made it safe may have failed in the claim itself.
        (context) => {
          refuseIfUnsafe();
          return connect(tenancy.record, context);
        },
        fallback,
        own.signal,
      );
      if (calling === own) calling = undefined;
      // After the driver was called: `sessionStorage` takes as long as the claim's own work.
      key.keep(tenancy.term);
      return await connecting;
    } catch (error) {
      throw told(error, undefined, isAutomatic);
    } finally {
      unlink();
      if (calling === own) calling = undefined;
      ports.consider();
    }
  }

  async function begin(
    kind: Kind,
    given: unknown,
    options: CallOptions,
    wish?: Extract<Call, { type: Kind }>['wish'],
  ): Promise<unknown> {
    const isAutomatic = wish !== undefined;
    throwIfUnfit(isAutomatic);
    // A method taken off its object would lose `this`.
    const connect = driver[kind]?.bind(driver);
    if (!connect) throw refused({ code: 1011, ...CANNOT_JOIN });
    let request = given;
    try {
      if (driver.prepare) request = driver.prepare(kind, given);
    } catch (error) {
      throw told(error, true, isAutomatic);
    }
    refuseIfBusy(options, isAutomatic);
    return bid(
      (candidate) => ({ type: kind, candidate, recovery, ...(wish && { wish }) }),
      (_, context) => connect(request, context),
      kind === 'start' ? 1001 : 1011,
      options,
      isAutomatic,
    );
  }

  async function goOn(toCall: ToCall, options: TakeOverOptions, isAutomatic?: boolean): Promise<unknown> {
    throwIfUnfit(isAutomatic);
    if (!driver.resume) throw refused({ code: 1011, ...CANNOT_RESUME });
    // Checked above; a method taken off its object would lose `this`.
    const connect: Connect = ({ kind, info, activeEpoch }, context) =>
      driver.resume?.({ kind: kind ?? 'start', info, epoch: activeEpoch }, context);
    refuseIfBusy(options, isAutomatic);
    return bid(toCall, connect, 1011, options, isAutomatic);
  }

  async function giveUp(type: 'cancel' | 'end'): Promise<void> {
    throwIfClosed();
    calling?.abort(abortError(`The attempt was given up by ${type}().`));
    await ports.ready();
    endings += 1;
    const ended = outcomeOf(() => end(type));
    const limitMs = Math.min(OWN_DRIVER_MS, connectTimeoutMs / 4);
    const outcome = await (terms.held?.isLettingGo() ? within(clock, limitMs, ended) : ended);
    endings -= 1;
    ports.consider();
    if (outcome?.type === 'error') throw told(outcome.error);
  }

  async function end(type: 'cancel' | 'end'): Promise<void> {
    const toCall: ToCall = (candidate, origin) => ({ type, candidate, ...(origin !== undefined && { origin }) });
    const onDecided = ({ stops }: SessionRecord): void => {
      stopped = stops;
    };
    const tenancy = await election.run(toCall, { signal: ports.awake(), insists: true, onDecided });
    if (tenancy) await terms.hold(tenancy).finish();
    // What is in a host's memory the host wrote for this call.
    else if (!ledger.record.isStored || !ledger.isStored) stopped = Math.max(stopped, ledger.record.stops);
  }

  async function forget(): Promise<void> {
    for (let isErased = false; !isErased; ) {
      await giveUp('end');
      // Another one may have begun meanwhile. A coordinator that was closed meanwhile erases nothing, and rejects as it begins anew.
      const erased = ledger.transact({ type: 'forget' }).catch((error: unknown) => Promise.reject(told(error)));
      isErased = (await erased).verdict === 'done';
    }
  }

  /** What this tab wants afterwards is not ended by `call`. */
  function ending(call: Promise<void>): Promise<void> {
    const before = ends;
    ends = outcomeOf(() => call).then(() => before);
    return call;
  }

  /** This coordinator can't become host: it is closed, or in no page. */
  function throwIfUnfit(isAutomatic?: boolean): void {
    throwIfClosed();
    if (!ports.isPage) throw refused({ code: 9999, ...NO_PAGE }, isAutomatic);
  }

  /** A double click, or a call in the tab that has the session: decided here, before any I/O. */
  function refuseIfBusy({ signal }: CallOptions, isAutomatic?: boolean): void {
    throwIfAborted(signal);
    const { phase, term } = ledger.record;
    // One that was given up is waited for.
    if (calling && !calling.signal.aborted) throw refused({ code: 1002 }, isAutomatic);
    // A term that the record has done with is only being tidied up.
    if (phase !== 'idle' && term !== null && term === terms.held?.term)
      throw refused({ code: busyCode(phase) }, isAutomatic);
  }

  function refuseIfUnsafe(): void {
    if (refusesUnsafe && !ports.isExclusive()) throw refusal(9999, UNSAFE);
  }

  /**
   * What a caller gets. A refusal is the error of one tab. What became of an attempt was told to all, and what is no error of a session is
   * passed on as it is.
   */
  function told(error: unknown, isRefusal?: boolean, isAutomatic?: boolean): unknown {
    if (!isSessionError(error)) return error;
    const given = SessionError.from(error, 9999);
    if (!(isRefusal ?? given.local)) return ports.shown(given);
    return refused(given, isAutomatic);
  }

  /** A refusal: this tab's listeners are told too, unless no person called, and no other tab. */
  function refused(why: Refusal, isAutomatic = false): SessionError {
    const own = ports.refused(why);
    if (!isAutomatic) ports.tell(own.toJSON());
    return own;
  }

  return {
    isBusy: () => calling !== undefined || endings > 0,
    settled: () => bids,
    ended: () => ends,
    stopped: () => stopped,
    ...{ begin, throwIfUnfit },
    giveUp: (type: 'cancel' | 'end') => ending(giveUp(type)),
    forget: () => ending(forget()),
    async resume(options: CallOptions = {}) {
      throwIfClosed();
      if (resuming && !options.signal) {
        // What a person asks for is under way already.
        const own = resuming;
        const outcome = await outcomeOf(() => own);
        if (outcome.type === 'value') return outcome.value;
        // It was refused without a word: a person is told.
        if (!(outcome.error instanceof SessionError && outcome.error.local)) throw outcome.error;
      }
      return goOn((candidate) => ({ type: 'resume', candidate, key: null }), options);
    },
    async takeOver(options: TakeOverOptions = {}) {
      throwIfClosed();
      throwIfAborted(options.signal);
      const session = terms.held?.session();
      if (session && ledger.record.phase === 'active') return session.value;
      return goOn((candidate) => ({ type: 'takeOver', candidate }), options);
    },
    /** Moves the session here, because its user looks here. Where that can't be, nothing is said. */
    follow: () => quietly(goOn((candidate) => ({ type: 'takeOver', candidate, follows: true }), {}, true)),
    /** Its outcome is told by events: there may be no caller to tell. */
    resumeByItself(toCall: ToCall): void {
      const done = (): void => {
        if (resuming === own) resuming = undefined;
      };
      const own = goOn(toCall, {}, true);
      resuming = own;
      own.then(done, done);
    },
    stop: (reason: unknown) => calling?.abort(reason),
  };
}
