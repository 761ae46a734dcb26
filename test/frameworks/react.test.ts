import { act, cleanup, render, screen } from '@testing-library/react';
import {
  createElement,
  type ReactNode,
  StrictMode,
  Suspense,
  startTransition,
  use,
  useLayoutEffect,
  useState,
} from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import type { SessionSnapshot } from 'solotab';
import { useSession, useSessionEvent } from 'solotab/react';
import { createFakeCoordinator, type SimulatedShape } from 'solotab/testing';
import { expect, test, vi } from 'vitest';
import { expectQuietConsole } from './support/in-dom';
import { type Coordinated, twoIdleTabs, twoTabs } from './support/two-tabs';

type Select = (snapshot: SessionSnapshot<SimulatedShape>) => unknown;

expectQuietConsole(cleanup);

/** Shows what was selected, and counts how often it rendered. */
function createShow(selector?: Select) {
  const rendered = vi.fn();
  function Show({ coordinator }: { coordinator: Coordinated }): ReactNode {
    const all = useSession(coordinator, selector ?? ((snapshot) => `${snapshot.phase} ${snapshot.role}`));
    rendered();
    return createElement('output', null, JSON.stringify(all));
  }
  return { Show, rendered };
}

const shown = (): unknown => JSON.parse(screen.getByRole('status').textContent ?? '');

test('a component shows what the session is, in the tab that has it and in the others', async () => {
  const { world, host, follower } = await twoIdleTabs();
  function Phases(): ReactNode {
    const first = useSession(host.coordinator);
    const second = useSession(follower.coordinator);
    return createElement('output', null, JSON.stringify([first.phase, first.role, second.phase, second.role]));
  }
  render(createElement(Phases));
  expect(shown()).toEqual(['idle', 'none', 'idle', 'none']);

  const started = host.coordinator.start();
  await act(() => world.settle());
  expect(shown()).toEqual(['connecting', 'host', 'connecting', 'follower']);

  await act(() => world.connect(host));
  await started;
  expect(shown()).toEqual(['active', 'host', 'active', 'follower']);

  await act(() => host.crash());
  await act(() => world.settle());
  expect(shown()).toEqual(['active', 'host', 'recovering', 'follower']);
});

test('a component that selects renders only when what it selected is another value', async () => {
  const { world, host, follower } = await twoTabs();
  const { Show, rendered } = createShow(({ phase }) => phase);
  render(createElement(Show, { coordinator: follower.coordinator }));
  expect(rendered).toHaveBeenCalledTimes(1);

  const before = follower.coordinator.getSnapshot();
  world.contextIn(host).publish({ pin: '1' });
  await act(() => world.settle());
  expect(follower.coordinator.getSnapshot()).not.toBe(before);
  expect(rendered).toHaveBeenCalledTimes(1);

  await act(() => host.coordinator.end());
  await act(() => world.settle());
  expect(shown()).toBe('idle');
});

test('a selector that makes a new object each time renders once for each change, and not for ever', async () => {
  const { world, host, follower } = await twoTabs();
  const { Show, rendered } = createShow(({ phase, info }) => ({ phase, info }));
  render(createElement(Show, { coordinator: follower.coordinator }));
  expect(rendered).toHaveBeenCalledTimes(1);

  world.contextIn(host).publish({ pin: '1' });
  await act(() => world.settle());
  expect(shown()).toEqual({ phase: 'active', info: { pin: '1' } });
  expect(rendered).toHaveBeenCalledTimes(2);
});

test('a selector written in the component sees what the component was last given', async () => {
  const { world, host, follower } = await twoTabs();
  world.contextIn(host).publish({ one: 1, two: 2 });
  await world.settle();
  function Field({ name }: { name: 'one' | 'two' }): ReactNode {
    const value = useSession(follower.coordinator, ({ info }) => (info as Record<string, number> | null)?.[name]);
    return createElement('output', null, value);
  }
  const { rerender } = render(createElement(Field, { name: 'one' }));
  expect(shown()).toBe(1);
  rerender(createElement(Field, { name: 'two' }));
  expect(shown()).toBe(2);
});

test('a selector that stays the same gives the same object in every render, until the session changes', async () => {
  const { follower } = await twoTabs();
  const seen = new Set<unknown>();
  const selector: Select = ({ phase }) => ({ phase });
  function Show(): ReactNode {
    seen.add(useSession(follower.coordinator, selector));
    return null;
  }
  const { rerender } = render(createElement(Show));
  rerender(createElement(Show));
  expect(seen.size).toBe(1);
});

test('a component that gets another coordinator shows that one, and no longer listens to the former', async () => {
  const { world, host, follower } = await twoTabs();
  const { Show, rendered } = createShow(({ role }) => role);
  const { rerender, unmount } = render(createElement(Show, { coordinator: host.coordinator }));
  expect(shown()).toBe('host');
  rerender(createElement(Show, { coordinator: follower.coordinator }));
  expect(shown()).toBe('follower');

  unmount();
  rendered.mockClear();
  await act(() => host.coordinator.end());
  await act(() => world.settle());
  expect(rendered).not.toHaveBeenCalled();
});

test('in strict mode a component listens once, and not at all once it is unmounted', async () => {
  const { world, host, follower } = await twoTabs();
  const heard = vi.fn();
  function Listen(): ReactNode {
    useSessionEvent(follower.coordinator, 'agent_joined', ({ payload }) => heard(payload));
    return createElement('output', null, JSON.stringify(useSession(follower.coordinator, ({ phase }) => ({ phase }))));
  }
  const { unmount } = render(createElement(StrictMode, null, createElement(Listen)));
  expect(shown()).toEqual({ phase: 'active' });

  world.contextIn(host).emit('agent_joined', 'Ada');
  await act(() => world.settle());
  expect(heard.mock.calls).toEqual([['Ada']]);

  unmount();
  world.contextIn(host).emit('agent_joined', 'Grace');
  await world.settle();
  expect(heard).toHaveBeenCalledTimes(1);
});

test('an event calls the listener of the last render, and a render does not subscribe anew', async () => {
  const { world, host, follower } = await twoTabs();
  const on = vi.spyOn(follower.coordinator, 'on');
  const heard = vi.fn();
  function Listen({ by }: { by: string }): ReactNode {
    useSessionEvent(follower.coordinator, 'session_ended', ({ reason }) => heard(by, reason));
    return null;
  }
  const { rerender } = render(createElement(Listen, { by: 'first' }));
  rerender(createElement(Listen, { by: 'second' }));
  expect(on).toHaveBeenCalledTimes(1);

  world.contextIn(host).ended('agent-left');
  await act(() => world.settle());
  expect(heard.mock.calls).toEqual([['second', 'agent-left']]);
});

test('an event is heard from the moment in which its component is committed, and by what waits in a Suspense', async () => {
  const fake = createFakeCoordinator<{ events: { note: string } }>();
  const heard = vi.fn();
  let wait: Promise<void> | undefined;
  function Listen({ by }: { by: string }): ReactNode {
    useSessionEvent(fake, 'note', ({ payload }) => heard(by, payload));
    if (wait) use(wait);
    return null;
  }
  function Page({ by }: { by: string }): ReactNode {
    useLayoutEffect(() => fake.emit('note', 'as it is committed'));
    return createElement(Suspense, null, createElement(Listen, { by }));
  }
  const { rerender, unmount } = render(createElement(Page, { by: 'first' }));
  expect(heard.mock.calls).toEqual([['first', 'as it is committed']]);
  wait = new Promise(() => {});
  await act(() => rerender(createElement(Page, { by: 'second' })));
  fake.emit('note', 'as it waits');
  expect(heard.mock.calls.slice(1)).toEqual([
    ['first', 'as it is committed'],
    ['first', 'as it waits'],
  ]);
  unmount();
  fake.emit('note', 'too late');
  expect(heard).toHaveBeenCalledTimes(3);
});

test('a server renders what every page shows first, and a page is hydrated without a difference at any time', async () => {
  const { world, follower } = await twoTabs();
  const { Show } = createShow(({ phase, role }) => ({ phase, role }));
  const element = createElement(Show, { coordinator: follower.coordinator });

  // This coordinator has looked, and knows of the session: late hydration is no different.
  expect(follower.coordinator.getSnapshot().phase).toBe('active');
  const html = renderToString(element);
  expect(html).toContain('idle');

  const container = document.body.appendChild(document.createElement('div'));
  container.innerHTML = html;
  const onRecoverableError = vi.fn();
  const root = await act(() => hydrateRoot(container, element, { onRecoverableError }));
  expect(onRecoverableError).not.toHaveBeenCalled();
  expect(shown()).toEqual({ phase: 'active', role: 'follower' });

  await act(() => world.settle());
  act(() => root.unmount());
  container.remove();
});

test('a page that renders in the background shows one state of the session everywhere, though it changes meanwhile', async () => {
  const { world, host, follower } = await twoTabs();
  const torn = vi.fn();
  let arrive = (): void => undefined;
  const data = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  function Part({ waits }: { waits: boolean }): ReactNode {
    const phase = useSession(follower.coordinator, (snapshot) => snapshot.phase);
    if (waits) use(data);
    return createElement('i', null, phase);
  }
  let open = (): void => undefined;
  function App(): ReactNode {
    const [isOpen, setOpen] = useState(false);
    open = () => startTransition(() => setOpen(true));
    const parts = isOpen ? [false, true, false] : [false];
    const children = parts.map((waits, index) => createElement(Part, { waits, key: `${index}` }));
    return createElement(Suspense, { fallback: null }, createElement('p', null, children));
  }
  const { container } = render(createElement(App));
  new MutationObserver(() => {
    const phases = new Set([...container.querySelectorAll('i')].map((part) => part.textContent));
    if (phases.size > 1) torn([...phases]);
  }).observe(container, { childList: true, subtree: true, characterData: true });

  await act(async () => open());
  expect(container.textContent).toBe('active');
  await act(() => host.coordinator.end());
  await act(() => world.settle());
  await act(async () => arrive());
  expect(container.textContent).toBe('idleidleidle');
  expect(torn).not.toHaveBeenCalled();
});
