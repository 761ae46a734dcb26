/** What a test of a component relies on: `ensure`, `forget` and `call` of a fake, and a host that reconnects. */
import { CommandError, SessionError } from 'solotab';
import { createFakeCoordinator } from 'solotab/testing';
import { describe, expect, test } from 'vitest';
import { follow } from '../support/world';

/** Lets promises settle. A fake has no timers. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const [ABORTED, INVALID_STATE] = [20, 11];
const down = { code: 1016 };
const final = { code: 2001, retryable: false };

describe('ensure() of a fake', () => {
  test('starts a session where there is none, and is noted', async () => {
    const fake = createFakeCoordinator();
    const wanted = follow(fake.ensure({ topic: 'printer' } as never));
    expect(fake.getSnapshot()).toMatchObject({ phase: 'connecting', role: 'host' });
    await settle();
    expect([wanted.outcome, fake.getSnapshot().phase]).toEqual(['done', 'active']);
    expect(fake.calls).toEqual([{ method: 'ensure', args: [{ topic: 'printer' }] }]);
  });

  test('resolves once another tab has one, also if that one is first', async () => {
    const fake = createFakeCoordinator({ phase: 'connecting', role: 'follower' });
    const waiting = follow(fake.ensure());
    await settle();
    expect(waiting.outcome).toBe('pending');
    fake.set({ phase: 'active' });
    await settle();
    expect(waiting.outcome).toBe('done');

    const second = createFakeCoordinator();
    const wanted = follow(second.ensure());
    second.set({ phase: 'active', role: 'follower' });
    await settle();
    expect([wanted.outcome, second.getSnapshot().role]).toEqual(['done', 'follower']);
  });

  test('stays pending after an attempt that failed and would be tried again, and rejects with the error of one that would not', async () => {
    const fake = createFakeCoordinator({ phase: 'connecting', role: 'follower' });
    const wanted = follow(fake.ensure());
    fake.emit('session_error', down);
    fake.set({ phase: 'idle' });
    await settle();
    expect([wanted.outcome, fake.getSnapshot().phase]).toEqual(['pending', 'idle']);
    fake.set({ phase: 'connecting', role: 'follower' });
    fake.emit('session_error', final);
    fake.set({ phase: 'idle' });
    await settle();
    expect(wanted.error).toMatchObject({ name: 'SessionError', code: 2001, local: false, tabId: 'other-tab' });
  });

  test('rejects with an AbortError once the session is ended or canceled, in whichever tab', async () => {
    for (const end of [
      (fake: ReturnType<typeof createFakeCoordinator>) => void fake.cancel(),
      (fake: ReturnType<typeof createFakeCoordinator>) => void fake.end(),
      (fake: ReturnType<typeof createFakeCoordinator>) => fake.set({ phase: 'canceling' }),
      (fake: ReturnType<typeof createFakeCoordinator>) => fake.set({ phase: 'idle' }),
    ]) {
      const fake = createFakeCoordinator({ phase: 'connecting', role: 'follower' });
      const wanted = follow(fake.ensure());
      end(fake);
      await settle();
      expect([wanted.outcome, fake.getSnapshot().phase === 'active']).toEqual([ABORTED, false]);
    }
  });

  test('that is called while a session is being ended starts one after it', async () => {
    const fake = createFakeCoordinator({ phase: 'active' });
    const ended = fake.end();
    const wanted = follow(fake.ensure());
    expect(fake.getSnapshot().phase).toBe('ending');
    await ended;
    await settle();
    expect([wanted.outcome, fake.getSnapshot()]).toMatchObject(['done', { phase: 'active', epoch: 2 }]);
  });

  test('rejects with a refusal that would come again, of this tab alone, and tells nobody', async () => {
    const fake = createFakeCoordinator();
    const heard: unknown[] = [];
    fake.on('session_error', (error) => heard.push(error));
    fake.refuse(new SessionError(4000, { exception: 'OWN', retryable: false }));
    const wanted = follow(fake.ensure());
    await settle();
    expect(wanted.error).toMatchObject({ code: 4000, exception: 'OWN', local: true, tabId: 'this-tab' });
    expect([heard, fake.getSnapshot().phase]).toEqual([[], 'idle']);
  });

  test('waits where it is refused for now, and goes on when the refusal is taken back or a session is there', async () => {
    for (const go of ['refuse', 'set'] as const) {
      const fake = createFakeCoordinator();
      fake.refuse(1016);
      const wanted = follow(fake.ensure());
      await settle();
      expect([wanted.outcome, fake.getSnapshot().phase]).toEqual(['pending', 'idle']);
      if (go === 'refuse') fake.refuse(null);
      else fake.set({ phase: 'active', role: 'follower' });
      await settle();
      expect([wanted.outcome, fake.getSnapshot().phase]).toEqual(['done', 'active']);
    }
  });

  test('is refused nothing where there is a session', async () => {
    const fake = createFakeCoordinator({ phase: 'active', role: 'follower' });
    fake.refuse(new SessionError(4000, { retryable: false }));
    await expect(fake.ensure()).resolves.toBeUndefined();
  });

  test('that waits is given up by its signal, with the reason, and by close(), also if it has a signal', async () => {
    const fake = createFakeCoordinator({ phase: 'connecting', role: 'follower' });
    const [own, other] = [new AbortController(), new AbortController()];
    const given = [own, other].map(({ signal }) => follow(fake.ensure(undefined, { signal })));
    const reason = new Error('left');
    own.abort(reason);
    await settle();
    expect([given[0]?.error, given[1]?.outcome]).toEqual([reason, 'pending']);
    await fake.close();
    await settle();
    expect(given[1]?.outcome).toBe(INVALID_STATE);
    await expect(fake.ensure()).rejects.toMatchObject({ name: 'InvalidStateError' });
  });

  test('of two that want a session one may give up, and the other one gets it', async () => {
    const fake = createFakeCoordinator();
    fake.refuse(1016);
    const stop = new AbortController();
    const [first, second] = [follow(fake.ensure(undefined, { signal: stop.signal })), follow(fake.ensure())];
    stop.abort();
    fake.refuse(null);
    await settle();
    expect([first.outcome, second.outcome]).toEqual([ABORTED, 'done']);
  });
});

describe('forget() of a fake', () => {
  test('ends the session for all, in whichever tab it is, and leaves no last error', async () => {
    for (const role of ['host', 'follower'] as const) {
      const fake = createFakeCoordinator({ phase: 'active', role, info: { pin: 'X' }, lastError: down });
      const reasons: string[] = [];
      fake.on('session_ended', ({ reason }) => reasons.push(reason));
      await fake.forget();
      expect(fake.getSnapshot()).toMatchObject({ phase: 'idle', info: null, lastError: null });
      expect([reasons, fake.calls]).toEqual([['ended'], [{ method: 'forget', args: [] }]]);
    }
  });

  test('erases the last error also where there is no session, and ends what is wanted', async () => {
    const fake = createFakeCoordinator({ lastError: down });
    fake.refuse(1016);
    const wanted = follow(fake.ensure());
    await fake.forget();
    expect([wanted.outcome, fake.getSnapshot().lastError]).toEqual([ABORTED, null]);
  });
});

describe('a fake whose host reconnects', () => {
  test('keeps its session, refuses every call for another one, and runs commands once it is connected again', async () => {
    const session = { id: 1 };
    const send = (text?: unknown): string => `sent ${text}`;
    const fake = createFakeCoordinator({ phase: 'active' }, { session, commands: { send } });
    const heard: string[] = [];
    fake.on('session_reconnecting', ({ type }) => heard.push(type));
    fake.set({ phase: 'recovering' });
    fake.emit('session_reconnecting');
    expect([fake.session, fake.getSnapshot().role, heard]).toEqual([session, 'host', ['session_reconnecting']]);
    for (const call of ['start', 'join', 'resume', 'takeOver'] as const) {
      await expect(fake[call]()).rejects.toMatchObject({ code: 1002, local: true });
    }
    const early = follow(fake.call('send', 'x'));
    const wanted = follow(fake.ensure());
    await settle();
    expect([early.outcome, wanted.outcome]).toEqual(['pending', 'pending']);
    fake.set({ phase: 'active' });
    await settle();
    expect([early.value, wanted.outcome, fake.getSnapshot().epoch]).toEqual(['sent x', 'done', 1]);
  });
});

describe('call() of a fake', () => {
  test('gives and takes clones, and rejects what can’t be cloned as a real one does', async () => {
    const kept: { list: number[] } = { list: [1] };
    const commands = { keep: (input?: unknown) => [input, kept] as unknown, bad: () => (): void => undefined };
    const fake = createFakeCoordinator({ phase: 'active' }, { commands });
    const input = { list: [2] };
    const [given, result] = (await fake.call('keep', input)) as [unknown, { list: number[] }];
    expect([given, result]).toEqual([input, kept]);
    result.list.push(3);
    expect([given === input, kept.list]).toEqual([false, [1]]);
    await expect(fake.call('keep', () => undefined)).rejects.toMatchObject({ name: 'DataCloneError' });
    await expect(fake.call('bad')).rejects.toMatchObject({ name: 'CommandError', outcome: 'failed' });
    await expect(fake.call(undefined as never)).rejects.toThrow(TypeError);
  });

  test.each([
    ['ended', (fake: ReturnType<typeof createFakeCoordinator>) => fake.set({ phase: 'idle' })],
    ['moved', (fake: ReturnType<typeof createFakeCoordinator>) => fake.set({ role: 'follower' })],
  ])('of a command that runs as the session is %s is unknown', async (_, change) => {
    const fake = createFakeCoordinator({ phase: 'active' }, { commands: { wait: () => new Promise(() => undefined) } });
    const called = follow(fake.call('wait'));
    await settle();
    change(fake);
    await settle();
    expect(called.error).toBeInstanceOf(CommandError);
    expect(called.error).toMatchObject({ command: 'wait', outcome: 'unknown' });
  });

  test('of a command that runs is given up by its signal and by close()', async () => {
    const fake = createFakeCoordinator({ phase: 'active' }, { commands: { wait: () => new Promise(() => undefined) } });
    const stop = new AbortController();
    const [first, second] = [follow(fake.call('wait', undefined, { signal: stop.signal })), follow(fake.call('wait'))];
    await settle();
    const reason = new Error('enough');
    stop.abort(reason);
    await settle();
    expect([first.error, second.outcome]).toEqual([reason, 'pending']);
    await fake.close();
    await settle();
    expect(second.outcome).toBe(INVALID_STATE);
  });
});
