import type { Command, InboundMessage } from './message.ts';

export type Question = InboundMessage | Command;

export interface TurnLimit {
  /** How many messages are answered in one conversation within an hour. */
  readonly perHour: number;
  /** Why one more is not. */
  readonly refusal: string;
}

const hourMs = 60 * 60_000;
const maxKept = 5_000;

/** What answers itself never stops. Adds a refusal to what is one too many in its conversation; `now` in ms since 1970. It is kept in memory: a restart begins anew. */
export function createTurnLimit({
  perHour,
  refusal,
}: TurnLimit): <Asked extends Question>(question: Asked, now: number) => Asked {
  const turns = new Map<string, { readonly id: string; readonly at: number }[]>();

  function forgetOld(now: number): void {
    for (const [id, list] of turns) if ((list.at(-1)?.at ?? 0) < now - hourMs) turns.delete(id);
  }

  return (question, now) => {
    const { conversationId, eventId } = question;
    const recent = (turns.get(conversationId) ?? []).filter(({ at }) => at > now - hourMs);
    const isCounted = recent.some(({ id }) => id === eventId); // the second event of one mention, or a redelivery
    if (!isCounted && recent.length >= perHour) return { ...question, refusal };
    if (!isCounted) recent.push({ id: eventId, at: now });
    if (turns.size >= maxKept) forgetOld(now);
    turns.set(conversationId, recent);
    return question;
  };
}
