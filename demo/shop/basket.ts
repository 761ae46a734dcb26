/** What a customer has chosen: the same in all tabs of the shop, and there after a reload. */
import { type Cake, parseCake } from './cake';

const KEY = 'crumb-basket';
const MAX_LINES = 12;
export const MAX_COUNT = 9;

export interface BasketLine {
  readonly cake: Cake;
  readonly count: number;
}

export function readBasket(): readonly BasketLine[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(value) ? value.flatMap(parseLine).slice(0, MAX_LINES) : [];
  } catch {
    return [];
  }
}

export function writeBasket(lines: readonly BasketLine[]): void {
  localStorage.setItem(KEY, JSON.stringify(lines));
}

export function addToBasket(cake: Cake): void {
  writeBasket([...readBasket(), { cake, count: 1 }].slice(-MAX_LINES));
}

/** Calls back when another tab of the shop has changed the basket, or this page is shown again. */
export function watchBasket(changed: () => void): void {
  addEventListener('storage', ({ key }) => {
    if (key === KEY) changed();
  });
  addEventListener('pageshow', changed);
}

/** In whole euros. */
export function priceOf({ tiers, topping, sponge }: Cake): number {
  return 14 + tiers * 12 + (topping === 'candles' ? 2 : 3) + (sponge === 'pistachio' ? 4 : 0);
}

export function totalOf(lines: readonly BasketLine[]): number {
  return lines.reduce((sum, { cake, count }) => sum + priceOf(cake) * count, 0);
}

export function cakesIn(lines: readonly BasketLine[]): string {
  const count = lines.reduce((sum, line) => sum + line.count, 0);
  return count === 1 ? '1 cake' : `${count} cakes`;
}

function parseLine(value: unknown): BasketLine[] {
  if (typeof value !== 'object' || value === null) return [];
  const { cake: from, count } = value as Record<string, unknown>;
  const cake = parseCake(from);
  const isCount = typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MAX_COUNT;
  return cake === null || !isCount ? [] : [{ cake, count }];
}
