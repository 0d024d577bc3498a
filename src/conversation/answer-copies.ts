import type { Adapter } from '../adapter.ts';
import { toConversationId } from '../conversation-id.ts';
import { toCopyId } from '../ids.ts';
import type { CopyTo, InboundMessage } from '../message.ts';
import type { AnswerCopy } from '../store/copy.ts';
import type { ClaimedTurn } from '../store/store.ts';
import type { Post } from '../tools/post.ts';

interface Answered {
  readonly turn: ClaimedTurn;
  /** What the answer says. */
  readonly text: string;
  readonly adapters: ReadonlyMap<string, Adapter>;
}

/** The answer and its question, for the thread on another platform that the newest question asks for; none where it asks for none. */
export function copiesOf({ turn, text, adapters }: Answered): readonly AnswerCopy[] {
  const questions = turn.events.flatMap(({ event }) => (event.type === 'message' ? [event] : []));
  const to = questions.at(-1)?.copyTo;
  if (!to) return [];
  const { adapter, tenant, destination } = to;
  const queue = toConversationId({ adapter, tenant, path: ['copies', turn.conversationId, ...Object.values(destination)] });
  const id = (part: number | 'opener' | 'question'): string => toCopyId({ turnId: turn.turnId, queue, part });
  const asked = questions.map(quote).join('\n\n');
  const parts = adapters.get(adapter)?.split?.(text, undefined, destination) ?? [text];
  return [
    {
      ...{ queue, adapter, tenant, destination },
      opener: { id: id('opener'), text: `${titleOf(to)}\n\n${asked}` },
      question: { id: id('question'), text: asked },
      parts: parts.map((part, index) => ({ id: id(index), text: part })),
    },
  ];
}

/** Messages of tools to other places, each by itself: who answers one in its thread finds the bot there. */
export function postsOf(
  turn: Pick<ClaimedTurn, 'turnId' | 'conversationId'>,
  posts: readonly Post[],
  adapters: Answered['adapters'],
): readonly AnswerCopy[] {
  return posts.map(({ adapter, tenant, destination, text }, nth) => {
    const queue = toConversationId({ adapter, tenant, path: ['posts', turn.turnId, String(nth)] });
    const id = (part: number | 'opener'): string => toCopyId({ turnId: turn.turnId, queue, part });
    const [first = text, ...rest] = adapters.get(adapter)?.split?.(text, undefined, destination) ?? [text];
    const opener = { id: id('opener'), text: first };
    const parts = rest.map((part, index) => ({ id: id(index), text: part }));
    return { queue, adapter, tenant, destination, opener, question: opener, parts };
  });
}

const maxTitle = 150;
/** What is longer can be read where it was asked. */
const maxQuoted = 1_000;

function titleOf({ title, link }: CopyTo): string {
  const text = plain(title).slice(0, maxTitle).toWellFormed() || 'A question';
  const address = link === undefined ? undefined : addressOf(link);
  return address === undefined ? `**${text}**` : `**[${text}](${address})**`;
}

function quote({ author, text }: InboundMessage): string {
  const cut = text.length > maxQuoted ? `${text.slice(0, maxQuoted).toWellFormed()} …` : text;
  const lines = cut.split(/\r\n?|\n/).map((line) => `> ${line}`.trimEnd());
  return `**${plain(author.name).slice(0, maxTitle).toWellFormed() || 'Somebody'}**:\n${lines.join('\n')}`;
}

/** On one line, without anything that Markdown or a platform would read something into. */
function plain(text: string): string {
  return text
    .replaceAll(/[\\*_~`|#[\]<>@]/g, ' ')
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
}

/** An address that people may open, and that ends no Markdown. */
function addressOf(link: string): string | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return undefined;
  if (url.username !== '' || url.password !== '' || url.href.length > 2_000) return undefined;
  return url.href.replaceAll(/[()<>|\\]/g, (character) => `%${(character.codePointAt(0) ?? 0).toString(16)}`);
}
