/** Commands: any tab has the host act on the session, at most once, and hears what became of it. */
import { type CommandContext, CommandError, type Coordinator } from 'solotab';
import { describe, expect, test } from 'vitest';
import { type Chat, NONE, openActive, openChat } from '../support/chat';
import { follow, hear, openBare, openWorld } from '../support/world';

const unknown = (command: string) => ({ name: 'CommandError', command, outcome: 'unknown' });

describe('a command', () => {
  test('is run by the host, whichever tab calls it, and its caller gets the result', async () => {
    const { tabs, ran } = await openActive();
    for (const { coordinator } of tabs) expect(await coordinator.call('send', 'hello')).toEqual({ length: 5 });
    expect(ran).toEqual(['1 hello', '1 hello', '1 hello']);
  });

  test('is told who called it, and under which epoch', async () => {
    const { a, b } = await openActive();
    const { epoch } = a.coordinator.getSnapshot();
    for (const { coordinator } of [a, b]) {
      expect(await coordinator.call('who')).toEqual({ tabId: coordinator.tabId, epoch });
    }
  });

  test('is run once, however many of its messages are lost or doubled', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const faults = { loseMessages: 0.4, duplicateMessages: 0.3, delayMessages: 0.2, longestDelayMs: 900 };
      const { a, b, c, world, ran } = await openActive({ browser: { seed, faults } });
      const calls = [a, b, c].map(({ coordinator }, index) => follow(coordinator.call('send', String(index))));
      await world.advance(60_000);
      const outcomes = calls.map(({ value, error }) => error ?? value);
      for (const [index, outcome] of outcomes.entries()) {
        const times = ran.filter((text) => text === `1 ${index}`).length;
        if (outcome instanceof CommandError) {
          expect(outcome.outcome).toBe('unknown');
          expect(times).toBeLessThanOrEqual(1);
        } else {
          expect([outcome, times]).toEqual([{ length: 1 }, 1]);
        }
      }
    }
  });

  test('of a thousand at once from many tabs is run once each', async () => {
    const { world, ran, a } = await openActive();
    const more = Array.from({ length: 19 }, () =>
      world.openTab<Chat>({ driver: { start: () => ({ id: 9 }), end: () => undefined, commands: NONE } }),
    );
    await world.settle();
    const followers = more.map(({ coordinator }) => coordinator);
    const results = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) => followers[index % followers.length]?.call('send', `m${index}`)),
    );
    expect(results.filter((result) => result?.length)).toHaveLength(1_000);
    expect(new Set(ran).size).toBe(1_000);
    expect(ran).toHaveLength(1_000);
    expect(a.coordinator.getSnapshot().phase).toBe('active');
  });

  test('stores nothing and is no event', async () => {
    const { world, b } = await openActive();
    const before = JSON.stringify(world.recordOf());
    await b.coordinator.call('send', 'SECRET');
    await expect(b.coordinator.call('fail', 'SECRET')).rejects.toBeInstanceOf(CommandError);
    expect(JSON.stringify(world.recordOf())).toBe(before);
  });
});

describe('what a command throws', () => {
  test('reaches its caller with message, code and data', async () => {
    const { a, b } = await openActive();
    for (const { coordinator } of [a, b]) {
      await expect(coordinator.call('fail', 'with data')).rejects.toMatchObject({
        ...{
          name: 'CommandError',
          command: 'fail',
          outcome: 'failed',
          message: 'The line is busy.',
          code: 486,
          data: { line: 2 },
        },
      });
    }
  });

  test('comes without data that can’t be cloned, and with a message of ours where it has none', async () => {
    const { b } = await openActive();
    const error: unknown = await b.coordinator.call('fail', 'without').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ outcome: 'failed', code: 486 });
    expect(error).not.toHaveProperty('data');
    await expect(b.coordinator.call('fail', 'with nothing')).rejects.toThrow("The command 'fail' failed.");
  });

  test('is a failure too if its result can’t be cloned, in the host’s own tab as in others', async () => {
    const { a, b } = await openActive();
    for (const { coordinator } of [a, b]) {
      await expect(coordinator.call('give', 'a function')).rejects.toMatchObject({ outcome: 'failed' });
    }
  });
});

test('a command that the host does not know is refused, and what every object has is no command', async () => {
  const { a, b } = await openActive();
  for (const { coordinator } of [a, b]) {
    for (const name of ['mute', 'constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      await expect(coordinator.call(name as 'send', '')).rejects.toMatchObject({ command: name, outcome: 'refused' });
    }
  }
});

test('an input that can’t be cloned is a DataCloneError at once, and nothing is sent', async () => {
  const { a, b, ran } = await openActive();
  for (const { coordinator } of [a, b]) {
    await expect(coordinator.call('send', (() => 1) as never)).rejects.toMatchObject({ name: 'DataCloneError' });
  }
  expect(ran).toEqual([]);
});

test('input and result are copies, in the host’s own tab as in others', async () => {
  const { a, b, kept } = await openActive();
  for (const { coordinator } of [a, b]) {
    const input = { text: 'hello' };
    const result = await coordinator.call('keep', input);
    const [given] = kept.splice(0);
    expect([given, result]).toEqual([input, input]);
    expect(new Set([given, result, input]).size).toBe(3);
  }
});

test('a large result arrives', async () => {
  const { b } = await openActive();
  expect(await b.coordinator.call('give', '300000')).toHaveLength(300_000);
});

describe('without an active session', () => {
  test('there is none: 1011, not retryable, and no event', async () => {
    const { a, b } = await openChat();
    const heard: unknown[] = [];
    b.coordinator.on('session_error', (event) => heard.push(event));
    for (const { coordinator } of [a, b]) {
      await expect(coordinator.call('send', '')).rejects.toMatchObject({
        name: 'SessionError',
        code: 1011,
        retryable: false,
        local: true,
      });
    }
    expect(heard).toEqual([]);
  });

  test('a session that is being ended: 1017', async () => {
    const { a, b, world } = await openManual();
    const ended = follow(a.coordinator.end());
    await world.settle();
    await expect(b.coordinator.call('send', '')).rejects.toMatchObject({ code: 1017 });
    expect(ended.outcome).toBe('pending');
  });

  test('it waits while one is being connected', async () => {
    const { a, b, world } = await openWorld();
    const started = a.coordinator.start();
    await world.settle();
    const called = follow(b.coordinator.call('send'));
    await world.settle();
    expect(called.outcome).toBe('pending');
    await world.connect(a);
    await started;
    await world.settle();
    // The driver of these tabs has no commands.
    expect(called.error).toMatchObject({ outcome: 'refused' });
  });

  test('an attempt that fails meanwhile is 1011 at once', async () => {
    const { a, b, world } = await openWorld();
    const started = follow(a.coordinator.start());
    await world.settle();
    const called = follow(b.coordinator.call('send'));
    await world.settle();
    for (const attempt of world.network.attempts) attempt.fail(new Error('No.'));
    await world.settle();
    expect([started.outcome, called.error]).toMatchObject([1001, { code: 1011 }]);
  });

  test('1002 after the time that the caller gives', async () => {
    const { a, b, world } = await openWorld();
    follow(a.coordinator.start());
    await world.settle();
    const called = follow(b.coordinator.call('send', 1, { timeoutMs: 2_000 }));
    await world.advance(1_900);
    expect(called.outcome).toBe('pending');
    await world.advance(200);
    expect(called.error).toMatchObject({ code: 1002 });
  });
});

/** A session in the first tab, whose driver does not end. */
async function openManual() {
  const never = new Promise<void>(() => undefined);
  const opened = await openWorld<Chat>({
    driver: { start: () => ({ id: 1 }), end: () => never, commands: NONE },
  });
  await opened.a.coordinator.start();
  await opened.world.settle();
  return opened;
}

describe('a command that is under way', () => {
  test('is unknown once its session moved, and the next host does not run it', async () => {
    const { b, c, ran, world } = await openActive();
    const called = follow(c.coordinator.call('slow'));
    await world.settle();
    await b.coordinator.takeOver();
    await world.settle();
    expect(called.error).toMatchObject(unknown('slow'));
    expect(ran).toEqual(['slow']);
  });

  test.each(['crash', 'close', 'navigateAway', 'freeze'] as const)(
    'is unknown once its host is gone: %s',
    async (how) => {
      const { a, b, world } = await openActive({ recovery: { by: 'none' } });
      const called = follow(b.coordinator.call('slow'));
      await world.settle();
      await a[how]();
      await world.settle();
      await world.advance(1_000);
      expect(called.error).toMatchObject(unknown('slow'));
    },
  );

  test('is unknown in the host’s own tab too when its session ends', async () => {
    const { a, b, world, aborted } = await openActive();
    const called = follow(a.coordinator.call('slow'));
    await world.settle();
    await b.coordinator.end();
    await world.settle();
    expect(called.error).toMatchObject(unknown('slow'));
    expect(aborted).toHaveLength(1);
  });

  test.each(['a', 'b'] as const)(
    'is aborted when its caller in tab %s gives up, who hears of it at once',
    async (who) => {
      const { world, aborted, ...tabs } = await openActive();
      const own = new AbortController();
      const called = follow(tabs[who].coordinator.call('slow', undefined, { signal: own.signal }));
      await world.settle();
      own.abort(new Error('Enough.'));
      await world.settle();
      expect(called.error).toEqual(new Error('Enough.'));
      expect(aborted).toMatchObject([{ name: 'AbortError' }]);
    },
  );

  test.each(['crash', 'navigateAway', 'close'] as const)('is aborted when its caller is gone: %s', async (how) => {
    const { b, world, aborted } = await openActive();
    follow(b.coordinator.call('slow'));
    await world.advance(2_000);
    await b[how]();
    await world.advance(1_000);
    expect(aborted).toHaveLength(1);
  });

  test.each(['a', 'b'] as const)('of a caller that lives may take as long as it needs, in tab %s', async (who) => {
    const { world, aborted, slow, ran, ...tabs } = await openActive();
    const called = follow(tabs[who].coordinator.call('slow'));
    await world.advance(60_000);
    slow.resolve('done at last');
    await world.advance(3_000);
    expect([called.value, aborted, ran]).toEqual(['done at last', [], ['slow']]);
  });

  test('rejects with InvalidStateError when its coordinator is closed', async () => {
    const { b, world } = await openActive();
    const called = follow(b.coordinator.call('slow'));
    await world.settle();
    await b.coordinator.close();
    expect(called.error).toMatchObject({ name: 'InvalidStateError' });
    await expect(b.coordinator.call('send', '')).rejects.toMatchObject({ name: 'InvalidStateError' });
  });
});

describe('a command whose host reconnects, and whose answers are lost', () => {
  test.each([
    ['ends', 0],
    ['is resumed elsewhere', 0],
    ['is back after it forgot what it ran', 15_000],
  ] as const)('is never refused once it ran, and never run again, when the session %s', async (what, ms) => {
    let unanswered = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const recovery = { by: 'any-tab', windowMs: 60_000 } as const;
      const { a, b, c, world, ran } = await openActive({ browser: { seed }, recovery });
      world.faults.loseMessages = 0.6;
      const calls = [b, c].map(({ coordinator }, index) => follow(coordinator.call('send', `m${index}`)));
      await world.advance(600);
      world.contextIn(a).reconnecting();
      await world.advance(300 + ms);
      if (what === 'ends') world.contextIn(a).ended();
      else if (what === 'is resumed elsewhere') await a.crash();
      else world.contextIn(a).reconnected();
      await world.advance(60_000);
      for (const [index, { value, error }] of calls.entries()) {
        const times = ran.filter((text) => text.endsWith(` m${index}`)).length;
        if (times === 1 && !value) unanswered += 1;
        expect(times).toBe(value ? 1 : error instanceof CommandError ? Math.min(times, 1) : 0);
      }
    }
    expect(unanswered).toBeGreaterThan(0);
  });

  test('is never refused once it ran in the host’s own tab, in whichever step of it the host begins to reconnect', async () => {
    let told = 0;
    for (let steps = 0; steps < 60; steps += 1) {
      const recovery = { by: 'same-tab', windowMs: 5_000 } as const;
      const { a, world, ran, slow } = await openChat({ capabilities: { store: false }, recovery });
      await Promise.all([a.coordinator.start(), world.advance(500)]);
      const called = follow(a.coordinator.call('slow'));
      for (let step = 0; step < steps; step += 1) await undefined;
      world.contextIn(a).reconnecting();
      await world.advance(1_000);
      slow.resolve('done');
      await world.advance(10_000);
      expect(a.coordinator.getSnapshot().phase).toBe('idle');
      if (ran.length > 0) expect(called.value, `${steps} steps`).toBe('done');
      else expect(called.error, `${steps} steps`).toMatchObject({ code: 1011 });
      told += ran.length;
    }
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(60);
  });
});

describe('a host that was stopped', () => {
  test('is silent: unknown after three seconds', async () => {
    const { a, b, world } = await openActive();
    a.stop();
    const called = follow(b.coordinator.call('send', 'x'));
    await world.advance(2_900);
    expect(called.outcome).toBe('pending');
    await world.advance(200);
    expect(called.error).toMatchObject(unknown('send'));
  });

  test('does not run what it finds in its queue when it wakes', async () => {
    const { a, b, world, ran } = await openActive();
    a.stop();
    const called = follow(b.coordinator.call('send', 'x'));
    await world.advance(10_000);
    await a.cont();
    await world.advance(5_000);
    expect([called.error, ran]).toMatchObject([unknown('send'), []]);
  });

  test('and fenced meanwhile runs nothing either, however young', async () => {
    const { a, b, c, world, ran } = await openActive();
    a.stop();
    follow(b.coordinator.takeOver({ force: true }));
    await world.advance(10_000);
    const called = follow(c.coordinator.call('send', 'x'));
    await a.cont();
    await world.settle();
    expect(called.value).toEqual({ length: 1 });
    expect(ran).toEqual(['2 x']);
  });

  test('and fenced a moment ago looks before it runs what was sent to it just before', async () => {
    const { a, b, c, world, ran } = await openActive();
    a.stop();
    follow(b.coordinator.takeOver({ force: true }));
    await world.advance(2_500);
    const called = follow(c.coordinator.call('send', 'x'));
    while (b.coordinator.getSnapshot().role !== 'host') await world.advance(10);
    await a.cont();
    await world.advance(5_000);
    expect([called.error, ran]).toMatchObject([unknown('send'), []]);
  });
});

test('where messages go through storage nothing is sent: NotSupportedError, 1011 first; the host’s own tab works', async () => {
  const { a, b, world } = await openChat({ capabilities: { channel: 'hints' } });
  await expect(b.coordinator.call('send', '')).rejects.toMatchObject({ code: 1011 });
  await a.coordinator.start();
  await world.settle();
  await expect(b.coordinator.call('send', '')).rejects.toMatchObject({ name: 'NotSupportedError' });
  expect(await a.coordinator.call('send', 'four')).toEqual({ length: 4 });
});

test('a command can publish and emit what it changed: every tab sees it, and it reads what was published', async () => {
  const driver = {
    start: (_: unknown, context: { publish(info: unknown): void }) => context.publish({ isMuted: false }),
    end: () => undefined,
    commands: {
      mute(_session: unknown, isMuted: boolean, { info, publish, emit }: CommandContext) {
        publish({ isMuted });
        emit('muted', isMuted);
        return info;
      },
    },
  };
  const { a, b, c, world } = await openWorld({ driver: driver as never });
  await a.coordinator.start();
  await world.settle();
  const heard = hear(c, 'muted');
  expect(await (b.coordinator as unknown as Coordinator).call('mute', true)).toEqual({ isMuted: false });
  await world.settle();
  expect(c.coordinator.getSnapshot().info).toEqual({ isMuted: true });
  expect(heard).toEqual(['muted']);
});

test('a command that waits in the tab which connects is run as soon as the session is active', async () => {
  const ran: unknown[] = [];
  const commands = { send: (_: unknown, text: unknown) => ran.push(text) };
  const { world, a, b } = await openWorld({ commands } as Parameters<typeof openWorld>[0]);
  const call = (tab: typeof a) => follow((tab.coordinator as unknown as Coordinator).call('send', 'now'));
  for (const [tab, name] of [
    [a, 'start'],
    [b, 'takeOver'],
  ] as const) {
    follow<unknown>(tab.coordinator[name]());
    await world.settle();
    const called = call(tab);
    await world.connect(tab);
    await world.advance(50);
    expect(called.outcome).toBe('done');
  }
  expect(ran).toEqual(['now', 'now']);
});

test('a driver whose commands are null has none: a call is refused, and nothing goes unhandled', async () => {
  const { world, a, b } = await openBare({ start: () => ({}), end: () => undefined, commands: null } as never);
  await a.coordinator.start();
  await world.settle();
  const calls = [a, b].map(({ coordinator }) => follow(coordinator.call('send')));
  await world.advance(10_000);
  expect(calls.map(({ error }) => error)).toMatchObject([{ outcome: 'refused' }, { outcome: 'refused' }]);
});

test.each([Number.NaN, '100', null])('a time limit that is no number is refused at the call: %s', async (timeoutMs) => {
  const { tabs } = await openActive();
  const options = { timeoutMs } as never;
  await expect(tabs[1]?.coordinator.call('send', 'hello', options)).rejects.toThrow(
    'timeoutMs must be a number of milliseconds',
  );
});
