import type { Knowledge } from '../knowledge/knowledge.ts';
import { textOf, type Tool } from './tool.ts';

const maxExcerpt = 2_000;

/** Looks for passages in the documents of the knowledge folder. */
export function createSearchKnowledge({ search }: Pick<Knowledge, 'search'>): Tool {
  return {
    name: 'search_knowledge',
    title: 'Searching the knowledge base',
    description:
      "Finds passages in the team's own documents. Use it before you answer a question about the team's products, rules or ways of working, and name the source.",
    parameters: {
      type: 'object',
      properties: {
        question: { type: 'string', minLength: 1, maxLength: 500, description: 'What is to be found out, as a whole question.' },
      },
      required: ['question'],
      additionalProperties: false,
    },
    readOnly: true,
    untrusted: true,
    run: async ({ question }, { signal }) => {
      const findings = await search({ question: textOf(question) }, signal);
      if (findings.length === 0) return 'Nothing was found. Say so, or ask with other words.';
      return findings
        .map(({ source, heading, text }) => `[${source}: ${heading}]\n${text.slice(0, maxExcerpt).toWellFormed()}`)
        .join('\n\n');
    },
  };
}
