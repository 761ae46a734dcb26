import { expect } from 'vitest';
import type { EnginePage, Tab } from '../support/tab';

/**
 * The first tab hosts and reports errors and events; every tab hears each of them once, in order. Where events go by the
 * journal alone it holds no more than 64 of them. `nudge` makes a tab look that nothing can tell of them.
 */
export async function relay<Page extends EnginePage>(
  tabs: readonly Tab<Page>[],
  count: number,
  nudge?: (tab: Tab<Page>) => Promise<void>,
): Promise<void> {
  const [host] = tabs;
  if (!host) throw new Error('A relay needs tabs.');
  const isRelayed = ({ type }: { readonly type: string }): boolean =>
    type === 'session_error' || type === 'agent_joined';
  const heardBefore = await Promise.all(tabs.map(async (tab) => (await tab.events()).filter(isRelayed).length));
  expect(await host.call('start')).toMatchObject({ ok: true });
  for (const tab of tabs) {
    await nudge?.(tab);
    await tab.waitForPhase('active');
  }
  await host.evaluate((events) => {
    const { context } = window.fixture;
    for (let index = 0; index < events; index += 1) {
      if (index % 3 === 0) context?.error({ code: 1016, exception: 'NETWORK_ERROR' });
      else context?.emit('agent_joined', index);
    }
  }, count);
  for (const [index, tab] of tabs.entries()) {
    const before = heardBefore[index] ?? 0;
    await nudge?.(tab);
    const { events } = await tab.waitFor(
      ({ events: heard }, wanted) =>
        heard.filter(({ type }) => type === 'session_error' || type === 'agent_joined').length >= wanted,
      before + count,
    );
    const heard = events.filter(isRelayed).slice(before);
    const numbers = heard.map(({ event }) => event.seq);
    expect(numbers).toEqual(Array.from({ length: count }, (_, offset) => numbers[0] + offset));
    expect(heard.filter(({ event }) => event.code === 1016)).toHaveLength(Math.ceil(count / 3));
  }
  await tabs.at(-1)?.call('end');
}
