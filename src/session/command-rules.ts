/** The rules of commands: in which phase one is run, waits or is refused; and which functions of a driver are commands. */
import { isText } from './check';
import type { SessionError } from './errors';
import { check } from './misuse';
import { cloned } from './payload';
import { NO_SESSION, refusal } from './reasons';
import { isClosing, isLive, type Phase, type SessionRecord } from './record';

/** A command waits: the session is being connected, or connected again. */
export function waitsIn(phase: Phase): boolean {
  return phase === 'connecting' || phase === 'recovering';
}

/** What a command is refused with in `phase`; `undefined` where it is run or waits. */
export function commandRefusal(phase: Phase): SessionError | undefined {
  if (phase === 'idle') return refusal(1011, NO_SESSION);
  return isClosing(phase) ? refusal(1017) : undefined;
}

/** Whether the host of `own` may run one: that is the current term, and it is connected. */
export function mayRun({ term, phase }: SessionRecord, own: string): boolean {
  return term === own && phase === 'active';
}

/** Whether the host of `sentTo` can still say what became of a command that it has perhaps begun. */
export function canTell({ term, phase }: SessionRecord, sentTo: string): boolean {
  return term === sentTo && isLive(phase);
}

/**
 * What its caller does with a command that was sent to the host of `sentTo` and is not answered. `unknown`: that term is over. `wait`: its
 * host reconnects, and runs what it has begun and nothing else.
 */
export function fateOf({ term, phase }: SessionRecord, sentTo: string): 'unknown' | 'wait' | 'listen' {
  if (term !== sentTo) return 'unknown';
  return phase === 'recovering' ? 'wait' : 'listen';
}

/** What a call sends along: a clone, in the host's own tab too. Throws for what can't be meant, and a `DataCloneError` for what can't be cloned. */
export function commandInput(
  name: unknown,
  given: unknown,
  { timeoutMs = 0 }: { readonly timeoutMs?: unknown },
  clone: <Value>(value: Value) => Value,
): unknown {
  check(isText(name), 'call() takes the name of a command.');
  check(typeof timeoutMs === 'number' && !Number.isNaN(timeoutMs), 'timeoutMs must be a number of milliseconds.');
  return cloned(`the command '${name}' can't be sent to another tab`, () => clone(given));
}

/** Only own functions are commands: not what every object has. */
export function ownCommand<Command>(
  commands: Readonly<Record<string, Command>> | null | undefined,
  name: string,
): Command | undefined {
  const own = commands ?? {};
  const command = Object.keys(own).includes(name) ? own[name] : undefined;
  return typeof command === 'function' ? command : undefined;
}
