/** What an agent points at and draws, over the customer's page or over the agent's view of it. Places are in per cent. */
import { s } from './dom';

/** All of it is in attributes, not in styles: a page whose policy forbids inline styles is recorded without complaints. */
export function createAssistLayer() {
  const drawings = s('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'none', width: '100%', height: '100%' });
  const name = s('text', { x: 20, y: 33, class: 'pointer-name' });
  const tag = s('rect', { x: 14, y: 20, rx: 9, height: 18, width: 0, class: 'pointer-tag' });
  const pointer = s(
    'svg',
    { class: 'pointer', overflow: 'visible', visibility: 'hidden' },
    s('path', { d: 'M0 0 L0 22 L6 17 L10 26 L14 24 L10 15 L18 15 Z', class: 'pointer-arrow' }),
    tag,
    name,
  );
  const element = s('svg', { class: 'assist-layer', 'aria-hidden': 'true', 'data-private': true }, drawings, pointer);

  return {
    element,
    point(x: number, y: number, who: string) {
      pointer.setAttribute('visibility', 'visible');
      pointer.setAttribute('x', `${x}%`);
      pointer.setAttribute('y', `${y}%`);
      name.textContent = who;
      tag.setAttribute('width', String(12 + name.getComputedTextLength()));
    },
    draw(points: readonly (readonly [number, number])[]) {
      drawings.append(s('polyline', { points: points.map((place) => place.join(',')).join(' '), class: 'drawing' }));
    },
    clear() {
      drawings.replaceChildren();
    },
    /** Takes away everything that an agent did. */
    forget() {
      drawings.replaceChildren();
      pointer.setAttribute('visibility', 'hidden');
    },
  };
}
