import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../support/eventually';
import { type ContractSetting, type ContractTab, type ContractWorld, ODD_NAMES } from './tab-context';

/** What every `Channel` promises. Run it on each implementation. A channel may lose messages; one that is idle does not. */
export function channelContract(setting: ContractSetting): void {
  let world: ContractWorld;
  beforeEach(async () => {
    world = await setting.open();
  });
  afterEach(() => world.close());

  const listen = (tab: ContractTab, scope = world.scope): Promise<string> =>
    tab.run(({ channel }, name) => channel(name).carries, scope);
  const post = (tab: ContractTab, message: unknown, scope = world.scope): Promise<void> =>
    tab.run(({ channel }, [name, value]) => channel(name).post(value), [scope, message] as [string, unknown]);
  /** What the tab has received once it has received `count` messages. */
  const receive = (tab: ContractTab, count: number, scope = world.scope): Promise<readonly unknown[]> =>
    tab.run(
      async ({ until, received }, [name, enough]) => {
        await until(() => received(name).length >= enough);
        return received(name);
      },
      [scope, count] as [string, number],
    );
  const hasHeard = (tab: ContractTab, greeter: number): Promise<boolean> =>
    tab.run(({ greeters }, [name, from]) => greeters(name).has(from), [world.scope, greeter] as [string, number]);
  const openListeners = async (count: number): Promise<ContractTab[]> => {
    const tabs: ContractTab[] = [];
    for (let index = 0; index < count; index += 1) tabs.push(await world.openTab());
    for (const tab of tabs) await listen(tab);
    // A browser may still be connecting the channels as the first posts, and what is posted then is lost.
    for (const [greeter, tab] of tabs.entries()) {
      await eventually(async () => {
        await post(tab, { greeter });
        for (const other of tabs) expect(other === tab || (await hasHeard(other, greeter))).toBe(true);
      });
    }
    return tabs;
  };

  test('a message reaches every other tab, and not the one that sent it', async () => {
    const [first, second, third] = (await openListeners(3)) as [ContractTab, ContractTab, ContractTab];
    await post(first, { hint: 1 });
    expect(await receive(second, 1)).toEqual([{ hint: 1 }]);
    expect(await receive(third, 1)).toEqual([{ hint: 1 }]);
    await post(second, { hint: 2 });
    expect(await receive(first, 1)).toEqual([{ hint: 2 }]);
  });

  test('messages of one tab arrive in the order in which they were sent', async () => {
    const [first, second] = (await openListeners(2)) as [ContractTab, ContractTab];
    await first.run(({ channel }, scope) => {
      for (let count = 0; count < 50; count += 1) channel(scope).post({ count });
    }, world.scope);
    expect(await receive(second, 50)).toEqual(Array.from({ length: 50 }, (_, count) => ({ count })));
  });

  test('a tab can answer in the moment in which it hears', async () => {
    const [first, second] = (await openListeners(2)) as [ContractTab, ContractTab];
    await second.run(({ platform, note }, scope) => {
      const answering = platform.openChannel(`${scope}:answers`, (message) => {
        answering?.post({ answer: message });
      });
      note(answering !== null);
    }, world.scope);
    await listen(first, `${world.scope}:answers`);
    for (let round = 1; round <= 5; round += 1) {
      await post(first, { round }, `${world.scope}:answers`);
      expect(await receive(first, round, `${world.scope}:answers`)).toContainEqual({ answer: { round } });
    }
  });

  test('two channels of one scope in one tab hear each other', async () => {
    const tab = await world.openTab();
    const heard = await tab.run(async ({ platform, note, notes, until }, scope) => {
      const one = platform.openChannel(scope, (message) => note(['one', message]));
      const other = platform.openChannel(scope, (message) => note(['other', message]));
      one?.post(1);
      await until(() => notes.length === 1);
      other?.post(2);
      await until(() => notes.length === 2);
      return notes;
    }, world.scope);
    expect(heard).toEqual([
      ['other', 1],
      ['one', 2],
    ]);
  });

  test('scopes with odd names don’t mix', async () => {
    const [first, second] = [await world.openTab(), await world.openTab()];
    const names = (setting.oddNames ?? ODD_NAMES).map((name) => world.scope + name);
    for (const name of names) for (const tab of [first, second]) await listen(tab, name);
    for (const [index, name] of names.entries()) await post(first, { index }, name);
    for (const [index, name] of names.entries()) expect(await receive(second, 1, name)).toEqual([{ index }]);
  });

  test('a channel that carries everything keeps the types of what it carries', async () => {
    const [first, second] = (await openListeners(2)) as [ContractTab, ContractTab];
    const carries = await listen(first);
    await first.run(({ channel }, scope) => channel(scope).post({ map: new Map([['key', new Date(5)]]) }), world.scope);
    await receive(second, 1);
    const kept = await second.run(({ received }, scope) => {
      const [message] = received(scope) as { map?: unknown }[];
      return message?.map instanceof Map && message.map.get('key').getTime() === 5;
    }, world.scope);
    expect(kept).toBe(carries === 'full');
  });

  test('what can’t be sent is lost, without an error, and the channel works on', async () => {
    const [first, second] = (await openListeners(2)) as [ContractTab, ContractTab];
    await first.run(({ channel }, scope) => {
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      channel(scope).post({ run: () => undefined, cycle });
      channel(scope).post('after');
    }, world.scope);
    expect((await receive(second, 1)).at(-1)).toBe('after');
  });

  test('a closed channel hears nothing and sends nothing, without an error; the others work on', async () => {
    const [first, second, third] = (await openListeners(3)) as [ContractTab, ContractTab, ContractTab];
    await first.run(({ channel }, scope) => {
      channel(scope).post('before');
      channel(scope).close();
      channel(scope).close();
      channel(scope).post('after');
    }, world.scope);
    // Between messages of two tabs no order is promised.
    expect(await receive(third, 1)).toEqual(['before']);
    await post(second, 'from the second');
    expect(await receive(third, 2)).toEqual(['before', 'from the second']);
    expect(await first.run(({ received }, scope) => received(scope), world.scope)).toEqual([]);
  });

  test('what is under way when a channel is closed does not arrive any more', async () => {
    const [first, second, third] = (await openListeners(3)) as [ContractTab, ContractTab, ContractTab];
    await second.run(async ({ channel, received, until, note }, scope) => {
      channel(scope);
      note('listening');
      until(() => received(scope).length > 0).then(() => channel(scope).close());
    }, world.scope);
    await first.run(({ channel }, scope) => {
      for (let count = 0; count < 10; count += 1) channel(scope).post(count);
    }, world.scope);
    await receive(third, 10);
    await post(first, 'last');
    await receive(third, 11);
    expect((await second.run(({ received }, scope) => received(scope), world.scope)).length).toBeLessThan(10);
  });

  test('a scope can be opened again after it was closed', async () => {
    const [first, second] = (await openListeners(2)) as [ContractTab, ContractTab];
    await second.run(({ platform, channel, note }, scope) => {
      channel(scope).close();
      platform.openChannel(scope, (message) => note(message));
    }, world.scope);
    await post(first, 'again');
    const heard = await second.run(async ({ notes, until }) => {
      await until(() => notes.includes('again'));
      return notes;
    });
    expect(heard).toContain('again');
  });
}
