import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { createElement, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import type { Coordinator } from 'solotab';
import { useSession, useSessionEvent } from 'solotab/react';
import { createFakeCoordinator } from 'solotab/testing';
import { afterEach, expect, test, vi } from 'vitest';

interface Support {
  start: { topic: string };
  info: { pin: string };
  events: { agent_joined: { name: string } };
}

afterEach(cleanup);

/** As an app has it: where the session is, what can be done about it, and what went wrong. */
function Help({ coordinator, onAgent }: { coordinator: Coordinator<Support>; onAgent?: (name: string) => void }) {
  const { phase, role, info, lastError } = useSession(coordinator);
  useSessionEvent(coordinator, 'agent_joined', ({ payload }) => onAgent?.(payload.name));
  const button = (name: string, onClick: () => Promise<unknown>): ReactNode =>
    createElement('button', { type: 'button', onClick: () => void onClick().catch(() => undefined) }, name);
  const buttons = {
    idle: button('Get help', () => coordinator.start({ topic: 'printer' })),
    recovering: role === 'follower' && button('Go on here', () => coordinator.resume()),
    active: button('End', () => coordinator.end()),
  };
  return createElement(
    'div',
    null,
    createElement('output', null, `${phase} ${role} ${info?.pin ?? ''}`.trim()),
    phase in buttons && buttons[phase as keyof typeof buttons],
    lastError && createElement('p', { role: 'alert' }, lastError.message),
  );
}

const shown = (): string | null => screen.getByRole('status').textContent;

test('a component shows what the test says, and what came of the calls that its buttons make', async () => {
  const fake = createFakeCoordinator<Support>({ phase: 'active', role: 'follower', info: { pin: 'X7' } });
  const onAgent = vi.fn();
  render(createElement(Help, { coordinator: fake, onAgent }));
  expect(shown()).toBe('active follower X7');

  act(() => fake.emit('agent_joined', { name: 'Ada' }));
  expect(onAgent.mock.calls).toEqual([['Ada']]);
  act(() => fake.emit('session_error', { code: 1016 }));
  expect(screen.getByRole('alert').textContent).toBe('The network connection failed.');

  act(() => fake.set({ phase: 'recovering' }));
  expect(shown()).toBe('recovering follower X7');
  await act(async () => fireEvent.click(screen.getByText('Go on here')));
  expect(shown()).toBe('active host X7');
  await act(async () => fireEvent.click(screen.getByText('End')));
  expect(shown()).toBe('idle none');

  fireEvent.click(screen.getByText('Get help'));
  expect(shown()).toBe('connecting host');
  await act(async () => undefined);
  expect(shown()).toBe('active host');
  expect(screen.queryByRole('alert')).toBeNull();
  expect(fake.calls.map(({ method }) => method)).toEqual(['resume', 'end', 'start']);
});

test('a component renders once for each change, and not at all for none', () => {
  const fake = createFakeCoordinator<Support>({ phase: 'active' });
  const rendered = vi.fn();
  function Show(): ReactNode {
    rendered(useSession(fake).phase);
    return null;
  }
  render(createElement(Show));
  act(() => fake.set({ phase: 'active' }));
  act(() => fake.emit('agent_joined', { name: 'Ada' }));
  expect(rendered.mock.calls).toEqual([['active']]);
  act(() => fake.set({ phase: 'ending' }));
  expect(rendered.mock.calls).toEqual([['active'], ['ending']]);
});

test('a component that is refused stays as it is', async () => {
  const fake = createFakeCoordinator<Support>();
  const refused = vi.fn();
  fake.on('session_error', refused);
  fake.refuse(1004);
  render(createElement(Help, { coordinator: fake }));
  await act(async () => fireEvent.click(screen.getByText('Get help')));
  expect(shown()).toBe('idle none');
  expect(refused.mock.calls).toMatchObject([[{ code: 1004, local: true }]]);
});

test('a server renders no session, whatever the test says', () => {
  const fake = createFakeCoordinator<Support>({ phase: 'active', info: { pin: 'X7' } });
  expect(renderToString(createElement(Help, { coordinator: fake }))).toContain('idle none');
});
