import type { AcceptResult } from '../../src/adapter.ts';
import { toChunkId } from '../../src/ids.ts';
import type { Stop } from '../../src/message.ts';
import type { AcceptBatch, ClaimedTurn, TurnOutcome, WaitingEvent } from '../../src/store/store.ts';
import { stopVerdicts } from '../../src/stop-verdicts.ts';
import { eventIdsOf, type Watch } from './watch.ts';

export interface StopsWatch {
  onAccepted(batch: AcceptBatch, results: readonly AcceptResult[]): void;
  onCommit(outcome: TurnOutcome): void;
}

export interface StopsWatchOptions extends Watch {
  /** The turn that was claimed last in a conversation. */
  readonly turnOf: (conversationId: string) => ClaimedTurn | undefined;
}

/** A stop that was obeyed, and what it may end. */
interface Obeyed {
  readonly stop: Stop;
  /** When the ledger had it, in ms since 1970. */
  readonly at: number;
  /** Of one that names an answer: the turn, and the lease under which it was running, or had been. */
  readonly turn: ClaimedTurn | undefined;
}

/**
 * Whatever is stopped was meant by somebody who may stop it: by a press under that very answer, and only what its turn had taken up by then; or by
 * one that means all that waits. And what was meant is not asked after, whoever takes it up.
 */
export function watchStops({ turnOf, now, figures, onViolation }: StopsWatchOptions): StopsWatch {
  const obeyed = new Map<string, Obeyed[]>();
  const ended = new Set<string>();

  function onStop(stop: Stop, { status, reason }: AcceptResult): void {
    if (status === 'duplicate') return;
    const { conversationId, target } = stop;
    if (reason === stopVerdicts.stopped) figures.answersStopped += 1;
    if (reason === stopVerdicts.over) figures.latePresses += 1;
    if (reason === stopVerdicts.foreign) figures.strangersPresses += 1;
    const last = turnOf(conversationId);
    const turn = last && !ended.has(last.turnId) ? last : undefined;
    if (target && reason !== stopVerdicts.over) checkTarget(stop, turn, reason);
    if (reason !== stopVerdicts.stopped) return;
    obeyed.set(conversationId, [...(obeyed.get(conversationId) ?? []), { stop, at: now(), turn: target && turn }]);
  }

  function checkTarget({ eventId, target, author }: Stop, turn: ClaimedTurn | undefined, reason: string | undefined): void {
    const isIt = turn && (target?.outboundId === undefined || target.outboundId === toChunkId(turn.turnId, 0));
    if (!isIt) return onViolation(`${eventId} is "${reason}", and no turn of its answer is under way`);
    const mayStop =
      target?.isModerator === true || turn.events.some(({ event }) => 'author' in event && event.author.id === author.id);
    if (reason === stopVerdicts.stopped && !mayStop) onViolation(`${eventId} has stopped what ${author.id} did not ask`);
    return undefined;
  }

  return {
    onAccepted: ({ events }, results) => {
      for (const [index, event] of events.entries()) if (event.type === 'stop') onStop(event, results[index]!); // one result for each
    },
    onCommit: ({ conversationId, turnId, token, events }) => {
      ended.add(turnId);
      const seqs = new Set(events.map(({ seq }) => seq));
      const turn = turnOf(conversationId);
      const taken: readonly WaitingEvent[] = turn?.events.filter(({ seq }) => seqs.has(seq)) ?? [];
      const stops = obeyed.get(conversationId) ?? [];
      const isStopped = events.some(({ reason }) => reason === 'stopped by a person');
      const isOf = (named: ClaimedTurn, eventId: string): boolean =>
        named.turnId === turnId && named.events.some(({ event }) => event.eventId === eventId);
      // A question and a stop that were under way at once have no order but the one in which they were sent.
      const means = ({ turn: named, at }: Obeyed): boolean =>
        taken.every(({ event }) => (named ? isOf(named, event.eventId) : event.sentAt <= at));
      if (isStopped && !stops.some(means)) onViolation(`${eventIdsOf(taken)} was stopped, and nobody wanted that`);
      // Who was at it when the stop came may have finished.
      const missed = stops.find(
        ({ turn: named }) => named && named.token < token && taken.some(({ event }) => isOf(named, event.eventId)),
      );
      if (missed && !isStopped) onViolation(`${eventIdsOf(taken)} was taken up after ${missed.stop.eventId} had stopped it`);
    },
  };
}
