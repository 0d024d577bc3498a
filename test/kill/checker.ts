import { parseAnswers } from './answers.ts';
import type { Asked, Talk } from './driver.ts';

export interface Question {
  readonly marker: string;
  readonly asked: Asked;
  /** Questions whose answers must stand before the answer to this one. */
  readonly follows: readonly string[];
}

export interface Conversation {
  readonly talk: Talk;
  readonly questions: Question[];
}

export interface Finding {
  readonly kind: 'lost' | 'duplicate' | 'incomplete' | 'out of order';
  readonly marker: string;
  readonly detail: string;
}

/** Holds what people see against what was asked: every question has exactly one whole answer, and the answers keep the order. */
export function checkConversation({ talk, questions }: Conversation): Finding[] {
  const visible = talk.visible();
  const answers = parseAnswers(visible);
  const places = new Map<string, number[]>();
  for (const [place, answer] of answers.entries()) {
    for (const marker of answer.questions) places.set(marker, [...(places.get(marker) ?? []), place]);
  }
  const first = questions[0]?.marker ?? '';
  const findings = visible.filter(({ isGrowing }) => isGrowing).map(({ id }) => incomplete(first, `message ${id} still grows`));
  for (const {
    problem,
    questions: [marker = first],
    messages,
  } of answers) {
    if (problem !== undefined) findings.push(incomplete(marker, `${problem} (${messages.join(', ')})`));
  }
  for (const { marker, follows } of questions) {
    const [place, ...more] = places.get(marker) ?? [];
    if (place === undefined) findings.push({ kind: 'lost', marker, detail: 'no answer covers it' });
    else if (more.length > 0) findings.push({ kind: 'duplicate', marker, detail: `${more.length + 1} answers cover it` });
    else
      findings.push(
        ...follows.filter((earlier) => (places.get(earlier)?.[0] ?? 0) > place).map((earlier) => misplaced(marker, earlier)),
      );
  }
  const foreign = [...places.keys()].filter((marker) => !questions.some((question) => question.marker === marker));
  return [
    ...findings,
    ...foreign.map((marker): Finding => ({
      kind: 'duplicate',
      marker,
      detail: 'answered in a conversation in which it was not asked',
    })),
  ];
}

function incomplete(marker: string, detail: string): Finding {
  return { kind: 'incomplete', marker, detail };
}

function misplaced(marker: string, earlier: string): Finding {
  return { kind: 'out of order', marker, detail: `its answer stands before that to ${earlier}` };
}
