import type { Question } from '../../src/bot-turns.ts';
import { parseConversationId } from '../../src/conversation-id.ts';
import type { InboundEvent, MessageDelete, MessageEdit } from '../../src/message.ts';
import { channelTypes, conversationOf, parseDestination } from './conversation.ts';
import type { Found } from './place-settings.ts';
import type { Places } from './places.ts';
import { isSnowflake } from './snowflake.ts';
import { inNewThread } from './threads.ts';

interface AutoThreadOptions {
  readonly settingsOf: (guildId: string, channelId: string) => Found | undefined;
  readonly autoThread: boolean;
  readonly places: Places;
}

/** Text and announcement channels. */
const threadable: ReadonlySet<unknown> = new Set([channelTypes.text, 5]);

/** Moves questions of a channel into threads of their own, where the operator wants that. */
export function createAutoThread({ settingsOf, autoThread, places }: AutoThreadOptions) {
  const isThreaded = (guildId: string, channelId: string): boolean =>
    settingsOf(guildId, channelId)?.settings.autoThread ?? autoThread;

  /** A question in a channel is the beginning of its thread. */
  function inThread(question: Question): Question {
    if (question.type !== 'message' || !question.addressed || question.refusal !== undefined) return question;
    const { guildId, channelId, channelType } = parseDestination(question.destination) ?? {};
    if (guildId === undefined || channelId === undefined || !threadable.has(channelType)) return question;
    if (!isThreaded(guildId, channelId)) return question;
    const { replyTo: _, ...beginning } = question;
    const { conversationId } = conversationOf({ guildId, channelId: question.messageId });
    return { ...beginning, conversationId, destination: inNewThread(question.destination, question) };
  }

  /** Of what stands in the channel itself only the beginning of a thread is known. */
  async function relocate(event: MessageEdit | MessageDelete): Promise<InboundEvent> {
    const { tenant, messageId } = event;
    const channelId = parseConversationId(event.conversationId)?.path[0];
    if (!isSnowflake(tenant) || !isSnowflake(channelId) || !isThreaded(tenant, channelId)) return event;
    if ((await places.parentOf(channelId)) !== channelId) return event;
    return { ...event, conversationId: conversationOf({ guildId: tenant, channelId: messageId }).conversationId };
  }

  return { inThread, relocate };
}
