import { ModelError, UncheckedError } from '../errors.ts';
import { createErrorId } from '../ids.ts';
import type { InboundMessage } from '../message.ts';
import type { ClaimedTurn } from '../store/store.ts';
import type { Check } from './moderation.ts';
import type { QuestionFiles } from './turn-files.ts';
import type { TurnResult } from './turn-outcome.ts';

export interface Screening {
  readonly turn: ClaimedTurn;
  readonly questions: readonly InboundMessage[];
  /** What came with each of them. */
  readonly files: readonly (QuestionFiles | undefined)[] | undefined;
}

/** What of a turn may be asked; or why its first events may not, and how many they are. What is left waits for the next turn. */
export type Screened = Screening & { readonly flagged?: { readonly category: string } };

/**
 * Checks what people have said before the model is asked: the questions with their files, and what stands in the conversation, for that may have been
 * edited, or have come in by another way than a question. Flagged questions are a turn of their own, so that those beside them are answered.
 * Rejects with an UncheckedError where there is no verdict.
 */
export async function screen(check: Check, given: Screening, signal: AbortSignal): Promise<Screened> {
  const { turn, questions, files } = given;
  const said = questions.flatMap((question, of) => textsOf(question, files?.[of]).map((text) => ({ of, text })));
  const earlier = turn.history.filter(({ role }) => role === 'user');
  const flags = await orUnchecked(
    check(
      [...said, ...earlier].map(({ text }) => text),
      signal,
    ),
  );
  const flagged = new Set(earlier.filter((_, index) => flags[said.length + index] !== undefined));
  const categories = questions.map((_, of) => flags.find((flag, index) => said[index]?.of === of && flag !== undefined));
  const { count, category } = leadingOf(categories, turn);
  return {
    turn: {
      ...turn,
      history: turn.history.filter((message) => !flagged.has(message)),
      events: count === questions.length ? turn.events : turn.events.slice(0, count),
    },
    questions: questions.slice(0, count),
    files: files?.slice(0, count),
    ...(category === undefined ? {} : { flagged: { category } }),
  };
}

function textsOf({ author, text, attachments }: InboundMessage, files: QuestionFiles | undefined): readonly string[] {
  return [author.name, text, files?.text ?? '', ...attachments.map(({ name }) => name)].filter((each) => each.trim() !== '');
}

/** The first question, and those after it of which the same is to be said. What answers again does so as a whole, flagged in part or not. */
function leadingOf(categories: readonly (string | undefined)[], { events, revises }: ClaimedTurn) {
  const [first] = categories;
  if (revises || categories.length !== events.length) {
    return { count: categories.length, category: categories.find((each) => each !== undefined) };
  }
  const other = categories.findIndex((each) => (each === undefined) !== (first === undefined));
  return { count: other < 0 ? categories.length : other, category: first };
}

async function orUnchecked<Value>(checking: Promise<Value>): Promise<Value> {
  try {
    return await checking;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new UncheckedError(error);
  }
}

/** Nothing of a flagged question stays: neither model nor transcript have it. */
export function refuseFlagged({ turn }: Pick<Screening, 'turn'>, category: string): TurnResult {
  const id = createErrorId();
  const what = turn.events.length > 1 ? 'these messages: they go' : 'this message: it goes';
  const text = `I cannot take ${what} against the rules that are set here. If that is a mistake, give the team this id: ${id}.`;
  return { text, verdict: 'refused', reason: `moderation.input: ${category} (${id})`, tokens: new Map(), events: turn.events };
}

/** The answer, or what is shown in its place. The arguments of a call that a person is to approve are shown, too. */
export async function checkAnswer(check: Check, result: TurnResult, signal: AbortSignal): Promise<TurnResult> {
  const { text, asks, answerTokens: _, posts = [], remembers: __, ...rest } = result;
  const flags = await check([text, ...posts.map((post) => post.text), ...(asks ? [asks.call.arguments] : [])], signal);
  const category = flags.find((flag) => flag !== undefined);
  if (category === undefined) return result;
  const id = createErrorId();
  return {
    ...rest,
    text: `I have an answer, but it goes against the rules that are set here, and I do not show it. If that is a mistake, give the team this id: ${id}.`,
    verdict: 'refused',
    reason: `moderation.output: ${category} (${id})`,
  };
}
