/**
 * Drives the SDK's session of this page, and says to all tabs what it tells.
 *
 *     none ──▶ connecting ──▶ live ──▶ ending          none: the SDK has no session here, and we don't listen
 *      ▲           │ failed     │         │
 *      └───────────┴────────────┴─────────┘ session_ended
 *
 * The SDK can't let go of a session without ending it, so there is no `release`, and `live` may outlast this tab's term: then
 * nobody is told what it tells, a resume in this tab takes it up again, and `abandon` ends it once it is over for all tabs.
 */
import type { AttemptContext } from '../attempts/attempt';
import type { AttemptDriver, AttemptKind } from '../attempts/with-attempts';
import { isSessionErrorCode, type SessionErrorCode } from '../session/catalogue';
import { property } from '../session/error-facts';
import { isSessionError, SessionError } from '../session/errors';
import {
  isRecoverable,
  RELAYED_EVENTS,
  type ZoomConnection,
  type ZoomRequest,
  type ZoomSession,
  type ZoomShape,
} from './sdk';

export interface ZoomDriver extends Required<Omit<AttemptDriver<ZoomShape>, 'prepare' | 'release' | 'commands'>> {
  connection(): ZoomConnection;
  /** The SDK has a session in this page, whatever the tabs know of it. */
  holds(): boolean;
  /** The session is over for all tabs: what the SDK still holds in this one, without being asked to, ends too. */
  abandon(): void;
}

/** A call that waits for the event that tells its outcome. */
interface Waiting {
  /** What a failure is for which the SDK gives no reason. */
  readonly fallbackCode: SessionErrorCode;
  readonly pin?: string | undefined;
  resolve(connection: ZoomConnection): void;
  reject(reason: unknown): void;
}

export function createZoomDriver(session: ZoomSession, publishPin: boolean): ZoomDriver {
  let state: 'none' | 'connecting' | 'live' | 'ending' = 'none';
  let waiting: Waiting | null = null;
  /** The way to the tabs; null while this tab is not the host. */
  let tabs: AttemptContext<ZoomShape> | null = null;
  let pincode: string | null = null;

  const connection = (): ZoomConnection => ({ pincode });

  const listeners: Record<string, (payload: unknown) => void> = {
    session_started: connected,
    session_joined: connected,
    // While it is being connected nobody is told: that it is connected says that it is back, too.
    session_reconnecting: () => state === 'live' && tabs?.reconnecting(),
    session_error: failed,
    session_ended: ended,
    pincode_updated(payload) {
      learnPin(payload);
      if (publishPin) relay('pincode_updated', payload);
    },
  };
  for (const type of RELAYED_EVENTS) listeners[type] = (payload) => relay(type, payload);

  /** Listens for exactly as long as the SDK has a session. */
  function enter(next: typeof state): void {
    const change = next === 'none' ? 'off' : 'on';
    if (change === 'off' || state === 'none') {
      for (const [type, listener] of Object.entries(listeners)) session[change](type, listener);
    }
    state = next;
  }

  function connected(): void {
    if (state === 'live') tabs?.reconnected();
    if (state !== 'connecting') return;
    enter('live');
    // Where nobody waits, the attempt was given up: whoever resumes the session takes it up.
    if (waiting && pincode === null) learnPin({ pincode: waiting.pin });
    waiting?.resolve(connection());
    waiting = null;
  }

  function failed(reason: unknown): void {
    const error = errorOf(reason, waiting?.fallbackCode ?? 9999);
    if (state === 'connecting') enter('none');
    if (waiting) waiting.reject(error);
    else tabs?.error(error);
    waiting = null;
  }

  function ended(): void {
    if (!waiting) tabs?.ended();
    else if (state === 'ending') waiting.resolve(connection());
    else waiting.reject(new SessionError(waiting.fallbackCode));
    waiting = pincode = null;
    enter('none');
  }

  function learnPin(source: unknown): void {
    const pin = (source as { readonly pincode?: unknown } | null | undefined)?.pincode;
    if (typeof pin !== 'string' || pin === pincode) return;
    pincode = pin;
    if (publishPin) tabs?.publish({ pincode });
  }

  function relay(type: string, payload: unknown): void {
    try {
      tabs?.emit(type, payload);
    } catch {
      tabs?.emit(type); // what can't be cloned stays here; that it happened is told
    }
  }

  /** Calls the SDK and waits for its events. */
  function ask(next: 'connecting' | 'ending', call: () => unknown, facts: Pick<Waiting, 'fallbackCode' | 'pin'>) {
    let mine: Waiting | undefined;
    const waits = (): boolean => waiting === mine;
    const fail = (reason: unknown): void => {
      if (waits()) failed(reason);
    };
    const outcome = new Promise<ZoomConnection>((resolve, reject) => {
      mine = waiting = { ...facts, resolve, reject };
      enter(next);
      attempt(call, fail);
    });
    return { outcome, waits, fail };
  }

  /** The tabs are told by `context` for as long as its term lasts. */
  function hold(context: AttemptContext<ZoomShape>): void {
    tabs = context;
    context.signal.addEventListener('abort', () => {
      if (tabs === context) tabs = null;
    });
  }

  function connect(
    kind: AttemptKind,
    context: AttemptContext<ZoomShape>,
    call: () => unknown,
  ): Promise<ZoomConnection> {
    const fallbackCode = kind === 'start' ? 1001 : 1011;
    hold(context);
    const { outcome, waits, fail } = ask('connecting', call, { fallbackCode, pin: context.pin });
    context.signal.addEventListener('abort', () => {
      if (!waits()) return;
      // The SDK tells the end of an attempt as it tells any other.
      if (kind !== 'resume') return attempt(end, fail);
      // Another tab may have the session by now: it must not end, whatever becomes of this join.
      waiting?.reject(new SessionError(fallbackCode));
      waiting = null;
    });
    return outcome;
  }

  const end = (): unknown => session.end();

  return {
    connection,
    holds: () => state !== 'none',
    start(request, context) {
      pincode = null;
      return connect('start', context, () => session.start(completed(request, context)));
    },
    join(request, context) {
      pincode = null;
      return connect('join', context, () => session.join(completed(request, context)));
    },
    resume({ info }, context) {
      learnPin(info);
      if (state === 'live') {
        hold(context);
        return connection();
      }
      // A join that an earlier term began may still be under way: then its outcome is ours.
      if (state === 'connecting') return connect('resume', context, () => {});
      if (!isRecoverable(session)) throw new SessionError(1011, { retryable: false });
      const { token } = context;
      const join = (): unknown => (token === undefined ? session.join() : session.join({ sdkToken: token }));
      return connect('resume', context, join);
    },
    async end() {
      tabs = null;
      if (state !== 'none') await ask('ending', end, { fallbackCode: 9999 }).outcome;
      // Of a session that it only remembers the SDK may have nothing to tell any more.
      else if (isRecoverable(session)) attempt(end);
    },
    abandon() {
      if (state !== 'none' && !tabs) attempt(end);
    },
  };
}

function completed(request: ZoomRequest | undefined, { token, pin }: AttemptContext<ZoomShape>): ZoomRequest {
  return {
    ...request,
    ...(token !== undefined && { sdkToken: token }),
    ...(pin !== undefined && { customPinCode: pin }),
  };
}

/** What the SDK told or threw. Its codes are the catalogue's, and it need not name the exception with them. */
function errorOf(reason: unknown, fallbackCode: SessionErrorCode): SessionError {
  const code = property(reason, 'code');
  const isOfSdk = isSessionErrorCode(code) && !isSessionError(reason);
  return isOfSdk ? new SessionError(code, { cause: reason }) : SessionError.from(reason, fallbackCode);
}

/** Calls the SDK. Its events tell the outcome; only a throw or a rejection is an outcome of its own. */
function attempt(call: () => unknown, fail: (reason: unknown) => void = () => {}): void {
  void (async () => call())().catch(fail);
}
