/**
 * The part of the Zoom Cobrowse SDK that is used here, as we understand it. The SDK itself is neither imported nor bundled:
 * the app loads it and hands in the `session` that `ZoomCobrowseSDK.init` gives it.
 */

/** The `session` that `ZoomCobrowseSDK.init` hands out. */
export interface ZoomSession {
  /** The outcome is told by `session_started` or `session_error`. */
  start(request: ZoomRequest): unknown;
  /** The outcome is told by `session_joined` or `session_error`. Without a request: goes on after a refresh. */
  join(request?: ZoomRequest): unknown;
  /** Ends the session, or gives up the attempt in progress; `session_ended` tells when that is done. */
  end(): unknown;
  on(type: string, listener: (payload: unknown) => void): unknown;
  off(type: string, listener: (payload: unknown) => void): unknown;
  getSessionInfo(): ZoomSessionInfo;
}

/** What `start` and `join` are given. */
export interface ZoomRequest {
  /** A signed token. May be left out where the option `token` gets one for each attempt. */
  readonly sdkToken?: string;
  /** The app's own PIN: 1 to 10 letters and digits. */
  readonly customPinCode?: string;
  /** Whatever else the SDK understands goes through unchanged. */
  readonly [property: string]: unknown;
}

export interface ZoomSessionInfo {
  /** `session_recoverable` after a refresh, while `join()` can still go on with the session. */
  readonly sessionStatus?: string;
}

/** What a connected call resolves with. */
export interface ZoomConnection {
  /** The PIN that an agent joins with, as far as this tab has learned it. */
  readonly pincode: string | null;
}

/** What `coordinateZoomSession` makes of it. Events that the SDK tells reach the tabs as it told them. */
export interface ZoomShape {
  session: ZoomConnection;
  start: ZoomRequest | undefined;
  join: ZoomRequest | undefined;
  /** With `publishPin`. */
  info: { readonly pincode: string };
  events: Record<string, unknown>;
}

/** Says whether the SDK offers to go on with the session of before a refresh. */
export function isRecoverable(session: ZoomSession): boolean {
  return session.getSessionInfo().sessionStatus === 'session_recoverable';
}

/** Events that the SDK tells and solotab relays as they are. */
export const RELAYED_EVENTS = ['agent_joined', 'agent_left', 'remote_assist_started', 'remote_assist_stopped'] as const;
