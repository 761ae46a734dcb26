import { cleanup, render, renderHook } from '@solidjs/testing-library';
import { createComponent, createEffect, createResource, createRoot, createSignal, Suspense } from 'solid-js';
import { getNextElement, hydrate, insert, template } from 'solid-js/web';
import { createSession, createSessionEvent } from 'solotab/solid';
import { expect, test, vi } from 'vitest';
import { expectQuietConsole, expectStory, shown } from './support/in-dom';
import { type Coordinated, twoTabs } from './support/two-tabs';

expectQuietConsole(cleanup);

/** What the compiler makes of `<output>{phase} {role}</output>`. */
const output = template('<output>');
function Show(coordinator: Coordinated): Element {
  const session = createSession(coordinator);
  const element = getNextElement(output);
  insert(element, () => `${session().phase} ${session().role}`);
  return element;
}

test('a component shows what the session is, from connecting to lost', () =>
  expectStory((coordinator) => void render(() => Show(coordinator))));

test('what changes while a component is created is shown once it is mounted', async () => {
  const { world, host, follower } = await twoTabs();
  const { coordinator } = follower;
  const before = coordinator.getSnapshot();
  await host.coordinator.end();
  await world.settle();
  let isCreated = false;
  const late = { ...coordinator, getSnapshot: () => (isCreated ? coordinator.getSnapshot() : before) };
  render(() => {
    const element = Show(late);
    isCreated = true;
    return element;
  });
  expect(shown()).toBe('idle none');
});

test('an effect on what was selected runs only when that is another value', async () => {
  const { world, host, follower } = await twoTabs();
  const seen: unknown[] = [];
  const [name, setName] = createSignal('pin');
  renderHook(() => {
    const selected = createSession(
      follower.coordinator,
      ({ info }) => (info as Record<string, string> | null)?.[name()],
    );
    createEffect(() => seen.push(selected()));
  });
  const publish = async (info: object): Promise<void> => {
    world.contextIn(host).publish(info);
    await world.settle();
  };
  await publish({ pin: '1', topic: 'help' });
  await publish({ pin: '1', topic: 'more help' });
  expect(seen).toEqual([undefined, '1']);
  setName('topic');
  expect(seen).toEqual([undefined, '1', 'more help']);
});

test('what was disposed of listens to nothing any more', async () => {
  const { world, host, follower } = await twoTabs();
  const heard = vi.fn();
  const read = vi.spyOn(follower.coordinator, 'getSnapshot');
  const { cleanup: dispose } = renderHook(() => {
    createSession(follower.coordinator);
    createSessionEvent(follower.coordinator, 'agent_joined', ({ payload }) => heard(payload));
  });
  world.contextIn(host).emit('agent_joined', 'Ada');
  await world.settle();
  expect(heard.mock.calls).toEqual([['Ada']]);

  dispose();
  read.mockClear();
  world.contextIn(host).emit('agent_joined', 'Grace');
  await host.coordinator.end();
  await world.settle();
  expect(heard).toHaveBeenCalledTimes(1);
  expect(read).not.toHaveBeenCalled();
});

test('a page is hydrated with what a server rendered, whatever the coordinator knows, and shows the session then', async () => {
  const { follower } = await twoTabs();
  const { coordinator } = follower;
  // This coordinator has looked, and knows of the session: late hydration is no different.
  expect(coordinator.getSnapshot().phase).toBe('active');
  const container = document.body.appendChild(document.createElement('div'));
  // As test/ssr has it from the server.
  container.innerHTML = '<output data-hk=0>idle none</output>';
  const element = container.firstElementChild;
  Object.assign(globalThis, { _$HY: { events: [], completed: new WeakSet(), r: {} } });
  const first: string[] = [];
  const dispose = hydrate(() => {
    const shownFirst = Show(coordinator);
    first.push(createSession(coordinator)().phase);
    return shownFirst;
  }, container);
  expect(first).toEqual(['idle']);
  expect(container.firstElementChild).toBe(element);
  expect(shown()).toBe('active follower');
  dispose();
  container.remove();
});

expectQuietConsole(cleanup);

test('what waits for data of the session asks for others when the session changes', async () => {
  const { world, host, follower } = await twoTabs();
  const asked: string[] = [];
  const { container } = render(() =>
    createComponent(Suspense, {
      fallback: 'waits',
      get children() {
        const phase = createSession(follower.coordinator, (snapshot) => snapshot.phase);
        const [data] = createResource(phase, (now: string) => {
          asked.push(now);
          // What is asked of a session that is over never comes.
          return now === 'active' ? new Promise<string>(() => undefined) : `no session`;
        });
        return (() => data()) as never;
      },
    }),
  );
  expect(container.textContent).toBe('waits');
  await host.coordinator.end();
  await world.settle();
  expect(asked.at(-1)).toBe('idle');
  expect(container.textContent).toBe('no session');
});

test('outside of components, in a root, the session is followed', async () => {
  const { world, host, follower } = await twoTabs();
  const [phase, dispose] = createRoot((stop) => [createSession(follower.coordinator, ({ phase: now }) => now), stop]);
  await host.coordinator.end();
  await world.settle();
  expect(phase()).toBe('idle');
  dispose();
});
