/**
 * A driver for the demo's session server: what an app writes to put its own session service under solotab. One attempt per
 * call; PINs, tokens and tries are around it, by solotab's `withAttempts`.
 *
 * The line to the server may break while the session goes on: the driver mends it here, and the tabs see `recovering`.
 */
import { type AttemptContext, type AttemptDriver, type DriverContext, SessionError } from 'solotab';
import { type Answer, type Connected, type Line, openLine, ServiceError } from './line';
import {
  type Act,
  type ClientMessage,
  DEMO_PROTOCOL,
  type MemberView,
  type Role,
  type ServerMessage,
} from './protocol';

export interface DemoRequest {
  readonly pin?: string;
}

export interface Agent {
  readonly userId: string;
  readonly userName: string;
}

/** What all tabs may know of the session. */
export interface SessionInfo {
  readonly sessionId: string;
  readonly pin: string;
  readonly role: Role;
  /** The agents who are there. */
  readonly agents: readonly Agent[];
  /** False while the customer's line is down; null while there is none. */
  readonly customerPresent: boolean | null;
}

/** The session as the page in the host tab has it. */
export interface DemoSession {
  readonly sessionId: string;
  readonly pin: string;
  act(act: Act): void;
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
}

export interface SessionDriverOptions {
  readonly site: string;
  /** The role in which this page asks for tokens. */
  role(): Role;
  /** A fresh token, to go on with after a broken line or an expired one. */
  token(): Promise<string>;
  /** The session that this tab holds from now on; null from when it holds none. */
  onSession(session: DemoSession | null): void;
  /** The other side did something in view of this tab. */
  onAct(act: Act, userName: string): void;
}

/** Pauses before each try to mend a broken line. After the last one, the network has failed: 1016. */
const MENDING_PAUSES_MS = [250, 500, 1_000, 2_000];

interface HeldSession extends DemoSession {
  readonly context: DriverContext<HeldShape>;
  line: Line;
  agents: readonly Agent[];
  /** Over, moved, or ended here: what the line still brings is nobody's business. */
  letGo: boolean;
}

interface HeldShape extends DemoShape {
  session: HeldSession;
}

export function createSessionDriver({
  site,
  role,
  token,
  onSession,
  onAct,
}: SessionDriverOptions): AttemptDriver<HeldShape> {
  async function connect(
    context: AttemptContext<HeldShape>,
    message: ClientMessage,
    farewell: ClientMessage,
  ): Promise<HeldSession> {
    const { signal, epoch } = context;
    let held: HeldSession | null = null;
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
      const { sessionId, pin } = connected;
      const act = (what: Act) => held?.line.send({ type: 'act', epoch, act: what });
      const agents = parseInfo(context.info)?.agents ?? [];
      held = { sessionId, pin, act, context, line, agents, letGo: false };
      meet(held, connected.members);
      onSession(held);
      return held;
    } catch (error) {
      throw isFinal(error) ? new SessionError(error.code, { cause: error, retryable: false }) : error;
    } finally {
      signal.removeEventListener('abort', giveUp);
      if (held === null) line.close();
    }
  }

  /** Tells all tabs who is there, and which agents came or went. */
  function meet(held: HeldSession, members: readonly MemberView[]): void {
    const { context, sessionId, pin, agents: before } = held;
    const agents = agentsAmong(members);
    held.agents = agents;
    const customerPresent = members.find((member) => member.role === 'customer')?.present ?? null;
    const info: SessionInfo = { sessionId, pin, role: role(), agents, customerPresent };
    context.publish(info);
    for (const { userName } of without(agents, before)) context.emit('agent_joined', { userName });
    for (const { userName } of without(before, agents)) context.emit('agent_left', { userName });
  }

  function hear(held: HeldSession, message: ServerMessage): void {
    if (held.letGo) return;
    const { context } = held;
    switch (message.type) {
      case 'members':
        return meet(held, message.members);
      case 'acted':
        if (message.act.kind === 'cheer') return context.emit('agent_cheered', { userName: message.userName });
        return onAct(message.act, message.userName);
      case 'error':
        context.error(new ServiceError(message.code, message.reason));
        if (message.code === 2001) void renew(held);
        return;
      case 'ended':
        letGo(held);
        return context.ended(message.reason);
    }
  }

  async function renew(held: HeldSession): Promise<void> {
    try {
      const fresh = await token();
      if (!held.letGo) held.line.send({ type: 'renew', token: fresh });
    } catch (error) {
      held.context.error(error);
    }
  }

  /** The line broke. Gets a new one for the same session, under the same epoch. */
  async function mend(held: HeldSession): Promise<void> {
    if (held.letGo) return;
    const { context, sessionId } = held;
    const { signal, epoch } = context;
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
        context.reconnected();
        meet(held, connected.members);
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

  function letGo(held: HeldSession): void {
    if (held.letGo) return;
    held.letGo = true;
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

/** What was published for the session, read from a snapshot. */
export function parseInfo(value: unknown): SessionInfo | null {
  if (typeof value !== 'object' || value === null) return null;
  const { sessionId, pin, role, agents, customerPresent } = value as Record<string, unknown>;
  if (typeof sessionId !== 'string' || typeof pin !== 'string' || !Array.isArray(agents)) return null;
  return {
    sessionId,
    pin,
    role: role === 'agent' ? 'agent' : 'customer',
    agents: agents.filter(isAgent),
    customerPresent: typeof customerPresent === 'boolean' ? customerPresent : null,
  };
}

function isAgent(value: unknown): value is Agent {
  if (typeof value !== 'object' || value === null) return false;
  const { userId, userName } = value as Record<string, unknown>;
  return typeof userId === 'string' && typeof userName === 'string';
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

function agentsAmong(members: readonly MemberView[]): Agent[] {
  const agents = members.filter(({ role, present }) => role === 'agent' && present);
  return agents.map(({ userId, userName }) => ({ userId, userName }));
}

function without(agents: readonly Agent[], others: readonly Agent[]): Agent[] {
  return agents.filter(({ userId }) => !others.some((other) => other.userId === userId));
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
