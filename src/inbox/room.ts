import type { AcceptResult } from '../adapter.ts';
import { createInFlight } from '../in-flight.ts';
import type { AcceptBatch, ClaimedTurn, Store, TurnClaim } from '../store/store.ts';

export interface RoomOptions {
  readonly store: Pick<Store, 'accept' | 'acceptAndClaim' | 'claimTurns'>;
  readonly owner: string;
  /** Turns at once, over all conversations. */
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly historyLimit: number;
  /** How many turns run now. */
  readonly running: () => number;
  /** Called for each turn that is taken up. */
  readonly onTurn: (turn: ClaimedTurn) => void;
}

/** How many more turns a process may run, and the ways in which they are taken up: never more than there is room for. */
export interface Room {
  /** What has waited longest. `more`: something may wait that there was no room for. */
  claim(): Promise<{ readonly more: boolean; readonly nextAt: number | undefined }>;
  /** Saves events and takes them up in the same commit; undefined, and nothing is done, where they have to wait behind others. */
  acceptAtOnce(batch: AcceptBatch): Promise<readonly AcceptResult[]> | undefined;
  isFull(): boolean;
  /** The turns of the claims that are under way now. Resolves when those are through; never rejects. */
  coming(): Promise<readonly ClaimedTurn[]>;
}

export function createRoom(options: RoomOptions): Room {
  const { store, owner, concurrency, leaseMs, historyLimit, running, onTurn } = options;
  let full = false;
  // How many turns the claims that are under way may bring.
  let promised = 0;
  const claims = createInFlight<Promise<readonly ClaimedTurn[]>>();

  async function take<Taken extends { readonly turns: readonly ClaimedTurn[] }>(
    limit: number,
    claim: (terms: TurnClaim) => Promise<Taken>,
  ): Promise<Taken> {
    promised += limit;
    const { promise, resolve } = Promise.withResolvers<readonly ClaimedTurn[]>();
    const leave = claims.add(promise);
    let turns: readonly ClaimedTurn[] = [];
    try {
      const taken = await claim({ owner, limit, leaseMs, historyLimit });
      ({ turns } = taken);
      for (const turn of turns) onTurn(turn);
      return taken;
    } finally {
      promised -= limit;
      leave();
      resolve(turns);
    }
  }

  return {
    isFull: () => full,
    coming: async () => (await Promise.all(claims)).flat(),
    claim: async () => {
      const limit = concurrency - running() - promised;
      full = limit <= 0;
      if (full) return { more: false, nextAt: undefined }; // The end of a turn makes room.
      const { turns, nextAt } = await take(limit, (terms) => store.claimTurns(terms));
      full = turns.length === limit;
      return { more: full, nextAt };
    },
    acceptAtOnce: (batch) => {
      const limit = batch.events.filter(({ type }) => type === 'message' || type === 'command').length;
      if (full || limit === 0 || limit > concurrency - running() - promised) return undefined;
      return take(limit, (terms) => store.acceptAndClaim(batch, terms)).then(({ results }) => results);
    },
  };
}
