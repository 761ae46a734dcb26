import { cleanup, render } from '@testing-library/vue';
import { useSession, useSessionEvent } from 'solotab/vue';
import { expect, test, vi } from 'vitest';
import { createSSRApp, defineComponent, effectScope, h, KeepAlive, nextTick, onMounted, ref, watchEffect } from 'vue';
import { renderToString } from 'vue/server-renderer';
import { expectQuietConsole, expectStory, shown } from './support/in-dom';
import { asOnServer, type Coordinated, twoTabs } from './support/two-tabs';

expectQuietConsole(cleanup);

const Show = defineComponent({
  props: { coordinator: { type: Object as () => Coordinated, required: true } },
  setup({ coordinator }) {
    const session = useSession(coordinator);
    return () => h('output', `${session.value.phase} ${session.value.role}`);
  },
});

test('a component shows what the session is, from connecting to lost', () =>
  expectStory((coordinator) => void render(Show, { props: { coordinator } })));

test('a component that is mounted while a session is live shows it at once', async () => {
  const { host } = await twoTabs();
  render(Show, { props: { coordinator: host.coordinator } });
  expect(shown()).toBe('active host');
});

test('a component that selects renders only when what it selected is another value', async () => {
  const { world, host, follower } = await twoTabs();
  const rendered = vi.fn();
  const name = ref('pin');
  const Info = defineComponent(() => {
    const selected = useSession(
      follower.coordinator,
      ({ info }) => (info as Record<string, string> | null)?.[name.value],
    );
    return () => {
      rendered();
      return h('output', selected.value);
    };
  });
  render(Info);
  const publish = async (info: object): Promise<void> => {
    world.contextIn(host).publish(info);
    await world.settle();
  };
  await publish({ pin: '1', topic: 'help' });
  expect(shown()).toBe('1');
  expect(rendered).toHaveBeenCalledTimes(2);
  await publish({ pin: '1', topic: 'more help' });
  expect(rendered).toHaveBeenCalledTimes(2);

  name.value = 'topic';
  await nextTick();
  expect(shown()).toBe('more help');
});

test('an unmounted component listens to nothing any more', async () => {
  const { world, host, follower } = await twoTabs();
  const heard = vi.fn();
  const read = vi.spyOn(follower.coordinator, 'getSnapshot');
  const Listen = defineComponent(() => {
    useSession(follower.coordinator);
    useSessionEvent(follower.coordinator, 'agent_joined', ({ payload }) => heard(payload));
    return () => null;
  });
  const { unmount } = render(Listen);
  world.contextIn(host).emit('agent_joined', 'Ada');
  await world.settle();
  expect(heard.mock.calls).toEqual([['Ada']]);

  unmount();
  read.mockClear();
  world.contextIn(host).emit('agent_joined', 'Grace');
  await host.coordinator.end();
  await world.settle();
  expect(heard).toHaveBeenCalledTimes(1);
  expect(read).not.toHaveBeenCalled();
});

test('outside a component, a ref and a listener stop with their effect scope', async () => {
  const { world, host, follower } = await twoTabs();
  const phases: string[] = [];
  const heard = vi.fn();
  const scope = effectScope();
  scope.run(() => {
    const phase = useSession(follower.coordinator, (snapshot) => snapshot.phase);
    watchEffect(() => phases.push(phase.value), { flush: 'sync' });
    useSessionEvent(follower.coordinator, 'session_ended', heard);
  });
  expect(phases).toEqual(['active']);
  await host.coordinator.end();
  await world.settle();
  expect(phases.at(-1)).toBe('idle');
  expect(heard).toHaveBeenCalledTimes(1);

  scope.stop();
  const before = phases.length;
  const started = host.coordinator.start();
  await world.connect(host);
  await started;
  expect(phases).toHaveLength(before);
});

test('a scope that is stopped before its component is mounted never begins to listen', async () => {
  const { world, host, follower } = await twoTabs();
  const heard = vi.fn();
  render(
    defineComponent(() => {
      const scope = effectScope(true);
      scope.run(() => useSessionEvent(follower.coordinator, 'session_ended', heard));
      scope.stop();
      return () => null;
    }),
  );
  await host.coordinator.end();
  await world.settle();
  expect(heard).not.toHaveBeenCalled();
});

test('a scope that is opened once its component is mounted, as of a store, listens too', async () => {
  const { world, host, follower } = await twoTabs();
  const heard = vi.fn();
  render(
    defineComponent(() => {
      onMounted(() => effectScope().run(() => useSessionEvent(follower.coordinator, 'session_ended', heard)));
      return () => null;
    }),
  );
  await host.coordinator.end();
  await world.settle();
  expect(heard).toHaveBeenCalledTimes(1);
});

test('a component that is kept alive and shown again shows what happened meanwhile', async () => {
  const { world, host, follower } = await twoTabs();
  const isShown = ref(true);
  render(
    defineComponent(
      () => () => h(KeepAlive, () => (isShown.value ? h(Show, { coordinator: follower.coordinator }) : null)),
    ),
  );
  isShown.value = false;
  await nextTick();
  await host.coordinator.end();
  await world.settle();
  isShown.value = true;
  await nextTick();
  expect(shown()).toBe('idle none');
});

test('a server renders what every page shows first, and a page is hydrated without a difference at any time', async () => {
  const { follower } = await twoTabs();
  const { coordinator } = follower;
  const server = asOnServer(coordinator);
  const listen = vi.spyOn(server, 'subscribe');
  const html = await renderToString(createSSRApp(Show, { coordinator: server }));
  expect(html).toBe('<output>idle none</output>');
  expect(listen).not.toHaveBeenCalled();

  const container = document.body.appendChild(document.createElement('div'));
  container.innerHTML = html;
  const element = container.firstChild;
  const app = createSSRApp(Show, { coordinator });
  // This coordinator has looked, and knows of the session: late hydration is no different.
  expect(coordinator.getSnapshot().phase).toBe('active');
  app.mount(container);
  await nextTick();
  expect(container.firstChild).toBe(element);
  expect(shown()).toBe('active follower');
  app.unmount();
  container.remove();
});
