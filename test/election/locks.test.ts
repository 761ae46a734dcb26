import { describe, expect, test } from 'vitest';
import { scopeLocks } from '../../src/election/locks';
import type { HeldLock, LockRequest } from '../../src/platform/platform';
import { type FakeLock, fakeClock, fakeLock, flush } from '../support/fakes';
import { deferred, follow } from '../support/world';

type Answer = (name: string, request: LockRequest) => Promise<HeldLock | null>;

/** A scope's locks over a browser that answers as it is told. `list`: whether a name is in its list of locks. */
function setUp(answer: Answer | null, list: (name: string) => Promise<boolean> = async () => false) {
  const clock = fakeClock();
  const asked: string[] = [];
  const listed: string[] = [];
  const granted: FakeLock[] = [];
  const broken: unknown[] = [];
  let ids = 0;
  const locks = scopeLocks({
    ...{ scope: 'support', clock, randomId: () => `id-${++ids}`, onBroken: (error: unknown) => broken.push(error) },
    locks: answer && {
      request(name, request) {
        asked.push(`${name} ${request.mode} ${request.when}`);
        return answer(name, request);
      },
      isTaken(name) {
        listed.push(name);
        return list(name);
      },
      abandon: () => void asked.push('abandoned'),
    },
  });
  const grant = (): Promise<HeldLock> => {
    const lock = fakeLock();
    granted.push(lock);
    return Promise.resolve(lock);
  };
  return { clock, locks, asked, listed, granted, broken, grant };
}

const never: Answer = () => new Promise(() => undefined);
const taken: Answer = async () => null;

describe('locks that work', () => {
  test('are asked for by the names that other tabs know', async () => {
    const { locks, asked, grant } = setUp(() => grant());
    await Promise.all([
      ...[locks.takeTerm('t1'), locks.takeSeat('probe'), locks.takeSeat('steal')],
      locks.watch('t1', new AbortController().signal, () => undefined),
    ]);
    expect(asked).toEqual([
      'solotab:support:t1 exclusive probe',
      'solotab:support:seat exclusive probe',
      'solotab:support:seat exclusive steal',
      'solotab:support:t1 shared queue',
    ]);
  });

  test('are held until they are released, and whoever holds them hears that they were stolen', async () => {
    const { locks, granted, grant } = setUp(() => grant());
    const seat = await locks.takeSeat('probe');
    let isLost = false;
    void seat?.lost.then(() => {
      isLost = true;
    });
    await flush();
    expect([isLost, granted[0]?.isReleased]).toEqual([false, false]);
    granted[0]?.steal();
    await flush();
    expect(isLost).toBe(true);
    seat?.release();
    expect(granted[0]?.isReleased).toBe(true);
  });

  test('that others hold are not granted, and are trusted all the same', async () => {
    const { locks, broken, grant } = setUp((name) => (name.includes('id-') ? grant() : Promise.resolve(null)));
    expect(await locks.takeSeat('probe')).toBeNull();
    expect(await locks.takeTerm('t1')).toBeNull();
    expect([locks.work(), broken]).toEqual([true, []]);
  });

  test('tell whether a host lives, and are not kept', async () => {
    const held = setUp((name) => (name.endsWith(':t1') ? Promise.resolve(null) : held.grant()));
    expect(await held.locks.probe('t1')).toBe('held');
    const free = setUp(() => free.grant());
    expect(await free.locks.probe('t1')).toBe('free');
    expect([...held.granted, ...free.granted].every(({ isReleased }) => isReleased)).toBe(true);
    // Never exclusively: a waiter that sleeps must hold up no one.
    expect(free.asked).toContain('solotab:support:t1 shared probe');
  });

  test('are not asked for where the list of all locks shows that a host lives', async () => {
    const { locks, asked, listed } = setUp(never, async () => true);
    expect([await locks.probe('t1'), asked, listed]).toEqual(['held', [], ['solotab:support:t1']]);
  });

  test('are asked for where the list can’t be had', async () => {
    const { locks, broken, grant } = setUp(
      () => grant(),
      () => Promise.reject(new DOMException('The page is frozen.', 'InvalidStateError')),
    );
    expect([await locks.probe('t1'), broken]).toEqual(['free', []]);
  });

  test('that another tab waits for do not time out', async () => {
    const { clock, locks, broken } = setUp(never);
    void locks.watch('t1', new AbortController().signal, () => undefined);
    await clock.advance(3_600_000);
    expect([locks.work(), broken]).toEqual([true, []]);
  });
});

describe('a host that is waited for', () => {
  test('is gone when its lock is granted, which is not kept', async () => {
    const { locks, granted, grant } = setUp(() => grant());
    let isGone = false;
    await locks.watch('t1', new AbortController().signal, () => {
      isGone = true;
    });
    expect([isGone, granted[0]?.isReleased]).toEqual([true, true]);
  });

  test('is not gone because this tab waits no longer: a late grant goes back', async () => {
    const grant = deferred<HeldLock | null>();
    const { locks } = setUp(() => grant.promise);
    const control = new AbortController();
    let isGone = false;
    const watching = locks.watch('t1', control.signal, () => {
      isGone = true;
    });
    control.abort();
    const late = fakeLock();
    grant.resolve(late);
    await watching;
    expect([isGone, late.isReleased]).toEqual([false, true]);
  });

  test('is asked for with the signal that gives up the wait', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const { locks } = setUp(async (_, { signal }) => {
      signals.push(signal);
      return null;
    });
    const control = new AbortController();
    await locks.watch('t1', control.signal, () => undefined);
    expect(signals).toEqual([control.signal]);
  });

  test.each(['distrusted', 'broken'])('is not gone because the locks are %s meanwhile', async (how) => {
    const grant = deferred<HeldLock | null>();
    const { locks } = setUp((_, { when }) =>
      when === 'queue' ? grant.promise : Promise.reject(new Error('no locks')),
    );
    let isGone = false;
    const watching = locks.watch('t1', new AbortController().signal, () => {
      isGone = true;
    });
    if (how === 'distrusted') locks.distrust();
    else await locks.takeSeat('probe');
    const late = fakeLock();
    grant.resolve(late);
    await watching;
    expect([isGone, late.isReleased]).toEqual([false, true]);
  });
});

describe('locks that never answer', () => {
  test.each(['takeTerm', 'takeSeat', 'probe'] as const)(
    'are given up after three seconds, told once, and %s goes on without them',
    async (method) => {
      const { clock, locks, broken, asked, listed } = setUp(never, () => new Promise(() => undefined));
      const calls = [0, 1].map(() =>
        follow<unknown>(method === 'takeSeat' ? locks.takeSeat('probe') : locks[method]('t1')),
      );
      await clock.advance(2_999);
      expect(calls.map(({ outcome }) => outcome)).toEqual(['pending', 'pending']);
      await clock.advance(1);
      expect(calls.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
      if (method === 'probe') expect(calls[0]?.value).toBe('unknown');
      else expect(calls[0]?.value).toMatchObject({ lost: expect.any(Promise) });
      expect([locks.work(), broken.length]).toEqual([false, 1]);
      const before = [asked.length, listed.length];
      expect(await locks.probe('t2')).toBe('unknown');
      expect([asked.length, listed.length]).toEqual(before);
    },
  );

  test('a lock that is granted after all goes back: nobody here knows that he has it', async () => {
    const grant = deferred<HeldLock | null>();
    const { clock, locks } = setUp(() => grant.promise);
    const call = follow(locks.takeSeat('probe'));
    await clock.advance(3_000);
    expect(call.outcome).toBe('done');
    const late = fakeLock();
    grant.resolve(late);
    await flush();
    expect(late.isReleased).toBe(true);
  });

  test('a request that is rejected after all is nobody’s error', async () => {
    const answer = deferred<HeldLock | null>();
    const { clock, locks, broken } = setUp(() => answer.promise);
    follow(locks.takeSeat('probe'));
    await clock.advance(3_000);
    answer.reject(new Error('too late'));
    await flush();
    expect(broken).toHaveLength(1);
  });

  test('are not given up by a page that slept: its timer runs before the answer that has long been there', async () => {
    const answer = deferred<HeldLock | null>();
    const { clock, locks } = setUp(() => answer.promise);
    const call = follow(locks.takeSeat('probe'));
    clock.sleep(600_000);
    await clock.advance(0);
    const lock = fakeLock();
    answer.resolve(lock);
    await clock.advance(60_000);
    expect([call.value, locks.work(), lock.isReleased]).toEqual([lock, true, false]);
  });
});

describe('locks that throw', () => {
  test.each(['takeTerm', 'takeSeat', 'probe', 'watch'] as const)('are given up at once by %s', async (method) => {
    const error = new DOMException('sandboxed', 'SecurityError');
    const { locks, broken } = setUp(() => Promise.reject(error));
    let isGone = false;
    const onGone = (): void => {
      isGone = true;
    };
    if (method === 'takeSeat') expect(await locks.takeSeat('probe')).not.toBeNull();
    else if (method === 'watch') await locks.watch('t1', new AbortController().signal, onGone);
    else if (method === 'probe') expect(await locks.probe('t1')).toBe('unknown');
    else expect(await locks.takeTerm('t1')).not.toBeNull();
    expect([locks.work(), broken, isGone]).toEqual([false, [error], false]);
  });

  test('as they are touched are as bad', async () => {
    const error = new Error('a broken shim');
    const { locks, broken } = setUp(() => {
      throw error;
    });
    expect(await locks.takeSeat('probe')).not.toBeNull();
    expect(broken).toEqual([error]);
  });
});

describe('locks that call everything taken', () => {
  test('give themselves away by a name that was just made up', async () => {
    const { locks, asked, broken } = setUp(taken);
    expect(await locks.takeTerm('t1')).toBeNull();
    expect(asked).toEqual(['solotab:support:t1 exclusive probe', 'solotab:support:id-1 shared probe']);
    expect([locks.work(), broken.length]).toEqual([false, 1]);
    // The next claim goes on without them.
    expect(await locks.takeTerm('t2')).not.toBeNull();
  });

  test('prove no host alive', async () => {
    const { locks, broken } = setUp(taken);
    expect(await locks.probe('t1')).toBe('unknown');
    expect([locks.work(), broken.length]).toEqual([false, 1]);
  });
});

describe('locks that are distrusted', () => {
  test('are not asked any more, and nobody is told that they are broken', async () => {
    const { locks, asked, broken, grant } = setUp(() => grant());
    locks.distrust();
    const seat = await locks.takeSeat('probe');
    expect(await locks.takeTerm('t1')).not.toBeNull();
    expect(await locks.probe('t1')).toBe('unknown');
    await locks.watch('t1', new AbortController().signal, () => expect.unreachable());
    expect([locks.work(), asked, broken]).toEqual([false, ['abandoned'], []]);
    // What stands for a lock is never lost.
    let isLost = false;
    void seat?.lost.then(() => {
      isLost = true;
    });
    seat?.release();
    await flush();
    expect(isLost).toBe(false);
  });

  test('prove nothing by a list that was under way', async () => {
    const list = deferred<boolean>();
    const { locks } = setUp(never, () => list.promise);
    const probe = follow(locks.probe('t1'));
    locks.distrust();
    list.resolve(true);
    await flush();
    expect(probe.value).toBe('unknown');
  });

  test('prove nothing by an answer that was under way', async () => {
    const answer = deferred<HeldLock | null>();
    const { locks } = setUp(() => answer.promise);
    const probe = follow(locks.probe('t1'));
    locks.distrust();
    answer.resolve(fakeLock());
    await flush();
    expect(probe.value).toBe('unknown');
  });
});

test('where there are none, every host is unknown and everything is granted', async () => {
  const { locks, broken } = setUp(null);
  expect(locks.work()).toBe(false);
  expect(await locks.takeTerm('t1')).not.toBeNull();
  expect(await locks.takeSeat('steal')).not.toBeNull();
  expect(await locks.probe('t1')).toBe('unknown');
  expect(broken).toEqual([]);
});
