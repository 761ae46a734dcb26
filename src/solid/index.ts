/** `solotab/solid`: the session as a signal. For Solid 1. */
import { type Accessor, createMemo, createSignal, onCleanup, onMount, sharedConfig } from 'solid-js';
import { isServer } from 'solid-js/web';
import type { AnyEventType, EventOf, EventSource } from '../event-of';
import type { Shape } from '../shape';
import type { Coordinator, SessionSnapshot } from '../types';

/**
 * What this tab knows of the session, as an accessor. With a `selector` it changes only when what that returns is another value, by
 * `===`; the selector may read other signals. It stops with the owner in which it was created.
 *
 * On a server and while a page is hydrated it is `coordinator.getServerSnapshot()`, so what is hydrated never differs.
 */
export function createSession<S extends Shape>(coordinator: Coordinator<S>): Accessor<SessionSnapshot<S>>;
export function createSession<S extends Shape, Selected>(
  coordinator: Coordinator<S>,
  selector: (snapshot: SessionSnapshot<S>) => Selected,
): Accessor<Selected>;
export function createSession<S extends Shape>(
  coordinator: Coordinator<S>,
  selector: (snapshot: SessionSnapshot<S>) => unknown = (snapshot) => snapshot,
): Accessor<unknown> {
  const { subscribe, getSnapshot, getServerSnapshot } = coordinator;
  const isHydrating = Boolean(sharedConfig.context);
  const [snapshot, setSnapshot] = createSignal(isHydrating ? getServerSnapshot() : getSnapshot());
  const update = (): void => void setSnapshot(getSnapshot);
  const follow = (): void => void onCleanup(subscribe(update));
  // Not once it is mounted: what waits in a Suspense is not, and may wait for what the session is. Never on a server.
  if (!isServer && !isHydrating) follow();
  onMount(() => {
    update();
    if (isHydrating) follow();
  });
  return createMemo(() => selector(snapshot()));
}

/** Calls `listener` with every event of this type until the owner in which it was created is disposed of. */
export function createSessionEvent<S extends Shape, Type extends AnyEventType<S>>(
  coordinator: Coordinator<S>,
  type: Type,
  listener: (event: EventOf<S, Type>) => void,
): void {
  // Which of the overloads of `on` this is depends on `Type`; `EventOf` says the same of both.
  const source = coordinator as unknown as EventSource<S, Type>;
  // Never on a server, where nobody would clean up.
  if (!isServer) onCleanup(source.on(type, listener));
}
