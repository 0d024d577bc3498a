import type { ClaimedTurn } from '../store/store.ts';
import { stoppedReason, type TurnResult } from './turn-outcome.ts';
import type { Retry, TurnResultOptions } from './turn-result.ts';

/**
 * Of a turn that answers again: where it comes to nothing, the answer that stands stays, and what went wrong is said beneath it. A stop
 * leaves it as it is.
 */
export function withEarlier(
  { revises, events }: ClaimedTurn,
  result: TurnResult | Retry | undefined,
  { countTokens }: Pick<TurnResultOptions, 'countTokens'>,
): TurnResult | Retry | undefined {
  const earlier = revises?.answer;
  if (earlier === undefined || result === undefined || 'retryAt' in result) return result;
  const isStopped = events.some(({ stopped }) => stopped) || result.reason === stoppedReason;
  if (result.verdict === 'answered' && !isStopped) return result;
  const text = isStopped ? earlier : `${earlier}\n\n_${result.text}_`;
  return { ...result, text, answerTokens: countTokens(text) };
}
