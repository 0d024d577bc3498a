import type { Adapter } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import { toChunkId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { InboundEvent } from '../message.ts';
import type { Spending } from '../store/limit-store.ts';
import type { ClaimedDelivery, ClaimedTurn, SettledEvent, Store, TurnOutcome } from '../store/store.ts';
import { typingAfterMs } from './live-answer.ts';
import { copiesOf } from './answer-copies.ts';
import type { TurnAddress } from './turn-address.ts';
import type { TurnResult } from './turn-result.ts';

export interface TurnCommitOptions {
  readonly store: Pick<Store, 'commitTurn' | 'postponeTurn'>;
  readonly adapters: ReadonlyMap<string, Adapter>;
  /** Takes the first part of a committed answer on. */
  readonly deliver: (delivery: ClaimedDelivery) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly delivery: { readonly leaseMs: number; readonly expiryMs: number };
}

export interface Completion {
  readonly turn: ClaimedTurn;
  readonly startedAt: number;
  readonly address: TurnAddress;
  /** Undefined where it is off. */
  readonly adapter: Adapter | undefined;
  readonly result: TurnResult;
  /** What the platform shows of the answer already. */
  readonly stream: ClaimedTurn['stream'];
  readonly spent?: Spending['spent'];
}

/** Writes what a turn came to into the ledger, all at once, and hands the first part of the answer on. Tells whether more waits in the conversation. */
export async function commitTurn(options: TurnCommitOptions, completion: Completion): Promise<boolean> {
  const { store, log, deliver } = options;
  const { turn, result, address } = completion;
  const outcome = toOutcome(options, completion);
  const committed = await store.commitTurn(outcome);
  const { conversationId, turnId } = turn;
  const eventId = address.inReplyTo;
  if (committed.status !== 'committed') {
    if (committed.status === 'changed') await askAgain(options, completion);
    else log.warn('turn ended after its lease was lost; its answer is dropped', { conversationId, turnId, eventId });
    return true; // Somebody else's now, or to be asked again; a look costs little.
  }
  const { failure, verdict, usage } = result;
  if (failure) log.error('turn failed', { conversationId, turnId, eventId, errorId: failure.errorId, error: failure.message });
  else log.debug('turn committed', { conversationId, turnId, eventId, verdict, parts: outcome.parts.length, usage });
  if (committed.delivery) deliver(committed.delivery);
  return committed.moreWaiting;
}

/** Its message, if a stream has opened one, is completed by the next attempt. */
async function askAgain({ store, clock, log }: TurnCommitOptions, { turn, stream, spent }: Completion): Promise<void> {
  const { owner, conversationId, token, turnId } = turn;
  log.debug('a question of the turn has changed; it is asked again', { conversationId, turnId });
  const postponement = {
    owner,
    conversationId,
    token,
    retryAt: clock.now(),
    error: 'a question has changed',
    counts: false,
    stream,
    spent,
  };
  await store.postponeTurn(postponement);
}

function toOutcome({ clock, delivery, adapters }: TurnCommitOptions, completion: Completion): TurnOutcome {
  const { turn, result, address, stream } = completion;
  const parts = split(completion, clock);
  const copies = parts.length > 0 ? copiesOf({ turn, text: result.text, adapters }) : [];
  const { verdict, reason, tokens, files, usage } = result;
  return {
    owner: turn.owner,
    conversationId: turn.conversationId,
    token: turn.token,
    turnId: turn.turnId,
    attempt: turn.attempt,
    startedAt: completion.startedAt,
    events: (result.events ?? turn.events).map(({ seq, event }): SettledEvent => ({
      ...{ seq, verdict, reason, tokens: tokens.get(seq), files: files?.get(seq) },
      ...(isPlain(event) ? {} : { keepsPayload: true }),
    })),
    ...(turn.revises ? { revises: turn.revises } : {}),
    answer: result.answerTokens === undefined ? undefined : { text: result.text, tokens: result.answerTokens },
    ...(copies.length > 0 ? { copies } : {}),
    parts: parts.map((text, part) => ({ id: toChunkId(turn.turnId, part), text })),
    deliver: {
      adapter: address.adapter,
      tenant: address.tenant,
      inReplyTo: address.inReplyTo,
      destination: address.destination,
      // No stream opens the message of a revision.
      opened: stream === 'unknown' || turn.revises ? undefined : stream,
      uncertain: stream === 'unknown' && !turn.revises,
      expiresAt: clock.now() + delivery.expiryMs,
      leaseMs: delivery.leaseMs,
    },
    reset: result.reset,
    model: usage?.model,
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
    failure: result.failure,
    spent: completion.spent,
    reached: result.reached,
  };
}

/** Whether its text, its author and the address of the answer are all that a second answer needs: the ledger has those. */
function isPlain(event: InboundEvent): boolean {
  return event.type === 'message' && event.attachments.length === 0 && event.profile === undefined && !event.author.isBot;
}

/** An answer is never nothing, but a refusal that was told already is: what an adapter finds nothing to show of goes out as it is. */
function split(completion: Completion, clock: Clock): readonly string[] {
  const { adapter, result, stream, address, startedAt } = completion;
  // After a while the platform shows that somebody is at work, and goes on with it until something is sent.
  const isUnseen = clock.now() - startedAt < typingAfterMs;
  if (result.isSilent && isUnseen) return [];
  const parts = adapter?.split?.(result.text, stream === 'unknown' ? undefined : stream, address.destination) ?? [];
  return parts.length > 0 ? parts : [result.text];
}
