import type { CommandsOn } from './driver';
import { browserPlatform } from './platform/browser';
import type { InferredShape, Shape } from './shape';
import { createCoordinatorOn } from './tab/coordinator';
import type { Coordinator, CoordinatorOptions, InferredOptions } from './types';

/**
 * Creates this tab's coordinator for the scope `options.name`. Costs one look at the store and nothing afterwards, until a
 * session begins. Creating two in one document is allowed: they count as two tabs. In a worker it
 * follows and never hosts: `start`, `join`, `resume`, `takeOver` and `ensure` are refused with 9999. On a server it is inert: an idle
 * snapshot, and calls that refuse.
 *
 * @throws {TypeError} If there is no name, or the driver lacks `start` or `end`.
 */
export function createCoordinator<Session, Start, Join, Commands extends CommandsOn<Session>>(
  options: InferredOptions<Session, Start, Join, Commands>,
): Coordinator<InferredShape<Session, Start, Join, Commands>>;
export function createCoordinator<S extends Shape>(options: CoordinatorOptions<S>): Coordinator<S>;
export function createCoordinator<S extends Shape>(options: CoordinatorOptions<S>): Coordinator<S> {
  return createCoordinatorOn(browserPlatform(options?.logger), options);
}
