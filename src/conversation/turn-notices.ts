import type { DeliveryError, LimitError, ModelError } from '../errors.ts';
import { createErrorId } from '../ids.ts';
import { endHere } from '../split.ts';
import type { ClaimedTurn } from '../store/store.ts';
import { toRefusal } from './refusal.ts';
import { decisionIn, mayHaveBegun } from './resume.ts';
import { stoppedReason, type TurnResult } from './turn-outcome.ts';

/** What turns come to that end without an answer, or before its end. */
export interface NoticeOptions {
  readonly countTokens: (text: string) => number;
  readonly clock: { now(): number };
}

/** The platform does not let the bot read what it is to summarise. */
export function excuse(options: NoticeOptions, turn: ClaimedTurn, { message }: DeliveryError): TurnResult {
  const text = 'Sorry, I cannot read that thread. If it is in a channel that I am not in, invite me there and ask again.';
  return { text, verdict: 'refused', reason: message, tokens: tokensOfEvents(options, turn) };
}

export function fail(
  { publicMessage, message }: Pick<ModelError, 'publicMessage' | 'message'>,
  tokens: TurnResult['tokens'],
): TurnResult {
  const errorId = createErrorId();
  const text = `${publicMessage} I have noted the question; the team can find the error under the id ${errorId}.`;
  return { text, verdict: 'failed', reason: message, tokens, failure: { errorId, message } };
}

export function refuse(
  options: NoticeOptions,
  turn: ClaimedTurn,
  { error, written }: { readonly error: LimitError; readonly written: string },
): TurnResult {
  return { ...toRefusal({ turn, error, written, now: options.clock.now() }), tokens: tokensOfEvents(options, turn) };
}

export function apologize(options: NoticeOptions, turn: ClaimedTurn): TurnResult {
  const one = decisionIn(turn) ? 'what was decided' : 'your message';
  const what = turn.events.length > 1 ? `your ${turn.events.length} messages` : one;
  const mayHaveActed = decisionIn(turn) && turn.attempt > 1;
  const text = `Sorry, I was away and saw ${what} only now. If it still matters, please ask again.${mayHaveActed ? ` ${mayHaveBegun}` : ''}`;
  const reason = 'stale: it waited longer than conversation.staleAfterMinutes';
  return { text, verdict: 'refused', reason, tokens: tokensOfEvents(options, turn) };
}

/** What was written so far stays, and says that it is not all. */
export function stop(options: NoticeOptions, turn: ClaimedTurn, written: string): TurnResult {
  const text = endHere(written, '_Stopped._');
  const answerTokens = options.countTokens(text);
  return { text, verdict: 'answered', reason: stoppedReason, tokens: tokensOfEvents(options, turn), answerTokens };
}

/** What got no answer belongs in the transcript all the same: a later question may refer to it. */
export function tokensOfEvents(
  { countTokens }: Pick<NoticeOptions, 'countTokens'>,
  { events }: ClaimedTurn,
): ReadonlyMap<number, number> {
  return new Map(events.map(({ seq, event }) => [seq, countTokens('text' in event ? event.text : '')]));
}
