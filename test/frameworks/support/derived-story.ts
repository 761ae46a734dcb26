import { render } from '@testing-library/svelte';
import { tick } from 'svelte';
import { expect } from 'vitest';
import Derived from './derived.svelte';
import { shown } from './in-dom';
import { twoTabs } from './two-tabs';

/** A part that reads what is derived of the session is closed, misses the end of a session, and is opened again before the next one. */
export async function expectShownAgain(): Promise<void> {
  const { world, host, follower } = await twoTabs();
  const { coordinator } = follower;
  const { rerender } = render(Derived, { coordinator, isOpen: true });
  await tick();
  expect(shown()).toBe('active');
  await rerender({ isOpen: false });
  await tick();
  expect(shown()).toBe('closed');
  await host.coordinator.end();
  await world.settle();
  await rerender({ isOpen: true });
  await tick();
  expect(shown()).toBe('idle');
  const started = host.coordinator.start();
  await world.connect(host);
  await started;
  await tick();
  expect(shown()).toBe('active');
}
