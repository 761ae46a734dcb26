/**
 * `solotab/zoom`: one Zoom Cobrowse session across all tabs, by one more line.
 *
 *     ZoomCobrowseSDK.init(settings, ({ success, session, error }) => {
 *       const cobrowse = coordinateZoomSession(session);
 *       cobrowse.on('session_error', ({ code }) => show(code));
 *       cobrowse.start({ sdkToken, customPinCode });
 *     });
 */
import { ATTEMPT_OPTIONS, type AttemptOptions, withAttempts } from '../attempts/with-attempts';
import { createCoordinator } from '../create-coordinator';
import { unlessAborted } from '../platform/abort';
import { consoleLogger } from '../platform/browser';
import { check, warnOfUnknown } from '../session/misuse';
import { closedError } from '../tab/closing';
import { OPTIONS } from '../tab/options';
import type { Coordinator, CoordinatorOptions } from '../types';
import { createZoomDriver } from './driver';
import { type Listener, ZoomEvents, type ZoomSessionEvents } from './events';
import { recover } from './recover';
import {
  isRecoverable,
  type ZoomConnection,
  type ZoomRequest,
  type ZoomSession,
  type ZoomSessionInfo,
  type ZoomShape,
} from './sdk';

export type { ZoomSessionEvents } from './events';
export type { ZoomConnection, ZoomRequest, ZoomSession, ZoomSessionInfo, ZoomShape } from './sdk';

type ZoomCoordinator = Coordinator<ZoomShape>;
type ZoomCoordinatorOptions = CoordinatorOptions<ZoomShape>;

export interface ZoomOptions extends Omit<AttemptOptions, 'pinKey'>, Omit<ZoomCoordinatorOptions, 'name' | 'driver'> {
  /** Tabs of one origin with the same name share one session. Default `zoom-cobrowse`. */
  readonly name?: string;
  /** Shows the PIN to all tabs: as `pincode_updated`, and as `getSnapshot().info.pincode`. Default: only the host's tab learns it. */
  readonly publishPin?: boolean;
  /** For tests: makes the coordinator, on a simulated browser for example. */
  readonly createCoordinator?: (options: ZoomCoordinatorOptions) => ZoomCoordinator;
}

/** As the SDK's session, for all tabs. */
export interface CoordinatedZoomSession {
  /** Phase, role, take-over, and what else all tabs share. */
  readonly coordinator: ZoomCoordinator;
  /**
   * Starts the session in this tab, or is refused without asking the service: with 1002, 1004 or 1017 if any tab has or is
   * connecting one, with 1008 or 1009 for its PIN. Resolves once the SDK has started it. Each failure rejects with a
   * `SessionError` and is a `session_error` too, so the promise may be ignored.
   */
  start(request?: ZoomRequest): Promise<ZoomConnection>;
  /**
   * As `start`. While the SDK's status is `session_recoverable` it waits for the session of before the refresh to go on,
   * as `recovery` says.
   */
  join(request?: ZoomRequest): Promise<ZoomConnection>;
  /** Ends the session, or gives up the attempt in progress, in whichever tab it is. Resolves when that is done. */
  end(): Promise<void>;
  /**
   * Listens, in every tab, to the SDK's session events; refusals of this tab's own calls are `session_error` events here
   * alone. `pincode_updated` without `publishPin`, and any other event, is heard in the tab in which the SDK tells it.
   */
  on<Type extends keyof ZoomSessionEvents>(type: Type, listener: (payload: ZoomSessionEvents[Type]) => void): void;
  on(type: string, listener: (payload: unknown) => void): void;
  off<Type extends keyof ZoomSessionEvents>(type: Type, listener: (payload: ZoomSessionEvents[Type]) => void): void;
  off(type: string, listener: (payload: unknown) => void): void;
  /** What the SDK knows in this tab. For all tabs: `coordinator.getSnapshot()`. */
  getSessionInfo(): ZoomSessionInfo;
  /**
   * Gives up the coordination in this tab. In the tab that has the session this ends it: the SDK could neither leave it to
   * another tab nor be stopped by one.
   */
  close(): Promise<void>;
}

const SESSION_METHODS: readonly (keyof ZoomSession)[] = ['start', 'join', 'end', 'on', 'off', 'getSessionInfo'];

/**
 * The session that `ZoomCobrowseSDK.init` hands out, coordinated across tabs. Call it once per page. Throws a `TypeError` for what is
 * no session, and for bad options; warns of an option that there is not.
 */
export function coordinateZoomSession(session: ZoomSession, options: ZoomOptions = {}): CoordinatedZoomSession {
  const { name = 'zoom-cobrowse', publishPin = false, createCoordinator: create = createCoordinator } = options;
  const isSession = SESSION_METHODS.every((method) => typeof Object(session)[method] === 'function');
  check(isSession, 'coordinateZoomSession needs the session that ZoomCobrowseSDK.init hands its callback.');
  const known = [...Object.keys({ ...ATTEMPT_OPTIONS, ...OPTIONS }), 'publishPin', 'createCoordinator'];
  const logger = options.logger ?? consoleLogger();
  const isOpen = (option: string): boolean => option !== 'driver' && option !== 'pinKey';
  warnOfUnknown('coordinateZoomSession', options, known.filter(isOpen), logger);
  const zoom = createZoomDriver(session, publishPin);
  const driver = withAttempts<ZoomShape>(zoom, { ...only(ATTEMPT_OPTIONS, options), pinKey: 'customPinCode' });
  const coordinator = create({ ...only(OPTIONS, options), name, driver });
  const events = new ZoomEvents(session, coordinator, publishPin);
  // A tab that was fenced must not end what lives on elsewhere.
  coordinator.on('session_ended', ({ reason }) => reason !== 'superseded' && zoom.abandon());

  const closing = new AbortController();

  const goOn = (request: ZoomRequest | undefined): Promise<ZoomConnection> =>
    unlessAborted(recover(coordinator, zoom, options.recovery?.by, request), closing.signal);

  return {
    coordinator,
    start: (request) => mayBeIgnored(coordinator.start(request)),
    join: (request) => mayBeIgnored(isRecoverable(session) ? goOn(request) : coordinator.join(request)),
    end: () => mayBeIgnored(coordinator.end()),
    on: (type: string, listener: Listener) => events.on(type, listener),
    off: (type: string, listener: Listener) => events.off(type, listener),
    getSessionInfo: () => session.getSessionInfo(),
    async close() {
      const { role, hostTabId } = coordinator.getSnapshot();
      // Also what no tab has as far as it is stored, and the SDK holds here all the same: no other tab could go on with it, or end it.
      const isHere = role === 'host' || (hostTabId === null && zoom.holds());
      // It may have been closed before.
      if (isHere) await coordinator.end().catch(() => {});
      closing.abort(closedError());
      await coordinator.close();
    },
  };
}

/** The members of `options` that are in `names` too: the others are not for whom they are handed to. */
function only(names: object, options: ZoomOptions): Omit<ZoomOptions, 'name' | 'createCoordinator' | 'publishPin'> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name in names));
}

/** An app that listens to `session_error` has no need of the promise: not to handle it must not be an error. */
function mayBeIgnored<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
