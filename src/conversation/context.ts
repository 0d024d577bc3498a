import type { InboundMessage } from '../message.ts';
import type { ModelMessage, ModelRequest } from '../model/model.ts';
import type { TranscriptMessage } from '../store/store.ts';

export interface ContextInput {
  readonly instructions: string;
  /** Oldest first. */
  readonly history: readonly TranscriptMessage[];
  /** What the turn is to answer, oldest first. */
  readonly questions: readonly InboundMessage[];
  /** For everything that goes to the model. */
  readonly maxTokens: number;
  readonly countTokens: (text: string) => number;
}

export interface Context {
  readonly request: ModelRequest;
  /** Tokens of each question, in order. */
  readonly questionTokens: readonly number[];
}

/** Roles and separators cost a few tokens with every model. */
const overheadPerMessage = 4;

/**
 * What the model gets to see: the questions always (cut where they alone exceed the budget), and as much of the newest
 * transcript before them as fits. The system text stays the same from turn to turn, so that providers can cache the prefix.
 */
export function buildContext({ instructions, history, questions, maxTokens, countTokens }: ContextInput): Context {
  const questionTokens = questions.map((question) => countTokens(question.text));
  const several = isSeveral([...history.filter(({ role }) => role === 'user'), ...questions.map(({ author }) => ({ authorId: author.id }))]);
  let room = maxTokens - countTokens(instructions) - overheadPerMessage;

  const asked: ModelMessage[] = [];
  for (const [index, question] of [...questions.entries()].reverse()) {
    const tokens = questionTokens[index] ?? 0;
    const text = cutToFit(question.text, tokens, Math.max(room, maxTokens / 8));
    asked.unshift({ role: 'user', text: several ? `${speaker(question.author.name)}: ${text}` : text });
    room -= Math.min(tokens, Math.max(room, maxTokens / 8)) + overheadPerMessage;
  }

  const earlier: ModelMessage[] = [];
  for (const message of [...history].reverse()) {
    room -= message.tokens + overheadPerMessage;
    if (room < 0) break;
    const text = several && message.role === 'user' ? `${speaker(message.authorName)}: ${message.text}` : message.text;
    earlier.unshift({ role: message.role, text });
  }
  const system = questions.length > 1 ? `${instructions}\n\nThe last ${questions.length} messages are still unanswered: answer all of them in one reply.` : instructions;
  return { request: { system, messages: [...earlier, ...asked] }, questionTokens };
}

function isSeveral(authors: readonly { readonly authorId: string }[]): boolean {
  return new Set(authors.map(({ authorId }) => authorId)).size > 1;
}

/** A display name cannot pass for another speaker's line or for an instruction of its own. */
function speaker(name: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters and line breaks are what must go
  const clean = name.replaceAll(/[\u0000-\u001f\u007f:]+/g, ' ').trim();
  return clean === '' ? 'Somebody' : clean.slice(0, 40);
}

function cutToFit(text: string, tokens: number, room: number): string {
  if (tokens <= room) return text;
  // The head states the question and the tail often the error at the end of a log: keep both.
  const keep = Math.floor((text.length * room) / tokens / 2);
  return `${text.slice(0, keep).toWellFormed()}\n[… ${text.length - 2 * keep} characters left out …]\n${text.slice(-keep).toWellFormed()}`;
}
