/** What a driver gets: its only way to the other tabs, and deaf once its term is over. */

import type { DriverContext } from '../driver';
import type { Platform } from '../platform/platform';
import { factsOf } from '../session/errors';
import { type EventDraft, OWN_TYPES } from '../session/events';
import { bytesIn, cloned, MAX_PUBLISHED_BYTES } from '../session/payload';
import { sharedFacts } from './error-data';

export interface ContextPorts extends Pick<Platform, 'logger' | 'clone'> {
  readonly signal: AbortSignal;
  readonly epoch: number;
  isOver(): boolean;
  /** The driver is letting go of the session: what breaks now is not to be restored. */
  isClosing(): boolean;
  info(): unknown;
  emit(draft: EventDraft): void;
  publish(info: unknown): void;
  reconnecting(): void;
  /** With a session also once the term is over: nothing must be left of it. */
  reconnected(session: unknown): void;
  ended(reason: string): void;
}

export function createContext(ports: ContextPorts): DriverContext {
  const { signal, epoch, logger } = ports;
  let published: { readonly info: unknown } | undefined;

  /** Runs `tell` while the term lasts. */
  const whileHost = (name: string, tell: () => void): void => {
    if (!ports.isOver()) tell();
    else logger.warn(`solotab: context.${name}() was ignored: its session is over in this tab.`);
  };

  /** A clone of what is given, and its size. */
  const measured = <Value>(what: string, value: Value, limit: number) =>
    cloned(`${what} can't be sent to other tabs or stored`, () => {
      const clone = ports.clone(value);
      const bytes = bytesIn(clone, limit);
      if (Number.isNaN(bytes)) throw new Error('it holds what can be sent and not stored.');
      return { clone, bytes };
    });

  return {
    signal,
    epoch,
    get info() {
      return published ? published.info : ports.info();
    },
    publish(given) {
      const { clone, bytes } = measured('publish()', given, MAX_PUBLISHED_BYTES);
      if (bytes > MAX_PUBLISHED_BYTES) {
        throw new RangeError('publish() takes up to 256 kB. Publish an id, and load the rest by it.');
      }
      whileHost('publish', () => {
        published = { info: clone };
        ports.publish(clone);
      });
    },
    emit(type, given) {
      if (typeof type !== 'string' || type === '' || OWN_TYPES.test(type)) {
        throw new TypeError(
          `context.emit('${String(type)}'): the type must be a text, and none that solotab emits itself.`,
        );
      }
      const payload = measured(`the event '${type}'`, given, Number.POSITIVE_INFINITY).clone;
      whileHost('emit', () => ports.emit({ type, payload }));
    },
    error(given) {
      const error = sharedFacts(factsOf(given, 9999), ports);
      whileHost('error', () => ports.emit({ type: 'session_error', error }));
    },
    /** False: there is nothing to be restored. For `reconnect()`, which an app's own context may not tell. */
    reconnecting() {
      if (ports.isClosing()) return false;
      return whileHost('reconnecting', ports.reconnecting);
    },
    reconnected(session) {
      const tell = (): void => ports.reconnected(session);
      if (session === undefined) whileHost('reconnected', tell);
      else tell();
    },
    ended: (reason = 'ended') => whileHost('ended', () => ports.ended(String(reason))),
  };
}
