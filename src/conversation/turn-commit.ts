import type { Adapter } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import { toChunkId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { InboundEvent } from '../message.ts';
import type { Spending } from '../store/limit-store.ts';
import type { ClaimedDelivery, ClaimedTurn, SettledEvent, Store, TurnOutcome } from '../store/store.ts';
import { copiesOf, postsOf } from './answer-copies.ts';
import { typingAfterMs } from './live-answer.ts';
import { toShown, type ShownOptions, type ToShow } from './turn-shown.ts';

export interface TurnCommitOptions extends ShownOptions {
  readonly store: Pick<Store, 'commitTurn' | 'postponeTurn'>;
  readonly adapters: ReadonlyMap<string, Adapter>;
  /** Takes the first part of a committed answer on. */
  readonly deliver: (delivery: ClaimedDelivery) => void;
  readonly log: Log;
  readonly delivery: { readonly leaseMs: number; readonly expiryMs: number };
}

export interface Completion extends ToShow {
  readonly turn: ClaimedTurn;
  readonly startedAt: number;
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
  const { approval } = outcome;
  if (approval)
    log.info('a call of a tool waits for approval', {
      conversationId,
      turnId,
      eventId,
      approvalId: approval.id,
      tool: approval.tool,
    });
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

function toOutcome({ clock, delivery, adapters, countTokens, toolsFor }: TurnCommitOptions, completion: Completion): TurnOutcome {
  const { turn, result, address, stream } = completion;
  const { verdict, reason, tokens, files, usage } = result;
  const shown = toShown({ clock, countTokens, toolsFor }, completion);
  const { said, approval } = shown;
  const texts = isUnsaid(completion, clock) ? [] : shown.texts;
  const answered = texts.length > 0 ? copiesOf({ turn, text: result.asks ? texts.join('\n\n') : result.text, adapters }) : [];
  const copies = [...answered, ...postsOf(turn, result.posts ?? [], adapters)];
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
    answer: said,
    ...(copies.length > 0 ? { copies } : {}),
    parts: texts.map((text, part) => ({ id: toChunkId(turn.turnId, part), text })),
    approval,
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
    remembers: result.remembers,
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
  if (event.type !== 'message' || event.audience === 'author' || event.audience === 'outside') return false;
  return event.attachments.length === 0 && event.profile === undefined && !event.author.isBot;
}

/** A refusal that was told already need not be sent again, unless the platform shows already that somebody is at work: it does until something is sent. */
function isUnsaid({ result, startedAt }: Completion, clock: Clock): boolean {
  return result.isSilent === true && clock.now() - startedAt < typingAfterMs;
}
