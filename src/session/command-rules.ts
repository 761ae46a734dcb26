/** The rules of commands: in which phase one is run, waits or is refused; and which functions of a driver are commands. */
import { busyCode } from './decide';
import type { SessionError } from './errors';
import { NO_SESSION, refusal } from './reasons';
import type { Phase } from './record';

/** A command waits: the session is being connected, or connected again. */
export function waitsIn(phase: Phase): boolean {
  return phase === 'connecting' || phase === 'recovering';
}

/** What a command is refused with in `phase`; `undefined` where it is run or waits. */
export function commandRefusal(phase: Phase): SessionError | undefined {
  if (phase === 'idle') return refusal(1011, NO_SESSION);
  return busyCode(phase) === 1017 ? refusal(1017) : undefined;
}

/** Only own functions are commands: not what every object has. */
export function ownCommand<Command>(
  commands: Readonly<Record<string, Command>> = {},
  name: string,
): Command | undefined {
  const command = Object.keys(commands).includes(name) ? commands[name] : undefined;
  return typeof command === 'function' ? command : undefined;
}
