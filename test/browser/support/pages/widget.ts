/** One widget in each framework, over the coordinator of the page, which `pages/coordinator.ts` has made. */
import { createElement, type ReactNode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createSignal } from 'solid-js';
import { delegateEvents, insert, render, template } from 'solid-js/web';
import { mount } from 'svelte';
import { createApp, h, ref } from 'vue';
import { useSession as useReactSession } from '../../../../src/react/index';
import { createSession } from '../../../../src/solid/index';
import { useSession as useVueSession } from '../../../../src/vue/index';
import type { Widget } from '../server';
import SvelteWidget from './widget.svelte';

const { coordinator } = window.fixture;
const { widget } = window.pageConfig as { readonly widget: Widget }; // the test wrote it
const root = document.body.appendChild(document.createElement('main'));

/** Starts a session, and tells how that was refused. */
async function start(tell: (refusal: string) => void): Promise<void> {
  await coordinator.start().catch(({ code }) => tell(`refused ${code}`));
}

function react(): void {
  function Show(): ReactNode {
    const session = useReactSession(coordinator, ({ phase, role }) => `${phase} ${role}`);
    const [refusal, setRefusal] = useState('');
    return [
      createElement('output', { key: 'session' }, session),
      createElement('p', { key: 'refusal', role: 'alert' }, refusal),
      createElement('button', { key: 'start', type: 'button', onClick: () => start(setRefusal) }, 'Start'),
    ];
  }
  createRoot(root).render(createElement(Show));
}

function vue(): void {
  const Show = {
    setup() {
      const session = useVueSession(coordinator);
      const refusal = ref('');
      const onClick = (): Promise<void> =>
        start((text) => {
          refusal.value = text;
        });
      return () => [
        h('output', `${session.value.phase} ${session.value.role}`),
        h('p', { role: 'alert' }, refusal.value),
        h('button', { type: 'button', onClick }, 'Start'),
      ];
    },
  };
  createApp(Show).mount(root);
}

function solid(): void {
  /** What the compiler makes of the elements, and of what is in them. */
  const [output, alert, button] = [
    template('<output>'),
    template('<p role=alert>'),
    template('<button type=button>Start'),
  ];
  delegateEvents(['click']);
  render(() => {
    const session = createSession(coordinator);
    const [refusal, setRefusal] = createSignal('');
    const elements = [output(), alert(), button()] as const;
    insert(elements[0], () => `${session().phase} ${session().role}`);
    insert(elements[1], refusal);
    Object.assign(elements[2], { $$click: () => start(setRefusal) });
    return [...elements];
  }, root);
}

function svelte(): void {
  mount(SvelteWidget, { target: root, props: { coordinator } });
}

({ react, vue, svelte, solid })[widget]();
