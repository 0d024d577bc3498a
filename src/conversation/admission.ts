import { LimitError } from '../errors.ts';
import type { LimitParty } from '../limits.ts';
import type { ClaimedTurn, WaitingEvent } from '../store/store.ts';
import { parseConversationId } from '../conversation-id.ts';
import { parseCommand, toQuestion } from './commands.ts';
import type { TurnLimits } from './limits.ts';

export interface Admission {
  /** With those of its events that are admitted or refused together; the others wait for the next one. */
  readonly turn: ClaimedTurn;
  /** Why they are refused. */
  readonly refused?: LimitError | undefined;
}

/**
 * Holds the questions of a turn against the limits on messages. What asks nothing of the model (a stop, a command) is not counted, and what is
 * answered again was counted when it was asked. Undefined when the lease has been lost.
 */
export async function admit(limits: TurnLimits | undefined, turn: ClaimedTurn): Promise<Admission | undefined> {
  if (!limits || limits.messages.length === 0 || turn.revises || turn.events.some(({ stopped }) => stopped)) return { turn };
  const messages = turn.events.flatMap((event) => toCounted(turn, event));
  if (messages.length === 0) return { turn };
  const { owner, conversationId, token } = turn;
  const result = await limits.store.admitMessages({ owner, conversationId, token, limits: limits.messages, messages });
  if (result.status === 'stale') return undefined;
  const next = messages[result.count]?.seq;
  const events = next === undefined ? turn.events : turn.events.filter(({ seq }) => seq < next);
  return {
    turn: { ...turn, events },
    refused: result.status === 'refused' ? new LimitError({ ...result, fits: true }) : undefined,
  };
}

/** Of the newest question; undefined where nothing of a turn is one. */
export function partyOf({ conversationId, events }: ClaimedTurn): LimitParty | undefined {
  const newest = events.map(({ event }) => toQuestion(event)).findLast((question) => question !== undefined);
  const [channel = ''] = parseConversationId(conversationId)?.path ?? [];
  return newest && { adapter: newest.adapter, tenant: newest.tenant, channel, person: newest.author.id };
}

function toCounted(turn: ClaimedTurn, waiting: WaitingEvent) {
  const command = parseCommand(waiting.event);
  const party = partyOf({ ...turn, events: [waiting] });
  const isQuestion = party !== undefined && (!command || command.name === 'summarise');
  return isQuestion ? [{ seq: waiting.seq, at: waiting.acceptedAt, party }] : [];
}
