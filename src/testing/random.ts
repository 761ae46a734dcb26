/** Chance from a seed: the same seed gives the same numbers, in every engine. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** At least `min`, less than `max`. */
  between(min: number, max: number): number;
  /** A whole number, at least `min` and at most `max`. */
  integer(min: number, max: number): number;
  /** True with this probability. Nothing is drawn for 0 and 1. */
  chance(probability: number): boolean;
  /** Throws for an empty list. */
  pick<Item>(items: readonly Item[]): Item;
  /** 128 bits as text. */
  id(): string;
  /** A stream of its own, so that what draws from it does not shift the others. */
  fork(): Random;
}

/** Mulberry32: 32 bits of state, plenty for schedules. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const bits = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const next = (): number => bits() / 2 ** 32;
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const word = (): string => bits().toString(16).padStart(8, '0');
  return {
    next,
    between: (min, max) => min + next() * (max - min),
    integer,
    chance: (probability) => probability > 0 && (probability >= 1 || next() < probability),
    pick(items) {
      const index = integer(0, items.length - 1);
      if (index < 0) throw new RangeError('There is nothing to pick from.');
      // In range, so it is an item.
      return items[index] as (typeof items)[number];
    },
    id: () => word() + word() + word() + word(),
    fork: () => createRandom(bits()),
  };
}
