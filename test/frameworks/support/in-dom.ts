/** What the tests of every framework have in common: a quiet console, and the story that each component tells. */
import { screen } from '@testing-library/dom';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type Coordinated, twoIdleTabs } from './two-tabs';

/** After each test the page is cleaned up, and nothing may have been said to the console: frameworks complain there. */
export function expectQuietConsole(cleanup: () => void): void {
  const complaints = vi.fn();
  beforeEach(() => {
    vi.spyOn(console, 'warn').mockImplementation(complaints);
    vi.spyOn(console, 'error').mockImplementation(complaints);
  });
  afterEach(() => {
    cleanup();
    expect(complaints.mock.calls).toEqual([]);
    complaints.mockClear();
  });
}

export const shown = (): string => screen.getByRole('status').textContent ?? '';

/** A component that `show` mounts in a follower shows what the session is, from connecting to lost. */
export async function expectStory(show: (coordinator: Coordinated) => void): Promise<void> {
  const { world, host, follower } = await twoIdleTabs();
  show(follower.coordinator);
  expect(shown()).toBe('idle none');

  const started = host.coordinator.start();
  await world.settle();
  expect(shown()).toBe('connecting follower');

  await world.connect(host);
  await started;
  expect(shown()).toBe('active follower');

  await host.crash();
  await world.settle();
  expect(shown()).toBe('recovering follower');
}
