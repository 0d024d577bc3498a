import { parseConversationId } from '../../src/conversation-id.ts';
import type { Destination, OutboundMessage } from '../../src/message.ts';
import { isEndOfMessages } from './answer-file.ts';
import { adapterName, parseDestination } from './conversation.ts';
import { toInteractionId } from './interaction.ts';

/** What stands under an answer to be pressed. */
export type SlackButton = 'feedback' | 'regenerate';

export type ButtonBlock = Readonly<Record<string, unknown>>;

/** What a button says of the answer that it stands under. Slack gives it back, signed, and lets no other app write it. */
export interface Judged {
  /** `id` of the OutboundMessage. */
  readonly outboundId: string;
  readonly conversationId: string;
  readonly tenant: string;
}

/** The bot's message that a button stands under. */
export interface JudgedMessage extends Judged {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | undefined;
}

/**
 * The blocks under the last message of an answer, as https://docs.slack.dev/reference/block-kit/blocks/context-actions-block and
 * https://docs.slack.dev/reference/block-kit/blocks/actions-block give them; none under the others, and under what only one person sees:
 * Slack gives no way to find that again.
 */
export function toButtonBlocks(message: OutboundMessage, buttons: readonly SlackButton[]): readonly ButtonBlock[] {
  if (message.approval) return message.approval.isOpen ? approvalBlocks(message.approval.id, message.conversationId) : [];
  if (!isEndOfMessages(message)) return [];
  const value = `${message.id} ${message.conversationId}`;
  if (value.length > maxValue) return [];
  return [
    ...(buttons.includes('feedback') ? [feedbackBlock(value)] : []),
    ...(buttons.includes('regenerate') ? [regenerateBlock(value)] : []),
  ];
}

/** Not where one person alone sees the message: that cannot be found again to take its buttons away. */
export function takesButtons(to: Destination): boolean {
  const destination = parseDestination(to);
  return destination !== undefined && !destination.ephemeral && !destination.direct;
}

/** Slack's limit, less what stands before it. */
const maxValue = 1_900;

function feedbackBlock(value: string): ButtonBlock {
  const button = (rating: 'good' | 'bad', label: string) => ({
    text: { type: 'plain_text', text: label },
    value: `${rating} ${value}`,
    accessibility_label: `${label}: judge this answer`,
  });
  return {
    type: 'context_actions',
    elements: [
      {
        type: 'feedback_buttons',
        action_id: toInteractionId('feedback'),
        positive_button: button('good', 'Good answer'),
        negative_button: button('bad', 'Bad answer'),
      },
    ],
  };
}

function regenerateBlock(value: string): ButtonBlock {
  const text = { type: 'plain_text', text: 'Answer again' };
  return { type: 'actions', elements: [{ type: 'button', action_id: toInteractionId('regenerate'), text, value }] };
}

/** Under a request for approval, see https://docs.slack.dev/reference/block-kit/block-elements/button-element. */
function approvalBlocks(approvalId: string, conversationId: string): readonly ButtonBlock[] {
  const button = (name: 'approve' | 'decline', label: string, style: 'primary' | 'danger') => ({
    ...{ type: 'button', style, action_id: toInteractionId(name), value: `${approvalId} ${conversationId}` },
    text: { type: 'plain_text', text: label },
  });
  const elements = [button('approve', 'Approve', 'primary'), button('decline', 'Decline', 'danger')];
  return [{ type: 'actions', elements }];
}

/**
 * Undefined where it is none that `toButtonBlocks` has made for this channel. The workspace is that of the conversation: in a shared channel
 * who presses may belong to another one.
 */
export function parseJudged(value: string, channel: string): Judged | undefined {
  const [, outboundId, conversationId] = /^([0-9a-z]{24}) (\S+)$/.exec(value) ?? [];
  const address = conversationId === undefined ? undefined : parseConversationId(conversationId);
  if (outboundId === undefined || conversationId === undefined || address?.adapter !== adapterName) return undefined;
  return address.path[0] === channel ? { outboundId, conversationId, tenant: address.tenant } : undefined;
}
