import type { Clock } from '../clock.ts';
import type { AcceptResult } from '../adapter.ts';
import { nothing, type Amount } from '../limits.ts';
import type { InboundEvent } from '../message.ts';
import type { SettledEvent, Store, TurnOutcome } from '../store/store.ts';
import type { Figures } from './figures.ts';

/** Counts what has been committed, so that nothing is counted twice that was tried twice. */
export function watchStore(store: Store, figures: Figures, clock: Pick<Clock, 'now'>): Store {
  function onAccepted(events: readonly InboundEvent[], results: readonly AcceptResult[]): void {
    for (const [index, { adapter, type }] of events.entries()) {
      figures.events.inc({ adapter, type, status: results[index]?.status ?? 'accepted' });
    }
  }

  function onCommitted({ deliver: { adapter }, events, startedAt, failure, ...outcome }: TurnOutcome): void {
    const { model = '', inputTokens = 0, outputTokens = 0 } = outcome;
    countVerdict({ adapter, event: events[0] }, figures);
    figures.turnSeconds.observe({ adapter }, Math.max(0, clock.now() - startedAt) / 1_000);
    if (failure) figures.dead.inc({ kind: 'turn' });
    if (model === '') return;
    figures.tokens.inc({ model, direction: 'input' }, inputTokens);
    figures.tokens.inc({ model, direction: 'output' }, outputTokens);
  }

  function onSpent({ tokens, micros }: Amount = nothing): void {
    if (tokens > 0) figures.spentTokens.inc(tokens);
    if (micros > 0) figures.spentMoney.inc(micros / 1_000_000);
  }

  return {
    ...store,
    accept: async (batch) => {
      const results = await store.accept(batch);
      onAccepted(batch.events, results);
      return results;
    },
    acceptAndClaim: async (batch, claim) => {
      const accepted = await store.acceptAndClaim(batch, claim);
      onAccepted(batch.events, accepted.results);
      return accepted;
    },
    commitTurn: async (outcome) => {
      const result = await store.commitTurn(outcome);
      if (result.status !== 'committed') return result;
      onCommitted(outcome);
      onSpent(outcome.spent);
      if (outcome.reached) figures.limited.inc({ limit: outcome.reached.limit });
      return result;
    },
    reserve: async (reservation) => {
      const result = await store.reserve(reservation);
      if (result.status !== 'stale') onSpent(reservation.spent);
      return result;
    },
    postponeTurn: async (postponement) => {
      const isHeld = await store.postponeTurn(postponement);
      if (isHeld) figures.postponed.inc();
      if (isHeld) onSpent(postponement.spent);
      return isHeld;
    },
    settleFailed: async (failure) => {
      const isHeld = await store.settleFailed(failure);
      if (isHeld && failure.retryAt === undefined) figures.dead.inc({ kind: 'delivery' });
      return isHeld;
    },
  };
}

interface Settled {
  readonly adapter: string;
  readonly event: SettledEvent | undefined;
}

function countVerdict({ adapter, event }: Settled, { turns, moderated }: Figures): void {
  turns.inc({ adapter, verdict: event?.verdict ?? 'answered' });
  // As the conversation words it.
  const [, direction, category = ''] = /^moderation\.(input|output): (.+) \(/.exec(event?.reason ?? '') ?? [];
  if (direction !== undefined) moderated.inc({ direction, category });
}
