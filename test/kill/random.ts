/** Chance that depends on its seed alone: the same seed makes the same choices. */
export interface Random {
  /** Evenly distributed in [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** Mulberry32 over a hash (FNV-1a) of the texts, so that one seed gives every campaign choices of its own. */
export function createRandom(seed: number, ...names: readonly string[]): Random {
  let state = names
    .join('/')
    .split('')
    .reduce(mix, seed >>> 0);

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (limit: number): number => Math.floor(next() * limit);

  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('There is nothing to pick from.');
      return item;
    },
    shuffle: (items) => {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        [shuffled[last], shuffled[other]] = [shuffled[other] as never, shuffled[last] as never]; // both within its bounds
      }
      return shuffled;
    },
  };
}

function mix(hash: number, character: string): number {
  return Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
}
