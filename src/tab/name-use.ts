import type { Logger, Platform } from '../platform/platform';
import { NO_PAGE } from '../session/reasons';
import type { CoordinatorOptions } from '../types';

/**
 * Warns where a coordinator can't do what its app expects: in a worker that is to become host by itself; and once per name and document
 * beside another one of the same name, such as a hot reload leaves behind. Each counts as a tab, so one refuses the other with 1002 or
 * 1004. In a worker, where none hosts, several do no harm.
 */
export function noteName(
  { names, isBrowser, isPage }: Platform,
  { name, canHost, follow }: CoordinatorOptions,
  closed: AbortSignal,
  logger: Logger,
): void {
  if (!isPage) {
    const isMeantToHost = canHost || follow === 'focus';
    if (isBrowser && isMeantToHost)
      logger.warn(`solotab: ${NO_PAGE.message} In a worker canHost and follow do nothing.`);
    return;
  }
  const alive = names();
  /** Whether the app is to be told now: they have become two, for the first time. */
  const count = (change: number): boolean => {
    const next = (alive.get(name) ?? 0) + change;
    alive.set(name, next === 2 ? Number.POSITIVE_INFINITY : next);
    return next === 2;
  };
  closed.addEventListener('abort', () => count(-1));
  if (count(1)) {
    logger.warn(
      `solotab: two coordinators named '${name}' in one page count as two tabs. Share one, or close() the first.`,
    );
  }
}
