import type { Clock } from './clock.ts';
import type { Command, InboundMessage } from './message.ts';

export type Question = InboundMessage | Command;

export interface BotTurnsOptions {
  /** Whose `botTurnsPerHour` it is, as in `slack`. */
  readonly adapter: string;
  /** How many messages of other bots are answered in one conversation within an hour. */
  readonly botTurnsPerHour: number;
  readonly clock: Pick<Clock, 'now'>;
}

const hourMs = 60 * 60_000;
const maxKept = 5_000;

/** Two bots that answer each other never stop by themselves. Adds a refusal to what is one too many. */
export function createBotTurns({ adapter, botTurnsPerHour, clock }: BotTurnsOptions): (question: Question) => Question {
  const turns = new Map<string, { readonly id: string; readonly at: number }[]>();

  function forgetOld(): void {
    for (const [id, list] of turns) if ((list.at(-1)?.at ?? 0) < clock.now() - hourMs) turns.delete(id);
  }

  return (question) => {
    if (!question.author.isBot) return question;
    const { conversationId, eventId } = question;
    const recent = (turns.get(conversationId) ?? []).filter(({ at }) => at > clock.now() - hourMs);
    const isCounted = recent.some(({ id }) => id === eventId); // the second event of one mention, or a redelivery
    if (!isCounted && recent.length >= botTurnsPerHour) {
      const refusal = `${adapter}.botTurnsPerHour: ${botTurnsPerHour} messages of bots were answered here within an hour`;
      return { ...question, refusal };
    }
    if (!isCounted) recent.push({ id: eventId, at: clock.now() });
    if (turns.size >= maxKept) forgetOld();
    turns.set(conversationId, recent);
    return question;
  };
}
