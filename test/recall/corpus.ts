import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a question differs from the words of its answer. */
export type QuestionKind =
  | 'same words'
  | 'paraphrase'
  | 'misspelt'
  | 'other word form'
  | 'other language'
  | 'follow-up'
  | 'keywords'
  | 'unanswerable';

export interface RecallQuestion {
  readonly kind: QuestionKind;
  readonly question: string;
  /** What was asked before it. */
  readonly context?: string;
  /** Each of them answers it; none where nothing does. */
  readonly answers: readonly { readonly source: string; readonly heading: string }[];
}

const fixtures = new URL('../fixtures/recall/', import.meta.url);

/** The help centre and the handbook of a company that sells office furniture. */
export const documentsFolder = fileURLToPath(new URL('documents/', fixtures));

export function loadQuestions(): readonly RecallQuestion[] {
  return JSON.parse(readFileSync(new URL('questions.json', fixtures), 'utf8')) as RecallQuestion[]; // a file of this repository
}
