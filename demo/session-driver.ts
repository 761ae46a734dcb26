/**
 * A driver for the demo's session server: what an app writes to put its own session service under solotab. One attempt per
 * call; PINs, tokens and tries are around it, by solotab's `withAttempts`.
 *
 * The line to the server may break while the session goes on: the driver mends it here, and the tabs see `recovering`. While an
 * agent is there, the tab that holds the session records its page for them.
 */
import {
  type AttemptContext,
  type AttemptDriver,
  type DriverCommands,
  type DriverContext,
  SessionError,
} from 'solotab';
import type { Recording, RecordingOptions } from './cobrowse/recording';
import { type Answer, type Connected, type Line, openLine, ServiceError } from './line';
import {
  type Act,
  type Assist,
  type ClientMessage,
  DEMO_PROTOCOL,
  type MemberView,
  type Role,
  type ServerMessage,
} from './protocol';
import { type Agent, agentsAmong, parseInfo, type SessionInfo, without } from './session-info';

export interface DemoRequest {
  readonly pin?: string;
}

export interface DemoShape {
  session: DemoSession;
  start: DemoRequest | undefined;
  join: DemoRequest | undefined;
  info: SessionInfo;
  events: {
    pincode_updated: { readonly pincode: string };
    agent_joined: { readonly userName: string };
    agent_left: { readonly userName: string };
    agent_cheered: { readonly userName: string };
  };
  commands: {
    /** The customer lets the agent who asked point, draw and scroll, or takes that back. */
    assist(given: boolean): void;
  };
}

export interface SessionDriverOptions {
  readonly site: string;
  /** The role in which this page asks for tokens. */
  role(): Role;
  /** A fresh token, to go on with after a broken line or an expired one. */
  token(): Promise<string>;
  /** The session that this tab holds from now on; null from when it holds none. */
  onSession(session: DemoSession | null): void;
  /** The agent did something in view of this tab, with the customer's consent. */
  onAct(act: Act, userName: string): void;
  /** Makes what records this page. Without it the agents see nothing. */
  createRecording?(options: RecordingOptions): Recording;
}

/** Pauses before each try to mend a broken line. After the last one, the network has failed: 1016. */
const MENDING_PAUSES_MS = [250, 500, 1_000, 2_000];

/** The session as the host tab holds it. */
export interface DemoSession {
  readonly sessionId: string;
  readonly pin: string;
  readonly context: DriverContext<DemoShape>;
  readonly recording: Recording | null;
  line: Line;
  members: readonly MemberView[];
  agents: readonly Agent[];
  assist: Assist;
  /** Over, moved, or ended here: what the line still brings is nobody's business. */
  letGo: boolean;
}

export function createSessionDriver({
  site,
  role,
  token,
  onSession,
  onAct,
  createRecording,
}: SessionDriverOptions): AttemptDriver<DemoShape> & { readonly commands: DriverCommands<DemoShape> } {
  async function connect(
    context: AttemptContext<DemoShape>,
    message: ClientMessage,
    farewell: ClientMessage,
  ): Promise<DemoSession> {
    const { signal, epoch } = context;
    let held: DemoSession | null = null;
    const line = await openLine({
      site,
      signal,
      onMessage: (received) => held && hear(held, received),
      onClosed: () => held && void mend(held),
    });
    const giveUp = () => line.send(farewell);
    signal.addEventListener('abort', giveUp);
    try {
      const connected = connectedBy(await line.ask(message));
      if (signal.aborted) {
        // The farewell is on its way: until it is answered, the session is still there.
        await line.closed;
        throw signal.reason;
      }
      const { sessionId, pin, members, assist } = connected;
      const send = (what: ClientMessage) => held?.line.send(what);
      const recording =
        createRecording?.({
          send: (chunk) => send({ type: 'record', epoch, ...chunk }),
          tooLarge: () => send({ type: 'unshowable', epoch }),
        }) ?? null;
      const agents = parseInfo(context.info)?.agents ?? [];
      held = { sessionId, pin, context, recording, line, members, agents, assist, letGo: false };
      meet(held, members);
      if (held.agents.length > 0) recording?.begin();
      onSession(held);
      return held;
    } catch (error) {
      throw isFinal(error) ? new SessionError(error.code, { cause: error, retryable: false }) : error;
    } finally {
      signal.removeEventListener('abort', giveUp);
      if (held === null) line.close();
    }
  }

  /** Notes who is there, and tells all tabs which agents came or went. */
  function meet(held: DemoSession, members: readonly MemberView[]): void {
    const { context, agents: before } = held;
    held.members = members;
    held.agents = agentsAmong(members);
    publish(held);
    for (const { userName } of without(held.agents, before)) context.emit('agent_joined', { userName });
    for (const { userName } of without(before, held.agents)) context.emit('agent_left', { userName });
  }

  function publish({ context, sessionId, pin, members, agents, assist }: DemoSession): void {
    const customerPresent = members.find((member) => member.role === 'customer')?.present ?? null;
    const info: SessionInfo = { sessionId, pin, role: role(), agents, customerPresent, assist };
    context.publish(info);
  }

  /** The page is recorded while an agent looks; who comes later needs a picture to begin with. */
  function record(held: DemoSession, before: readonly Agent[]): void {
    if (held.agents.length === 0) held.recording?.stop();
    else if (without(held.agents, before).length > 0) held.recording?.begin();
  }

  function hear(held: DemoSession, message: ServerMessage): void {
    if (held.letGo) return;
    const { context } = held;
    switch (message.type) {
      case 'members': {
        const before = held.agents;
        meet(held, message.members);
        return record(held, before);
      }
      case 'acted':
        if (message.act.kind === 'cheer') return context.emit('agent_cheered', { userName: message.userName });
        if (message.act.kind === 'look') return held.recording?.begin();
        // What was underway when the customer took the consent back comes too late.
        if (held.assist.state === 'given') onAct(message.act, message.userName);
        return;
      case 'assist':
        // Consent is given here alone, by the command: an echo of it must not outlive its being taken back.
        if (message.assist.state === 'given' && held.assist.state !== 'given') return;
        held.assist = message.assist;
        return publish(held);
      case 'taken':
        return held.recording?.taken(message.stream);
      case 'error':
        context.error(new ServiceError(message.code, message.reason));
        if (message.code === 2001) void renew(held);
        return;
      case 'ended':
        letGo(held);
        return context.ended(message.reason);
    }
  }

  async function renew(held: DemoSession): Promise<void> {
    try {
      const fresh = await token();
      if (!held.letGo) held.line.send({ type: 'renew', token: fresh });
    } catch (error) {
      held.context.error(error);
    }
  }

  /** The line broke. Gets a new one for the same session, under the same epoch. */
  async function mend(held: DemoSession): Promise<void> {
    if (held.letGo) return;
    const { context, sessionId } = held;
    const { signal, epoch } = context;
    held.recording?.stop();
    context.reconnecting();
    let failure: unknown = new DOMException('The connection to the session service failed.', 'NetworkError');
    for (const pauseMs of MENDING_PAUSES_MS) {
      await pause(pauseMs, signal);
      if (held.letGo || signal.aborted) return;
      let line: Line | null = null;
      let mended = false;
      try {
        const fresh = await token();
        line = await openLine({
          site,
          signal,
          onMessage: (message) => hear(held, message),
          onClosed: () => mended && void mend(held),
        });
        const ask: ClientMessage = { type: 'resume', version: DEMO_PROTOCOL, token: fresh, epoch, sessionId };
        const connected = connectedBy(await line.ask(ask));
        if (held.letGo || signal.aborted) return line.close();
        mended = true;
        held.line = line;
        held.assist = connected.assist;
        context.reconnected();
        meet(held, connected.members);
        if (held.agents.length > 0) held.recording?.begin();
        return onSession(held);
      } catch (error) {
        line?.close();
        failure = error;
        // The service answered: another try would get the same answer.
        if (error instanceof ServiceError) break;
      }
    }
    if (held.letGo || signal.aborted) return;
    letGo(held);
    context.error(failure);
    context.ended('connection-lost');
  }

  function letGo(held: DemoSession): void {
    if (held.letGo) return;
    held.letGo = true;
    held.recording?.stop();
    onSession(null);
  }

  return {
    async start(_request, context) {
      const { token = '', epoch, pin = null } = context;
      const message: ClientMessage = { type: 'start', version: DEMO_PROTOCOL, token, epoch, pin };
      const held = await connect(context, message, endOf(epoch));
      context.emit('pincode_updated', { pincode: held.pin });
      return held;
    },

    join(_request, context) {
      const { token = '', epoch, pin = '' } = context;
      return connect(context, { type: 'join', version: DEMO_PROTOCOL, token, epoch, pin }, endOf(epoch));
    },

    async resume(previous, context) {
      const info = parseInfo(previous.info);
      if (info === null) throw new ServiceError(1011, 'Nothing is known of the session.');
      const { token = '', epoch } = context;
      const { sessionId } = info;
      return connect(context, { type: 'resume', version: DEMO_PROTOCOL, token, epoch, sessionId }, { type: 'leave' });
    },

    release(held) {
      letGo(held);
      held.line.send({ type: 'leave' });
      held.line.close();
    },

    commands: {
      assist(held, given, { epoch }) {
        const { assist, line } = held;
        if (assist.state === 'none') return;
        held.assist = given ? { ...assist, state: 'given' } : { state: 'none' };
        line.send({ type: 'consent', epoch, given });
        publish(held);
      },
    },

    async end(held, context) {
      const { epoch, info } = context;
      if (held !== null) {
        letGo(held);
        try {
          await held.line.ask(endOf(epoch));
          return;
        } catch (error) {
          // With a broken line the session is ended over another one. Refused: there is nothing left to end.
          if (error instanceof ServiceError) return;
        } finally {
          held.line.close();
        }
      }
      const sessionId = held?.sessionId ?? parseInfo(info)?.sessionId;
      if (sessionId === undefined) return;
      const line = await openLine({ site });
      try {
        await line.ask({ type: 'end', epoch, token: await token(), sessionId });
      } finally {
        line.close();
      }
    },
  };
}

function endOf(epoch: number): ClientMessage {
  return { type: 'end', epoch, token: null, sessionId: null };
}

/** Says whether the service answered what it will answer to each further try: the credit is used up, the session is over. */
function isFinal(error: unknown): error is ServiceError & { readonly code: 1001 | 1011 } {
  return error instanceof ServiceError && (error.code === 1001 || error.code === 1011);
}

function connectedBy(answer: Answer): Connected {
  if (answer.type === 'ended') throw new ServiceError(1011, answer.reason);
  return answer;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
