/** Commands as a fake coordinator has them: functions that the test gives stand in for those of the host's driver. */
import { throwIfAborted } from '../platform/abort';
import { CommandError, failureOf } from '../session/command-error';
import { busyCode } from '../session/decide';
import { NO_SESSION, refusal } from '../session/reasons';
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
  while (/connecting|recovering/.test(getSnapshot().phase)) {
    await new Promise<void>((resolve, reject) => {
      const stop = listeners.add('statechange', () => settle());
      const settle = (): void => {
        stop();
        for (const one of [closing, signal]) one?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        reject(closing.aborted ? closing.reason : signal?.reason);
        settle();
      };
      for (const one of [closing, signal]) one?.addEventListener('abort', giveUp);
    });
  }
  const { phase } = getSnapshot();
  if (phase === 'idle') throw refusal(1011, NO_SESSION);
  if (phase !== 'active') throw refusal(busyCode(phase));
  const command = Object.keys(commands).includes(name) ? commands[name] : undefined;
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
