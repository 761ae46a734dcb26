/** What compiles and what does not: one block per promise. Checked by `npm run types`, and as a test by types.long.test.ts. */
import {
  type AttemptDriver,
  type Coordinator,
  type CoordinatorOptions,
  createCoordinator,
  type Driver,
  type DriverCommands,
  type DriverContext,
  isSessionErrorCode,
  type PreviousTerm,
  SESSION_ERRORS,
  type SessionErrorEvent,
  type SessionSnapshot,
  withAttempts,
} from 'solotab';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only where both are the very same type. */
declare function same<A, B>(isSame: Equal<A, B>): void;

interface SupportSession {
  hangUp(): void;
}

interface Support {
  session: SupportSession;
  start: { topic: string };
  join: { pin: string };
  info: { id: string; pin: string };
  events: { agent_joined: { name: string }; agent_left: undefined };
  commands: { mute(on: boolean): void; send(text: string): { id: string } };
}

declare const open: (topic: string) => Promise<SupportSession>;

const support = createCoordinator<Support>({
  name: 'support',
  driver: {
    async start(request, context) {
      same<typeof request, { topic: string }>(true);
      same<typeof context.info, { id: string; pin: string } | null>(true);
      context.publish({ id: '1', pin: '2' });
      context.emit('agent_joined', { name: 'Ada' });
      context.emit('agent_left');
      // @ts-expect-error: not what this shape publishes
      context.publish({ id: 1 });
      // @ts-expect-error: no such event
      context.emit('agent_joind', { name: 'Ada' });
      // @ts-expect-error: its payload is required
      context.emit('agent_joined');
      // @ts-expect-error: another payload
      context.emit('agent_joined', { nam: 'Ada' });
      context.reconnected(await open('again'));
      // @ts-expect-error: no session
      context.reconnected('again');
      return open(request.topic);
    },
    join: ({ pin }, _context) => open(pin),
    resume(previous) {
      same<typeof previous.info, { id: string; pin: string } | null>(true);
      return open(previous.info?.id ?? '');
    },
    release: (session) => session.hangUp(),
    end(session) {
      same<typeof session, SupportSession | null>(true);
    },
    commands: {
      mute(session, on, { signal, epoch, tabId }) {
        same<typeof session, SupportSession>(true);
        same<typeof on, boolean>(true);
        same<[typeof signal, typeof epoch, typeof tabId], [AbortSignal, number, string]>(true);
      },
      send: async (_session, text) => ({ id: text.toUpperCase() }),
    },
  },
});

// Commands are typed by the shape, and those that it declares are all required.
const sent = support.call('send', 'hello');
same<typeof sent, Promise<{ id: string }>>(true);
same<ReturnType<typeof support.call<'mute'>>, Promise<void>>(true);
support.call('mute', true, { timeoutMs: 1_000, signal: new AbortController().signal });
// @ts-expect-error: misspelt
support.call('mut', true);
// @ts-expect-error: its input is required
support.call('mute');
// @ts-expect-error: another input
support.call('send', { text: 'hello' });
createCoordinator<{ commands: { ping(): string } }>({
  name: 'x',
  driver: { start: () => 1, end() {}, commands: { ping: () => 'pong' } },
}).call('ping');
createCoordinator<{ commands: { ping(): string } }>({
  name: 'x',
  // @ts-expect-error: no pong
  driver: { start: () => 1, end() {}, commands: { ping: () => 1 } },
});
createCoordinator<{ commands: { ping(): string } }>({
  name: 'x',
  // @ts-expect-error: no ping
  driver: { start: () => 1, end() {} },
});

// A shape types session, start, join, info and events end to end.
same<typeof support, Coordinator<Support>>(true);
same<typeof support.session, SupportSession | undefined>(true);
const started = support.start({ topic: 'billing' });
same<typeof started, Promise<SupportSession>>(true);
same<ReturnType<typeof support.join>, Promise<SupportSession>>(true);
same<ReturnType<typeof support.resume>, Promise<SupportSession>>(true);
same<ReturnType<typeof support.takeOver>, Promise<SupportSession>>(true);
const pin: string | undefined = support.getSnapshot().info?.pin;
const serverPin: string | undefined = support.getServerSnapshot().info?.pin;
support.on('agent_joined', ({ payload, epoch, seq }) => [payload.name.length, epoch, seq]);
support.on('statechange', ({ info }) => info?.pin.length);
support.on('session_error', ({ suggestedAction }) => suggestedAction.length);
support.on('session_ended', ({ reason }) => reason.length);

// start() and join() require what the shape requires.
support.start({ topic: 'billing' }, { signal: new AbortController().signal });
// @ts-expect-error: a topic is required
support.start();
// @ts-expect-error: a topic is required
support.start({});
// @ts-expect-error: a PIN is required, and start's request is not join's
support.join({ topic: 'billing' });
createCoordinator<{ start: { topic: string } | undefined }>({
  name: 'x',
  driver: { start: () => 1, end() {} },
}).start();

// `on` refuses misspelt types of a given shape ...
// @ts-expect-error: misspelt
support.on('agent_joind', () => {});
// @ts-expect-error: misspelt
support.on('session_eror', () => {});
// @ts-expect-error: a shape without events has none of its own
createCoordinator<{ session: string }>({ name: 'x', driver: { start: () => '', end() {} } }).on('note', () => {});
// ... and stays open without one.
declare const anyone: Coordinator;
anyone.on('whatever', ({ payload }) => same<typeof payload, unknown>(true));
anyone.on('session_ended', ({ reason }) => reason.length);
anyone.start();
anyone.call('whatever', 1);
anyone.start('anything', {});

// Every member is optional, and what is left out is unknown.
declare const partial: Coordinator<{ info: { pin: string } }>;
same<typeof partial.session, unknown>(true);
partial.start();
partial.join(1);
same<NonNullable<ReturnType<typeof partial.getSnapshot>['info']>, { pin: string }>(true);

// Without a type argument whatever can be is inferred from the driver.
const inferred = createCoordinator({
  name: 'inferred',
  driver: {
    start: (request: { topic: string }, { signal }) => (signal.aborted ? Promise.reject() : open(request.topic)),
    join: (request: { pin: string }) => open(request.pin),
    end: (session) => session?.hangUp(),
  },
});
same<typeof inferred.session, SupportSession | undefined>(true);
inferred.start({ topic: 'billing' }).then((session) => session.hangUp());
inferred.join({ pin: '1' }).then((session) => session.hangUp());
// @ts-expect-error: a topic is required
inferred.start();
// @ts-expect-error: a topic is required
inferred.start({ pin: '1' });
// @ts-expect-error: a PIN is required
inferred.join({ topic: 'billing' });
// Also where it has no join, and takes things of what it is given.
const contextual = createCoordinator({
  name: 'contextual',
  driver: {
    async start(request: { topic: string }, { signal, publish }) {
      publish({ topic: request.topic });
      return signal.aborted ? Promise.reject() : open(request.topic);
    },
    resume: async (previous, { epoch }) => open(`${previous.epoch} ${epoch}`),
    release: (session) => session.hangUp(),
    end(session) {
      session?.hangUp();
    },
    commands: {
      mute(session, on: boolean) {
        session.hangUp();
        return on ? 1 : 0;
      },
      ping: () => 'pong',
      send: async (session, text: string, { signal }) => [session, text, signal] as const,
      leave: (session, how?: string | undefined) => [session, how],
    },
  },
});
contextual.start({ topic: 'billing' }).then((session) => session.hangUp());
same<typeof contextual.session, SupportSession | undefined>(true);
// @ts-expect-error: a topic is required
contextual.start({ pin: '1' });
const muted = contextual.call('mute', true);
same<typeof muted, Promise<0 | 1>>(true);
const answer = contextual.call('ping');
same<typeof answer, Promise<string>>(true);
const sentBack = contextual.call('send', 'hello', { timeoutMs: 1_000 });
same<typeof sentBack, Promise<readonly [SupportSession, string, AbortSignal]>>(true);
contextual.call('leave');
contextual.call('leave', 'now');
// @ts-expect-error: misspelt
contextual.call('mut', true);
// @ts-expect-error: its input is required
contextual.call('mute');
// @ts-expect-error: another input
contextual.call('mute', 'yes');
inferred.call('whatever', 1);
const contextualAttempts = createCoordinator({
  name: 'attempts',
  driver: withAttempts({
    start: async (request: { topic: string }, { token }) => open(`${request.topic} ${token}`),
    end: (session) => session?.hangUp(),
    commands: { mute: (session, on: boolean) => (on ? session.hangUp() : undefined) },
  }),
});
contextualAttempts.start({ topic: 'x' }).then((session) => session.hangUp());
contextualAttempts.call('mute', true);
// @ts-expect-error: misspelt
contextualAttempts.call('mut', true);
const open7: Coordinator = contextual;
inferred.on('whatever', ({ payload }) => same<typeof payload, unknown>(true));
const bare = createCoordinator({ name: 'bare', driver: { start: () => 7, end() {} } });
same<typeof bare.session, number | undefined>(true);
bare.start();

// A driver may be typed by itself, and through withAttempts the shape is the same.
const commands: DriverCommands<Support> = { mute: () => {}, send: (_session, text) => ({ id: text }) };
const typed: Driver<Support> = { start: ({ topic }) => open(topic), end: (session) => session?.hangUp(), commands };
createCoordinator<Support>({ name: 'typed', driver: typed }).start({ topic: 'x' });
const typedAttempts: AttemptDriver<Support> = { ...typed, start: ({ topic }, { token }) => open(`${topic} ${token}`) };
createCoordinator<Support>({ name: 'typed', driver: withAttempts<Support>(typedAttempts) }).call('mute', true);
// @ts-expect-error: the commands of its shape are missing
export const mute: Driver<Support> = { start: ({ topic }) => open(topic), end() {} };
class Typed implements Driver<Support> {
  readonly commands = commands;
  start({ topic }: { topic: string }): Promise<SupportSession> {
    return open(topic);
  }
  end(): void {}
}
createCoordinator<Support>({ name: 'typed', driver: new Typed() }).start({ topic: 'x' });
const attempts = createCoordinator<Support>({
  name: 'attempts',
  driver: withAttempts<Support>({
    start({ topic }, { token, attempt, publish }) {
      same<typeof token, string | undefined>(true);
      publish({ id: topic, pin: String(attempt) });
      return open(topic);
    },
    end: (session) => session?.hangUp(),
    commands,
  }),
});
same<typeof attempts, Coordinator<Support>>(true);
const inferredAttempts = createCoordinator({
  name: 'attempts',
  driver: withAttempts({ start: (request: { topic: string }) => open(request.topic), end() {} }),
});
inferredAttempts.start({ topic: 'x' }).then((session) => session.hangUp());
// @ts-expect-error: a topic is required
inferredAttempts.start();

// An unknown option does not compile.
// @ts-expect-error: no such option
createCoordinator<Support>({ name: 'x', driver: typed, connectTimeout: 1 });
// @ts-expect-error: no such option
createCoordinator({ name: 'x', driver: { start: () => 1, end() {} }, connectTimeout: 1 });
// @ts-expect-error: no such policy
createCoordinator<Support>({ name: 'x', driver: typed, recovery: 'any-tab' });
// @ts-expect-error: a driver has no such function
createCoordinator<Support>({ name: 'x', driver: { start: ({ topic }) => open(topic), end() {}, stop() {} } });
// @ts-expect-error: a driver needs an end
createCoordinator<Support>({ name: 'x', driver: { start: ({ topic }: { topic: string }) => open(topic) } });
// @ts-expect-error: no session
createCoordinator<Support>({ name: 'x', driver: { start: () => 'none', end() {} } });
// @ts-expect-error: a member of a shape that does not exist
createCoordinator<{ sesion: string }>({ name: 'x', driver: { start: () => 1, end() {} } });

// The snapshot is a union: where there is a host, hostTabId, kind and since are there.
declare const snapshot: SessionSnapshot<Support>;
if (snapshot.phase === 'connecting' || snapshot.phase === 'active') {
  same<typeof snapshot.hostTabId, string>(true);
  same<typeof snapshot.since, number>(true);
  same<typeof snapshot.kind, 'start' | 'join'>(true);
  same<typeof snapshot.role, 'host' | 'follower'>(true);
}
if (snapshot.role === 'host') {
  same<typeof snapshot.hostTabId, string>(true);
  same<typeof snapshot.since, number>(true);
}
if (snapshot.phase === 'recovering' && snapshot.role === 'follower') {
  same<typeof snapshot.hostTabId, string | null>(true);
}
if (snapshot.phase === 'idle') {
  same<typeof snapshot.role, 'none'>(true);
  same<typeof snapshot.hostTabId, null>(true);
  same<typeof snapshot.info, null>(true);
}

// A code indexes SESSION_ERRORS without a cast after isSessionErrorCode.
declare const event: SessionErrorEvent;
// @ts-expect-error: it may be the app's own
SESSION_ERRORS[event.code];
if (isSessionErrorCode(event.code)) same<(typeof SESSION_ERRORS)[typeof event.code]['message'], string>(true);

// Whoever does not know the shape can take any coordinator, driver, context and options of one.
const open1: Coordinator = support;
const open2: Coordinator = inferred;
declare const context: DriverContext<Support>;
const open3: DriverContext = context;
declare const previous: PreviousTerm<Support>;
const open4: PreviousTerm = previous;
const open5: Driver = typed;
declare const options: CoordinatorOptions<Support>;
const open6: CoordinatorOptions = options;
export const used = [pin, serverPin, open1, open2, open3, open4, open5, open6, open7];
