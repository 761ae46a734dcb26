/** What a driver gets: its only way to the other tabs, and deaf once its term is over. */
import type { Logger } from '../platform/platform';
import type { Report } from '../session/commands';
import { factsOf } from '../session/errors';
import type { EventDraft } from '../session/events';
import type { DriverContext } from '../types';

/** Solotab's own event types: a driver that emitted one would be believed. */
const RESERVED = new Set([
  'session_error',
  'session_started',
  'session_joined',
  'session_resumed',
  'session_reconnecting',
  'session_ended',
  'statechange',
  'host_lost',
]);

export interface ContextPorts {
  readonly signal: AbortSignal;
  readonly epoch: number;
  readonly logger: Logger;
  isOver(): boolean;
  info(): unknown;
  clone<Value>(value: Value): Value;
  emit(draft: EventDraft): void;
  report(report: Report): void;
  ended(reason: string): void;
}

export function createContext(ports: ContextPorts): DriverContext {
  const { signal, epoch, logger } = ports;
  let published: { readonly info: unknown } | undefined;

  /** Runs `tell` while the term lasts. */
  const whileHost = (name: string, tell: () => void): void => {
    if (!ports.isOver()) tell();
    else logger.warn(`solotab: context.${name}() was called after its session was over in this tab, and ignored.`);
  };

  return {
    signal,
    epoch,
    get info() {
      return published ? published.info : ports.info();
    },
    publish(info) {
      const cloned = cloneFor('publish()', () => ports.clone(info));
      whileHost('publish', () => {
        published = { info: cloned };
        ports.report({ type: 'publish', info: cloned });
      });
    },
    emit(type, payload) {
      if (typeof type !== 'string' || type === '')
        throw new TypeError('context.emit() needs the type of the event, a text.');
      if (RESERVED.has(type)) {
        throw new TypeError(
          `context.emit('${type}'): solotab emits this event itself. Use another type, or context.error().`,
        );
      }
      const cloned = cloneFor(`the event '${type}'`, () => ports.clone(payload));
      whileHost('emit', () => ports.emit({ type, payload: cloned }));
    },
    error(error) {
      const facts = factsOf(error, 9999);
      whileHost('error', () => ports.emit({ type: 'session_error', error: facts }));
    },
    reconnecting: () => whileHost('reconnecting', () => ports.report({ type: 'reconnecting' })),
    reconnected: () => whileHost('reconnected', () => ports.report({ type: 'reconnected' })),
    ended: (reason = 'ended') => whileHost('ended', () => ports.ended(String(reason))),
  };
}

function cloneFor<Value>(what: string, clone: () => Value): Value {
  try {
    return clone();
  } catch (cause) {
    const message = `What was given to ${what} can't be sent to other tabs: it holds a function, a DOM node or the like.`;
    throw Object.assign(new DOMException(message, 'DataCloneError'), { cause });
  }
}
