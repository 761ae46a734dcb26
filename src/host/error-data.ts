/** An error on its way to the other tabs, and as the tab gets it in which it happened. */
import type { Platform } from '../platform/platform';
import type { ErrorFacts } from '../session/error-facts';
import { SessionError } from '../session/errors';
import type { JournalEntry } from '../session/events';
import { bytesIn, MAX_JOURNALED_BYTES } from '../session/payload';

/**
 * A clone of `data`; `undefined`, with a warning, for what can't be cloned or stored or is over 64 kB: it is kept with the
 * session's record. The error itself is told all the same: that it happened matters more than what came with it.
 */
export function shareData(data: unknown, { logger, clone }: Pick<Platform, 'logger' | 'clone'>): unknown {
  let cause: unknown;
  try {
    const cloned = clone(data);
    if (bytesIn(cloned, MAX_JOURNALED_BYTES) <= MAX_JOURNALED_BYTES) return cloned;
  } catch (error) {
    cause = error;
  }
  logger.warn(
    'solotab: the data of a SessionError was left out: it must be cloneable, storable and up to 64 kB.',
    cause,
  );
  return undefined;
}

/** The same facts that every tab is sent, numbered as they were told, and the cause, which stays here. */
export function ownError(
  cause: unknown,
  facts: ErrorFacts,
  told: readonly JournalEntry[] | undefined,
  of: { readonly tabId: string; readonly epoch: number; readonly at: number },
): SessionError {
  const entry = told?.find((one) => one.error?.code === facts.code);
  const number = entry && { epoch: entry.epoch, seq: entry.seq, at: entry.at };
  return new SessionError(facts.code, { ...facts, cause, ...of, ...number });
}
