/**
 * A coordinator that shows what a test tells it, for tests of an app's components: no browser, no store, no locks, no timers, no
 * other tabs. Its calls change nothing but itself, by the session's real rules.
 */
import { abortError, throwIfAborted } from '../platform/abort';
import { localError, SessionError } from '../session/errors';
import { OWN_TYPES } from '../session/events';
import { check } from '../session/misuse';
import { refusalIn } from '../session/reasons';
import type { Shape } from '../shape';
import { addDispose, closedError } from '../tab/closing';
import { createListeners, type Listener } from '../tab/listeners';
import { UNSEEN } from '../tab/snapshot';
import type { CallOptions, CommandOptions, DriverEvent, SessionSnapshot, TakeOverOptions } from '../types';
import { type FakeCommandPorts, runCommand } from './fake-commands';
import { completed, completeError, OTHER_TAB, ruleOn, THIS_TAB } from './fake-snapshot';
import type { ErrorPatch, FakeCoordinator, FakeMethod, FakeOptions, SnapshotPatch } from './fake-types';
import { createFakeWishes } from './fake-wishes';

/**
 * A coordinator that shows `snapshot`, completed as by `set`; without one there is no session. Its calls do at once what a real one
 * does after a while: `start()` is `connecting` when it returns, and `active` in the next microtask.
 *
 * @throws {TypeError} For a snapshot that no real coordinator could show.
 */
export function createFakeCoordinator<S extends Shape = Shape>(
  first: SnapshotPatch<S> = {},
  options: FakeOptions<S> = {},
): FakeCoordinator<S> {
  const calls: { method: FakeMethod; args: unknown[] }[] = [];
  // A failed expectation in a listener has to fail its test: test runners report a rejection that nobody handles.
  const listeners = createListeners((error) => void Promise.reject(error));
  let seq = 0;
  let snapshot = UNSEEN.value;
  /** The session was active once: it is ended then, and never canceled. */
  let wasActive = false;
  let refusal: SessionError | null = null;
  /** A call gives up what it connects, by its own signal. */
  let isGivenUp = false;
  /** How many calls erase what there is. */
  let forgetting = 0;
  const closing = new AbortController();
  /** What was shown as it was closed: what was given up before that was given up, and not closed. */
  let atClose: SessionSnapshot | undefined;
  const getSnapshot = () => snapshot;
  // Which commands there are, and what they take, is known to the app.
  const commands = { ...options.commands } as FakeCommandPorts['commands'];
  const wishes = createFakeWishes({
    getSnapshot,
    refusal: () => refusal && local(refusal),
    start: (callOptions) => connect('start', callOptions),
    isGivenUp: () => isGivenUp,
    isForgetting: () => forgetting > 0,
  });
  const ports: FakeCommandPorts = { commands, listeners, closing: closing.signal, getSnapshot };

  function set(patch: SnapshotPatch): void {
    const previous = snapshot;
    snapshot = completed(previous, patch, seq, Date.now());
    const { phase } = snapshot;
    wasActive = phase !== 'idle' && (wasActive || !/connecting|canceling/.test(phase));
    if (snapshot === previous) return;
    listeners.emit('statechange', snapshot);
    wishes.observe(previous);
  }

  function emit(type: string, ...given: readonly unknown[]): void {
    check(type !== 'statechange', "emit('statechange') is what set() does.");
    const isOwn = OWN_TYPES.test(type);
    // What is not of a type that this emits does not compile, where there are types.
    const facts = (isOwn ? given[0] : given[1]) as Partial<DriverEvent> | undefined;
    const { epoch, hostTabId } = snapshot;
    if (type === 'host_lost') {
      listeners.emit(type, { epoch, hostTabId: hostTabId ?? OTHER_TAB, ...facts });
    } else if (type === 'session_error') {
      const error = completeError(given[0] as ErrorPatch, snapshot, seq + 1, Date.now());
      seq = Math.max(seq, error.seq ?? 0);
      if (!error.local) set({ lastError: error });
      listeners.emit(type, error);
    } else {
      const event = { type, epoch, seq: seq + 1, tabId: hostTabId ?? THIS_TAB, at: Date.now(), ...facts };
      seq = Math.max(seq, event.seq ?? 0);
      const own = type === 'session_ended' ? { reason: 'ended', ...event } : event;
      listeners.emit(type, isOwn ? own : { ...event, payload: given[0] });
    }
  }

  /** As an error of this tab alone. */
  function local(error: SessionError): SessionError {
    return localError(error, { tabId: THIS_TAB, epoch: snapshot.epoch, at: Date.now() });
  }

  function refuse(error: SessionError): never {
    const own = local(error);
    emit('session_error', own.toJSON());
    throw own;
  }

  /** Whether the session that this call connects is still connecting, or was said to be active, here; or was as this was closed. */
  function isStill({ epoch, role }: SessionSnapshot): boolean {
    const now = atClose ?? snapshot;
    const { phase } = now;
    return now.epoch === epoch && now.role === role && (phase === 'connecting' || phase === 'active');
  }

  async function connect(
    method: 'start' | 'join' | 'resume' | 'takeOver',
    { signal }: TakeOverOptions = {},
  ): Promise<unknown> {
    throwIfAborted(closing.signal);
    throwIfAborted(signal);
    if (refusal) refuse(refusal);
    if (method === 'takeOver' && snapshot.role === 'host') {
      if (snapshot.phase === 'active') return options.session;
      // What this tab has and reconnects can't be moved to it.
      if (snapshot.phase === 'recovering') refuse(new SessionError(1002));
    }
    const { code } = ruleOn(snapshot, wasActive, method);
    if (code !== undefined) refuse(refusalIn({ phase: snapshot.phase, term: snapshot.hostTabId }, code));
    const isNew = method === 'start' || method === 'join';
    set({ phase: 'connecting', role: 'host', ...(isNew && { kind: method }) });
    const own = snapshot;
    await Promise.resolve();
    if (!isStill(own)) throw abortError('The attempt was given up.');
    throwIfAborted(closing.signal);
    if (signal?.aborted) {
      // What was live before goes back to where it can be resumed.
      if (wasActive) set({ phase: 'recovering', role: 'follower' });
      else {
        isGivenUp = true;
        const over = letGo('cancel');
        isGivenUp = false;
        await over;
      }
      throwIfAborted(signal);
    }
    set({ phase: 'active' });
    emit(method === 'start' ? 'session_started' : method === 'join' ? 'session_joined' : 'session_resumed');
    return options.session;
  }

  async function giveUp(method: 'cancel' | 'end'): Promise<void> {
    throwIfAborted(closing.signal);
    if (method === 'end' || snapshot.phase !== 'active') wishes.end();
    await letGo(method);
  }

  async function letGo(method: 'cancel' | 'end'): Promise<void> {
    const { verdict, phase } = ruleOn(snapshot, wasActive, method);
    if (verdict === 'void') return;
    // Where no tab has the session, the one that is asked to end it does.
    set({ phase, ...(snapshot.hostTabId === null && { role: 'host' }) } as SnapshotPatch);
    const { epoch } = snapshot;
    await Promise.resolve();
    throwIfAborted(closing.signal);
    if (snapshot.epoch === epoch && snapshot.phase === phase) over(phase === 'canceling' ? 'canceled' : 'ended');
  }

  async function ensure(_request?: unknown, callOptions: CallOptions = {}): Promise<void> {
    throwIfAborted(closing.signal);
    throwIfAborted(callOptions.signal);
    await wishes.ensure(callOptions);
  }

  /** Also another one, if it began meanwhile. */
  async function forget(): Promise<void> {
    forgetting += 1;
    try {
      do await giveUp('end');
      while (snapshot.phase !== 'idle');
      set({ lastError: null });
    } finally {
      forgetting -= 1;
    }
    wishes.start();
  }

  async function call(name: string, input?: unknown, callOptions: CommandOptions = {}): Promise<unknown> {
    throwIfAborted(closing.signal);
    return runCommand(ports, name, input, callOptions);
  }

  function over(reason: string): void {
    set({ phase: 'idle' });
    emit('session_ended', { reason });
  }

  async function close(): Promise<void> {
    closing.abort(closedError());
    wishes.end(closedError());
    listeners.clear('statechange');
    atClose ??= snapshot;
    if (snapshot.role === 'host') set({ phase: 'idle' });
    listeners.clear();
  }

  /** Notes a call before it is made. */
  function noted<Args extends unknown[], Result>(
    method: FakeMethod,
    run: (...args: Args) => Result,
  ): (...args: Args) => Result {
    return (...args) => {
      calls.push({ method, args });
      return run(...args);
    };
  }

  set(first as SnapshotPatch);
  const coordinator = {
    tabId: THIS_TAB,
    ready: Promise.resolve(),
    calls,
    set,
    emit,
    refuse(error: number | SessionError | null) {
      refusal = typeof error === 'number' ? new SessionError(error) : error;
      wishes.start();
    },
    get session() {
      const { phase, role } = snapshot;
      return role === 'host' && (phase === 'active' || phase === 'recovering') ? options.session : undefined;
    },
    start: noted('start', (_request?: unknown, callOptions?: CallOptions) => connect('start', callOptions)),
    join: noted('join', (_request?: unknown, callOptions?: CallOptions) => connect('join', callOptions)),
    resume: noted('resume', (callOptions?: CallOptions) => connect('resume', callOptions)),
    takeOver: noted('takeOver', (callOptions?: TakeOverOptions) => connect('takeOver', callOptions)),
    ensure: noted('ensure', ensure),
    forget: noted('forget', forget),
    cancel: noted('cancel', () => giveUp('cancel')),
    end: noted('end', () => giveUp('end')),
    call: noted('call', call),
    close: noted('close', close),
    getSnapshot,
    getServerSnapshot: () => UNSEEN.value,
    subscribe: (listener: () => void) => listeners.add('statechange', () => listener()),
    /** The overloads of `Coordinator.on` tie each listener to the event that its type is emitted with. */
    on: (type: string, listener: (event: never) => void, { signal }: CallOptions = {}) =>
      listeners.add(type, listener as Listener, signal),
  };
  addDispose(coordinator, coordinator.close);
  // The types of an app are the app's: in here a session is anything.
  return coordinator as unknown as FakeCoordinator<S>;
}
