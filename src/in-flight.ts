/** What is under way just now, in no particular order: many come and go while few are there at once. */
export interface InFlight<Item extends object> extends Iterable<Item> {
  readonly size: number;
  /** Returns what takes it out again; to be called once. */
  add(item: Item): () => void;
}

/**
 * A long-lived Set or Map through which much passes keeps what has left it alive. V8 rebuilds its table every few dozen changes and links the
 * old table, with all that it held, to the new one; once one of them has grown old, each that follows does too, and only full collections
 * of garbage free them. Measured on 120,000 passing objects: 25 full collections, and none with places that are used again.
 */
export function createInFlight<Item extends object>(): InFlight<Item> {
  const places: (Item | undefined)[] = [];
  const free: number[] = [];
  return {
    get size() {
      return places.length - free.length;
    },
    add: (item) => {
      const place = free.pop() ?? places.length;
      places[place] = item;
      return () => {
        places[place] = undefined;
        free.push(place);
      };
    },
    *[Symbol.iterator]() {
      for (const item of places) if (item !== undefined) yield item;
    },
  };
}
