/** Ends a session at the service that is over and that no tab holds any more: its host is gone, and recovery did not come about. */

import type { Driver } from '../driver';
import type { Platform } from '../platform/platform';
import type { SessionRecord } from '../session/record';
import { createContext } from './context';
import { outcomeOf, within } from './outcome';

export interface OrphanPorts extends Pick<Platform, 'clock' | 'logger'> {
  readonly driver: Pick<Driver, 'end'>;
  readonly connectTimeoutMs: number;
}

/** Calls `driver.end(null, context)`, whose `info` is what was published last. Its failure is logged: the session is over all the same. */
export async function endOrphan(
  { driver, clock, logger, connectTimeoutMs }: OrphanPorts,
  orphan: SessionRecord,
): Promise<void> {
  const ignore = (): void => {};
  const context = createContext({
    ...{ signal: new AbortController().signal, epoch: orphan.epoch, logger, clone: (value) => value },
    info: () => orphan.info,
    // The record knows no session any more that anything could be told of.
    isOver: () => true,
    isClosing: () => false,
    ...{ emit: ignore, publish: ignore, reconnecting: ignore, reconnected: ignore, ended: ignore },
  });
  const outcome = await within(
    clock,
    connectTimeoutMs,
    outcomeOf<void>(() => driver.end(null, context)),
  );
  if (outcome?.type !== 'value')
    logger.error('solotab: driver.end(null) failed for a session whose tab is gone', outcome?.error);
}
