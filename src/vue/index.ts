/** `solotab/vue`: the session as a ref. For Vue 3.4 and later. */
import {
  type ComponentInternalInstance,
  type ComputedRef,
  computed,
  type EffectScope,
  getCurrentInstance,
  getCurrentScope,
  nextTick,
  onMounted,
  onScopeDispose,
  shallowRef,
} from 'vue';
import type { AnyEventType, EventOf, EventSource } from '../event-of';
import type { Shape } from '../shape';
import type { Coordinator, SessionSnapshot } from '../types';

/**
 * What this tab knows of the session, as a read-only ref. With a `selector` it changes only when what that returns is another value,
 * by `Object.is`; the selector may read other refs. It stops with its component, or with the effect scope that it was made in.
 *
 * On a server and while a page is hydrated it is `coordinator.getServerSnapshot()`, so what is hydrated never differs.
 */
export function useSession<S extends Shape>(coordinator: Coordinator<S>): ComputedRef<SessionSnapshot<S>>;
export function useSession<S extends Shape, Selected>(
  coordinator: Coordinator<S>,
  selector: (snapshot: SessionSnapshot<S>) => Selected,
): ComputedRef<Selected>;
export function useSession<S extends Shape>(
  coordinator: Coordinator<S>,
  selector: (snapshot: SessionSnapshot<S>) => unknown = (snapshot) => snapshot,
): ComputedRef<unknown> {
  const { subscribe, getSnapshot, getServerSnapshot } = coordinator;
  const snapshot = shallowRef(isHydrating(getCurrentInstance()) ? getServerSnapshot() : getSnapshot());
  whileMounted(() => {
    const update = (): void => {
      snapshot.value = getSnapshot();
    };
    update();
    return subscribe(update);
  });
  return computed(() => selector(snapshot.value));
}

/** Calls `listener` with every event of this type for as long as the component is mounted, or its effect scope is active. */
export function useSessionEvent<S extends Shape, Type extends AnyEventType<S>>(
  coordinator: Coordinator<S>,
  type: Type,
  listener: (event: EventOf<S, Type>) => void,
): void {
  // Which of the overloads of `on` this is depends on `Type`; `EventOf` says the same of both.
  const source = coordinator as unknown as EventSource<S, Type>;
  whileMounted(() => source.on(type, listener));
}

/** A component that is hydrated has its element before it has rendered. */
function isHydrating(instance: ComponentInternalInstance | null): boolean {
  return instance !== null && !instance.isMounted && instance.vnode.el !== null;
}

/** A component on a server is never mounted and never disposed of: whatever it began would stay for ever. Of a store's a coordinator keeps nothing there. */
function whileMounted(begin: () => () => void): void {
  const instance = getCurrentInstance() as (ComponentInternalInstance & { readonly scope?: EffectScope }) | null;
  let isOver = false;
  let stop: (() => void) | undefined;
  const start = (): void => {
    if (!isOver) stop = begin();
  };
  // A scope of its own, as a store's, is for others too: the component that happens to be the first to use it may wait for ever.
  if (instance && !instance.isMounted && instance.scope === getCurrentScope()) onMounted(start);
  else if (isHydrating(instance)) void nextTick(start);
  else start();
  onScopeDispose(() => {
    isOver = true;
    stop?.();
  });
}
