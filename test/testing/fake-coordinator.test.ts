import { CommandError, type Coordinator, createCoordinator, SessionError, type SessionSnapshot } from 'solotab';
import { createFakeCoordinator, type FakeCoordinator, type SnapshotPatch } from 'solotab/testing';
import { describe, expect, test, vi } from 'vitest';
import { eventually } from '../support/eventually';

interface Support {
  session: { readonly hangUp: () => void };
  start: { topic: string };
  join: { pin: string };
  info: { pin: string };
  events: { agent_joined: { name: string }; agent_left: undefined };
  commands: { mute(on: boolean): void; send(text: string): { id: string } };
}

const session = { hangUp: () => undefined };

/** All that a fake emits of these types, and how its snapshot was when it did. */
function hear(fake: FakeCoordinator<Support>) {
  const heard: unknown[] = [];
  const note = (event: unknown) => heard.push(event);
  for (const type of ['session_started', 'session_joined', 'session_resumed', 'session_ended'] as const) {
    fake.on(type, note);
  }
  fake.on('session_error', note);
  fake.on('agent_joined', note);
  return heard;
}

const phaseOf = ({ phase, role, kind, hostTabId, epoch }: SessionSnapshot<Support>) =>
  `${phase} ${role} ${kind} ${hostTabId} ${epoch}`;

describe('the snapshot of a fake coordinator', () => {
  test('is what servers and new tabs show, where nothing was given', () => {
    const fake = createFakeCoordinator<Support>();
    const real = createCoordinator({ name: 'fake', driver: { start: () => 1, end() {} } });
    expect(fake.getSnapshot()).toBe(real.getServerSnapshot());
    expect(fake.getServerSnapshot()).toBe(real.getServerSnapshot());
    expect(createFakeCoordinator({ phase: 'active' }).getServerSnapshot()).toBe(real.getServerSnapshot());
  });

  test('is what was given, completed', () => {
    const before = Date.now();
    const fake = createFakeCoordinator<Support>({ phase: 'active', role: 'follower', info: { pin: 'X' } });
    const snapshot = fake.getSnapshot();
    expect(snapshot).toEqual({
      ...{ phase: 'active', role: 'follower', kind: 'start', hostTabId: 'other-tab', epoch: 1, info: { pin: 'X' } },
      ...{ since: expect.any(Number), lastError: null, guarantee: 'exclusive' },
    });
    expect(snapshot.since).toBeGreaterThanOrEqual(before);
    expect(Object.isFrozen(snapshot)).toBe(true);
    expect(fake.session).toBeUndefined();
  });

  test.each<[SnapshotPatch<Support>[], string]>([
    [[{ phase: 'active' }], 'active host start this-tab 1'],
    [[{ phase: 'connecting', kind: 'join' }, { phase: 'active' }], 'active host join this-tab 1'],
    [[{ phase: 'active', hostTabId: 'tab 7' }], 'active follower start tab 7 1'],
    [[{ phase: 'active', hostTabId: 'tab 7' }, { phase: 'ending' }], 'ending follower start tab 7 1'],
    [[{ phase: 'active', hostTabId: 'tab 7' }, { role: 'host' }], 'active host start this-tab 2'],
    [[{ phase: 'active' }, { role: 'follower' }], 'active follower start other-tab 2'],
    [[{ phase: 'active' }, { phase: 'recovering' }], 'recovering host start this-tab 1'],
    [[{ phase: 'recovering', role: 'follower' }], 'recovering follower start null 1'],
    [[{ phase: 'active', role: 'follower' }, { phase: 'recovering' }], 'recovering follower start null 1'],
    [
      [{ phase: 'active', role: 'follower' }, { phase: 'recovering' }, { phase: 'active' }],
      'active follower start other-tab 2',
    ],
    [
      [
        { phase: 'active', role: 'follower' },
        { phase: 'recovering', hostTabId: 'other-tab' },
      ],
      'recovering follower start other-tab 1',
    ],
    [[{ phase: 'active', kind: 'join' }, { phase: 'idle' }], 'idle none null null 1'],
    [[{ phase: 'active' }, { role: 'none', phase: 'idle' }, { phase: 'active' }], 'active host start this-tab 2'],
    [[{ phase: 'active', epoch: 7 }], 'active host start this-tab 7'],
  ])('after %j is %s', (patches, expected) => {
    const fake = createFakeCoordinator<Support>();
    for (const patch of patches) fake.set(patch);
    expect(phaseOf(fake.getSnapshot())).toBe(expected);
  });

  test.each<[string, object]>([
    ['a role without a phase', { role: 'follower' }],
    ['info of no session', { info: { pin: 'X' } }],
    ['a host of no session', { phase: 'idle', hostTabId: 'x' }],
    ['a session without a role', { phase: 'active', role: 'none' }],
    ['a session without a kind', { phase: 'active', kind: null }],
    ['a host that is another tab', { phase: 'active', role: 'host', hostTabId: 'x' }],
    ['a follower that is this tab', { phase: 'active', role: 'follower', hostTabId: 'this-tab' }],
    ['an active session without a tab', { phase: 'active', role: 'follower', hostTabId: null }],
    ['a misspelt name', { phse: 'active' }],
  ])('that can not be, as with %s, is a TypeError, and nothing has changed', (_, patch) => {
    expect(() => createFakeCoordinator(patch as SnapshotPatch)).toThrow(TypeError);
    const fake = createFakeCoordinator();
    const before = fake.getSnapshot();
    expect(() => fake.set(patch as SnapshotPatch)).toThrow('solotab: ');
    expect(fake.getSnapshot()).toBe(before);
  });

  test('is the same object until something changed, and only then the listeners are called', () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active', info: { pin: 'X' } });
    const before = fake.getSnapshot();
    const [changed, heard] = [vi.fn(), vi.fn()];
    const stop = fake.subscribe(changed);
    fake.on('statechange', heard);
    fake.set({});
    fake.set({ phase: 'active', role: 'host' });
    expect(fake.getSnapshot()).toBe(before);
    expect(changed).not.toHaveBeenCalled();

    fake.set({ info: { pin: 'Y' } });
    expect(heard.mock.calls).toEqual([[fake.getSnapshot()]]);
    expect(fake.getSnapshot()).toMatchObject({ info: { pin: 'Y' }, since: before.since });
    expect(changed.mock.calls).toEqual([[]]);
    stop();
    fake.set({ phase: 'idle' });
    expect(changed).toHaveBeenCalledTimes(1);
    expect(heard).toHaveBeenCalledTimes(2);
  });
});

describe('an event of a fake coordinator', () => {
  test('has rising numbers, the epoch, the tab that has the session, and the time', () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active', role: 'follower', epoch: 5 });
    const heard = hear(fake);
    const before = fake.getSnapshot();
    fake.emit('agent_joined', { name: 'Ada' });
    fake.emit('session_resumed');
    fake.emit('agent_left');
    fake.emit('session_ended', { reason: 'agent-left' });
    const at = expect.any(Number);
    expect(heard).toEqual([
      { type: 'agent_joined', epoch: 5, seq: 1, tabId: 'other-tab', at, payload: { name: 'Ada' } },
      { type: 'session_resumed', epoch: 5, seq: 2, tabId: 'other-tab', at },
      { type: 'session_ended', epoch: 5, seq: 4, tabId: 'other-tab', at, reason: 'agent-left' },
    ]);
    expect(fake.getSnapshot()).toBe(before);
  });

  test('has what the test says instead', () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active' });
    const heard = hear(fake);
    fake.emit('agent_joined', { name: 'Ada' }, { seq: 70, missed: 3, tabId: 'tab 7' });
    fake.emit('session_ended', { reason: 'superseded', seq: null });
    fake.emit('session_ended');
    expect(heard).toMatchObject([
      { seq: 70, missed: 3, tabId: 'tab 7', payload: { name: 'Ada' } },
      { seq: null, reason: 'superseded' },
      { seq: 71, reason: 'ended' },
    ]);
  });

  test('that is an error is the last error, until a session begins', async () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active' });
    const heard = hear(fake);
    const seen: unknown[] = [];
    fake.on('session_error', (error) => seen.push([error, fake.getSnapshot().lastError]));
    fake.emit('session_error', { code: 1016 });
    const { lastError } = fake.getSnapshot();
    expect(lastError).toEqual(heard[0]);
    expect(seen).toEqual([[lastError, lastError]]);
    expect(lastError).toMatchObject({
      ...{ code: 1016, exception: 'NETWORK_ERROR', retryable: true, local: false },
      ...{ tabId: 'this-tab', epoch: 1, seq: 1 },
    });

    await fake.end();
    expect(fake.getSnapshot().lastError).toBe(lastError);
    await fake.start({ topic: 'printer' });
    expect(fake.getSnapshot().lastError).toBeNull();
  });

  test('that is an error may be a SessionError or of this tab alone, and lastError may be set by its code', () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active', lastError: { code: 1001 } });
    expect(fake.getSnapshot().lastError).toMatchObject({ code: 1001, exception: 'SESSION_START_FAILED', local: false });
    const heard = hear(fake);
    fake.emit('session_error', new SessionError(4000, { exception: 'OWN', data: { left: 3 } }));
    fake.emit('session_error', { code: 1004, local: true });
    expect(heard).toMatchObject([
      { code: 4000, exception: 'OWN', data: { left: 3 }, tabId: 'this-tab', epoch: 1, seq: 1 },
      { code: 1004, local: true, seq: null },
    ]);
    expect(heard[0]).not.toBeInstanceOf(Error);
    fake.emit('agent_joined', { name: 'Ada' });
    expect(heard[2]).toMatchObject({ seq: 2 });
    expect(fake.getSnapshot().lastError).toMatchObject({ code: 4000 });
    fake.set({ lastError: null });
    expect(fake.getSnapshot().lastError).toBeNull();
  });

  test('tells of a lost host, and is no way to change the snapshot', () => {
    const fake = createFakeCoordinator({ phase: 'active', role: 'follower' });
    const heard = vi.fn();
    fake.on('host_lost', heard);
    fake.emit('host_lost');
    expect(heard.mock.calls).toEqual([[{ epoch: 1, hostTabId: 'other-tab' }]]);
    expect(() => fake.emit('statechange')).toThrow(TypeError);
  });
});

describe('a refusal of a fake coordinator', () => {
  test('meets every call that asks for the session, until it is taken back', async () => {
    const fake = createFakeCoordinator<Support>({}, { session });
    const heard = hear(fake);
    fake.refuse(1009);
    const before = fake.getSnapshot();
    const refused = { code: 1009, local: true, tabId: 'this-tab', seq: null };
    const calls = [fake.start({ topic: 'x' }), fake.join({ pin: 'x' }), fake.resume(), fake.takeOver()];
    for (const call of calls) {
      const error: unknown = await call.catch((reason) => reason);
      expect(error).toBeInstanceOf(SessionError);
      expect(error).toMatchObject(refused);
    }
    expect(heard).toMatchObject([refused, refused, refused, refused]);
    expect(fake.getSnapshot()).toBe(before);

    fake.refuse(null);
    await expect(fake.start({ topic: 'x' })).resolves.toBe(session);
  });

  test('may be an error of the app’s own', async () => {
    const fake = createFakeCoordinator<Support>();
    const cause = new Error('quota');
    fake.refuse(new SessionError(4000, { exception: 'OWN', message: 'Not today.', cause }));
    await expect(fake.start({ topic: 'x' })).rejects.toMatchObject({
      ...{ code: 4000, exception: 'OWN', message: 'Not today.', cause, local: true },
    });
  });
});

describe('a call of a fake coordinator', () => {
  test('is noted with its arguments, refused or not', async () => {
    const fake = createFakeCoordinator<Support>();
    const { signal } = new AbortController();
    await fake.start({ topic: 'printer' }, { signal });
    await expect(fake.join({ pin: 'X' })).rejects.toMatchObject({ code: 1004 });
    await fake.takeOver({ force: true });
    await fake.end();
    await fake.close();
    expect(fake.calls).toEqual([
      { method: 'start', args: [{ topic: 'printer' }, { signal }] },
      { method: 'join', args: [{ pin: 'X' }] },
      { method: 'takeOver', args: [{ force: true }] },
      { method: 'end', args: [] },
      { method: 'close', args: [] },
    ]);
  });

  test('can be made as a function of its own, as an event handler is', async () => {
    const { start, getSnapshot, end } = createFakeCoordinator<Support>();
    await start({ topic: 'printer' });
    expect(getSnapshot().phase).toBe('active');
    await end();
    expect(getSnapshot().phase).toBe('idle');
  });

  test('that is closed rejects with an InvalidStateError, and its listeners hear nothing more than that', async () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active' }, { session });
    const heard = vi.fn();
    fake.subscribe(() => heard(fake.getSnapshot().phase));
    fake.on('session_error', heard);
    expect(fake.session).toBe(session);
    await fake[Symbol.asyncDispose]();
    expect(fake.calls).toEqual([{ method: 'close', args: [] }]);
    expect(fake.session).toBeUndefined();
    const closed = { name: 'InvalidStateError' };
    await expect(fake.start({ topic: 'x' })).rejects.toMatchObject(closed);
    await expect(fake.resume()).rejects.toMatchObject(closed);
    await expect(fake.end()).rejects.toMatchObject(closed);
    await expect(fake.close()).resolves.toBeUndefined();
    fake.set({ phase: 'active' });
    fake.emit('session_error', { code: 1016 });
    expect(heard.mock.calls).toEqual([['idle']]);
  });

  test('that is connecting when it is closed rejects so too', async () => {
    const fake = createFakeCoordinator<Support>();
    const started = fake.start({ topic: 'x' });
    await fake.close();
    await expect(started).rejects.toMatchObject({ name: 'InvalidStateError' });
    expect(fake.getSnapshot().phase).toBe('idle');
  });

  test('is given up when the test says that something else became of the session', async () => {
    const fake = createFakeCoordinator<Support>();
    const heard = hear(fake);
    const started = fake.start({ topic: 'x' });
    fake.set({ phase: 'active', role: 'follower' });
    await expect(started).rejects.toMatchObject({ name: 'AbortError' });
    expect(phaseOf(fake.getSnapshot())).toBe('active follower start other-tab 2');
    expect(heard).toEqual([]);
  });

  test('of a follower ends the session of the other tab', async () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active', role: 'follower' });
    const heard = hear(fake);
    const ended = fake.end();
    expect(phaseOf(fake.getSnapshot())).toBe('ending follower start other-tab 1');
    await ended;
    expect(heard).toMatchObject([{ type: 'session_ended', reason: 'ended' }]);
    expect(fake.getSnapshot().phase).toBe('idle');
  });

  test('ends a session that no tab has any more in its own tab', async () => {
    const fake = createFakeCoordinator<Support>({ phase: 'recovering', role: 'follower' });
    const ended = fake.end();
    expect(phaseOf(fake.getSnapshot())).toBe('ending host start this-tab 2');
    await ended;
    expect(fake.getSnapshot().phase).toBe('idle');
  });

  test('takes over what this tab has already without a word', async () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active' }, { session });
    const before = fake.getSnapshot();
    const taken = fake.takeOver();
    expect(fake.getSnapshot()).toBe(before);
    await expect(taken).resolves.toBe(session);
    expect(fake.getSnapshot()).toBe(before);
  });
});

describe('a command of a fake coordinator', () => {
  const send = (text: string) => ({ id: `id of ${text}` });

  test('is run by what the test gave, in whichever tab the session is, and noted', async () => {
    const fake = createFakeCoordinator<Support>({ phase: 'active', role: 'follower' }, { commands: { send } });
    await expect(fake.call('send', 'hello')).resolves.toEqual({ id: 'id of hello' });
    expect(fake.calls).toEqual([{ method: 'call', args: ['send', 'hello'] }]);
  });

  test('fails as the test says', async () => {
    const mute = vi.fn<(on: boolean) => void>();
    const fake = createFakeCoordinator<Support>({ phase: 'active' }, { commands: { mute } });
    await expect(fake.call('send', 'x')).rejects.toMatchObject({ name: 'CommandError', outcome: 'refused' });
    mute.mockImplementationOnce(() => {
      throw Object.assign(new Error('No microphone.'), { code: 'none' });
    });
    const failed = { name: 'CommandError', outcome: 'failed', message: 'No microphone.', code: 'none' };
    await expect(fake.call('mute', true)).rejects.toMatchObject(failed);
    const unknown = new CommandError('mute', 'unknown');
    mute.mockImplementationOnce(() => {
      throw unknown;
    });
    await expect(fake.call('mute', true)).rejects.toBe(unknown);
  });

  test('waits for a session that is being connected, and is refused where there is none', async () => {
    const fake = createFakeCoordinator<Support>({}, { commands: { send } });
    const heard = hear(fake);
    await expect(fake.call('send', 'x')).rejects.toMatchObject({ code: 1011 });
    fake.set({ phase: 'recovering', role: 'follower' });
    const early = fake.call('send', 'early');
    fake.set({ info: { pin: 'X' } });
    // Let it see that this was not what it waits for.
    await new Promise((resolve) => setImmediate(resolve));
    fake.set({ phase: 'active' });
    await expect(early).resolves.toEqual({ id: 'id of early' });

    fake.set({ phase: 'ending' });
    await expect(fake.call('send', 'x')).rejects.toMatchObject({ code: 1017 });
    fake.set({ phase: 'connecting' });
    const late = fake.call('send', 'late');
    fake.set({ phase: 'idle' });
    await expect(late).rejects.toMatchObject({ code: 1011 });
    expect(heard).toEqual([]);
  });

  test('that waits is given up by its signal, and by close()', async () => {
    const fake = createFakeCoordinator<Support>({ phase: 'connecting' }, { commands: { send } });
    const control = new AbortController();
    const given = [fake.call('send', 'x', { signal: control.signal }), fake.call('send', 'x')];
    control.abort();
    await expect(given[0]).rejects.toBe(control.signal.reason);
    await fake.close();
    await expect(given[1]).rejects.toMatchObject({ name: 'InvalidStateError' });
    await expect(fake.call('send', 'x')).rejects.toMatchObject({ name: 'InvalidStateError' });
  });
});

test('a listener that throws fails the test, and stops neither the others nor the call', async () => {
  const unhandled = vi.fn();
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.once('unhandledRejection', unhandled);
  const fake = createFakeCoordinator<Support>();
  const heard = vi.fn();
  const error = new Error('an expectation');
  fake.on('session_started', () => {
    throw error;
  });
  fake.on('session_started', heard);
  await fake.start({ topic: 'x' });
  expect(heard).toHaveBeenCalledTimes(1);
  await eventually(() => expect(unhandled).toHaveBeenCalledTimes(1));
  expect(unhandled.mock.calls[0]?.[0]).toBe(error);
  for (const other of others) process.on('unhandledRejection', other);
});

test('a fake is typed by the shape of the app', () => {
  const fake = createFakeCoordinator<Support>();
  const real: Coordinator<Support> = fake;
  const any: Coordinator = fake;
  const mistakes = () => {
    // @ts-expect-error: another info
    fake.set({ phase: 'active', info: { pni: 'X' } });
    // @ts-expect-error: an idle session has no host
    fake.set({ phase: 'idle', role: 'host' });
    // @ts-expect-error: nobody has an active session
    fake.set({ phase: 'active', hostTabId: null });
    // @ts-expect-error: no such phase
    createFakeCoordinator<Support>({ phase: 'started' });
    // @ts-expect-error: its payload is required
    fake.emit('agent_joined');
    // @ts-expect-error: another payload
    fake.emit('agent_joined', { nam: 'Ada' });
    // @ts-expect-error: no such event
    fake.emit('agent_joind', { name: 'Ada' });
    // @ts-expect-error: an error has a code
    fake.emit('session_error');
    // @ts-expect-error: this is what set() does
    fake.emit('statechange');
    // @ts-expect-error: a topic is required
    fake.start();
    // @ts-expect-error: another input
    fake.call('mute', 'x');
    // @ts-expect-error: another result
    createFakeCoordinator<Support>({}, { commands: { send: () => 'x' } });
    // @ts-expect-error: no session
    createFakeCoordinator<Support>({}, { session: 'none' });
  };
  expect([real, any, typeof mistakes]).toEqual([fake, fake, 'function']);
});
