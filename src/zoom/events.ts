import type { SessionErrorEvent } from '../session/error-facts';
import type { Coordinator, DriverEvent, SessionEndedEvent, SessionEvent } from '../types';
import { RELAYED_EVENTS, type ZoomSession, type ZoomShape } from './sdk';

/** What listeners of a coordinated session get. The payloads of the SDK's own events are as the SDK told them. */
export interface ZoomSessionEvents {
  pincode_updated: { readonly pincode: string };
  session_started: SessionEvent;
  /** Also after a refresh, a reconnection or a take-over: whenever the session goes on. */
  session_joined: SessionEvent;
  session_reconnecting: SessionEvent;
  session_ended: SessionEndedEvent;
  session_error: SessionErrorEvent;
  agent_joined: unknown;
  agent_left: unknown;
  remote_assist_started: unknown;
  remote_assist_stopped: unknown;
}

// Each gets what its type promises: the overloads of `on` see to it.
export type Listener = (payload: never) => void;

const COORDINATED = ['session_started', 'session_joined', 'session_reconnecting', 'session_ended', 'session_error'];

/** The listeners of this tab: to the coordinator for what every tab hears, to the SDK for the rest. */
export class ZoomEvents {
  private readonly stops = new Map<string, Map<Listener, () => void>>();
  private readonly relayed: readonly string[];

  constructor(
    private readonly session: ZoomSession,
    private readonly coordinator: Coordinator<ZoomShape>,
    publishPin: boolean,
  ) {
    this.relayed = publishPin ? [...RELAYED_EVENTS, 'pincode_updated'] : RELAYED_EVENTS;
  }

  /** A listener that listens to `type` already is not added again. */
  on(type: string, listener: Listener): void {
    const stops = this.stops.get(type) ?? new Map<Listener, () => void>();
    this.stops.set(type, stops);
    if (!stops.has(listener)) stops.set(listener, this.listen(type, listener as (payload: unknown) => void));
  }

  off(type: string, listener: Listener): void {
    const stops = this.stops.get(type);
    stops?.get(listener)?.();
    stops?.delete(listener);
  }

  private listen(type: string, listener: (payload: unknown) => void): () => void {
    const { session, coordinator } = this;
    if (COORDINATED.includes(type)) {
      const stop = coordinator.on(type, listener);
      if (type !== 'session_joined') return stop;
      const stopResumed = coordinator.on('session_resumed', listener);
      return () => {
        stop();
        stopResumed();
      };
    }
    if (this.relayed.includes(type)) return coordinator.on(type, ({ payload }: DriverEvent) => listener(payload));
    session.on(type, listener);
    return () => session.off(type, listener);
  }
}
