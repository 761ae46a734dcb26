/** Draws a cake. */

import { s } from '../ui/dom';
import type { Cake } from './cake';

const WIDTH = 400;
const HEIGHT = 300;
const TIER_HEIGHT = 56;
const PLATE_Y = 240;

const SPONGE_COLORS = { vanilla: '#f0d9a8', chocolate: '#6b4226', pistachio: '#b5c78a' } as const;
const ICING_COLORS = { raspberry: '#d9487d', lemon: '#f2cf4a', mint: '#6cc5a3', blueberry: '#6d74c9' } as const;
const SPRINKLE_COLORS = ['#e4572e', '#2e86ab', '#f6c445', '#76b041', '#a23e8c'] as const;

export function createCakeView() {
  const element = s('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'cake', role: 'img' });

  return {
    element,
    show(cake: Cake) {
      element.replaceChildren(...draw(cake));
      element.setAttribute('aria-label', describe(cake));
    },
  };
}

export function describe({ sponge, icing, topping, tiers, wish }: Cake): string {
  const levels = tiers === 1 ? 'one tier' : `${tiers} tiers`;
  return `A ${sponge} cake of ${levels} with ${icing} icing and ${topping}${wish === '' ? '' : `, for “${wish}”`}.`;
}

function draw({ sponge, icing, topping, tiers, wish }: Cake): SVGElement[] {
  const parts: SVGElement[] = [
    s('ellipse', { cx: 200, cy: PLATE_Y + 8, rx: 168, ry: 20, class: 'plate-shadow' }),
    s('ellipse', { cx: 200, cy: PLATE_Y, rx: 165, ry: 18, class: 'plate' }),
  ];
  let top = PLATE_Y - 4;
  let halfWidth = 0;
  for (let tier = 0; tier < tiers; tier += 1) {
    halfWidth = 122 - tier * 34;
    top -= TIER_HEIGHT;
    const left = 200 - halfWidth;
    parts.push(
      s('rect', { x: left, y: top, width: halfWidth * 2, height: TIER_HEIGHT, rx: 8, fill: SPONGE_COLORS[sponge] }),
      s('rect', { x: left, y: top + 36, width: halfWidth * 2, height: 5, fill: '#fff8ea', opacity: 0.75 }),
      s('path', { d: icingPath(left, top, halfWidth * 2), fill: ICING_COLORS[icing] }),
    );
  }
  parts.push(...toppings(topping, top, halfWidth));
  parts.push(s('text', { x: 200, y: 288, class: 'wish' }, wish));
  return parts;
}

/** A lid with drips of different lengths along its lower edge. */
function icingPath(left: number, top: number, width: number): string {
  const drips = Math.max(4, Math.round(width / 24));
  const step = width / drips;
  let path = `M${left} ${top + 10} Q${left} ${top - 6} ${left + 12} ${top - 6} H${left + width - 12} Q${left + width} ${top - 6} ${left + width} ${top + 10}`;
  for (let drip = drips; drip > 0; drip -= 1) {
    const length = 14 + ((drip * 7) % 12);
    const right = left + drip * step;
    path += ` V${top + 8} Q${right} ${top + 8 + length} ${right - step / 2} ${top + 8 + length} T${right - step} ${top + 10}`;
  }
  return `${path} Z`;
}

function toppings(topping: Cake['topping'], top: number, halfWidth: number): SVGElement[] {
  const places = [-0.6, -0.2, 0.2, 0.6].map((share) => 200 + share * halfWidth);
  switch (topping) {
    case 'cherries':
      return places.flatMap((x) => [
        s('path', { d: `M${x} ${top - 16} q4 -14 14 -16`, class: 'stalk' }),
        s('circle', { cx: x, cy: top - 11, r: 9, fill: '#c1121f' }),
        s('circle', { cx: x - 3, cy: top - 14, r: 2.2, fill: '#fff', opacity: 0.7 }),
      ]);
    case 'candles':
      return places.flatMap((x) => [
        s('rect', { x: x - 3, y: top - 36, width: 6, height: 32, rx: 2, fill: '#7fb7e6' }),
        s('line', { x1: x, x2: x, y1: top - 40, y2: top - 36, class: 'wick' }),
        s('path', { d: `M${x} ${top - 54} q8 10 0 17 q-8 -7 0 -17`, class: 'flame' }),
      ]);
    case 'sprinkles':
      return Array.from({ length: 26 }, (_, index) => {
        const x = 200 + (((index * 37) % 100) / 50 - 1) * (halfWidth - 12);
        const y = top - 1 + ((index * 13) % 12);
        const fill = SPRINKLE_COLORS[index % SPRINKLE_COLORS.length] ?? '#e4572e';
        return s('rect', {
          x,
          y,
          width: 8,
          height: 3,
          rx: 1.5,
          fill,
          transform: `rotate(${(index * 47) % 180} ${x} ${y})`,
        });
      });
  }
}
