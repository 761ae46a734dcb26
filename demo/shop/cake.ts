/** What a customer orders, as plain data: it crosses the socket, so it is parsed on arrival. */
const SPONGES = ['vanilla', 'chocolate', 'pistachio'] as const;
const ICINGS = ['raspberry', 'lemon', 'mint', 'blueberry'] as const;
const TOPPINGS = ['cherries', 'candles', 'sprinkles'] as const;
const MAX_TIERS = 3;
const MAX_WISH_LENGTH = 24;

export interface Cake {
  readonly sponge: (typeof SPONGES)[number];
  readonly icing: (typeof ICINGS)[number];
  readonly topping: (typeof TOPPINGS)[number];
  readonly tiers: number;
  /** What is written on the plate. */
  readonly wish: string;
}

export const PLAIN_CAKE: Cake = {
  sponge: 'vanilla',
  icing: 'raspberry',
  topping: 'candles',
  tiers: 2,
  wish: 'Happy birthday, Ada',
};

/** Reads a cake from anything; `null` where there is none in it. */
export function parseCake(value: unknown): Cake | null {
  if (typeof value !== 'object' || value === null) return null;
  const { sponge, icing, topping, tiers, wish } = value as Record<string, unknown>;
  if (!isOneOf(SPONGES, sponge) || !isOneOf(ICINGS, icing) || !isOneOf(TOPPINGS, topping)) return null;
  if (typeof tiers !== 'number' || !Number.isInteger(tiers) || tiers < 1 || tiers > MAX_TIERS) return null;
  if (typeof wish !== 'string' || wish.length > MAX_WISH_LENGTH) return null;
  return { sponge, icing, topping, tiers, wish };
}

function isOneOf<const Choice extends string>(choices: readonly Choice[], value: unknown): value is Choice {
  return (choices as readonly unknown[]).includes(value);
}
