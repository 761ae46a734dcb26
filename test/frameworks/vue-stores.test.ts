/** Stores, as of Pinia: a detached effect scope, made by whoever asks for it first (docs/guides/vue.md: "they may be used in a store as well"). */
import { cleanup, render } from '@testing-library/vue';
import { useSession } from 'solotab/vue';
import { expect, onTestFinished, test } from 'vitest';
import { computed, defineComponent, effectScope, h, nextTick, type Ref, Suspense } from 'vue';
import { expectQuietConsole, shown } from './support/in-dom';
import { type Coordinated, twoTabs } from './support/two-tabs';

expectQuietConsole(cleanup);

function defineStore(coordinator: Coordinated): () => Readonly<Ref<string>> {
  const scope = effectScope(true);
  onTestFinished(() => scope.stop());
  let phase: Readonly<Ref<string>> | undefined;
  return () => {
    phase ??= scope.run(() => useSession(coordinator, (snapshot) => snapshot.phase)) as Readonly<Ref<string>>;
    return phase;
  };
}

test('a store that is first used while a component renders, as in a getter of another store, follows the session', async () => {
  const { world, host, follower } = await twoTabs();
  const useStore = defineStore(follower.coordinator);
  render(
    defineComponent(() => {
      const text = computed(() => useStore().value);
      return () => h('output', text.value);
    }),
  );
  expect(shown()).toBe('active');
  await host.coordinator.end();
  await world.settle();
  await nextTick();
  expect(shown()).toBe('idle');
});

test('a store that is first used by a component that waits follows the session for the others meanwhile', async () => {
  const { world, host, follower } = await twoTabs();
  const useStore = defineStore(follower.coordinator);
  const Waits = defineComponent({
    async setup() {
      useStore();
      await new Promise(() => undefined);
      return () => null;
    },
  });
  render(
    defineComponent(() => () => [
      h(Suspense, null, { default: () => h(Waits), fallback: () => h('i', 'waits') }),
      h(defineComponent(() => () => h('output', useStore().value))),
    ]),
  );
  await host.coordinator.end();
  await world.settle();
  await nextTick();
  expect(shown()).toBe('idle');
});
