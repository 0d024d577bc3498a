import { ToolError } from '../errors.ts';
import { textOf, type Tool } from './tool.ts';

/** Keeps words of who asks beyond this conversation. Whose they are, and where they may be told, is no argument: see src/conversation/memory.ts. */
export function createRemember(): Tool {
  return {
    name: 'remember',
    title: 'Remembering',
    description:
      'Keeps something that the person has just said of themselves for later conversations: a preference, a role, a name, a date. Use it when they ask for it, ' +
      'or when it will clearly matter later. Give their own words exactly as they stand in their newest message, shortened to the part that matters.',
    parameters: {
      type: 'object',
      properties: { words: { type: 'string', minLength: 1, maxLength: 300, description: 'Words of their newest message.' } },
      required: ['words'],
      additionalProperties: false,
    },
    // It only notes: what it has noted is written with the answer, once.
    readOnly: true,
    untrusted: false,
    run: async ({ words }, { remember, untrusted }) => {
      if (!remember) throw new ToolError('Nothing can be remembered here.');
      return remember(textOf(words), untrusted ?? true);
    },
  };
}
