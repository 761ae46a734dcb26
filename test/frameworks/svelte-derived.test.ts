/** What is derived from the session, and read for a while only. */

import { fireEvent, screen } from '@testing-library/dom';
import { cleanup, render } from '@testing-library/svelte';
import { tick } from 'svelte';
import { expect, test, vi } from 'vitest';
import Handler from './support/derived-handler.svelte';
import Later from './support/derived-later.svelte';
import { expectShownAgain } from './support/derived-story';
import { expectQuietConsole } from './support/in-dom';
import { twoTabs } from './support/two-tabs';

expectQuietConsole(cleanup);

test('a part that is shown again shows what happened meanwhile, and what comes then', expectShownAgain);

test('a handler that reads what is derived gets what is so now', async () => {
  const { world, host, follower } = await twoTabs();
  const told = vi.fn();
  render(Handler, { coordinator: follower.coordinator, told });
  await tick();
  await fireEvent.click(screen.getByRole('button'));
  expect(told.mock.calls).toEqual([['active']]);
  await host.coordinator.end();
  await world.settle();
  await fireEvent.click(screen.getByRole('button'));
  expect(told.mock.calls).toEqual([['active'], ['idle']]);
});

test('a part that is first shown later shows what is so at once', async () => {
  const { follower } = await twoTabs();
  const { coordinator } = follower;
  const seen: string[] = [];
  const { rerender } = render(Later, { coordinator, isOpen: false, seen: (phase: string) => seen.push(phase) });
  await tick();
  await rerender({ isOpen: true });
  await tick();
  expect(seen).toEqual(['active']);
});
