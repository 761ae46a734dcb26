/** The page of a tab with a coordinator, whose driver talks to the session backend of the tests. See `page-api.ts`. */
import * as solotab from '../../../../src/index';
import type { HangUp } from '../backend';
import type {
  CallName,
  CoordinatorConfig,
  DriverCall,
  Fixture,
  Outcome,
  PlainError,
  RecordedEvent,
  TabState,
} from '../page-api';

const config = window.pageConfig as CoordinatorConfig; // the test server wrote it
const { scope, driver: behaviour = {} } = config;

const events: RecordedEvent[] = [];
const logs: string[] = [];
const problems: string[] = [];
const driverCalls: { -readonly [Key in keyof DriverCall]: DriverCall[Key] }[] = [];
const watchers = new Set<() => void>();
/** Not over HTTP: a browser opens no more than six connections to one host, for all tabs together. */
const guns = new Map<string, { fire(): void; outcome(): Promise<Outcome> }>();
const aborters = new Map<string, AbortController>();
let coordinator: solotab.Coordinator | undefined;
let context: solotab.DriverContext | null = null;

const EVENTS = [
  'session_error',
  'session_started',
  'session_joined',
  'session_resumed',
  'session_reconnecting',
  'session_ended',
  'host_lost',
];

window.addEventListener('error', ({ message }) => note(problems, message));
window.addEventListener('unhandledrejection', ({ reason }) => note(problems, `unhandled: ${String(reason)}`));

function note<Entry>(list: Entry[], entry: Entry): void {
  list.push(entry);
  changed();
}

function changed(): void {
  for (const watcher of [...watchers]) watcher();
}

function text(details: readonly unknown[]): string {
  return details
    .map((detail) => (detail instanceof Error ? `${detail.name}: ${detail.message}` : String(detail)))
    .join(' ');
}

const logger: solotab.Logger = {
  warn: (...details) => note(logs, `warn ${text(details)}`),
  error: (...details) => note(logs, `error ${text(details)}`),
};

/** Asks the backend and waits for what it says. Its refusal is an error with its code. */
async function ask(type: DriverCall['type'], driverContext: solotab.DriverContext, body: unknown): Promise<unknown> {
  const { epoch, info } = driverContext;
  const call: (typeof driverCalls)[number] = { type, epoch, info, settled: 'pending' };
  note(driverCalls, call);
  const connects = type !== 'release' && type !== 'end';
  if (connects) context = driverContext;
  try {
    const response = await post(
      type,
      driverContext.epoch,
      body,
      connects && !behaviour.ignoreSignal ? driverContext.signal : null,
    );
    const answer = await response.json();
    if (!response.ok) {
      const { code, gone } = answer;
      if (gone === 'says so') driverContext.ended('gone-for-good');
      if (gone) throw new solotab.SessionError(1011, { message: 'The session is gone for good.', retryable: false });
      const exception = solotab.isSessionErrorCode(code) ? solotab.SESSION_ERRORS[code].exception : undefined;
      throw Object.assign(new Error(answer.message ?? 'denied'), { code, exception });
    }
    call.settled = 'ok';
    if (connects && behaviour.publish !== undefined) driverContext.publish(behaviour.publish);
    if (connects && behaviour.actEveryMs !== undefined) actWhile(driverContext, behaviour.actEveryMs);
    if (answer.hangUp) {
      call.hungUp = true;
      hangUp(answer.hangUp, () => driverContext.ended('hung-up'));
    }
    return answer;
  } catch (error) {
    call.settled = 'failed';
    throw error;
  } finally {
    changed();
  }
}

function hangUp(how: HangUp, end: () => void): void {
  if (how === 'before') end();
  else if (how === 'later') setTimeout(end, 10);
  else queueMicrotask(() => queueMicrotask(end));
}

function post(type: string, epoch: number, body: unknown, signal: AbortSignal | null): Promise<Response> {
  return fetch(`/backend/${encodeURIComponent(scope)}/${type}`, {
    method: 'POST',
    body: JSON.stringify({ tabId: coordinator?.tabId, epoch, body }),
    signal,
    // An end that is sent while the page goes away still arrives.
    keepalive: type === 'end' || type === 'release',
  });
}

function actWhile({ signal, epoch }: solotab.DriverContext, everyMs: number): void {
  const timer = setInterval(() => post('act', epoch, null, signal).catch(() => undefined), everyMs);
  const stop = (): void => clearInterval(timer);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
}

/** One call of the driver, as the page was told to make it. */
function drive(type: DriverCall['type'], driverContext: solotab.DriverContext, given: unknown): unknown {
  const asked = (): Promise<unknown> => ask(type, driverContext, given);
  const hook = window.driverHooks?.[type];
  return hook ? hook(driverContext, asked, given) : asked();
}

const driver: solotab.Driver = {
  start: (request, driverContext) => drive('start', driverContext, request),
  join: (request, driverContext) => drive('join', driverContext, request),
  async end(session, driverContext) {
    await drive('end', driverContext, session);
  },
  commands: {
    // The backend counts what it hears.
    act: async (_session, body, { signal, epoch }) => (await post('act', epoch, body, signal)).status,
    hang: () => new Promise(() => undefined),
  },
};
if (behaviour.resume ?? true) driver.resume = (previous, driverContext) => drive('resume', driverContext, previous);
if (behaviour.release ?? true) {
  driver.release = async (session, driverContext) => {
    await drive('release', driverContext, session);
  };
}

function plain(error: unknown): PlainError {
  if (!(error instanceof Error || error instanceof DOMException)) return { name: typeof error, message: String(error) };
  const { name, message, code, exception, local, retryable, outcome, tabId, epoch, seq, cause } = error as PlainError &
    Error;
  return {
    ...{ name, message, code, exception, local, retryable, outcome, tabId, epoch, seq },
    ...(cause === undefined ? {} : { cause: plain(cause) }),
  };
}

function present(): solotab.Coordinator {
  if (!coordinator) throw new Error('This page has no coordinator yet.');
  return coordinator;
}

/** Replaces `{ abort: name }` among the arguments by options with a signal. */
function withSignal(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null || !('abort' in argument)) return argument;
  const { abort, ...rest } = argument;
  const aborter = new AbortController();
  aborters.set(String(abort), aborter);
  return { ...rest, signal: aborter.signal };
}

const fixture: Fixture = {
  documentId: Math.random().toString(36).slice(2),
  get coordinator() {
    return present();
  },
  get context() {
    return context;
  },
  create() {
    const { recovery, connectTimeoutMs, whenUnsafe, follow } = config;
    const made = solotab.createCoordinator({
      name: scope,
      driver,
      logger,
      ...(recovery === undefined ? {} : { recovery }),
      ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
      ...(whenUnsafe === undefined ? {} : { whenUnsafe }),
      ...(follow === undefined ? {} : { follow }),
    });
    coordinator = made;
    for (const type of [...EVENTS, ...(config.events ?? [])]) {
      made.on(type, (event) => note(events, { type, event: { ...event }, atMs: performance.now() }));
    }
    made.subscribe(changed);
  },
  async call(method: CallName, args) {
    const target = present();
    const startedMs = performance.now();
    const end = (): number => performance.now() - startedMs;
    try {
      const value: unknown = await Reflect.apply(target[method], target, args.map(withSignal));
      return { ok: true, value, ms: end() };
    } catch (error) {
      return { ok: false, error: plain(error), ms: end() } satisfies Outcome;
    }
  },
  arm(gun, method, args) {
    const channel = new window.realBroadcastChannel(`gun ${gun}`);
    const outcome = new Promise<Outcome>((resolve) => {
      const start = (): void => {
        resolve(fixture.call(method, args));
        channel.close();
      };
      channel.onmessage = start;
      guns.set(gun, {
        fire() {
          channel.postMessage(null);
          start();
        },
        outcome: () => outcome,
      });
    });
  },
  fire(gun) {
    guns.get(gun)?.fire();
  },
  async fired(gun) {
    const armed = guns.get(gun);
    if (!armed) throw new Error('This page was not armed.');
    return armed.outcome();
  },
  abort(name) {
    aborters.get(name)?.abort();
  },
  async act() {
    return (await post('act', context?.epoch ?? 0, null, null)).status;
  },
  state(): TabState {
    const { tabId } = present();
    return { tabId, snapshot: present().getSnapshot(), events, driverCalls, logs, problems };
  },
  until: (condition) =>
    new Promise((resolve) => {
      const look = (): void => {
        const state = fixture.state();
        if (!condition(state)) return;
        watchers.delete(look);
        resolve(state);
      };
      watchers.add(look);
      look();
    }),
};

window.solotab = solotab;
window.fixture = fixture;
if (config.create ?? true) fixture.create();
