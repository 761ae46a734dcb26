/** On a server the frameworks' bindings show no session, and listen to nothing. Their hydration is in test/frameworks. */
import { createElement } from 'react';
import { renderToString as renderReact } from 'react-dom/server';
import { renderToString as renderSolid, ssr, ssrHydrationKey } from 'solid-js/web';
import { type Coordinator, createCoordinator } from 'solotab';
import { useSessionEvent as useEventInReact, useSession as useInReact } from 'solotab/react';
import { createSession, createSessionEvent } from 'solotab/solid';
import { useSessionEvent as useEventInVue, useSession as useInVue } from 'solotab/vue';
import { render as renderSvelte } from 'svelte/server';
import { expect, test, vi } from 'vitest';
import { createSSRApp, defineComponent, h } from 'vue';
import { renderToString as renderVue } from 'vue/server-renderer';
import Show from '../frameworks/support/show.svelte';
import ShowStore from '../frameworks/support/show-store.svelte';

/** As one that a server's module makes, once for all requests. */
async function onServer() {
  const driver = { start: () => undefined, end: () => undefined };
  const coordinator: Coordinator = createCoordinator({ name: 'support', driver });
  await coordinator.ready;
  let listening = 0;
  const counting =
    <Args extends unknown[]>(listen: (...args: Args) => () => void) =>
    (...args: Args) => {
      const stop = listen(...args);
      listening++;
      return () => {
        listening--;
        stop();
      };
    };
  const counted = { ...coordinator, subscribe: counting(coordinator.subscribe), on: counting(coordinator.on) };
  return { coordinator: counted, listening: () => listening };
}

test('React renders that there is no session', async () => {
  const { coordinator, listening } = await onServer();
  function Phase() {
    useEventInReact(coordinator, 'session_ended', vi.fn());
    return createElement(
      'output',
      null,
      useInReact(coordinator, ({ phase, role }) => `${phase} ${role}`),
    );
  }
  expect(renderReact(createElement(Phase))).toBe('<output>idle none</output>');
  expect(listening()).toBe(0);
});

test('Vue renders that there is no session', async () => {
  const { coordinator, listening } = await onServer();
  const Phase = defineComponent(() => {
    useEventInVue(coordinator, 'session_ended', vi.fn());
    const phase = useInVue(coordinator, (snapshot) => `${snapshot.phase} ${snapshot.role}`);
    return () => h('output', phase.value);
  });
  expect(await renderVue(createSSRApp(Phase))).toBe('<output>idle none</output>');
  expect(listening()).toBe(0);
});

test('Svelte renders that there is no session, what the page is hydrated with', async () => {
  const { coordinator, listening } = await onServer();
  const { body } = renderSvelte(Show, { props: { coordinator } });
  expect(body).toBe('<!--[--><output data-role="none">idle none</output> <!--[-1--><!--]--><!--]-->');
  expect(listening()).toBe(0);
});

test('Svelte renders a store that says that there is no session', async () => {
  const { coordinator, listening } = await onServer();
  const { body } = renderSvelte(ShowStore, { props: { coordinator } });
  expect(body).toContain('<output>idle none</output>');
  expect(listening()).toBe(0);
});

test('Solid renders that there is no session, what the page is hydrated with', async () => {
  const { coordinator, listening } = await onServer();
  const html = renderSolid(() => {
    createSessionEvent(coordinator, 'session_ended', vi.fn());
    const session = createSession(coordinator);
    const text = createSession(coordinator, ({ phase, role }) => `${phase} ${role}`);
    // What the compiler makes of `<output>{text()}</output>`.
    expect(session()).toBe(coordinator.getServerSnapshot());
    return ssr(['<output', '>', '</output>'], ssrHydrationKey(), text());
  });
  expect(html).toBe('<output data-hk="0">idle none</output>');
  expect(listening()).toBe(0);
});
