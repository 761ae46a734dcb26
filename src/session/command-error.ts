/** What became of a command that did not come to a result. */
import { isText } from './check';
import { property } from './error-facts';

/**
 * - `failed`: it ran and threw, or its result can't be cloned.
 * - `refused`: the host knows no such command, as with another version of the app. It did not run.
 * - `unknown`: it was sent, and its host's term ended or its host fell silent before it answered. It may have been carried out.
 */
export type CommandOutcome = 'failed' | 'refused' | 'unknown';

/** What of an error goes from the host to the caller. */
export interface CommandFailure {
  readonly message?: string;
  /** The `code` of what was thrown, if it is a number or a text. */
  readonly code?: number | string;
  /** The `data` of what was thrown, if it can be cloned. */
  readonly data?: unknown;
}

/** What `coordinator.call()` rejects with when the command reached a session and came to no result. */
export class CommandError extends Error {
  declare readonly command: string;
  declare readonly outcome: CommandOutcome;
  declare readonly code?: number | string;
  declare readonly data?: unknown;

  constructor(command: string, outcome: CommandOutcome, { message, ...failure }: CommandFailure = {}) {
    super(message ?? `The command '${command}' ${SAID[outcome]}`);
    Object.assign(this, failure, { name: 'CommandError', command, outcome });
  }
}

const SAID = {
  failed: 'failed.',
  refused: 'is not known to the tab that has the session.',
  unknown: 'was not answered, and may have been carried out: look before you call it again.',
};

/** What a command threw. Its message goes to the caller as it is. */
export function failureOf(error: unknown, clone: (value: unknown) => unknown): CommandFailure {
  const [message, code] = [property(error, 'message'), property(error, 'code')];
  return {
    ...(isText(message) && { message }),
    ...((isText(code) || typeof code === 'number') && { code }),
    ...dataOf(property(error, 'data'), clone),
  };
}

function dataOf(data: unknown, clone: (value: unknown) => unknown): CommandFailure {
  try {
    return data === undefined ? {} : { data: clone(data) };
  } catch {
    return {}; // the failure matters more than what came with it
  }
}
