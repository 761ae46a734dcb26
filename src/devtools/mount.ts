/** The panel on any sources: a real browser's or a simulated one's. */
import type { Shape } from '../shape';
import type { Coordinator } from '../types';
import { createKnowledge } from './knowledge';
import { createPanel } from './panel';
import { reportOf } from './report';
import type { Sources } from './sources';
import { watch } from './watch';

export interface DevtoolsOptions {
  /** Where the panel stands. Default: in a corner of the window, over the page. */
  readonly target?: HTMLElement;
  /** The `name` of the coordinator. Needed only where the page has coordinators of several names. */
  readonly name?: string;
  /** What your app calls a tab, by its `tabId`. `undefined`: four letters of the id, as without this option. */
  readonly nameOf?: (tabId: string) => string | undefined;
  /** Unmounts the panel, as the returned function does. */
  readonly signal?: AbortSignal;
}

/** What happens in a burst is drawn once. */
const DRAW_SOON_MS = 100;

/** Time passes in the picture so often; where motion is not wanted, only when something is shown. */
const FLOW_MS = 500;

export function mountOn<S extends Shape>(
  sources: Sources,
  coordinator: Coordinator<S>,
  name: string,
  target: HTMLElement,
  options: DevtoolsOptions,
): () => void {
  if (options.signal?.aborted) return () => undefined;
  const { clock, lifecycle } = sources;
  const mounted = new AbortController();
  const unmount = (): void => mounted.abort();
  const knowledge = createKnowledge(name, coordinator.tabId, clock.now, options.nameOf);
  const panel = createPanel(target, {
    knowledge,
    floats: options.target === undefined,
    report: (withPublished) => reportOf(knowledge, coordinator.getSnapshot(), sources, withPublished),
    copy: sources.copy,
    unfolded: () => draw(),
    unmount,
  });
  const isCalm = target.ownerDocument.defaultView?.matchMedia?.('(prefers-reduced-motion: reduce)').matches ?? false;
  let cancelFlow = (): void => {};
  let cancelDraw: (() => void) | undefined;

  function draw(): void {
    cancelFlow();
    if (!lifecycle.isVisible() || !panel.isOpen()) return;
    panel.draw(clock.now());
    if (!isCalm) cancelFlow = clock.after(FLOW_MS, draw);
  }

  watch(
    coordinator,
    knowledge,
    sources,
    () => {
      cancelDraw ??= clock.after(DRAW_SOON_MS, () => {
        cancelDraw = undefined;
        panel.show();
        draw();
      });
    },
    mounted.signal,
  );
  mounted.signal.addEventListener('abort', () => {
    cancelFlow();
    cancelDraw?.();
    options.signal?.removeEventListener('abort', unmount);
    panel.remove();
  });
  options.signal?.addEventListener('abort', unmount);
  return unmount;
}
