/**
 * The commands that tabs have the host run on its session, each at most once.
 *
 * - A command has an id. One that is heard again, because its caller repeats what may have been lost, is answered and not run.
 * - Before it runs, this host looks whether the term is still its own, unless it did so just now; and it runs nothing that was asked
 *   for longer ago than a caller waits. A host that was stopped finds such commands in its queue when it wakes: their callers were
 *   told `unknown`.
 * - Answers are remembered for `REMEMBERED_MS`, the last `MOST_ANSWERS` of them, unless they are over 64 kB. The ids are kept as long:
 *   by then every repetition is too old to be run.
 */

import type { Driver, DriverContext } from '../driver';
import type { ScopeLocks } from '../election/locks';
import { SILENCE_MS } from '../election/proof';
import type { Ledger } from '../ledger/ledger';
import type { Answer, CommandRequest, FinalAnswer } from '../ledger/messages';
import { abortError } from '../platform/abort';
import type { Platform } from '../platform/platform';
import { failureOf } from '../session/command-error';
import { mayRun, ownCommand } from '../session/command-rules';
import { isJournalable } from '../session/payload';
import { outcomeOf, settlesNow } from './outcome';

const REMEMBERED_MS = 10_000;
const MOST_ANSWERS = 100;

/** Half of the silence by which a host loses its term: the other half is for clocks that don't go alike, and for what waits in a queue. */
const SURE_MS = SILENCE_MS / 2;

/** A command that runs for longer is worth watching its caller for. */
const LONG_MS = 1_000;

export interface CommandPorts extends Pick<Platform, 'clock' | 'clone'> {
  readonly ledger: Ledger;
  readonly driver: Pick<Driver, 'commands'>;
  readonly term: string;
  readonly context: DriverContext;
  /** Aborts when the term is over. */
  readonly signal: AbortSignal;
  /** What this host has, while it is connected. */
  session(): { readonly value: unknown } | undefined;
  /** Calls `onGone` when the tab `tabId`, which holds a lock of that name, is gone. */
  watch: ScopeLocks['watch'];
}

export interface Commands {
  /** Runs a command, or answers the repetition of one. `reply` is called with its answer, and before that when it begins to wait. */
  hear(request: CommandRequest, reply: (answer: Answer) => void): Promise<void>;
  /** Its caller sends it again once this host is connected again. False: it runs, or ran. */
  takeBack(id: string): boolean;
  /** The caller waits no longer. */
  stop(id: string): void;
}

interface Heard {
  readonly control: AbortController;
  hasBegun?: boolean;
  answer?: FinalAnswer;
  cancelForget?: () => void;
}

export function createCommands(ports: CommandPorts): Commands {
  const { ledger, clock, driver, term, context, signal, clone } = ports;
  const heard = new Map<string, Heard>();
  /** Those whose answer is remembered, the oldest first. */
  const answers = new Set<Heard>();

  signal.addEventListener('abort', () => {
    for (const { control, cancelForget } of heard.values()) {
      control.abort(signal.reason);
      cancelForget?.();
    }
  });

  // One from the future was sent before the clock was set back, nobody knows how long ago.
  const isTooOld = ({ at }: CommandRequest): boolean => Math.abs(clock.now() - at) > SILENCE_MS;

  /**
   * Nobody had asked this host anything when it looked last: so nobody can have found it silent since. One that was stopped meanwhile
   * looks again, as the time passed for it too.
   */
  function isSurelyMine(): boolean {
    const { asked, answered, successor } = ledger.record;
    return ledger.ageMs < SURE_MS && asked <= answered && !successor;
  }

  async function hear(request: CommandRequest, reply: (answer: Answer) => void): Promise<void> {
    const { id } = request;
    const before = heard.get(id);
    if (before) return reply(before.answer ?? { state: 'begun' });
    // It may have been run, and forgotten since.
    if (isTooOld(request)) return reply({ state: 'unknown' });
    // First of all: the look takes longer than everything else here.
    const looked = isSurelyMine() || ledger.peek().catch(() => undefined);
    const own: Heard = { control: new AbortController() };
    heard.set(id, own);
    await looked;
    const session = ports.session();
    const isMine = mayRun(ledger.record, term) && !signal.aborted;
    if (!session || !isMine || isTooOld(request) || own.control.signal.aborted) {
      if (heard.get(id) === own) heard.delete(id);
      return;
    }
    own.hasBegun = true;
    const running = run(request, session.value, own.control.signal);
    // What is done in this turn is told by its answer: each message is paid for in every tab.
    if (!(await settlesNow(running))) {
      reply({ state: 'begun' });
      await watchCaller(request, own.control, running);
    }
    const answer = await running;
    reply(answer);
    remember(id, own, answer);
  }

  /** Until it has run: whoever is gone needs no answer. */
  async function watchCaller(
    { tabId, isLocked }: CommandRequest,
    control: AbortController,
    running: Promise<unknown>,
  ): Promise<void> {
    const over = new AbortController();
    const cancel = clock.after(LONG_MS, () => {
      if (isLocked)
        void ports.watch(tabId, over.signal, () => control.abort(abortError('The tab that called is gone.')));
    });
    await running;
    cancel();
    over.abort();
  }

  async function run(
    { name, input, tabId }: CommandRequest,
    session: unknown,
    signal: AbortSignal,
  ): Promise<FinalAnswer> {
    const command = ownCommand(driver.commands, name);
    if (!command) return { state: 'refused' };
    const { epoch, publish, emit } = context;
    const own = {
      ...{ signal, epoch, tabId, publish, emit },
      get info() {
        return context.info;
      },
    };
    const outcome = await outcomeOf(() => command(session, input, own));
    if (outcome.type === 'error') return { state: 'failed', ...failureOf(outcome.error, clone) };
    try {
      return { state: 'done', result: clone(outcome.value) };
    } catch {
      return { state: 'failed', message: `The result of the command '${name}' can't be sent to another tab.` };
    }
  }

  function remember(id: string, own: Heard, answer: FinalAnswer): void {
    own.answer = isJournalable(answer) ? answer : { state: 'unknown' };
    answers.add(own);
    const [oldest] = answers;
    if (oldest && answers.size > MOST_ANSWERS) {
      answers.delete(oldest);
      oldest.answer = { state: 'unknown' };
    }
    if (signal.aborted) return;
    own.cancelForget = clock.after(REMEMBERED_MS, () => {
      heard.delete(id);
      answers.delete(own);
    });
  }

  return {
    hear,
    takeBack(id) {
      const own = heard.get(id);
      if (own?.hasBegun) return false;
      own?.control.abort(abortError('The session is being connected again.'));
      heard.delete(id);
      return true;
    },
    stop: (id) => heard.get(id)?.control.abort(abortError('The tab that called gave up.')),
  };
}
