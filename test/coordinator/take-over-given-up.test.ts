/** A tab asks for the session and gives that up, in each moment of the move. Nobody died: so nobody is lost, and nothing is left over. */
import { expect, test } from 'vitest';
import type { SessionRecord } from '../../src/session/record';
import type { TabOptions } from '../../src/testing';
import { follow, hear, look, openWorld } from '../support/world';

/** The first tab has a session, the second one asks for it, and the browser goes on until `isSo`. */
async function askUntil(
  isSo: (record: SessionRecord, asker: string, requests: readonly string[]) => boolean,
  options: TabOptions = {},
) {
  const opened = await openWorld({ driver: 'auto', browser: { automatic: false }, ...options });
  const { world, a, b, c } = opened;
  follow(a.coordinator.start());
  await world.advance(1_000);
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  const lost = hear(c, 'host_lost');
  const control = new AbortController();
  follow(b.coordinator.takeOver({ signal: control.signal }));
  const now = (): SessionRecord => world.recordOf() as SessionRecord;
  while (!isSo(now(), b.coordinator.tabId, world.network.requests)) await world.step();
  return { ...opened, control, lostIn: () => lost.filter((event) => event.includes('lost')) };
}

const isHandedOver = ({ hostTabId }: SessionRecord, asker: string): boolean => hostTabId === asker;
const isReleasing = (_: SessionRecord, __: string, requests: readonly string[]): boolean =>
  requests.includes('release');

test.each([true, false])('as the host hands over: the host goes on (locks: %s)', async (locks) => {
  const { world, a, control, lostIn } = await askUntil(isHandedOver, { capabilities: { locks } });
  control.abort();
  await world.advance(5_000);
  expect([look(a), lostIn()]).toEqual(['active host', []]);
});

test('as the host hands over, without locks: cancel() in the tab that gave up asks no host that is itself', async () => {
  const { world, b } = await askUntil(isHandedOver, { capabilities: { locks: false } });
  const canceled = follow(b.coordinator.cancel());
  await world.advance(1_000);
  expect(canceled.outcome).toBe('done');
});

test('while the host lets go: the host goes on', async () => {
  const { world, a, control, lostIn } = await askUntil(isReleasing);
  control.abort();
  await world.advance(5_000);
  expect([look(a), lostIn()]).toEqual(['active host', []]);
});

test.each([true, false])(
  'while the host lets go, without a store: what nobody has is ended (locks: %s)',
  async (locks) => {
    const { world, a, control } = await askUntil(isReleasing, { capabilities: { store: false, locks } });
    control.abort();
    await world.advance(60_000);
    expect([look(a), world.network.sessions[0]?.state]).toEqual(['idle none', 'ended']);
  },
);
