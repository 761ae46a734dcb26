/** A tab's id is random and long: four characters and a colour of its own tell it from the others. */
import { h } from './dom';

export function shortId(tabId: string): string {
  return tabId
    .replace(/[^0-9a-z]/gi, '')
    .slice(0, 4)
    .toLowerCase();
}

function tabColor(tabId: string): string {
  let hash = 0;
  for (const character of tabId) hash = (hash * 31 + character.charCodeAt(0)) % 360;
  return `hsl(${hash} 65% 50%)`;
}

export function tabMark(tabId: string, ownTabId?: string): HTMLElement {
  const dot = h('span', { class: 'tab-dot', 'aria-hidden': 'true' });
  dot.style.backgroundColor = tabColor(tabId);
  return h('span', { class: 'tab-mark' }, dot, tabId === ownTabId ? 'this tab' : `tab ${shortId(tabId)}`);
}
