import { toConversationId } from '../../src/conversation-id.ts';
import type { Command, InboundMessage } from '../../src/message.ts';
import { adapterName, isTs, toDestination } from './conversation.ts';
import { channelIn, messageTsIn } from './interaction.ts';
import type { Interaction, InteractionHandlers, InteractionOutcome } from './interaction.ts';
import { isRecord, toEvents } from './receive.ts';
import type { ReceivingBot } from './receive.ts';
import type { Responder } from './respond.ts';

/** What people can choose from the menu of a message. */
export type SlackShortcut = 'answer' | 'summarise';

export const defaultShortcuts: readonly SlackShortcut[] = ['answer', 'summarise'];

export interface ShortcutOptions {
  readonly responder: Responder;
  /** Those that are switched on. */
  readonly shortcuts: readonly SlackShortcut[];
}

export function createShortcutHandlers({ responder, shortcuts }: ShortcutOptions): InteractionHandlers {
  const say = (interaction: Interaction, text: string) => toSay(responder, interaction, text);
  return {
    'message_action:answer': (interaction, bot) => {
      if (!shortcuts.includes('answer')) return { afterwards: say(interaction, off) };
      const message = toChosenMessage(interaction, bot);
      if (!message) return { afterwards: say(interaction, notAnswerable) };
      const { user: author, eventId } = interaction;
      return { events: [message], asker: { author, eventId }, repeated: say(interaction, taken) };
    },
    'message_action:summarise': (interaction) =>
      shortcuts.includes('summarise') ? toSummarise(responder, interaction) : { afterwards: say(interaction, off) },
  };
}

const notAnswerable = 'I cannot answer that: it is a message of my own, or not one that somebody wrote.';
const off = 'This shortcut is switched off.';
const taken = 'I have taken that message up already: look into its thread.';

/** The message as if it had been addressed to the bot. The answer is for whoever chose it: the streams of Slack and its mentions are. */
function toChosenMessage({ body, tenant, receivedAt, user }: Interaction, bot: ReceivingBot): InboundMessage | undefined {
  const channel = channelIn(body);
  const { message } = body;
  if (channel === undefined || !isRecord(message)) return undefined;
  const event = { ...message, type: 'app_mention', channel, ...(channel.startsWith('D') ? { channel_type: 'im' } : {}) };
  const envelope = { type: 'event_callback', team_id: tenant, event, event_time: Math.floor(receivedAt / 1_000) };
  const [chosen] = toEvents(envelope, { ...bot, takesBots: true });
  if (chosen?.type !== 'message') return undefined;
  return { ...chosen, destination: { ...chosen.destination, userId: user.id, teamId: teamOf(body) ?? tenant } };
}

/** For the eyes of who chose it, in a conversation of its own. */
function toSummarise(responder: Responder, interaction: Interaction): InteractionOutcome | undefined {
  const { body, tenant, receivedAt, user, eventId } = interaction;
  const channel = channelIn(body);
  const ts = messageTsIn(body);
  if (channel === undefined || !isTs(ts)) return undefined;
  const threadTs = isRecord(body['message']) && isTs(body['message']['thread_ts']) ? body['message']['thread_ts'] : ts;
  const respond = responder.seal(text(body['response_url']), { channel, userId: user.id });
  const command: Command = {
    type: 'command',
    ...{
      adapter: adapterName,
      tenant,
      eventId,
      name: 'summarise',
      text: 'Summarise this thread.',
      author: user,
      sentAt: receivedAt,
    },
    conversationId: toConversationId({ adapter: adapterName, tenant, path: [channel, threadTs, user.id, 'private'] }),
    audience: 'author',
    destination: toDestination({
      ...{ channel, threadTs, teamId: teamOf(body) ?? tenant, userId: user.id, ephemeral: true },
      ...(respond === undefined ? {} : { respond }),
    }),
  };
  return { events: [command] };
}

/** Where the address is not taken, nobody is told: what was asked for is done or not, and the ledger has it. */
function toSay(responder: Responder, { body, user }: Interaction, words: string): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    const place = { channel: channelIn(body) ?? '', userId: user.id };
    const sealed = responder.seal(text(body['response_url']), place);
    if (sealed !== undefined) await responder.respond(sealed, { place, content: { text: words }, isPrivate: true }, signal);
  };
}

function teamOf({ user }: Interaction['body']): string | undefined {
  return isRecord(user) ? text(user['team_id']) || undefined : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
