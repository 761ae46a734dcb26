/** `solotab/svelte`: the session for runes, and as a store. For Svelte 5.7 and later. */
import { createSubscriber } from 'svelte/reactivity';
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
 * On a server, and until the turn in which it is first read is over, it is `coordinator.getServerSnapshot()`: what is hydrated never
 * differs. Nothing but a template or an effect counts: elsewhere it is what the session is now.
 */
export function useSession<S extends Shape>(coordinator: Coordinator<S>): { readonly current: SessionSnapshot<S> } {
  const { subscribe, getSnapshot, getServerSnapshot } = coordinator;
  // A component is not told that it is hydrated. And of an attribute that differs, as `href`, Svelte keeps what the server wrote.
  let isFirst = true;
  let isHydrating = false;
  const track = createSubscriber((update) => {
    if (isFirst) {
      isFirst = false;
      isHydrating = true;
      void Promise.resolve().then(() => {
        isHydrating = false;
        if (getSnapshot() !== getServerSnapshot()) update();
      });
    }
    return subscribe(update);
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
      run(getSnapshot());
      return subscribe(() => run(getSnapshot()));
    },
  };
}
