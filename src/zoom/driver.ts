/**
 * Drives the SDK's session of this page, and says to all tabs what it tells.
 *
 * | the SDK's session | is known by                                                         | we listen |
 * |-------------------|---------------------------------------------------------------------|-----------|
 * | `none`            | nothing was asked, or `session_ended` or a failed attempt was heard | no        |
 * | `connecting`      | `start` or `join` was called                                        | yes       |
 * | `live`            | `session_started` or `session_joined` was heard                     | yes       |
 *
 * The SDK can't let go of a session without ending it. So `live` may outlast this tab's term: then nobody is told what it
 * tells, a resume in this tab takes it up again, and `abandon` ends it once the session is over for all tabs.
 */
import type { AttemptContext } from '../attempts/attempt';
import type { AttemptDriver } from '../attempts/with-attempts';
import { SessionError, type SessionErrorCode } from '../session/errors';
import type { PreviousTerm } from '../types';
import { isRecoverable, RELAYED_EVENTS, type ZoomConnection, type ZoomRequest, type ZoomSession } from './sdk';

/** A call that waits for an event. */
interface Waiting<Value> {
  resolve(value: Value): void;
  reject(reason: unknown): void;
}

interface Attempt extends Waiting<ZoomConnection> {
  readonly context: AttemptContext;
  /** What it is if the SDK gives no reason. */
  readonly fallbackCode: SessionErrorCode;
}

export class ZoomDriver implements AttemptDriver<ZoomConnection, ZoomRequest | undefined> {
  private state: 'none' | 'connecting' | 'live' = 'none';
  private attempt: Attempt | null = null;
  private ending: Waiting<void> | null = null;
  /** The way to the tabs; null while this tab is not the host. */
  private tabs: AttemptContext | null = null;
  private pincode: string | null = null;

  private readonly listeners: Readonly<Record<string, (payload: unknown) => void>> = {
    session_started: () => this.connected(),
    session_joined: () => this.connected(),
    session_reconnecting: () => this.tabs?.reconnecting(),
    session_error: (payload) => this.failed(payload),
    session_ended: () => this.ended(),
    pincode_updated: (payload) => {
      this.learnPin(payload);
      if (this.publishPin) this.relay('pincode_updated', payload);
    },
    ...Object.fromEntries(RELAYED_EVENTS.map((type) => [type, (payload: unknown) => this.relay(type, payload)])),
  };

  constructor(
    private readonly session: ZoomSession,
    private readonly publishPin: boolean,
  ) {}

  start(request: ZoomRequest | undefined, context: AttemptContext): Promise<ZoomConnection> {
    this.pincode = null;
    return this.connect(context, 1001, () => this.session.start(completed(request, context)));
  }

  join(request: ZoomRequest | undefined, context: AttemptContext): Promise<ZoomConnection> {
    this.pincode = null;
    return this.connect(context, 1011, () => this.session.join(completed(request, context)));
  }

  resume({ info }: PreviousTerm, context: AttemptContext): ZoomConnection | Promise<ZoomConnection> {
    this.learnPin(info);
    if (this.state === 'live') {
      this.tabs = context;
      return { pincode: this.pincode };
    }
    // A join that an earlier term began may still be under way: then its outcome is ours.
    const joins = this.state === 'connecting';
    if (!joins && !isRecoverable(this.session)) throw new SessionError(1011, { retryable: false });
    const { token } = context;
    const join = (): unknown => (token === undefined ? this.session.join() : this.session.join({ sdkToken: token }));
    return this.connect(context, 1011, joins ? () => {} : join, false);
  }

  /** Lets go as far as the SDK can: the listeners stay, to hear when the session ends. */
  release(): void {
    this.tabs = null;
  }

  end(): void | Promise<void> {
    this.tabs = null;
    if (this.state !== 'none') {
      return new Promise((resolve, reject) => {
        this.ending = { resolve, reject };
        settle(() => this.session.end(), reject);
      });
    }
    // Of a session that it only remembers the SDK may have nothing to tell any more.
    if (isRecoverable(this.session)) settle(() => this.session.end());
  }

  /** The session is over for all tabs: what the SDK still holds in this one, without being asked to, ends too. */
  abandon(): void {
    if (this.state !== 'none' && !this.tabs) settle(() => this.session.end());
  }

  private connect(
    context: AttemptContext,
    fallbackCode: SessionErrorCode,
    call: () => unknown,
    endsIfGivenUp = true,
  ): Promise<ZoomConnection> {
    return new Promise((resolve, reject) => {
      const attempt = { context, fallbackCode, resolve, reject };
      const fail = (reason: unknown): void => {
        if (this.attempt === attempt) this.failed(reason);
      };
      context.signal.addEventListener('abort', () => {
        if (this.tabs === context) this.tabs = null;
        if (this.attempt !== attempt) return;
        if (endsIfGivenUp) return settle(() => this.session.end(), fail); // `session_ended` makes it fail
        this.attempt = null;
        reject(new SessionError(fallbackCode));
      });
      this.attempt = attempt;
      this.tabs = context;
      this.enter(this.state === 'none' ? 'connecting' : this.state);
      settle(call, fail);
    });
  }

  private connected(): void {
    const { attempt, state } = this;
    this.attempt = null;
    this.enter('live');
    if (attempt) {
      if (this.pincode === null) this.learnPin({ pincode: attempt.context.pin });
      attempt.resolve({ pincode: this.pincode });
    } else if (state === 'live') {
      this.tabs?.reconnected();
    }
  }

  private failed(reason: unknown): void {
    const { attempt, ending } = this;
    const error = SessionError.from(reason, attempt?.fallbackCode ?? 9999);
    this.attempt = this.ending = null;
    if (attempt && this.state === 'connecting') this.enter('none');
    if (attempt ?? ending) (attempt ?? ending)?.reject(error);
    else this.tabs?.error(error);
  }

  private ended(): void {
    const { attempt, ending, tabs } = this;
    this.enter('none');
    this.attempt = this.ending = this.tabs = this.pincode = null;
    attempt?.reject(new SessionError(attempt.fallbackCode));
    ending?.resolve();
    if (!attempt && !ending) tabs?.ended();
  }

  private learnPin(source: unknown): void {
    const pincode = (source as { readonly pincode?: unknown } | null | undefined)?.pincode;
    if (typeof pincode !== 'string' || pincode === this.pincode) return;
    this.pincode = pincode;
    if (this.publishPin) this.tabs?.publish({ pincode });
  }

  private relay(type: string, payload: unknown): void {
    try {
      this.tabs?.emit(type, payload);
    } catch {
      this.tabs?.emit(type); // what can't be cloned stays here; that it happened is told
    }
  }

  /** Listens to the SDK for exactly as long as it has a session. */
  private enter(state: typeof this.state): void {
    const { session } = this;
    if ((state === 'none') !== (this.state === 'none')) {
      for (const [type, listener] of Object.entries(this.listeners)) {
        if (state === 'none') session.off(type, listener);
        else session.on(type, listener);
      }
    }
    this.state = state;
  }
}

function completed(request: ZoomRequest | undefined, { token, pin }: AttemptContext): ZoomRequest {
  return {
    ...request,
    ...(token !== undefined && { sdkToken: token }),
    ...(pin !== undefined && { customPinCode: pin }),
  };
}

/** Calls the SDK. Its events tell the outcome; only a throw or a rejection is an outcome of its own. */
function settle(call: () => unknown, fail: (reason: unknown) => void = () => {}): void {
  void (async () => call())().catch(fail);
}
