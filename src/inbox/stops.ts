import type { AcceptResult } from '../adapter.ts';
import { TurnAborted } from '../errors.ts';
import type { AcceptBatch, ClaimedTurn, Store } from '../store/store.ts';

export interface StopsOptions {
  readonly store: Pick<Store, 'accept'>;
  readonly running: ReadonlyMap<ClaimedTurn, { readonly controller: AbortController }>;
  /** The turns of the claims that are under way now; resolves when those are through. */
  readonly coming: () => Promise<readonly ClaimedTurn[]>;
}

/**
 * Saves a batch that holds stops, and stops the turns of this process that they mean: those that were taken up before. A turn that is taken
 * up later sees the mark that the stop has left on its events in the ledger, and another process does too.
 */
export function createAcceptStops({ store, running, coming }: StopsOptions) {
  return async function acceptStops(batch: AcceptBatch): Promise<readonly AcceptResult[]> {
    const before = [...running.keys()];
    const soon = coming();
    const results = await store.accept(batch);
    // One that comes again means nothing: what runs now may have been asked after it.
    const stopped = new Set(
      batch.events
        .filter(({ type }, index) => type === 'stop' && results[index]?.status === 'ignored')
        .map(({ conversationId }) => conversationId),
    );
    const abort = (turns: readonly ClaimedTurn[]): void => {
      for (const turn of turns) {
        if (stopped.has(turn.conversationId)) running.get(turn)?.controller.abort(new TurnAborted('stopped'));
      }
    };
    abort(before);
    void soon.then(abort);
    return results;
  };
}

export function hasStop({ events }: AcceptBatch): boolean {
  return events.some(({ type }) => type === 'stop');
}
