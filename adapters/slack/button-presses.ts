import type { Feedback, InboundEvent } from '../../src/message.ts';
import { parseJudged } from './buttons.ts';
import type { JudgedMessage } from './buttons.ts';
import type { SlackCaller } from './client.ts';
import { adapterName, isTs, toDestination } from './conversation.ts';
import { parseReason, toReasonView } from './feedback-view.ts';
import { channelIn, messageTsIn } from './interaction.ts';
import type { Interaction, InteractionHandlers, InteractionOutcome } from './interaction.ts';
import { isRecord } from './receive.ts';
import type { Responder } from './respond.ts';

export interface ButtonOptions {
  readonly slack: SlackCaller;
  readonly responder: Pick<Responder, 'seal'>;
}

/** The buttons under an answer, and the form that asks why it was bad. Only who can see the message can press them: Slack sees to that. */
export function createButtonHandlers({ slack, responder }: ButtonOptions): InteractionHandlers {
  function decideOn(interaction: Interaction, name: 'approve' | 'decline'): InteractionOutcome | undefined {
    const request = answerOf(interaction, valueOf(interaction));
    return request && { events: [toPress(interaction, request, { name, responder })] };
  }

  return {
    'block_actions:regenerate': (interaction) => {
      const answer = answerOf(interaction, valueOf(interaction));
      return answer && { events: [toPress(interaction, answer, { name: 'regenerate', responder })] };
    },
    'block_actions:approve': (interaction) => decideOn(interaction, 'approve'),
    'block_actions:decline': (interaction) => decideOn(interaction, 'decline'),
    'block_actions:feedback': (interaction) => {
      const [, rating, value = ''] = /^(good|bad) (.*)$/s.exec(valueOf(interaction)) ?? [];
      const answer = answerOf(interaction, value);
      if (!answer || (rating !== 'good' && rating !== 'bad')) return undefined;
      const events = [toFeedback(interaction, answer, { rating })];
      return rating === 'good' ? { events } : { events, afterwards: openForm(slack, interaction, answer) };
    },
    'view_submission:feedback': onReason,
  };
}

function onReason(interaction: Interaction): InteractionOutcome {
  const submitted = parseReason(interaction.view ?? {});
  if ('errors' in submitted) return { response: { response_action: 'errors', errors: submitted.errors } };
  const { place, reason } = submitted;
  // That it was bad is saved already.
  if (!place || reason === undefined) return { response: { response_action: 'clear' } };
  const events = [toFeedback(interaction, place, { rating: 'bad', reason })];
  return { events, response: { response_action: 'clear' } };
}

function openForm(slack: SlackCaller, interaction: Interaction, answer: JudgedMessage): (signal: AbortSignal) => Promise<void> {
  const { triggerId, tenant } = interaction;
  return async (signal) => {
    if (triggerId === undefined) return;
    await slack.of({ tenant }).call('views.open', { trigger_id: triggerId, view: toReasonView(answer) }, signal);
  };
}

function answerOf({ body }: Interaction, value: string): JudgedMessage | undefined {
  const channel = channelIn(body);
  const ts = messageTsIn(body);
  const judged = channel === undefined ? undefined : parseJudged(value, channel);
  if (channel === undefined || !isTs(ts) || !judged) return undefined;
  const threadTs = isRecord(body['message']) ? body['message']['thread_ts'] : undefined;
  return { ...judged, channel, ts, threadTs: isTs(threadTs) ? threadTs : undefined };
}

function valueOf({ action: { value } }: Interaction): string {
  return typeof value === 'string' ? value : '';
}

interface Press {
  readonly name: 'regenerate' | 'approve' | 'decline';
  readonly responder: ButtonOptions['responder'];
}

/** What comes of it stands in the thread; what there is to say about the press itself is for the eyes of who pressed. */
function toPress(
  { eventId, receivedAt, user, body }: Interaction,
  answer: JudgedMessage,
  { name, responder }: Press,
): InboundEvent {
  const { tenant, conversationId, channel, ts, threadTs, outboundId } = answer;
  const { response_url: url } = body;
  const respond = typeof url === 'string' ? responder.seal(url, { channel, userId: user.id }) : undefined;
  const teamId = isRecord(body['user']) && typeof body['user']['team_id'] === 'string' ? body['user']['team_id'] : tenant;
  return {
    type: 'action',
    ...{ adapter: adapterName, tenant, eventId, conversationId, sentAt: receivedAt, author: user },
    ...{ name, value: outboundId, messageId: ts },
    // Why nothing comes of it is said to nobody else.
    destination: toDestination({
      ...{ channel, teamId, userId: user.id, ephemeral: true },
      ...(threadTs === undefined ? {} : { threadTs }),
      ...(respond === undefined ? {} : { respond }),
    }),
  };
}

function toFeedback(
  { eventId, receivedAt, user }: Interaction,
  { tenant, conversationId, ts, outboundId }: JudgedMessage,
  judgement: Pick<Feedback, 'rating' | 'reason'>,
): InboundEvent {
  return {
    type: 'feedback',
    ...{ adapter: adapterName, tenant, eventId, conversationId, sentAt: receivedAt, author: user },
    ...{ messageId: ts, outboundId, ...judgement },
  };
}
