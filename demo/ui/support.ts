/** solotab as a page of the demo uses it: the coordinator over the demo's driver, and its events written to a log. */
import { type AttemptOptions, type Coordinator, createCoordinator, type RecoveryPolicy, withAttempts } from 'solotab';
import type { Recording, RecordingOptions } from '../cobrowse/recording';
import type { Act, Role } from '../protocol';
import { currentUser, fetchToken } from '../service';
import { createSessionDriver, type DemoSession, type DemoShape } from '../session-driver';
import { parseInfo } from '../session-info';
import { offerDevtools } from './devtools';
import type { LogEntry } from './event-log';

/** A PIN that is read out over the phone: short. The service's rate limit keeps it from being guessed. */
const PIN_LENGTH = 6;
/** Tries before the network counts as failed. A person is waiting: the pauses are short. */
const RETRY = { attempts: 3, minDelayMs: 200, maxDelayMs: 800 } as const;

export type Support = Coordinator<DemoShape>;

export interface SupportOptions {
  /** Tabs with the same scope share one session. */
  readonly scope: string;
  readonly site: string;
  readonly recovery?: RecoveryPolicy;
  /** Whether a session comes to this tab when its user looks at it; asked each time. Without it a session moves when it is told to. */
  readonly follows?: () => boolean;
  /** In which role a start or join asks for its token. */
  role?(): Role;
  /** Whether a start has to bring its own PIN. */
  pinRequired?(): boolean;
  onSession?(session: DemoSession | null): void;
  onAct?(act: Act, userName: string): void;
  /** Makes what records this page for the agents. */
  createRecording?(options: RecordingOptions): Recording;
}

export function openSupport({
  scope,
  site,
  recovery = 'same-tab',
  follows,
  role = () => 'customer',
  pinRequired = () => false,
  onSession = () => undefined,
  onAct = () => undefined,
  createRecording,
}: SupportOptions): Support {
  const user = currentUser();
  // A session that was joined in one role is gone on with in the same.
  const roleNow = () => parseInfo(coordinator.getSnapshot().info)?.role ?? role();
  const token = () => fetchToken(site, user, roleNow());
  const driver = createSessionDriver({
    site,
    role: roleNow,
    token,
    onSession,
    onAct,
    ...(createRecording && { createRecording }),
  });
  const attempts: AttemptOptions = { token, retry: RETRY, pinLength: PIN_LENGTH };
  const withNewPins = withAttempts<DemoShape>(driver, { ...attempts, pin: 'generated' });
  const withOwnPins = withAttempts<DemoShape>(driver, { ...attempts, pin: 'required' });
  const coordinator: Support = createCoordinator<DemoShape>({
    name: scope,
    driver: {
      ...withNewPins,
      // An app brings its own PINs or has them made: this one lets its visitor choose, call by call.
      prepare: (kind, request) => (pinRequired() ? withOwnPins : withNewPins).prepare?.(kind, request) ?? request,
    },
    recovery: { by: recovery },
    ...(follows && { follow: 'focus', canHost: follows }),
    logger: console,
  });
  offerDevtools(coordinator, scope);
  return coordinator;
}

/** Events with nothing to say but that they happened. */
const PLAIN_EVENTS = ['session_started', 'session_joined', 'session_resumed', 'session_reconnecting'] as const;
/** Events of the demo's own driver. */
const DRIVER_EVENTS = ['pincode_updated', 'agent_joined', 'agent_left', 'agent_cheered'] as const;

export function writeLog(support: Support, add: (entry: LogEntry) => void): void {
  support.on('session_error', ({ code, exception, at, tabId, seq }) =>
    add({ type: 'session_error', code, detail: exception, at, tabId, seq }),
  );
  for (const type of PLAIN_EVENTS) support.on(type, ({ at, tabId, seq }) => add({ type, at, tabId, seq }));
  support.on('session_ended', ({ reason, at, tabId, seq }) =>
    add({ type: 'session_ended', detail: reason, at, tabId, seq }),
  );
  support.on('host_lost', ({ hostTabId }) => add({ type: 'host_lost', at: Date.now(), tabId: hostTabId, seq: null }));
  for (const type of DRIVER_EVENTS) {
    support.on(type, ({ payload, at, tabId, seq }) => add({ type, detail: textOf(payload), at, tabId, seq }));
  }
}

/** What the demo's events carry: a name, or a PIN. */
function textOf(payload: unknown): string {
  return typeof payload === 'object' && payload !== null ? Object.values(payload).join(', ') : '';
}
