/** Commands as a fake coordinator has them: functions that the test gives stand in for those of the host's driver. */
import { linkedTo, throwIfAborted, unlessAborted } from '../platform/abort';
import { CommandError, failureOf } from '../session/command-error';
import { commandInput, commandRefusal, ownCommand, waitsIn } from '../session/command-rules';
import { cloned } from '../session/payload';
import type { Listeners } from '../tab/listeners';
import type { CommandOptions, SessionSnapshot } from '../types';
import { clone } from './clone';

export interface FakeCommandPorts {
  readonly commands: Readonly<Record<string, (input?: unknown) => unknown>>;
  readonly listeners: Listeners;
  /** Aborts when the coordinator is closed. */
  readonly closing: AbortSignal;
  getSnapshot(): SessionSnapshot;
}

/**
 * Runs the command once the session is active. There are no timers here, so it waits for that as long as the test does. What goes in and
 * comes out is cloned, as on the way to another tab.
 */
export async function runCommand(
  ports: FakeCommandPorts,
  name: string,
  given: unknown,
  options: CommandOptions,
): Promise<unknown> {
  const { signal } = options;
  throwIfAborted(signal);
  const input = commandInput(name, given, options, copied);
  const { control, unlink } = linkedTo(signal);
  try {
    return await unlessAborted(unlessAborted(run(ports, name, input, control.signal), control.signal), ports.closing);
  } finally {
    // Whatever still waits for a change of the snapshot is let go of.
    control.abort();
    unlink();
  }
}

async function run(
  { commands, listeners, getSnapshot }: FakeCommandPorts,
  name: string,
  input: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const untilSeen = (isSeen: (now: SessionSnapshot) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (isSeen(getSnapshot())) resolve();
      };
      listeners.add('statechange', look, signal);
      look();
    });
  // What is active now runs now, whatever is called after it.
  if (waitsIn(getSnapshot().phase)) await untilSeen(({ phase }) => !waitsIn(phase));
  throwIfAborted(signal);
  const { phase, epoch } = getSnapshot();
  const refused = commandRefusal(phase);
  if (refused) throw refused;
  const command = ownCommand(commands, name);
  if (!command) throw new CommandError(name, 'refused');
  // It may have been carried out, and nobody can tell any more.
  const isLost = untilSeen((now) => now.phase === 'idle' || now.epoch !== epoch).then(() => {
    throw new CommandError(name, 'unknown');
  });
  return Promise.race([isLost, settled(name, command, input)]);
}

async function settled(name: string, command: (input: unknown) => unknown, input: unknown): Promise<unknown> {
  try {
    const result = await command(input);
    return cloned(`the result of the command '${name}'`, () => copied(result));
  } catch (error) {
    throw error instanceof CommandError ? error : new CommandError(name, 'failed', failureOf(error, copied));
  }
}

/** Some test environments, as Jest's jsdom, know no structured clone. There what is no plain data goes in and out as it is. */
function copied<Value>(value: Value): Value {
  return typeof structuredClone === 'function' ? clone(value) : value;
}
