/** An error on its way to the other tabs. */
import type { Platform } from '../platform/platform';
import { type CompleteFacts, type ErrorFacts, errorFacts } from '../session/error-facts';
import { isJournalable } from '../session/payload';

/** What every tab is told of `error`. */
export function sharedFacts(error: CompleteFacts, ports: Pick<Platform, 'logger' | 'clone'>): ErrorFacts {
  return errorFacts(error, (data) => shareData(data, ports));
}

/**
 * A clone of `data`; `undefined`, with a warning, for what can't be cloned or stored or is over 64 kB: it is kept with the
 * session's record. The error itself is told all the same: that it happened matters more than what came with it.
 */
function shareData(data: unknown, { logger, clone }: Pick<Platform, 'logger' | 'clone'>): unknown {
  let cause: unknown;
  try {
    const cloned = clone(data);
    if (isJournalable(cloned)) return cloned;
  } catch (error) {
    cause = error;
  }
  logger.warn(
    'solotab: the data of a SessionError was left out: it must be cloneable, storable and up to 64 kB.',
    cause,
  );
  return undefined;
}
