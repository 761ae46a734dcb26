import type { CoordinatorOptions } from 'solotab';
import { createSimulatedBrowser } from 'solotab/testing';
import { expect, test } from 'vitest';
import { follow, hear, look, openSession, openWorld, simpleDriver } from '../support/world';

const open = (options: Partial<Pick<CoordinatorOptions, 'canHost' | 'recovery'>> = {}) =>
  openSession({ driver: 'auto', follow: 'focus', ...options });

test('the session moves to the tab that its user looks at for 300 ms, and nothing is told but that it goes on there', async () => {
  const { a, b, c, world } = await open();
  const heard = hear(c);
  await b.focus();
  await world.advance(299);
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  await world.advance(100);
  expect([a, b, c].map(look)).toEqual(['active follower', 'active host', 'active follower']);
  expect(world.network.requests).toEqual(['start', 'release', 'resume']);
  expect(heard).toEqual(['session_resumed']);
});

test('a tab that is only passed on the way does not get it', async () => {
  const { a, b, c, world } = await open();
  await b.focus();
  await world.advance(200);
  await c.focus();
  await world.advance(200);
  expect([a, b, c].map(look)).toEqual(['active host', 'active follower', 'active follower']);
  await world.advance(200);
  expect([a, b, c].map(look)).toEqual(['active follower', 'active follower', 'active host']);
});

test('two windows side by side: the session goes where the focus goes, and stays there', async () => {
  const { a, b, world } = await open();
  for (const tab of [b, a, b]) {
    await tab.focus();
    await world.advance(5_000);
    expect(look(tab)).toBe('active host');
  }
  expect(world.network.requests.filter((call) => call === 'resume')).toHaveLength(3);
});

test('a session that begins elsewhere while the user looks here moves here too', async () => {
  const { a, b, world } = await openWorld({ driver: 'auto', follow: 'focus' });
  await b.focus();
  await a.coordinator.start();
  await world.advance(1_000);
  expect([a, b].map(look)).toEqual(['active follower', 'active host']);
});

test('a session that takes long to connect elsewhere moves to the tab that the user looks at once it is there', async () => {
  const { a, b, world } = await openWorld({ follow: 'focus' });
  await b.focus();
  follow(a.coordinator.start());
  await world.advance(5_000);
  expect([a, b].map(look)).toEqual(['connecting host', 'connecting follower']);
  await world.connect(a);
  await world.advance(1_000);
  await world.connect(b);
  expect([a, b].map(look)).toEqual(['active follower', 'active host']);
});

test('a tab from which it was taken by a person does not take it back until its user looks at it again', async () => {
  const { a, b, world } = await open();
  await a.focus();
  await world.advance(1_000);
  await b.coordinator.takeOver();
  await world.advance(10_000);
  expect([a, b].map(look)).toEqual(['active follower', 'active host']);
  await a.focus(false);
  await a.focus();
  await world.advance(1_000);
  expect(look(a)).toBe('active host');
});

test('where the move fails it is not tried again while the user goes on looking, and no tab is told of a refusal', async () => {
  const { driver } = simpleDriver();
  let resumes = 0;
  const resume = (): object => {
    resumes += 1;
    return resumes === 1 ? Promise.reject(new Error('not in this tab')) : {};
  };
  const opened = await openWorld({ driver: { ...(driver as object), resume } as never, follow: 'focus' });
  const { a, b, world } = opened;
  await a.coordinator.start();
  const heard = hear(b);
  await b.focus();
  await world.advance(20_000);
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  expect(resumes).toBe(2);
  expect(heard.filter((event) => event.includes('local'))).toEqual([]);
});

test('it is never taken from a tab that does not answer', async () => {
  const { a, b, world } = await open();
  const heard = hear(b);
  await a.stop();
  await b.focus();
  await world.advance(20_000);
  expect(look(b)).toBe('active follower');
  expect(heard).toEqual([]);
  await a.cont();
  await world.advance(1_000);
  expect(look(a)).toBe('active host');
});

test('a session whose tab was lost stays where its policy leaves it', async () => {
  const { a, b, world } = await open({ recovery: { by: 'manual' } });
  await a.crash();
  await world.settle();
  await b.focus();
  await world.advance(10_000);
  expect(look(b)).toBe('recovering follower');
});

test('a session whose tab is lost as it should move does not move', async () => {
  const { a, b, world } = await open({ recovery: { by: 'manual' } });
  await b.focus();
  await world.advance(299.9);
  await a.crash();
  await world.advance(30_000);
  expect(look(b)).toBe('recovering follower');
});

test('a tab that may not host by itself is not followed to', async () => {
  const { a, b, world } = await open({ canHost: () => false });
  await b.focus();
  await world.advance(1_000);
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
  await b.coordinator.takeOver();
  expect(look(b)).toBe('active host');
});

test('a canHost that throws says no', async () => {
  const { b, world } = await open({
    canHost() {
      throw new Error('its own fault');
    },
  });
  await b.focus();
  await world.advance(1_000);
  expect(look(b)).toBe('active follower');
});

test.each([1, 2, 3, 4, 5])('any-tab asks canHost, and passes over those that may not (%i)', async (seed) => {
  const recovery = { by: 'any-tab' } as const;
  const { a, b, world } = await openWorld({ driver: 'auto', recovery, canHost: () => false, browser: { seed } });
  const able = world.openTab({ driver: 'auto', recovery });
  await a.coordinator.start();
  await a.crash();
  await world.advance(5_000);
  expect([look(b), look(able)]).toEqual(['active follower', 'active host']);
});

test('without the option the session stays where it is', async () => {
  const { a, b, world } = await openSession({ driver: 'auto' });
  await b.focus();
  await world.advance(5_000);
  expect([a, b].map(look)).toEqual(['active host', 'active follower']);
});

test('a tab that goes on with its own session after a reload is not asked whether it may host', async () => {
  const { a, world } = await open({ canHost: () => false, recovery: { by: 'same-tab' } });
  await a.reload();
  await world.advance(5_000);
  expect(look(a)).toBe('active host');
});

test('only true says that a tab may host', async () => {
  const { a, world } = await openWorld({ driver: 'auto', canHost: () => 'yes' as never });
  follow(a.coordinator.ensure());
  await world.advance(60_000);
  expect([look(a), world.network.requests]).toEqual(['idle none', []]);
});

test('a driver that can’t resume is not followed to, and no tab is told of a refusal', async () => {
  const { driver } = simpleDriver();
  const { a, b, world } = await openWorld({ driver: driver as never, follow: 'focus' });
  await a.coordinator.start();
  await world.settle();
  const heard = hear(b);
  await b.focus();
  await world.advance(10_000);
  expect([[a, b].map(look), heard]).toEqual([['active host', 'active follower'], []]);
});

/** The first tab has the session, whose driver takes a second to let go of it, and does so as its user went to the second one. */
async function openLettingGo(seed = 1) {
  const world = createSimulatedBrowser({ seed });
  const driver = {
    start: () => ({}),
    resume: () => ({}),
    release: () => new Promise<void>((resolve) => world.machine.scheduler.timer(1_000, resolve)),
    end: () => undefined,
  };
  const open = () => world.openTab({ driver, follow: 'focus' });
  const [a, b, c] = [open(), open(), open()];
  await world.settle();
  await a.focus();
  await a.coordinator.start();
  await b.focus();
  await world.advance(400);
  return { a, b, c, world };
}

test('who comes back to a tab while it lets go of the session has it there in the end', async () => {
  const { a, b, c, world } = await openLettingGo();
  await a.focus();
  await world.advance(30_000);
  expect([a, b, c].map(look)).toEqual(['active host', 'active follower', 'active follower']);
});

test.each([2, 3, 6, 7])(
  'a tab that was overtaken does not take the session later from the one that its user looks at (%i)',
  async (seed) => {
    const { a, b, c, world } = await openLettingGo(seed);
    await c.focus();
    await world.advance(30_000);
    expect([a, b, c].map(look)).toEqual(['active follower', 'active follower', 'active host']);
  },
);
