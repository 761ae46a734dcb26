import { cleanup, render } from '@testing-library/svelte';
import { sessionStore, useSession } from 'solotab/svelte';
import { createFakeCoordinator } from 'solotab/testing';
import { flushSync, hydrate, tick, unmount } from 'svelte';
import { get } from 'svelte/store';
import { describe, expect, test, vi } from 'vitest';
import { expectQuietConsole, expectStory, shown } from './support/in-dom';
import Show from './support/show.svelte';
import ShowStore from './support/show-store.svelte';
import { twoTabs } from './support/two-tabs';

expectQuietConsole(cleanup);

describe.each([
  ['runes', Show],
  ['a store', ShowStore],
])('with %s', (_, Component) => {
  test('a component shows what the session is, from connecting to lost', () =>
    expectStory((coordinator) => void render(Component, { coordinator })));

  test('a component that is mounted while a session is live shows it', async () => {
    const { host } = await twoTabs();
    render(Component, { coordinator: host.coordinator });
    await tick();
    expect(shown()).toBe('active host');
  });

  test('an unmounted component listens to nothing any more', async () => {
    const { world, host, follower } = await twoTabs();
    const read = vi.spyOn(follower.coordinator, 'getSnapshot');
    const { unmount: remove } = render(Component, { coordinator: follower.coordinator });
    await tick();
    remove();
    await tick();
    read.mockClear();
    await host.coordinator.end();
    await world.settle();
    expect(read).not.toHaveBeenCalled();
  });
});

test('what is derived from the session runs effects only when it is another value', async () => {
  const { world, host, follower } = await twoTabs();
  const rendered = vi.fn();
  render(Show, { coordinator: follower.coordinator, rendered });
  await tick();
  rendered.mockClear();
  world.contextIn(host).publish({ pin: '1' });
  await world.settle();
  expect(follower.coordinator.getSnapshot().info).toEqual({ pin: '1' });
  expect(rendered).not.toHaveBeenCalled();
});

test('outside templates and effects both tell what the session is now', async () => {
  const { follower } = await twoTabs();
  expect(useSession(follower.coordinator).current.phase).toBe('active');
  expect(get(sessionStore(follower.coordinator)).phase).toBe('active');
});

test('a page is hydrated with what a server rendered, whatever the coordinator knows, and shows the session then', async () => {
  const { follower } = await twoTabs();
  // This coordinator has looked, and knows of the session: late hydration is no different.
  expect(follower.coordinator.getSnapshot().phase).toBe('active');
  const target = document.body.appendChild(document.createElement('div'));
  // As test/ssr has it from the server.
  target.innerHTML = '<!--[--><output data-role="none">idle none</output> <!--[-1--><!--]--><!--]-->';
  const output = target.querySelector('output');
  const component = hydrate(Show, { target, props: { coordinator: follower.coordinator } });
  flushSync();
  expect(shown()).toBe('idle none');
  await tick();
  expect(target.querySelector('output')).toBe(output);
  expect(shown()).toBe('active follower');
  expect(target.querySelector('a')?.getAttribute('href')).toBe('#follower');
  await unmount(component);
  target.remove();
});

test('a store tells of what its first run changed', () => {
  const fake = createFakeCoordinator();
  const seen: string[] = [];
  sessionStore(fake).subscribe(({ phase }) => {
    seen.push(phase);
    // As a component that starts a session where there is none.
    if (phase === 'idle') fake.set({ phase: 'connecting', role: 'host' });
  });
  expect(seen).toEqual(['idle', 'connecting']);
});
