/** Whether the session goes to the tab that the customer looks at: one answer for all tabs of the shop, and kept. */
import { h } from './dom';

const KEY = 'crumb-follow';

export const follows = (): boolean => localStorage.getItem(KEY) !== 'off';

export function createFollowBox(): HTMLElement {
  const box = h('input', { type: 'checkbox', 'data-testid': 'follow' });
  const show = () => {
    box.checked = follows();
  };
  box.addEventListener('change', () => localStorage.setItem(KEY, box.checked ? 'on' : 'off'));
  addEventListener('storage', show);
  addEventListener('pageshow', show);
  show();
  return h('label', { class: 'check' }, box, 'The session goes to the tab I look at');
}
