import { createExpressions } from '../../expressions/expressions.ts';
import { createReceiver } from '../../../adapters/webhook/receiver.ts';
import { signedIdHeader } from '../../../adapters/webhook/credentials.ts';
import { toMessage } from '../../../adapters/webhook/receive.ts';
import { parsePayload } from '../../../adapters/webhook/request-body.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { toWebhookSource } from '../../config/resolve-webhook.ts';
import { createErrorId } from '../../ids.ts';
import type { InboundMessage } from '../../message.ts';
import type { Store } from '../../store/store.ts';
import type { WebhookDelivery } from '../../webhook-delivery.ts';
import { exitCodes, type Cli } from '../command.ts';
import { withLedger } from '../ledger.ts';
import { refuseUnknown } from './deliveries.ts';

/**
 * As the source is configured now. What was not accepted keeps its id, so that the sender's own next attempt is a duplicate; what was is a
 * new event.
 */
export async function replay(id: string, cli: Cli): Promise<void> {
  await withLedger(cli, async (store, config) => {
    const delivery = await store.getWebhookDelivery(id);
    if (!delivery) {
      refuseUnknown(id, cli);
      return;
    }
    const mapped = await toEvent(delivery, config);
    if ('problem' in mapped) {
      refuse(id, mapped.problem, cli);
      return;
    }
    const { message } = mapped;
    if (message.ignored !== undefined) {
      refuse(id, `it is no question: ${message.ignored}`, cli);
      return;
    }
    const isNew = await accept(store, message);
    const event = isNew ? message : asAnother(message);
    if (!isNew) await accept(store, event);
    cli.stdout.write(`${id} replayed as event ${event.eventId}\n`);
  });
}

export async function resend(id: string, cli: Cli): Promise<void> {
  await withLedger(cli, async (store, config) => {
    const delivery = await store.getWebhookDelivery(id);
    if (!delivery) {
      refuseUnknown(id, cli);
      return;
    }
    const { source, eventId } = delivery;
    if (!config.webhooks[source]?.callback && !config.webhooks[source]?.reply) {
      refuse(id, `the source ${source} has no callback or reply to send by`, cli);
      return;
    }
    const parts = eventId === undefined ? 0 : await store.resendAnswer({ adapter: 'webhook', tenant: source, eventId });
    if (parts > 0) cli.stdout.write(`${id}: ${parts === 1 ? 'the answer is' : `${parts} parts are`} sent again\n`);
    else refuse(id, 'there is no answer that has been sent. What could not be sent is under: parley dead-letters', cli);
  });
}

async function toEvent(delivery: WebhookDelivery, config: Config): Promise<{ message: InboundMessage } | { problem: string }> {
  const { source: name, genuine, body, headers } = delivery;
  const configured = config.webhooks[name];
  if (!genuine) return { problem: 'nobody has proved to have sent it, so it is not replayed' };
  if (body === undefined) return { problem: 'its body was not kept (webhookLog.bodies; 64 KiB at most)' };
  if (!configured) return { problem: `the source ${name} is not configured any more` };
  const source = toWebhookSource(name, configured);
  const bytes = Buffer.from(body);
  const parsed = parsePayload(bytes, source);
  if (!parsed.ok) return { problem: parsed.detail };
  const idHeader = signedIdHeader(source.verify);
  const signedId = idHeader === undefined ? undefined : headers[idHeader];
  const { map, keep, copyTo } = createReceiver(source, { fetch, jobKey: '' });
  const expressions = createExpressions({ clock: systemClock });
  const mapped = await map({ ...parsed, headers, body: bytes, signedId }, expressions);
  await expressions.stop();
  if (mapped.ok) {
    const event = { ...mapped.event, keep: keep(parsed.payload), copyTo: copyTo(parsed.payload) };
    return { message: toMessage(source, event, systemClock.now()) };
  }
  return { problem: 'unavailable' in mapped ? noEvaluator : `webhooks.${name}.${mapped.key} ${mapped.problem}` };
}

const noEvaluator = 'no process can be started that evaluates its expressions';

function asAnother(message: InboundMessage): InboundMessage {
  const eventId = `${message.eventId}~${createErrorId()}`;
  return { ...message, eventId, messageId: eventId };
}

async function accept(store: Store, message: InboundMessage): Promise<boolean> {
  const [result] = await store.accept({ adapter: 'webhook', events: [message] });
  return result?.status === 'accepted';
}

function refuse(id: string, why: string, cli: Cli): void {
  cli.stderr.write(`${id}: ${why}\n`);
  cli.exitCode = exitCodes.failed;
}
