/**
 * A stand-in for the Zoom Cobrowse SDK and the service behind it: the same methods, events, codes and limits, as far as they
 * are publicly known, without a network. Answers come in a later microtask, or when `release` lets them.
 *
 * Limits: one customer and five agents per session, one active session per browser, PINs of 1 to 10 letters and digits,
 * going on after a refresh within two minutes and in two attempts.
 */
import type { ZoomRequest, ZoomSession, ZoomSessionInfo } from '../../src/zoom/sdk';

const RECOVERY_WINDOW_MS = 120_000;
const RECOVERY_ATTEMPTS = 2;
const MAX_AGENTS = 5;

type Role = 'customer' | 'agent';

interface User {
  readonly user: string;
  readonly role: Role;
}

interface SessionAtService {
  readonly id: string;
  readonly pin: string;
  readonly customer: User;
  readonly agents: Map<string, User>;
  /** The page that shares; null while it is being refreshed. */
  page: StandInSession | null;
  disconnectedAt: number;
  rejoins: number;
}

/** The service and the one browser in front of it. */
export class StandInService {
  /** What reached the service, in order. */
  readonly requests: string[] = [];
  readonly sessions = new Map<string, SessionAtService>();
  readonly #tokens = new Map<string, User>();
  readonly #failures: number[] = [];
  #held: (() => void)[] | null = null;
  #count = 0;

  /** `now` is in milliseconds. */
  constructor(readonly now: () => number = () => 0) {}

  issueToken(user: string, role: Role = 'customer'): string {
    const token = `token-${++this.#count}-of-${user}`;
    this.#tokens.set(token, { user, role });
    return token;
  }

  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  userOf(token: unknown): User | undefined {
    return typeof token === 'string' ? this.#tokens.get(token) : undefined;
  }

  /** The next starts and joins are answered with these codes. */
  failNext(...codes: readonly number[]): void {
    this.#failures.push(...codes);
  }

  nextFailure(): number | undefined {
    return this.#failures.shift();
  }

  /** From now on nothing is answered until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const answer of held) answer();
  }

  answer(callback: () => void): void {
    if (this.#held) this.#held.push(callback);
    else void Promise.resolve().then(callback);
  }

  begin(pin: string, customer: User, page: StandInSession): SessionAtService {
    const session = {
      ...{ id: `session-${++this.#count}`, pin, customer, page },
      ...{ agents: new Map(), disconnectedAt: 0, rejoins: 0 },
    };
    this.sessions.set(session.id, session);
    return session;
  }

  withPin(pin: string): SessionAtService | undefined {
    return [...this.sessions.values()].find((session) => session.pin === pin && this.#isAlive(session));
  }

  /** Another PIN than all that are in use. */
  newPin(): string {
    return String(100_000 + ++this.#count);
  }

  /** Whether a refreshed page can still go on with it. */
  isRecoverable(id: string | undefined): boolean {
    const session = this.sessions.get(id ?? '');
    return session?.page === null && this.#isAlive(session) && session.rejoins < RECOVERY_ATTEMPTS;
  }

  get isBrowserSharing(): boolean {
    return [...this.sessions.values()].some(({ page }) => page !== null);
  }

  /** An agent enters the PIN. Returns the code with which it is refused. */
  agentJoins(pin: string, user: string): number | undefined {
    const session = this.withPin(pin);
    if (!session) return 1006;
    if (session.agents.has(user)) return 1015;
    if (session.agents.size >= MAX_AGENTS) return 1013;
    session.agents.set(user, { user, role: 'agent' });
    session.page?.tell('agent_joined', { user });
    return undefined;
  }

  agentLeaves(pin: string, user: string): void {
    const session = this.withPin(pin);
    if (session?.agents.delete(user)) session.page?.tell('agent_left', { user });
  }

  /** The agent, or the service, ends the session. */
  endSession(pin: string): void {
    const session = this.withPin(pin);
    if (!session) return;
    this.sessions.delete(session.id);
    session.page?.ended();
  }

  #isAlive(session: SessionAtService): boolean {
    return session.page !== null || this.now() - session.disconnectedAt <= RECOVERY_WINDOW_MS;
  }
}

/** What survives a refresh of the tab. */
export type TabMemory = Map<'session', string>;

/** The `session` of one page. */
export class StandInSession implements ZoomSession {
  readonly #listeners = new Map<string, Set<(payload: unknown) => void>>();
  #status: 'idle' | 'connecting' | 'canceling' | 'live' | 'ending' = 'idle';
  #isLoaded = true;

  constructor(
    readonly service: StandInService,
    readonly memory: TabMemory = new Map(),
  ) {}

  start(request: ZoomRequest): void {
    if (this.#isBusy()) return;
    this.#attempt('start', () => {
      const user = this.service.userOf(request.sdkToken);
      if (!user) return 2001;
      const pin = request.customPinCode ?? this.service.newPin();
      if (pin === '') return 1009;
      if (!/^[0-9a-z]{1,10}$/i.test(pin)) return 1008;
      if (this.service.withPin(pin.toUpperCase())) return 1010;
      this.memory.set('session', this.service.begin(pin.toUpperCase(), user, this).id);
      this.#status = 'live';
      this.tell('pincode_updated', { pincode: pin.toUpperCase() });
      this.tell('session_started', {});
      return undefined;
    });
  }

  join(request: ZoomRequest = {}): void {
    if (this.#isBusy()) return;
    const id = this.memory.get('session');
    if (request.customPinCode === undefined) {
      return this.#attempt('rejoin', () => {
        const session = this.service.sessions.get(id ?? '');
        if (!session || !this.service.isRecoverable(id)) return 1011;
        return this.#enter(session);
      });
    }
    const pin = request.customPinCode.toUpperCase();
    this.#attempt('join', () => {
      const user = this.service.userOf(request.sdkToken);
      if (!user) return 2001;
      const session = this.service.withPin(pin);
      if (!session) return 1006;
      if (user.user === session.customer.user || session.agents.has(user.user)) return 1015;
      if (user.role === 'customer') return 1012;
      const refusal = this.service.agentJoins(pin, user.user);
      if (refusal !== undefined) return refusal;
      this.#status = 'live';
      this.tell('session_joined', {});
      return undefined;
    });
  }

  end(): void {
    if (this.#status === 'connecting') this.#status = 'canceling';
    else if (this.#status === 'live') this.#status = 'ending';
    else return this.#forget();
    this.service.requests.push('end');
    this.service.answer(() => {
      if (!this.#isLoaded || (this.#status !== 'canceling' && this.#status !== 'ending')) return;
      this.#forget();
      this.ended();
    });
  }

  on(type: string, listener: (payload: unknown) => void): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  off(type: string, listener: (payload: unknown) => void): void {
    this.#listeners.get(type)?.delete(listener);
  }

  getSessionInfo(): ZoomSessionInfo {
    if (this.#status !== 'idle') return { sessionStatus: `session_${this.#status}` };
    const isRecoverable = this.service.isRecoverable(this.memory.get('session'));
    return { sessionStatus: isRecoverable ? 'session_recoverable' : 'session_idle' };
  }

  /** How many listeners there are, of all types. */
  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  tell(type: string, payload: unknown): void {
    if (!this.#isLoaded) return;
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(payload);
  }

  /** The connection is lost; the SDK tries to restore it. */
  loseConnection(): void {
    this.tell('session_reconnecting', {});
  }

  /** The connection is back. */
  regainConnection(): void {
    this.tell('session_joined', {});
  }

  /** The connection does not come back. */
  giveUpConnection(): void {
    this.#forget();
    this.tell('session_error', { code: 1011 });
    this.ended();
  }

  /** The page is gone: refreshed, closed or crashed. */
  unload(): void {
    this.#isLoaded = false;
    this.disconnect();
  }

  /** The service loses sight of the page, which does not notice: it is stopped, for example. */
  disconnect(): void {
    const session = this.service.sessions.get(this.memory.get('session') ?? '');
    if (session?.page !== this) return;
    session.page = null;
    session.disconnectedAt = this.service.now();
  }

  ended(): void {
    this.#status = 'idle';
    this.tell('session_ended', {});
  }

  #isBusy(): boolean {
    const code = { idle: undefined, connecting: 1002, live: 1004, canceling: 1017, ending: 1017 }[this.#status];
    const refusal = code ?? (this.service.isBrowserSharing ? 1004 : undefined);
    if (refusal !== undefined) this.service.answer(() => this.tell('session_error', { code: refusal }));
    return refusal !== undefined;
  }

  /** `connect` returns the code that it fails with. */
  #attempt(name: string, connect: () => number | undefined): void {
    this.#status = 'connecting';
    this.service.requests.push(name);
    this.service.answer(() => {
      if (!this.#isLoaded || this.#status !== 'connecting') return;
      const failure = this.service.nextFailure();
      if (failure !== undefined && name === 'rejoin') this.#countRejoin();
      const code = failure ?? connect();
      if (code === undefined) return;
      this.#status = 'idle';
      this.tell('session_error', { code });
    });
  }

  #enter(session: SessionAtService): undefined {
    session.page = this;
    session.rejoins = 0;
    this.#status = 'live';
    this.tell('session_joined', {});
  }

  #countRejoin(): void {
    const session = this.service.sessions.get(this.memory.get('session') ?? '');
    if (session) session.rejoins += 1;
  }

  #forget(): void {
    this.service.sessions.delete(this.memory.get('session') ?? '');
    this.memory.delete('session');
  }
}
