import type { ChatRequest } from '../support/openai-emulator-protocol.ts';

/**
 * What the model says in a kill run: which questions it answers, numbered pieces, and a mark at the end, so that from what people see can be
 * told which questions were answered, and whether all of each answer stands there.
 */
export interface ParsedAnswer {
  readonly questions: readonly string[];
  /** Ids of the messages that it stands in. */
  readonly messages: readonly string[];
  /** What is wrong with it. */
  readonly problem: string | undefined;
}

export function toQuestionText(marker: string, isLong: boolean): string {
  return `${marker} please${isLong ? ' at length' : ''}`;
}

/** Answers everything that was said since the last answer. */
export function answerOf({ messages }: ChatRequest): string {
  const asked = messages
    .slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1)
    .filter(({ role }) => role === 'user');
  const texts = asked.map(({ content }) => content);
  const markers = texts.flatMap((text) => text.match(/\bq\d+\b/g) ?? []);
  // More than one message of Discord (2,000), and of Slack (11,000).
  const pieces = texts.some((text) => text.includes('at length')) ? longPieces : shortPieces;
  return [`ANSWER ${markers.join(' ')}`, ...pieces, 'END'].join('\n\n');
}

const shortPieces = Array.from({ length: 8 }, (_, index) => `${index + 1}of8`);
const longPieces = Array.from({ length: 26 }, (_, index) => `${index + 1}of26-${'lorem'.repeat(90)}`);

export interface SeenText {
  readonly id: string;
  readonly text: string;
}

/** Takes what stands in one conversation apart into answers; whatever is not part of a whole one is a problem. */
export function parseAnswers(seen: readonly SeenText[]): ParsedAnswer[] {
  const answers: { questions: string[]; pieces: string[]; messages: string[]; isOver: boolean; stray: boolean }[] = [];
  for (const { id, text } of seen) {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const open = answers.at(-1);
    if (words[0] === 'ANSWER' || !open) {
      answers.push({ questions: [], pieces: [], messages: [id], isOver: false, stray: words[0] !== 'ANSWER' });
    } else open.messages.push(id);
    const answer = answers.at(-1);
    if (!answer) continue;
    for (const word of words[0] === 'ANSWER' ? words.slice(1) : words) {
      if (answer.isOver) answer.stray = true;
      else if (word === 'END') answer.isOver = true;
      else if (/^q\d+$/.test(word) && answer.pieces.length === 0) answer.questions.push(word);
      else answer.pieces.push(word);
    }
    if (words.length === 0) answer.stray = true;
  }
  return answers.map(({ questions, pieces, messages, isOver, stray }) => {
    return { questions, messages, problem: problemOf({ pieces, isOver, stray }) };
  });
}

function problemOf({
  pieces,
  isOver,
  stray,
}: {
  pieces: readonly string[];
  isOver: boolean;
  stray: boolean;
}): string | undefined {
  if (stray) return 'there is text that belongs to no answer';
  if (!isOver) return 'it has no end';
  const whole = pieces.length === longPieces.length ? longPieces : shortPieces;
  return whole.length === pieces.length && whole.every((piece, index) => piece === pieces[index])
    ? undefined
    : 'pieces of it are missing or changed';
}
