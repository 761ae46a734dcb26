/**
 * Commands that this tab calls: each is sent to the host, again and again until it says that it has begun, and then now and then in
 * case its answer was lost. The host runs it once.
 */
import type { ScopeLocks } from '../election/locks';
import { type LifeProof, SILENCE_MS } from '../election/proof';
import { quietly } from '../election/waits';
import type { Terms } from '../host/terms';
import type { Ledger } from '../ledger/ledger';
import type { Answer, CommandMessage, CommandRequest, FinalAnswer } from '../ledger/messages';
import { linkedTo, throwIfAborted, unlessAborted } from '../platform/abort';
import type { Clock, HeldLock } from '../platform/platform';
import { CommandError } from '../session/command-error';
import { canTell, commandInput, commandRefusal, fateOf, waitsIn } from '../session/command-rules';
import { type Refusal, SessionError } from '../session/errors';
import { refusalIn } from '../session/reasons';
import { isForeign, type Phase, type SessionRecord } from '../session/record';
import type { CommandOptions } from '../types';

/** How long a command waits for a session that is being connected, unless its caller says. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** A message can be lost: until the host has begun, a command is sent again this often. */
const AGAIN_MS = 500;

/** And as often as this until its answer is there. */
const ANSWER_AGAIN_MS = 2_000;

/** For so long the host surely knows whether it has begun a command: it remembers those of ten seconds, and runs none older than three. */
const SURELY_REMEMBERED_MS = 7_000;

export interface CommandCallPorts {
  readonly ledger: Ledger;
  readonly locks: ScopeLocks;
  readonly proof: LifeProof;
  readonly terms: Terms;
  readonly clock: Clock;
  readonly tabId: string;
  clone<Value>(value: Value): Value;
  ready(): Promise<void>;
  throwIfClosed(): void;
  /** The refusal of a call of this tab, in the app's own words. */
  refused(why: Refusal): SessionError;
}

/** Where a command that was sent stands. `null`: its host reconnects and had not begun it. */
type Settle = (answer: Answer | null) => void;

export function createCommandCalls(ports: CommandCallPorts) {
  const { ledger, locks, proof, terms, clock, tabId, refused } = ports;
  let calls = 0;
  /** Every call that is under way. */
  const underWay = new Set<AbortController>();
  const sent = new Map<string, { readonly term: string; readonly settle: Settle }>();
  /** While there is a session that this tab has called, it holds a lock of its own name, by which the host notices that it is gone. */
  let presence: Promise<HeldLock | null> | undefined;

  async function call(name: string, given: unknown, options: CommandOptions = {}): Promise<unknown> {
    const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    ports.throwIfClosed();
    const input = commandInput(name, given, options, ports.clone);
    const { control: own, unlink } = linkedTo(signal);
    underWay.add(own);
    try {
      const id = `${tabId}:${++calls}`;
      const answer = await throughPhases({ id, tabId, name, input }, timeoutMs, own.signal);
      if (answer.state === 'done') return answer.result;
      const { state, ...failure } = answer;
      throw new CommandError(name, state, failure);
    } finally {
      unlink();
      underWay.delete(own);
      rest();
    }
  }

  /** Nothing is held where there is no session. */
  function rest(): void {
    if (underWay.size === 0 && ledger.record.phase === 'idle') leave();
  }

  function leave(): void {
    void presence?.then((lock) => lock?.release());
    presence = undefined;
  }

  async function throughPhases(
    request: Omit<CommandRequest, 'at' | 'isLocked'>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<FinalAnswer> {
    await unlessAborted(ports.ready(), signal);
    let sentTo: { readonly term: string; readonly at: number } | undefined;
    // That it has begun may have been lost. Only the host that it was sent to can tell, while it is there and remembers.
    const mayHaveRun = (): boolean => {
      if (!sentTo) return false;
      return !canTell(ledger.record, sentTo.term) || clock.monotonic() - sentTo.at > SURELY_REMEMBERED_MS;
    };
    for (let left = timeoutMs; ; ) {
      if (mayHaveRun()) return { state: 'unknown' };
      const { phase, term } = ledger.record;
      if (phase === 'active' && term !== null) {
        // In this tab nothing is lost.
        if (terms.held?.term !== term) sentTo ??= { term, at: clock.monotonic() };
        const answer = await unlessAborted(send(request, term, left, signal), signal);
        if (answer) return answer;
      } else if (waitsIn(phase)) {
        const began = clock.monotonic();
        const isOver = await ledger.until((now) => !waitsIn(now.phase) || mayHaveRun(), left, signal);
        left -= clock.monotonic() - began;
        throwIfAborted(signal);
        if (mayHaveRun() || (sentTo && !isOver)) return { state: 'unknown' };
        if (!isOver) throw refused(refusalIn(ledger.record));
        // That attempt failed. Another one may have begun since, and is none of this call's business.
        if (ledger.record.phase === 'idle') refuseIn('idle');
      } else {
        await unlessAborted(look(), signal);
        refuseIn(ledger.record.phase);
        // Of a newer version, which this one can't ask.
        if (isForeign(ledger.record)) throw refused({ code: 1004 });
      }
    }
  }

  function refuseIn(phase: Phase): void {
    const found = commandRefusal(phase);
    if (found) throw refused(found);
  }

  async function look(): Promise<void> {
    try {
      await ledger.peek();
    } catch (error) {
      throw error instanceof SessionError ? refused(error) : error;
    }
  }

  async function send(
    request: Omit<CommandRequest, 'at' | 'isLocked'>,
    term: string,
    left: number,
    signal: AbortSignal,
  ): Promise<FinalAnswer | null> {
    // The page was left in this very turn: no lock may be taken any more.
    throwIfAborted(signal);
    const { id } = request;
    const here = terms.held?.term === term ? terms.held : undefined;
    if (!here && !ledger.isHeard) {
      throw new DOMException(
        'Commands from this tab need a BroadcastChannel, which this browser lacks.',
        'NotSupportedError',
      );
    }
    const isLocked = !here && (await isPresent());
    throwIfAborted(signal);
    const full: CommandRequest = { ...request, at: clock.now(), isLocked };
    return new Promise((resolve) => {
      let hasBegun = false;
      let cancelAgain = (): void => {};
      let cancelSilence = (): void => {};
      const settle: Settle = (answer) => {
        if (answer?.state === 'begun') {
          hasBegun = true;
          return;
        }
        // Its host reconnects: it runs what it has begun, and nothing else.
        if (!answer && (hasBegun || here?.commands.takeBack(id) === false)) return;
        cancelAgain();
        cancelSilence();
        signal.removeEventListener('abort', giveUp);
        sent.delete(id);
        resolve(answer);
      };
      const giveUp = (): void => {
        settle({ state: 'unknown' });
        if (here) here.commands.stop(id);
        else ledger.send({ type: 'stop', id });
      };
      const post = (): void => {
        // No answer is lost in this tab, so whatever was run is known, however late it is asked for.
        if (here) void here.commands.hear({ ...full, at: clock.now() }, settle);
        else ledger.send({ type: 'run', term, request: full });
        if (sent.has(id)) cancelAgain = clock.after(hasBegun ? ANSWER_AGAIN_MS : AGAIN_MS, post);
      };
      signal.addEventListener('abort', giveUp);
      sent.set(id, { term, settle });
      post();
      // A host in this tab answers at once what it has run before.
      if (!sent.has(id)) return;
      // A host in this tab is not silent: it may be letting go of its session, for as long as its driver takes.
      cancelSilence = clock.after(here ? Math.max(left, SILENCE_MS) : SILENCE_MS, () => {
        if (hasBegun) return;
        quietly(proof.reapIfFree(term));
        settle({ state: 'unknown' });
      });
    });
  }

  /** Whether this tab holds its lock. */
  async function isPresent(): Promise<boolean> {
    if (!locks.work()) return false;
    presence ??= locks.takeTerm(tabId);
    return (await presence) !== null && locks.work();
  }

  return {
    call,
    /** A command of another tab, an answer to one of this tab's, or the news that a caller gave up. */
    hear(message: CommandMessage): void {
      const { held } = terms;
      if (message.type === 'answer') sent.get(message.id)?.settle(message.answer);
      else if (message.type === 'stop') held?.commands.stop(message.id);
      else if (held?.term === message.term) {
        const { id } = message.request;
        void held.commands.hear(message.request, (answer) => ledger.send({ type: 'answer', id, answer }));
      }
    },
    /** The page is left, or its coordinator closed. */
    stop(reason: unknown): void {
      for (const own of underWay) own.abort(reason);
      leave();
    },
    /** With every look at the record. */
    observe(record: SessionRecord): void {
      for (const { term, settle } of sent.values()) {
        const fate = fateOf(record, term);
        if (fate !== 'listen') settle(fate === 'unknown' ? { state: 'unknown' } : null);
      }
      rest();
    },
  };
}
