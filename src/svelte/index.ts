/** `solotab/svelte`: the session for runes, and as a store. For Svelte 5.7 and later. */
import { hasContext } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import { attempt } from '../platform/attempt';
import type { Shape } from '../shape';
import type { Coordinator, SessionSnapshot } from '../types';

/** What `$store` and `svelte/store` take. */
export interface SessionStore<S extends Shape = Shape> {
  subscribe(run: (snapshot: SessionSnapshot<S>) => void): () => void;
}

/**
 * What this tab knows of the session, for runes: whatever reads `current` in a template, `$derived` or `$effect` runs again when the
 * session changes. It listens for as long as something reads it, so it needs no clean-up and may be made anywhere.
 *
 * On a server it is `coordinator.getServerSnapshot()`; in a template or an effect also until the turn in which the component is made is
 * over, or, outside of components, the turn in which it is first read: what is hydrated never differs. Elsewhere it is what the session is now.
 */
export function useSession<S extends Shape>(coordinator: Coordinator<S>): { readonly current: SessionSnapshot<S> } {
  const { subscribe, getSnapshot, getServerSnapshot } = coordinator;
  // A component is not told that it is hydrated. And of an attribute that differs, as `href`, Svelte keeps what the server wrote.
  let isFirst = true;
  let isHydrating = false;
  // A component is hydrated in the turn in which it is made. What it reads for the first time later, as in a handler, is not.
  if (isInComponent()) {
    void Promise.resolve().then(() => {
      isFirst = false;
    });
  }
  const track = createSubscriber((update) => {
    if (isFirst) {
      isFirst = false;
      isHydrating = true;
      void Promise.resolve().then(() => {
        isHydrating = false;
        if (getSnapshot() !== getServerSnapshot()) update();
      });
    }
    const stop = subscribe(update);
    return () => {
      stop();
      // Nobody tells what is derived of the changes to come: whoever reads it again has to ask. Svelte 5.20 to 5.36 does not see to that.
      update();
    };
  });
  return {
    get current() {
      track();
      return isHydrating ? getServerSnapshot() : getSnapshot();
    },
  };
}

/** As a store: `$session` is the snapshot, always the present one. A page that is hydrated late is better off with `useSession`. */
export function sessionStore<S extends Shape>({ getSnapshot, subscribe }: Coordinator<S>): SessionStore<S> {
  return {
    subscribe(run) {
      const first = getSnapshot();
      run(first);
      const stop = subscribe(() => run(getSnapshot()));
      // What its first run changed.
      if (getSnapshot() !== first) run(getSnapshot());
      return stop;
    },
  };
}

/** Whether a component is being made: elsewhere, as in a module, `hasContext` throws. */
function isInComponent(): boolean {
  return attempt(() => hasContext(isInComponent)) !== null;
}
