/** Of Svelte 5.20 to 5.36, as was tried, what `createSubscriber` returns does not tell, when the last reader goes, that what was derived may be old. */
import { cleanup } from '@testing-library/svelte';
import { afterEach, test, vi } from 'vitest';
import { expectShownAgain } from './support/derived-story';

// As it is in Svelte 5.30.
vi.mock('svelte/reactivity', async () => {
  // @ts-expect-error: it has no types
  const { get, state, set, untrack, render_effect, effect_tracking } = await import('svelte/internal/client');
  return {
    createSubscriber(start: (update: () => void) => () => void) {
      let subscribers = 0;
      let count = 0;
      const version = state(0);
      let stop: (() => void) | undefined;
      return () => {
        if (!effect_tracking()) return;
        get(version);
        render_effect(() => {
          if (subscribers === 0) stop = untrack(() => start(() => set(version, ++count)));
          subscribers += 1;
          return () => {
            queueMicrotask(() => {
              subscribers -= 1;
              if (subscribers > 0) return;
              stop?.();
              stop = undefined;
            });
          };
        });
      };
    },
  };
});

afterEach(cleanup);

test('a part that is shown again shows what happened meanwhile, and what comes then', expectShownAgain);
