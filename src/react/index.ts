/** `solotab/react`: the session as hooks. For React 18 and later. */
import { useEffect, useInsertionEffect, useLayoutEffect, useMemo, useSyncExternalStore } from 'react';
import type { AnyEventType, EventOf, EventSource } from '../event-of';
import { hasDocument } from '../platform/has-document';
import type { Shape } from '../shape';
import type { Coordinator, SessionSnapshot } from '../types';

/**
 * What this tab knows of the session. With a `selector` the component renders only when what that returns is another value, by
 * `Object.is`. A selector that makes a new object each time renders with every change of the snapshot, as without one.
 *
 * On a server and while a page is hydrated it is `coordinator.getServerSnapshot()`, so what is hydrated never differs.
 */
export function useSession<S extends Shape>(coordinator: Coordinator<S>): SessionSnapshot<S>;
export function useSession<S extends Shape, Selected>(
  coordinator: Coordinator<S>,
  selector: (snapshot: SessionSnapshot<S>) => Selected,
): Selected;
export function useSession<S extends Shape>(
  coordinator: Coordinator<S>,
  selector: (snapshot: SessionSnapshot<S>) => unknown = (snapshot) => snapshot,
): unknown {
  const { subscribe, getSnapshot, getServerSnapshot } = coordinator;
  const select = useMemo(() => {
    let last: SessionSnapshot<S>;
    let selected: unknown;
    // React asks again after it rendered, and would render for ever if a selector answered with another new object.
    return (snapshot: SessionSnapshot<S>) => {
      if (snapshot !== last) {
        selected = selector(snapshot);
        last = snapshot;
      }
      return selected;
    };
  }, [selector]);
  return useSyncExternalStore(
    subscribe,
    () => select(getSnapshot()),
    () => select(getServerSnapshot()),
  );
}

/**
 * Calls `listener` with every event of this type for as long as the component is mounted: always the one of the last render, without
 * subscribing anew.
 */
export function useSessionEvent<S extends Shape, Type extends AnyEventType<S>>(
  coordinator: Coordinator<S>,
  type: Type,
  listener: (event: EventOf<S, Type>) => void,
): void {
  const { tell, hold } = useMemo(() => {
    // Which of the overloads of `on` this is depends on `Type`; `EventOf` says the same of both.
    const source = coordinator as unknown as EventSource<S, Type>;
    let latest: typeof listener;
    let holders = 0;
    let stop: () => void;
    return {
      tell(next: typeof listener): void {
        latest = next;
      },
      hold(): () => void {
        if (holders === 0) stop = source.on(type, (event) => latest(event));
        holders += 1;
        return () => {
          holders -= 1;
          if (holders === 0) stop();
        };
      },
    };
  }, [coordinator, type]);
  useInsertionEffect(() => tell(listener));
  // React 18 warns of a layout effect on a server.
  const useCommitEffect = hasDocument() ? useLayoutEffect : useEffect;
  // The one begins as the component is committed, the other lasts while it waits in a Suspense.
  useCommitEffect(hold, [hold]);
  useEffect(hold, [hold]);
}
