/** The devtools of solotab over a page of the demo: loaded and mounted when somebody asks for them, by the button or by Alt+Shift+D. */
import type { Coordinator } from 'solotab';
import type { DemoShape } from '../session-driver';
import { h } from './dom';

/** The panel of a tab in a frame of the lab: nobody sees it, and the lab's own hears from it what only its tab knows. */
export async function mountUnseen(coordinator: Coordinator<DemoShape>, name: string): Promise<void> {
  const { mountDevtools } = await import('solotab/devtools');
  mountDevtools(coordinator, { name, target: document.createElement('div') });
}

export function offerDevtools(coordinator: Coordinator<DemoShape>, name: string): void {
  let unmount = () => {};
  // The panel has a button of its own that closes it.
  const isShown = () => document.querySelector('[data-solotab-devtools]') !== null;

  async function toggle(): Promise<void> {
    if (isShown()) return unmount();
    const { mountDevtools } = await import('solotab/devtools');
    // It was asked for once more while it was loaded.
    if (!isShown()) unmount = mountDevtools(coordinator, { name });
  }

  addEventListener('keydown', ({ altKey, shiftKey, code }) => {
    if (altKey && shiftKey && code === 'KeyD') void toggle();
  });
  const button = h('button', { type: 'button', class: 'devtools', title: 'Alt+Shift+D' }, 'Devtools');
  button.addEventListener('click', () => void toggle());
  document.querySelector('.top nav')?.append(button);
}
