import { textOf, type Tool } from './tool.ts';

export interface SaidEarlier {
  readonly role: 'user' | 'assistant';
  readonly authorName: string;
  readonly text: string;
  /** ms since 1970. */
  readonly at: number;
}

/** What was said in this conversation since its last reset, oldest first. */
export type ReadTranscript = (conversationId: string) => Promise<readonly SaidEarlier[]>;

const maxFound = 8;
const maxText = 1_000;

/** Looks for what was said earlier in the conversation that it is used in, and nowhere else: where to look is no argument. */
export function createSearchConversation(read: ReadTranscript): Tool {
  return {
    name: 'search_conversation',
    title: 'Searching this conversation',
    description:
      'Finds earlier messages of this conversation by words in them. Use it when something is referred to that you do not see.',
    parameters: {
      type: 'object',
      properties: { words: { type: 'string', minLength: 1, maxLength: 200, description: 'Words that the message holds.' } },
      required: ['words'],
      additionalProperties: false,
    },
    readOnly: true,
    untrusted: true,
    run: async ({ words }, { conversationId }) => {
      const wanted = [...new Set(toWords(textOf(words)))];
      const found = (await read(conversationId))
        .map((said) => ({ said, score: scoreOf(said.text, wanted) }))
        .filter(({ score }) => score > 0)
        .toSorted((one, other) => other.score - one.score || other.said.at - one.said.at)
        .slice(0, maxFound);
      return found.length === 0
        ? 'Nothing like that was said in this conversation.'
        : found.map(({ said }) => toLine(said)).join('\n\n');
    },
  };
}

function scoreOf(text: string, wanted: readonly string[]): number {
  const said = toWords(text);
  return wanted.filter((word) => said.some((other) => other.startsWith(word))).length;
}

function toWords(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

function toLine({ role, authorName, text, at }: SaidEarlier): string {
  const who = role === 'assistant' ? 'You' : authorName || 'Somebody';
  return `${new Date(at).toISOString().slice(0, 16)}Z ${who}: ${text.slice(0, maxText).toWellFormed()}`;
}
