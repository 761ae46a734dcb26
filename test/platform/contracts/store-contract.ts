import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ContractSetting, type ContractTab, type ContractWorld, ODD_NAMES } from './tab-context';

/** What every `Store` promises. Run it on each implementation. */
export function storeContract(setting: ContractSetting): void {
  let world: ContractWorld;
  beforeEach(async () => {
    world = await setting.open();
  });
  afterEach(() => world.close());
  const open = (): Promise<ContractTab> => world.openTab();

  const put = (tab: ContractTab, scope: string, record: unknown) =>
    tab.run(
      ({ store }, [name, value]) => store(name).transact(() => ({ write: { record: value }, result: 'written' })),
      [scope, record] as [string, unknown],
    );
  const read = (tab: ContractTab, scope: string) =>
    tab.run(({ store }, name) => store(name).read({ journal: true }), scope);

  test('a scope that nobody wrote to has no record and no journal', async () => {
    const tab = await open();
    expect(await read(tab, world.scope)).toEqual({ journal: [] });
  });

  test('what one tab has written, every tab reads', async () => {
    const [first, second] = [await open(), await open()];
    expect(await put(first, world.scope, { phase: 'active', info: { pin: 'A1' } })).toBe('written');
    expect(await read(second, world.scope)).toEqual({ record: { phase: 'active', info: { pin: 'A1' } }, journal: [] });
  });

  test('a step is given the record as it is stored, and its result comes back', async () => {
    const tab = await open();
    const results = await tab.run(async ({ store }, scope) => {
      const step = (record: unknown) => ({
        write: { record: { count: 1 } },
        result: record === undefined ? 'none' : record,
      });
      return [await store(scope).transact(step), await store(scope).transact(step)];
    }, world.scope);
    expect(results).toEqual(['none', { count: 1 }]);
  });

  test('anything that can be cloned keeps its type', async () => {
    const tab = await open();
    const kept = await tab.run(async ({ store }, scope) => {
      const record = {
        map: new Map([['key', new Set([1])]]),
        date: new Date(5),
        bytes: new Uint8Array([7]),
        none: undefined,
      };
      await store(scope).transact(() => ({ write: { record }, result: null }));
      const stored = (await store(scope).read({ journal: false })).record as typeof record;
      return [stored.map.get('key')?.has(1), stored.date.getTime(), stored.bytes[0], 'none' in stored];
    }, world.scope);
    expect(kept).toEqual([true, 5, 7, true]);
  });

  test('a transaction writes only the parts that it names', async () => {
    const tab = await open();
    await tab.run(async ({ store }, scope) => {
      const write = (parts: object) => store(scope).transact(() => ({ write: parts, result: null }));
      await write({ record: { revision: 1 } });
      await write({
        journal: [
          [1, 'one'],
          [2, 'two'],
        ],
      });
      await write({ journal: [[1, 'later']] });
      await write({});
      await store(scope).transact(() => ({ result: null }));
    }, world.scope);
    expect(await read(tab, world.scope)).toEqual({ record: { revision: 1 }, journal: ['later', 'two'] });
  });

  test('a journal is read only when it is asked for', async () => {
    const tab = await open();
    const without = await tab.run(async ({ store }, scope) => {
      await store(scope).transact(() => ({ write: { record: 1, journal: [[0, 'entry']] }, result: null }));
      return store(scope).read({ journal: false });
    }, world.scope);
    expect(without).toEqual({ record: 1, journal: [] });
  });

  test('falsy records are records', async () => {
    const tab = await open();
    for (const record of [0, '', false, null]) {
      await put(tab, world.scope, record);
      expect((await read(tab, world.scope)).record).toBe(record);
    }
  });

  test('a step that throws writes nothing, and its error is what the caller gets', async () => {
    const tab = await open();
    await put(tab, world.scope, 'before');
    const error = await tab.run(async ({ store }, scope) => {
      const thrown = new RangeError('thrown by the step');
      const step = (): never => {
        throw thrown;
      };
      return store(scope)
        .transact(step)
        .catch((caught: unknown) => [caught === thrown]);
    }, world.scope);
    expect(error).toEqual([true]);
    expect(await read(tab, world.scope)).toEqual({ record: 'before', journal: [] });
  });

  test('a step runs once when it throws', async () => {
    const tab = await open();
    const runs = await tab.run(async ({ store }, scope) => {
      let count = 0;
      const step = (): never => {
        count += 1;
        throw new Error('thrown by the step');
      };
      await store(scope)
        .transact(step)
        .catch(() => undefined);
      return count;
    }, world.scope);
    expect(runs).toBe(1);
  });

  test('a write that can not be stored whole is not stored at all, and the store works on', async () => {
    const tab = await open();
    const error = await tab.run(async ({ store }, scope) => {
      const write = { record: 'new', journal: [[0, () => undefined]] as const };
      return store(scope)
        .transact(() => ({ write, result: null }))
        .catch((caught: Error) => caught.name);
    }, world.scope);
    expect(error).toBe('DataCloneError');
    expect(await read(tab, world.scope)).toEqual({ journal: [] });
    await put(tab, world.scope, 'after');
    expect((await read(tab, world.scope)).record).toBe('after');
  });

  test('transactions of one tab run in the order in which they were begun, reads among them', async () => {
    const tab = await open();
    const seen = await tab.run(async ({ store }, scope) => {
      const append = (letter: string) =>
        store(scope).transact((record) => {
          const next = (record ?? '') + letter;
          return { write: { record: next }, result: next };
        });
      const readRecord = async () => (await store(scope).read({ journal: false })).record;
      return Promise.all([append('a'), readRecord(), append('b'), append('c'), readRecord()]);
    }, world.scope);
    expect(seen).toEqual(['a', 'a', 'ab', 'abc', 'abc']);
  });

  test('no update is lost, however many tabs count at once', async () => {
    const all = [await open(), await open(), await open(), await open()];
    const counts = await Promise.all(
      all.map((tab) =>
        tab.run(async ({ store }, scope) => {
          const increment = () =>
            store(scope).transact((record) => {
              const count = ((record as number | undefined) ?? 0) + 1;
              return { write: { record: count, journal: [[count, count]] }, result: count };
            });
          return Promise.all(Array.from({ length: 25 }, increment));
        }, world.scope),
      ),
    );
    const expected = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(counts.flat().sort((one, other) => one - other)).toEqual(expected);
    const [tab] = all as [ContractTab];
    expect(await read(tab, world.scope)).toEqual({ record: 100, journal: expected });
  });

  test('only one of many tabs wins a compare-and-set', async () => {
    const all = [await open(), await open(), await open(), await open()];
    const wins = await Promise.all(
      all.map((tab, index) =>
        tab.run(
          ({ store }, [scope, me]) =>
            store(scope).transact((record) =>
              record === undefined ? { write: { record: me }, result: true } : { result: false },
            ),
          [world.scope, `tab ${index}`] as [string, string],
        ),
      ),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    const [tab] = all as [ContractTab];
    expect((await read(tab, world.scope)).record).toBe(`tab ${wins.indexOf(true)}`);
  });

  test('a reader never sees half a transaction', async () => {
    const [writer, reader] = [await open(), await open()];
    const written = writer.run(async ({ store }, scope) => {
      for (let count = 1; count <= 40; count += 1) {
        await store(scope).transact(() => ({
          write: {
            record: count,
            journal: [
              [0, count],
              [63, count],
            ],
          },
          result: null,
        }));
      }
    }, world.scope);
    const torn = await reader.run(async ({ store }, scope) => {
      const found: unknown[] = [];
      for (let round = 0; round < 40; round += 1) {
        const { record, journal } = await store(scope).read({ journal: true });
        if (journal.some((entry) => entry !== record)) found.push([record, journal]);
      }
      return found;
    }, world.scope);
    await written;
    expect(torn).toEqual([]);
  });

  test('scopes with odd names don’t mix', async () => {
    const [first, second] = [await open(), await open()];
    const names = (setting.oddNames ?? ODD_NAMES).map((name) => world.scope + name).concat('x'.repeat(5_000));
    for (const [index, name] of names.entries()) await put(first, name, { index });
    for (const [index, name] of names.entries())
      expect(await read(second, name)).toEqual({ record: { index }, journal: [] });
  });

  test('a closed store rejects, and harms no other', async () => {
    const [first, second] = [await open(), await open()];
    await put(first, world.scope, 'written');
    const outcomes = await first.run(async ({ store }, scope) => {
      const closed = store(scope);
      closed.close();
      closed.close();
      const outcome = (promise: Promise<unknown>) =>
        promise.then(
          () => 'resolved',
          () => 'rejected',
        );
      return [await outcome(closed.transact(() => ({ result: null }))), await outcome(closed.read({ journal: true }))];
    }, world.scope);
    expect(outcomes).toEqual(['rejected', 'rejected']);
    expect((await read(second, world.scope)).record).toBe('written');
  });

  test('a store that is closed while it is still opening settles what was begun', async () => {
    const tab = await open();
    const outcome = await tab.run(async ({ platform }, scope) => {
      const store = platform.openStore(scope);
      const begun = store?.read({ journal: false }).then(
        () => 'settled',
        () => 'settled',
      );
      store?.close();
      return begun;
    }, world.scope);
    expect(outcome).toBe('settled');
  });

  test('a tab that goes away in the middle of its work blocks nobody', async () => {
    const [first, second] = [await open(), await open()];
    await first.run(({ store }, scope) => {
      for (let count = 0; count < 20; count += 1) {
        store(scope)
          .transact(() => ({ write: { record: 'partial' }, result: null }))
          .catch(() => undefined);
      }
    }, world.scope);
    await (setting.can.includes('crash') ? first.crash() : first.close());
    await put(second, world.scope, 'after');
    expect((await read(second, world.scope)).record).toBe('after');
  });

  if (!setting.can.includes('wipe')) return;

  test('a database that is deleted is not in the way, is told to all, and is made anew', async () => {
    const [first, second] = [await open(), await open()];
    await put(first, world.scope, 'before');
    await read(second, world.scope);
    for (const tab of [first, second])
      await tab.run(({ store, note }, scope) => store(scope).onLost(() => note('lost')), world.scope);
    await world.wipe();
    for (const tab of [first, second]) await tab.run(({ notes, until }) => until(() => notes.includes('lost')));
    expect(await read(first, world.scope)).toEqual({ journal: [] });
    await put(first, world.scope, 'after');
    expect((await read(second, world.scope)).record).toBe('after');
  });
}
