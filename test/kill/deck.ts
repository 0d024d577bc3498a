import type { KillPoint, PlatformName } from './points.ts';
import type { Random } from './random.ts';

/** The order in which points come up. */
export interface Deck {
  next(): KillPoint;
  /** It has not been reached: once more, before the others come again. */
  again(point: KillPoint): void;
}

/** Every point that the platform knows once, in an order by chance, before any comes again. */
export function createDeck(points: readonly KillPoint[], platform: PlatformName, random: Random): Deck {
  const usable = points.filter(({ not }) => !not?.includes(platform));
  let deck: KillPoint[] = [];
  return {
    next: () => {
      if (deck.length === 0) deck = random.shuffle(usable);
      return deck.pop() as KillPoint; // it was just filled
    },
    again: (point) => void deck.unshift(point),
  };
}
