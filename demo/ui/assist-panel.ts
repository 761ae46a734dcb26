/** Remote assist, for the customer: an agent asks, the customer allows it or not, and takes it back; in whichever tab. */
import type { Assist } from '../protocol';
import { parseInfo } from '../session-info';
import { h } from './dom';
import type { Support } from './support';

export function createAssistPanel(support: Support): HTMLElement {
  const text = h('p', { 'data-testid': 'assist-text' });
  const allow = h('button', { type: 'button', class: 'primary', 'data-testid': 'assist-allow' }, 'Allow');
  const refuse = h('button', { type: 'button', 'data-testid': 'assist-refuse' }, 'Not now');
  const buttons = h('div', { class: 'buttons' }, allow, refuse);
  // The region is there before it has something to say, or that is not read out.
  const said = h('div', { role: 'status' }, text);
  const element = h(
    'section',
    { class: 'assist', 'aria-label': 'Remote assist', 'data-testid': 'assist', tabindex: -1 },
    said,
    buttons,
  );

  function decide(given: boolean): void {
    support.call('assist', given).catch((error: unknown) => {
      text.textContent = error instanceof Error ? error.message : String(error);
    });
  }

  function render(): void {
    const info = parseInfo(support.getSnapshot().info);
    const assist: Assist = info?.role === 'customer' ? info.assist : { state: 'none' };
    const hadFocus = element.contains(document.activeElement);
    element.dataset.state = assist.state;
    buttons.hidden = assist.state === 'none';
    allow.hidden = assist.state !== 'asked';
    refuse.textContent = assist.state === 'given' ? 'Take it back' : 'Not now';
    if (assist.state === 'none') text.textContent = '';
    else if (assist.state === 'asked')
      text.textContent = `${assist.userName} asks to point, draw and scroll on your page.`;
    else text.textContent = `${assist.userName} may point, draw and scroll on your page.`;
    // The button that was pressed is gone: whoever uses the keyboard goes on from here.
    if (hadFocus) (assist.state === 'none' ? element : refuse).focus({ preventScroll: true });
  }

  allow.addEventListener('click', () => decide(true));
  refuse.addEventListener('click', () => decide(false));
  support.subscribe(render);
  render();
  return element;
}
