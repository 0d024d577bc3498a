import type { Knowledge } from '../knowledge/knowledge.ts';
import type { Finding } from '../knowledge/search.ts';
import { textOf, type Tool } from './tool.ts';

const maxExcerpt = 2_000;

/** Looks for passages in the documents that may be seen where it is used. */
export function createSearchKnowledge({ search }: Pick<Knowledge, 'search'>): Tool {
  return {
    name: 'search_knowledge',
    title: 'Searching the knowledge base',
    description:
      "Finds passages in the team's own documents. Use it before you answer a question about the team's products, rules or ways of working. Where its results are numbered, put the number of each passage that you use behind what you take from it, as in [1], and make no list of sources: it is added.",
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
    run: async ({ question }, { signal, adapter, tenant, conversationId, cite }) => {
      const place = { adapter, tenant, conversationId };
      const findings = await search({ question: textOf(question), place }, signal);
      if (findings.length === 0) return 'Nothing was found. Say so, or ask with other words.';
      return findings
        .map((finding) => `${toTitle(finding, cite?.(finding))}\n${finding.text.slice(0, maxExcerpt).toWellFormed()}`)
        .join('\n\n');
    },
  };
}

function toTitle({ source, heading }: Finding, number: number | undefined): string {
  return number === undefined ? `[${source}: ${heading}]` : `[${number}] ${source}: ${heading}`;
}
