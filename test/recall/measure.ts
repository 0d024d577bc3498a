import type { QuestionKind, RecallQuestion } from './corpus.ts';

/** Finds passages for a question, best first. */
export type Ranker = (question: RecallQuestion) => Promise<readonly { readonly source: string; readonly heading: string }[]>;

export interface RecallRow {
  readonly kind: QuestionKind | 'all';
  readonly questions: number;
  /** The part of the questions that have an answer in the first place, and among the first five. */
  readonly at1: number;
  readonly at5: number;
  /** Mean of 1 / (place of the first answer), of 0 where there is none among the first five. */
  readonly mrr: number;
}

export interface Recall {
  /** `all` first. Of the questions that have an answer. */
  readonly rows: readonly RecallRow[];
  /** Questions without an answer for which something was found. */
  readonly falseAnswers: number;
  readonly unanswerable: number;
}

export async function measureRecall(questions: readonly RecallQuestion[], rank: Ranker): Promise<Recall> {
  const places: { readonly kind: QuestionKind; readonly place: number; readonly found: number }[] = [];
  for (const question of questions) {
    const found = (await rank(question)).slice(0, 5);
    const isAnswer = ({ source, heading }: { source: string; heading: string }): boolean =>
      question.answers.some((answer) => answer.source === source && answer.heading === heading);
    places.push({ kind: question.kind, place: found.findIndex(isAnswer) + 1, found: found.length });
  }
  const unanswerable = places.filter(({ kind }) => kind === 'unanswerable');
  const answerable = places.filter(({ kind }) => kind !== 'unanswerable');
  const kinds = [...new Set(answerable.map(({ kind }) => kind))];
  return {
    rows: [
      toRow('all', answerable),
      ...kinds.map((kind) =>
        toRow(
          kind,
          answerable.filter((each) => each.kind === kind),
        ),
      ),
    ],
    falseAnswers: unanswerable.filter(({ found }) => found > 0).length,
    unanswerable: unanswerable.length,
  };
}

function toRow(kind: RecallRow['kind'], places: readonly { readonly place: number }[]): RecallRow {
  const share = (count: number): number => count / places.length;
  return {
    kind,
    questions: places.length,
    at1: share(places.filter(({ place }) => place === 1).length),
    at5: share(places.filter(({ place }) => place > 0).length),
    mrr: share(places.reduce((sum, { place }) => sum + (place > 0 ? 1 / place : 0), 0)),
  };
}
