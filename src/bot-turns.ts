import type { Clock } from './clock.ts';
import { createTurnLimit } from './turn-limit.ts';
import type { Question } from './turn-limit.ts';

export interface BotTurnsOptions {
  /** Whose `botTurnsPerHour` it is, as in `slack`. */
  readonly adapter: string;
  /** How many messages of other bots are answered in one conversation within an hour. */
  readonly botTurnsPerHour: number;
  readonly clock: Pick<Clock, 'now'>;
}

/** Two bots that answer each other never stop by themselves. Adds a refusal to what is one too many. */
export function createBotTurns({ adapter, botTurnsPerHour, clock }: BotTurnsOptions): (question: Question) => Question {
  const refusal = `${adapter}.botTurnsPerHour: ${botTurnsPerHour} messages of bots were answered here within an hour`;
  const limit = createTurnLimit({ perHour: botTurnsPerHour, refusal });
  return (question) => (question.author.isBot ? limit(question, clock.now()) : question);
}
