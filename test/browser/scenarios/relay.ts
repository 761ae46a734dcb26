import { expect } from 'vitest';
import type { EnginePage, Tab } from '../support/tab';

/** The first tab hosts and reports errors and events; every tab hears each of them once, in order. */
export async function relay(tabs: readonly Tab<EnginePage>[], count: number): Promise<void> {
  const [host] = tabs;
  if (!host) throw new Error('A relay needs tabs.');
  expect(await host.call('start')).toMatchObject({ ok: true });
  for (const tab of tabs) await tab.waitForPhase('active');
  await host.evaluate((events) => {
    const { context } = window.fixture;
    for (let index = 0; index < events; index += 1) {
      if (index % 3 === 0) context?.error({ code: 1016 });
      else context?.emit('agent_joined', index);
    }
  }, count);
  for (const tab of tabs) {
    const { events } = await tab.waitFor(
      ({ events: heard }, wanted) =>
        heard.filter(({ type }) => type === 'session_error' || type === 'agent_joined').length >= wanted,
      count,
    );
    const heard = events.filter(({ type }) => type === 'session_error' || type === 'agent_joined');
    const numbers = heard.map(({ event }) => event.seq);
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => numbers[0] + index));
    expect(heard.filter(({ event }) => event.code === 1016)).toHaveLength(Math.ceil(count / 3));
  }
  await tabs.at(-1)?.call('end');
}
