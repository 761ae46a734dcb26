/**
 * `solotab/devtools`: a panel that shows what the tabs of a scope do, and why a call was refused. Nothing is opened, read or listened
 * to before it is mounted, or after it is unmounted.
 */
import type { Shape } from '../shape';
import type { Coordinator } from '../types';
import { browserSources, defaultTarget, namesInPage } from './browser';
import { type DevtoolsOptions, mountOn } from './mount';

export type { DevtoolsOptions } from './mount';

/**
 * Shows the panel, and returns the function that removes it. Without a page (server rendering) it does nothing.
 *
 * The panel sees the tabs of its own browser: it overhears the channel of the scope, lists its locks and reads the store, and never
 * writes to any of them. Tabs without a panel have a lane as soon as they are heard, or hold or wait for a lock; what only a tab
 * itself knows, such as a refusal, comes from its own panel.
 *
 * @throws {TypeError} If there is no `name`, and the page has not exactly one name among its coordinators.
 */
export function mountDevtools<S extends Shape>(coordinator: Coordinator<S>, options: DevtoolsOptions = {}): () => void {
  const target = options.target ?? defaultTarget();
  if (!target) return () => undefined;
  const [only, ...others] = namesInPage();
  const name = options.name ?? (others.length === 0 ? only : undefined);
  if (name === undefined) {
    throw new TypeError('mountDevtools: say which scope by { name }: the page has not exactly one.');
  }
  return mountOn(browserSources(), coordinator, name, target, options);
}
