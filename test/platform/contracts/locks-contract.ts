import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LockRequest } from '../../../src/platform/platform';
import type { ContractSetting, ContractTab, ContractWorld } from './tab-context';

type Wanted = Omit<LockRequest, 'signal'>;

const PROBE: Wanted = { mode: 'exclusive', when: 'probe' };
const SHARED_PROBE: Wanted = { mode: 'shared', when: 'probe' };
const QUEUE: Wanted = { mode: 'exclusive', when: 'queue' };
const SHARED: Wanted = { mode: 'shared', when: 'queue' };
const STEAL: Wanted = { mode: 'exclusive', when: 'steal' };

/** What every `Locks` promises. Run it on each implementation. */
export function locksContract(setting: ContractSetting): void {
  let world: ContractWorld;
  beforeEach(async () => {
    world = await setting.open();
  });
  afterEach(() => world.close());

  /** Requests the lock of the scope and keeps it. Resolves with whether it was granted. */
  const take = (tab: ContractTab, request: Wanted, name = world.scope): Promise<boolean> =>
    tab.run(
      async ({ locks, held, note }, [lock, wanted]) => {
        const granted = await locks.request(lock, wanted);
        if (!granted) return false;
        held.set(lock, granted);
        granted.lost.then(() => note('lost'));
        return true;
      },
      [name, request] as [string, Wanted],
    );

  /** Begins to wait for the lock of the scope; notes how that ends. Returns at once. */
  const wait = (tab: ContractTab, request: Wanted): Promise<void> =>
    tab.run(
      ({ locks, held, note }, [lock, wanted]) => {
        locks.request(lock, wanted).then((granted) => {
          if (granted) held.set(lock, granted);
          note(granted ? 'granted' : 'given up');
        });
      },
      [world.scope, request] as [string, Wanted],
    );

  const granted = (tab: ContractTab): Promise<void> =>
    tab.run(({ until, notes }) => until(() => notes.includes('granted')));
  const notes = (tab: ContractTab): Promise<readonly unknown[]> => tab.run((own) => [...own.notes]);
  const release = (tab: ContractTab, name = world.scope): Promise<void> =>
    tab.run(({ held }, lock) => held.get(lock)?.release(), name);

  test('a lock that is free is granted, and while it is held a probe of another tab gets nothing', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    expect(await take(first, PROBE)).toBe(true);
    expect(await take(second, PROBE)).toBe(false);
    expect(await take(second, SHARED_PROBE)).toBe(false);
  });

  test('two coordinators in one tab exclude each other too', async () => {
    const tab = await world.openTab();
    expect(await take(tab, PROBE)).toBe(true);
    expect(await take(tab, PROBE)).toBe(false);
  });

  test('whether a tab has a lock for itself is seen without asking for it; who shares one or waits does not count', async () => {
    const [first, second, third] = [await world.openTab(), await world.openTab(), await world.openTab()];
    const isTaken = (): Promise<boolean> => third.run(({ locks }, lock) => locks.isTaken(lock), world.scope);
    expect(await isTaken()).toBe(false);
    await take(first, SHARED);
    await wait(second, QUEUE);
    expect(await isTaken()).toBe(false);
    await release(first);
    await granted(second);
    expect(await isTaken()).toBe(true);
    await second.close();
    await wait(third, SHARED);
    await granted(third);
    expect(await isTaken()).toBe(false);
  });

  test('whoever waits is granted the lock once it is released, and not before', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    await take(first, PROBE);
    await wait(second, QUEUE);
    for (let round = 0; round < 5; round += 1) expect(await take(first, PROBE)).toBe(false);
    expect(await notes(second)).toEqual([]);
    await release(first);
    await granted(second);
    expect(await take(first, PROBE)).toBe(false);
  });

  test('tabs share a lock, and nobody has it alone meanwhile', async () => {
    const [first, second, third] = [await world.openTab(), await world.openTab(), await world.openTab()];
    expect(await take(first, SHARED)).toBe(true);
    expect(await take(second, SHARED_PROBE)).toBe(true);
    expect(await take(third, PROBE)).toBe(false);
    await release(first);
    expect(await take(third, PROBE)).toBe(false);
    await release(second);
    expect(await take(third, QUEUE)).toBe(true);
  });

  test('all who wait to share a lock are granted it at once', async () => {
    const [holder, ...waiters] = [
      await world.openTab(),
      await world.openTab(),
      await world.openTab(),
      await world.openTab(),
    ];
    await take(holder as ContractTab, PROBE);
    for (const waiter of waiters) await wait(waiter, SHARED);
    await release(holder as ContractTab);
    await Promise.all(waiters.map(granted));
  });

  test('a tab that is closed lets go of its locks', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    await take(first, PROBE);
    await wait(second, SHARED);
    await first.close();
    await granted(second);
  });

  test('a tab that is closed while it waits is out of the queue', async () => {
    const [first, second, third] = [await world.openTab(), await world.openTab(), await world.openTab()];
    await take(first, PROBE);
    await wait(second, QUEUE);
    await wait(third, QUEUE);
    await second.close();
    await release(first);
    await granted(third);
  });

  test('a request that is given up resolves with nothing, and is out of the queue', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    await take(first, SHARED);
    const outcome = await second.run(async ({ locks }, lock) => {
      (await locks.request(`${lock}:other`, { mode: 'shared', when: 'queue' }))?.release();
      const aborter = new AbortController();
      const waiting = locks.request(lock, { mode: 'exclusive', when: 'queue', signal: aborter.signal });
      // One that is behind in the queue is granted now, and would not be while the exclusive one waits.
      aborter.abort();
      return [await waiting, (await locks.request(lock, { mode: 'shared', when: 'queue' })) !== null];
    }, world.scope);
    expect(outcome).toEqual([null, true]);
  });

  test('a request that is given up at once, as the first of its tab, resolves with nothing and does not keep the lock', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    await take(first, SHARED);
    const outcome = await second.run(({ locks }, lock) => {
      const aborter = new AbortController();
      const waiting = locks.request(lock, { mode: 'exclusive', when: 'queue', signal: aborter.signal });
      aborter.abort();
      return waiting;
    }, world.scope);
    expect(outcome).toBe(null);
    await release(first);
    expect(await take(first, QUEUE)).toBe(true);
  });

  test('a request with a signal that was aborted before resolves with nothing', async () => {
    const tab = await world.openTab();
    const outcome = await tab.run(async ({ locks }, lock) => {
      const aborter = new AbortController();
      aborter.abort();
      return locks.request(lock, { mode: 'exclusive', when: 'queue', signal: aborter.signal });
    }, world.scope);
    expect(outcome).toBe(null);
    expect(await take(tab, PROBE)).toBe(true);
  });

  test('a signal that is aborted after the lock was granted changes nothing', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    await first.run(async ({ locks, held }, lock) => {
      const aborter = new AbortController();
      const granted = await locks.request(lock, { mode: 'exclusive', when: 'queue', signal: aborter.signal });
      if (granted) held.set(lock, granted);
      aborter.abort();
    }, world.scope);
    expect(await take(second, PROBE)).toBe(false);
    await release(first);
    expect(await take(second, QUEUE)).toBe(true);
  });

  test('a probe and a steal may carry a signal', async () => {
    const tab = await world.openTab();
    const outcomes = await tab.run(async ({ locks }, lock) => {
      const { signal } = new AbortController();
      const probed = await locks.request(lock, { mode: 'exclusive', when: 'probe', signal });
      const stolen = await locks.request(lock, { mode: 'exclusive', when: 'steal', signal });
      return [probed !== null, stolen !== null];
    }, world.scope);
    expect(outcomes).toEqual([true, true]);
  });

  test('a lock that is stolen is lost to its holder, whose late release harms nobody', async () => {
    const [first, second, third] = [await world.openTab(), await world.openTab(), await world.openTab()];
    await take(first, PROBE);
    expect(await take(second, STEAL)).toBe(true);
    await first.run(({ until, notes }) => until(() => notes.includes('lost')));
    await release(first);
    expect(await take(third, PROBE)).toBe(false);
  });

  test('a lock that was released is not lost, and may be released again', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    await take(first, PROBE);
    await release(first);
    await release(first);
    expect(await take(second, STEAL)).toBe(true);
    expect(await take(first, PROBE)).toBe(false);
    expect(await notes(first)).toEqual([]);
  });

  test('locks with odd names are told apart', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    // WebKit refuses names of more than 1024 characters.
    const names = ['', ' ', '🪟', '\0', '__proto__', 'constructor', 'x'.repeat(1_000)].map(
      (name) => world.scope + name,
    );
    for (const name of names) expect(await take(first, PROBE, name)).toBe(true);
    for (const name of names) expect(await take(second, PROBE, name)).toBe(false);
  });

  if (setting.can.includes('crash')) {
    test('a tab that crashes lets go of its locks', async () => {
      const [first, second] = [await world.openTab(), await world.openTab()];
      await take(first, PROBE);
      await wait(second, SHARED);
      await first.crash();
      await granted(second);
    });
  }

  if (setting.can.includes('freeze')) {
    test('a frozen tab keeps its locks', async () => {
      const [first, second] = [await world.openTab(), await world.openTab()];
      await take(first, PROBE);
      await second.show();
      await first.freeze();
      expect(await take(second, PROBE)).toBe(false);
      await first.unfreeze();
      await release(first);
      expect(await take(second, QUEUE)).toBe(true);
    });
  }
}
