/** Commands as a fake coordinator has them: functions that the test gives stand in for those of the host's driver. */
import { throwIfAborted, unlessAborted } from '../platform/abort';
import { CommandError, failureOf } from '../session/command-error';
import { commandRefusal, ownCommand, waitsIn } from '../session/command-rules';
import type { Listeners } from '../tab/listeners';
import type { SessionSnapshot } from '../types';

export interface FakeCommandPorts {
  readonly commands: Readonly<Record<string, (input?: unknown) => unknown>>;
  readonly listeners: Listeners;
  /** Aborts when the coordinator is closed. */
  readonly closing: AbortSignal;
  getSnapshot(): SessionSnapshot;
}

/** Runs the command once the session is active. There are no timers here, so it waits for that as long as the test does. */
export async function runCommand(
  { commands, listeners, closing, getSnapshot }: FakeCommandPorts,
  name: string,
  input: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  throwIfAborted(signal);
  while (waitsIn(getSnapshot().phase)) {
    let stop = (): void => {};
    const change = new Promise<void>((resolve) => {
      stop = listeners.add('statechange', () => resolve());
    });
    const untilClosed = unlessAborted(change, closing);
    await (signal ? unlessAborted(untilClosed, signal) : untilClosed).finally(stop);
  }
  const refused = commandRefusal(getSnapshot().phase);
  if (refused) throw refused;
  const command = ownCommand(commands, name);
  if (!command) throw new CommandError(name, 'refused');
  try {
    return await command(input);
  } catch (error) {
    throw error instanceof CommandError
      ? error
      : new CommandError(
          name,
          'failed',
          failureOf(error, (data) => data),
        );
  }
}
