import type { BlockFile } from '../../file-block.ts';
import type { ModelMessage } from '../model.ts';
import { separateFiles } from './files.ts';
import { understand } from './small-talk.ts';

export interface Citation {
  readonly source: string;
  readonly heading: string;
}

/** A conversation as the built-in model sees it. */
export interface Conversation {
  /** What has not been answered yet, oldest first. */
  readonly unanswered: readonly string[];
  /** What was looked up before that, newest first. */
  readonly asked: readonly string[];
  /** What has been quoted, newest first. */
  readonly cited: readonly Citation[];
  /** Whether the bot has not said anything yet. */
  readonly isFirst: boolean;
  /** What came with the messages that have not been answered yet. */
  readonly files: readonly BlockFile[];
  /** What came before that, newest first. */
  readonly earlierFiles: readonly BlockFile[];
}

export function readConversation(messages: readonly ModelMessage[]): Conversation {
  const plain = withoutSpeakers(messages);
  const lastAnswer = plain.findLastIndex(({ role }) => role === 'assistant');
  const earlier = plain.slice(0, lastAnswer + 1).toReversed();
  const { said, files } = separateFiles(plain.slice(lastAnswer + 1).map(({ text }) => text));
  const before = separateFiles(earlier.filter(({ role }) => role === 'user').map(({ text }) => text));
  return {
    unanswered: said,
    files,
    earlierFiles: before.files,
    asked: before.said.map((text) => understand(text).question).filter((question) => question !== ''),
    cited: earlier.filter(({ role }) => role === 'assistant').flatMap(({ text }) => readCitations(text).toReversed()),
    isFirst: lastAnswer < 0,
  };
}

/** The line under a quotation. It is read again to know what a later question refers back to. */
export function toCitation({ source, heading }: Citation): string {
  return heading === '' ? `— \`${source}\`` : `— \`${source}\` › ${heading}`;
}

function readCitations(answer: string): readonly Citation[] {
  return Array.from(answer.matchAll(/^— `([^`\n]+)`(?: › (.+))?$/gm), ([, source = '', heading = '']) => ({ source, heading }));
}

/** Where several people talk, every one of their messages begins with a name, which is no part of the question. */
function withoutSpeakers(messages: readonly ModelMessage[]): readonly ModelMessage[] {
  const speaker = /^[^:\n]{1,40}: /;
  const users = messages.filter(({ role }) => role === 'user');
  if (users.length < 2 || !users.every(({ text }) => speaker.test(text))) return messages;
  return messages.map(({ role, text }) => ({ role, text: role === 'user' ? text.replace(speaker, '') : text }));
}
