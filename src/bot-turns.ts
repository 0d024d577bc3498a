import type { Command, InboundMessage } from './message.ts';

export type Question = InboundMessage | Command;

export interface BotTurnsOptions {
  /** Whose `botTurnsPerHour` it is, as in `slack`. */
  readonly adapter: string;
  /** How many messages of other bots are answered in one conversation within an hour. */
  readonly botTurnsPerHour: number;
}

/** Two bots that answer each other never stop by themselves: has the ledger count what bots say, and refuse what is one too many. */
export function createBotTurns({
  adapter,
  botTurnsPerHour,
}: BotTurnsOptions): <Asked extends Question>(question: Asked) => Asked {
  const refusal = `${adapter}.botTurnsPerHour: ${botTurnsPerHour} messages of bots were answered here within an hour`;
  const rule = { perHour: botTurnsPerHour, refusal };
  return (question) => {
    if (!question.author.isBot) return question;
    return { ...question, limit: { ...rule, conversationId: question.conversationId } };
  };
}
