import {
  CommandError,
  type CommandOutcome,
  createCoordinator,
  type Driver,
  type DriverCommands,
  generatePin,
  isSessionErrorCode,
  SESSION_ERRORS,
  SessionError,
  type SessionSnapshot,
  withAttempts,
} from 'solotab';

export interface Call {
  hangUp(): void;
  mute(on: boolean): void;
}

export interface Support {
  session: Call;
  start: { topic: string };
  join: { pin: string };
  info: { id: string; pin: string };
  events: { agent_joined: { name: string } };
  commands: { mute(on: boolean): void; send(text: string): { id: string } };
}

declare function openCall(topic: string, signal?: AbortSignal): Promise<Call>;

const driver: Driver<Support> = {
  async start({ topic }, { signal, publish, emit, epoch }) {
    publish({ id: String(epoch.toFixed()), pin: generatePin() });
    emit('agent_joined', { name: topic });
    return openCall(topic, signal);
  },
  join: ({ pin }, { signal }) => openCall(pin, signal),
  end: (call) => call?.hangUp(),
  commands: {
    mute: (call, on) => call.mute(on),
    send: (_, text) => ({ id: text.trim() }),
  },
};

export const commands: DriverCommands<Support> = driver.commands;
const { commands: _, ...bare } = driver;

export const support = createCoordinator<Support>({ name: 'support', driver });

export const started: Promise<Call> = support.start({ topic: 'billing' });
export const sent: Promise<{ id: string }> = support.call('send', 'hello');
export const snapshot: SessionSnapshot<Support> = support.getSnapshot();
export const pin: string | undefined = snapshot.info?.pin;
support.on('agent_joined', ({ payload }) => payload.name.trim());
support.on('session_error', ({ code, message, suggestedAction }) => {
  const name: string = isSessionErrorCode(code) ? SESSION_ERRORS[code].exception : 'of the app';
  return [name, message.trim(), suggestedAction.trim()];
});
export const error: SessionError = SessionError.from(new Error('none'), 1001);
export const outcomeOf = (failure: unknown): CommandOutcome | undefined =>
  failure instanceof CommandError ? failure.outcome : undefined;

const inferred = createCoordinator({
  name: 'inferred',
  driver: {
    start: (request: { topic: string }, { signal }) => openCall(request.topic, signal),
    end: (call) => call?.hangUp(),
    commands: { mute: (call, on: boolean) => call.mute(on) },
  },
});
export const hungUp: Promise<void> = inferred.start({ topic: 'billing' }).then((call) => call.hangUp());
export const muted: Promise<void> = inferred.call('mute', true);

export const attempts = createCoordinator<Support>({
  name: 'attempts',
  driver: withAttempts<Support>({
    start: ({ topic }, { signal, token }) => openCall(`${topic} ${token ?? ''}`, signal),
    join: ({ pin: given }, { signal }) => openCall(given, signal),
    end: (call) => call?.hangUp(),
    commands,
  }),
});

// What is wrong does not compile. An error that is expected and missing is an error itself.

// @ts-expect-error: misspelt
support.on('agent_joind', () => undefined);
// @ts-expect-error: a payload has no such member
support.on('agent_joined', ({ payload }) => payload.nme);
// @ts-expect-error: a topic is required
support.start();
// @ts-expect-error: a topic is required
support.start({ pin: '1' });
// @ts-expect-error: a topic is required
inferred.start();
// @ts-expect-error: no such command
inferred.call('mut', true);
// @ts-expect-error: no such command
support.call('mut', true);
// @ts-expect-error: another input
support.call('mute', 'yes');
// @ts-expect-error: no such option
createCoordinator<Support>({ name: 'x', driver, connectTimeout: 1 });
// @ts-expect-error: no such option
createCoordinator({ name: 'x', driver: { start: () => 1, end() {} }, connectTimeout: 1 });
// @ts-expect-error: a name is required
createCoordinator<Support>({ driver });
// @ts-expect-error: the commands of the shape are required
createCoordinator<Support>({ name: 'x', driver: bare });
// @ts-expect-error: it was never published
snapshot.info?.pni;
// @ts-expect-error: there is no such code
SESSION_ERRORS[1003];
