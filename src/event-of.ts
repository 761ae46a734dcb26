/** What a listener of any type of event gets, as a type of its own: what `Coordinator.on` says in two overloads. Types only. */
import type { EventsOf, EventType, Shape } from './shape';
import type { CoordinatorEvents, DriverEvent } from './types';

/** Every type of event that a coordinator of this shape emits: solotab's own and the driver's. */
export type AnyEventType<S extends Shape> = keyof CoordinatorEvents | EventType<S>;

export type EventOf<S extends Shape, Type extends AnyEventType<S>> = Type extends keyof CoordinatorEvents
  ? CoordinatorEvents<S>[Type]
  : Type extends EventType<S>
    ? DriverEvent<EventsOf<S>[Type]>
    : never;

/** `Coordinator.on`, called with a type that is known to the caller's caller only. */
export interface EventSource<S extends Shape, Type extends AnyEventType<S>> {
  on(type: Type, listener: (event: EventOf<S, Type>) => void): () => void;
}
