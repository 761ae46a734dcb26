/** What a tab shows of `info`, and what a resume gets of it, where this tab or the host could not look at the store for a while. */
import { type DriverContext, type PreviousTerm, SessionError } from 'solotab';
import { expect, test } from 'vitest';
import { openWorld } from '../support/world';

const SHOWN = { session: 'session-1' };

test('a tab whose store failed for a while shows what was published, also where messages carry no content', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto', publishes: true, capabilities: { channel: 'hints' } });
  b.setStore('fails');
  await a.coordinator.start();
  await world.advance(1_000);
  expect(b.coordinator.getSnapshot()).toMatchObject({ phase: 'active', info: null });
  b.setStore('works');
  await world.advance(120_000);
  expect(b.coordinator.getSnapshot()).toMatchObject({ phase: 'active', info: SHOWN });
});

test('what it knew it goes on showing while its store fails', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto', publishes: true, capabilities: { channel: 'hints' } });
  await a.coordinator.start();
  await world.settle();
  b.setStore('fails');
  await world.advance(60_000);
  expect(b.coordinator.getSnapshot()).toMatchObject({ phase: 'active', info: SHOWN });
});

test('a tab that slept while the data was cleared does not show what was published of a former session', async () => {
  const { world, a, b, c } = await openWorld({ driver: 'auto', publishes: true });
  await a.coordinator.start();
  await world.settle();
  expect(b.coordinator.getSnapshot().info).toEqual(SHOWN);
  await b.freeze();
  await a.coordinator.end();
  await Promise.all([a.close(), c.close()]);
  world.clearSiteData();
  await world.advance(1_000);
  const d = world.openTab({ driver: 'auto', publishes: true });
  await d.coordinator.start();
  await world.settle();
  await b.wake();
  await world.advance(20_000);
  const { epoch, info } = d.coordinator.getSnapshot();
  expect(info).toEqual({ session: 'session-2' });
  expect(b.coordinator.getSnapshot()).toMatchObject({ phase: 'active', epoch, info });
});

test.each(['takeOver', 'crash'] as const)(
  'what was published is there for the tab that resumes, though the host has lost its store and messages carry no content: %s',
  async (how) => {
    const given: unknown[] = [];
    const { world, a, b, c } = await openWorld({
      driver: {
        start(_: unknown, context: DriverContext) {
          context.publish(SHOWN);
          return 'session';
        },
        resume(previous: PreviousTerm) {
          given.push(previous.info);
          return 'session';
        },
        release: () => undefined,
        end: () => undefined,
      },
      capabilities: { channel: 'hints' },
      recovery: { by: 'any-tab' },
    });
    await a.coordinator.start();
    await world.settle();
    a.setStore('fails');
    world.contextIn(a).emit('note');
    await world.advance(5_000);
    expect(b.coordinator.getSnapshot().info).toEqual(SHOWN);
    if (how === 'takeOver') await b.coordinator.takeOver();
    else await Promise.all([c.close(), a.crash()]);
    await world.advance(5_000);
    expect(given).toEqual([SHOWN]);
    expect(b.coordinator.getSnapshot()).toMatchObject({ phase: 'active', role: 'host', info: SHOWN });
  },
);

test('what an error says is shown once the store can be read, also where messages carry no content', async () => {
  const { world, a, b } = await openWorld({ driver: 'auto', capabilities: { channel: 'hints' } });
  await a.coordinator.start();
  await world.settle();
  b.setStore('fails');
  await world.advance(10);
  world.contextIn(a).error(new SessionError(9999, { data: 'why' }));
  await world.advance(1_000);
  expect(b.coordinator.getSnapshot().lastError).not.toHaveProperty('data');
  b.setStore('works');
  await world.advance(120_000);
  expect(b.coordinator.getSnapshot().lastError).toMatchObject({ code: 9999, data: 'why' });
});
