import type { Adapter, SaidInThread } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { SlackCaller, SlackResult } from './client.ts';
import { parseDestination } from './conversation.ts';
import { rateLimitOf, toDeliveryError } from './failure.ts';
import { toMarkdown } from './mrkdwn.ts';
import type { Names } from './names.ts';
import { isRecord } from './receive.ts';

export interface ThreadReaderOptions {
  readonly slack: SlackCaller;
  readonly names: Pick<Names, 'nameOf'>;
}

/** Slack gives apps that are sold outside of its Marketplace 15 messages and one call a minute, whatever is asked for. */
const pageSize = 200;
const maxPages = 5;
/** Longer ones have their oldest messages left out: a summary of so much says little anyway. */
const maxCharacters = 200_000;

/** Reads a thread as Slack has it. This is the one place where its history is asked for what people said. */
export function createThreadReader({ slack, names }: ThreadReaderOptions): NonNullable<Adapter['readThread']> {
  return async (command, signal) => {
    const { channel, threadTs } = parseDestination(command.destination) ?? {};
    if (channel === undefined || threadTs === undefined) {
      throw new DeliveryError({ message: 'The command names no thread.', retryable: false, uncertain: false });
    }
    const caller = slack.of(command);
    const nameOf = (id: string) => names.nameOf(id, command);
    const said: SaidInThread[] = [];
    let cursor = '';
    for (let page = 0; page < maxPages; page += 1) {
      const query = { channel, ts: threadTs, limit: pageSize, ...(cursor === '' ? {} : { cursor }) };
      const answer = await caller.call('conversations.replies', query, signal).catch((error: unknown) => {
        // Rather a summary of what there is than one in some minutes.
        if (page > 0 && rateLimitOf(error) !== undefined) return undefined;
        throw toDeliveryError(error, { method: 'conversations.replies' });
      });
      if (!answer) return newest([...said, { author: 'Slack', text: '(The newer messages could not be read.)' }]);
      said.push(...messagesIn(answer, nameOf));
      cursor = nextCursor(answer);
      if (cursor === '') return newest(said);
    }
    return newest([...said, { author: 'Slack', text: '(The thread goes on.)' }]);
  };
}

function messagesIn({ messages }: SlackResult, nameOf: (id: string) => string | undefined): SaidInThread[] {
  if (!Array.isArray(messages)) return [];
  return messages.filter(isRecord).flatMap((message) => {
    const text = toMarkdown(typeof message['text'] === 'string' ? message['text'] : '', undefined, nameOf);
    return text === '' ? [] : [{ author: authorOf(message, nameOf), text }];
  });
}

function authorOf(message: Readonly<Record<string, unknown>>, nameOf: (id: string) => string | undefined): string {
  const { user, user_profile: profile, bot_profile: bot, username } = message;
  const id = typeof user === 'string' ? user : '';
  const given = [profile, bot].filter(isRecord).flatMap((each) => [each['display_name'], each['real_name'], each['name']]);
  const names = [...given, username, id === '' ? undefined : nameOf(id), id];
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? 'somebody';
}

function newest(said: readonly SaidInThread[]): readonly SaidInThread[] {
  let room = maxCharacters;
  const from = said.findLastIndex(({ text }) => {
    room -= text.length;
    return room < 0;
  });
  return said.slice(from + 1);
}

function nextCursor({ response_metadata: metadata }: SlackResult): string {
  const cursor = isRecord(metadata) ? metadata['next_cursor'] : undefined;
  return typeof cursor === 'string' ? cursor : '';
}
