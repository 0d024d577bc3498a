import type { AcceptResult } from '../adapter.ts';
import { TurnAborted } from '../errors.ts';
import { toChunkId } from '../ids.ts';
import type { InboundEvent, Stop } from '../message.ts';
import { stopVerdicts } from '../stop-verdicts.ts';
import type { RevisionRules } from '../store/revision.ts';
import type { AcceptBatch, ClaimedTurn, Store } from '../store/store.ts';

export interface StopsOptions {
  readonly store: Pick<Store, 'accept'>;
  /** Whether a turn is asked again when a question of it is edited or deleted. */
  readonly revisions?: RevisionRules | undefined;
  readonly running: {
    keys(): Iterable<ClaimedTurn>;
    get(turn: ClaimedTurn): { readonly controller: AbortController } | undefined;
  };
  /** The turns of the claims that are under way now; resolves when those are through. */
  readonly coming: () => Promise<readonly ClaimedTurn[]>;
}

/**
 * Saves a batch that holds stops, edits or deletions, and stops the turns of this process that they mean: those that were taken up before. A
 * turn that is taken up later sees the mark that the stop has left on its events in the ledger, and another process does too; what was
 * edited or deleted during a turn keeps that from being committed, so that it begins anew.
 */
export function createAcceptStops({ store, revisions, running, coming }: StopsOptions) {
  return async function acceptStops(batch: AcceptBatch): Promise<readonly AcceptResult[]> {
    const before = [...running.keys()];
    const soon = coming();
    const results = await store.accept({ ...batch, revisions });
    // One that comes again, or was too late, means nothing: what runs now may have been asked after it.
    const stops = batch.events.flatMap((event, index) =>
      event.type === 'stop' && results[index]?.reason === stopVerdicts.stopped ? event : [],
    );
    const changed = revisions ? batch.events.filter((_, index) => results[index]?.status !== 'duplicate') : [];
    const abort = (turns: readonly ClaimedTurn[], meant: readonly Stop[]): void => {
      for (const turn of turns) {
        if (meant.some((stop) => isMeant(turn, stop))) running.get(turn)?.controller.abort(new TurnAborted('stopped'));
        else if (changed.some((event) => concerns(event, turn, revisions)))
          running.get(turn)?.controller.abort(new TurnAborted('changed'));
      }
    };
    abort(before, stops);
    // Whose message somebody has seen was running before; what is taken up now is another, or sees the mark.
    const namesTurn = stops.filter(({ target }) => target === undefined || target.outboundId !== undefined);
    void soon.then((turns) => abort(turns, namesTurn));
    return results;
  };
}

function isMeant({ conversationId, turnId }: ClaimedTurn, stop: Stop): boolean {
  const outboundId = stop.target?.outboundId;
  return stop.conversationId === conversationId && (outboundId === undefined || outboundId === toChunkId(turnId, 0));
}

/** Whether a turn has read something that reads otherwise now. */
function concerns(event: InboundEvent, turn: ClaimedTurn, rules: RevisionRules | undefined): boolean {
  if (event.type !== 'edit' && event.type !== 'delete') return false;
  if (event.conversationId !== turn.conversationId || (event.type === 'delete' && !rules?.withdrawDeleted)) return false;
  const read = turn.events.find(({ event: each }) => each.type === 'message' && each.messageId === event.messageId)?.event;
  return read?.type === 'message' && (event.type === 'delete' || read.text !== event.text);
}

const interrupting: ReadonlySet<InboundEvent['type']> = new Set(['stop', 'edit', 'delete', 'action']);

/** Whether a batch may concern a turn that runs, or an answer that was given. */
export function hasInterruption({ events }: AcceptBatch): boolean {
  return events.some(({ type }) => interrupting.has(type));
}
