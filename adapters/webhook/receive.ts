import type { OutgoingHttpHeaders } from 'node:http';
import type { AcceptResult } from '../../src/adapter.ts';
import { toConversationId } from '../../src/conversation-id.ts';
import { describeError } from '../../src/errors.ts';
import type { InboundMessage } from '../../src/message.ts';
import type { OwnSigns } from '../../src/own-message.ts';
import { sendProblem } from '../../src/problem.ts';
import type { Problem } from '../../src/problem.ts';
import { readClientNames } from './client-certificate.ts';
import { noteDelivery } from './delivery-note.ts';
import { judgeEnvelope, judgeOrigin } from './envelope.ts';
import type { Exchange, ReceiveOptions, Reception } from './exchange.ts';
import { answerChallenge, answerForm, isKnock, sendOk } from './handshake.ts';
import type { Mapped } from './mapping.ts';
import { conflict, malformed, notEvaluated, notSaved, retryLater, tooLarge, tooMany, unmappable } from './refusals.ts';
import { reply } from './reply.ts';
import { parsePayload, readBody } from './request-body.ts';
import type { WebhookSource } from './source.ts';
import { toChallenge, toSignatureProblem } from './verify.ts';

/**
 * Takes one event. Whatever is not right is refused with problem details before anything of it is handed on: way and address, media type,
 * size, signature, allowance, JSON, mapping, in this order. 202 is sent after the event is on disk, never before.
 */
export async function receiveEvent(exchange: Exchange): Promise<void> {
  const { request, response, receiver, context, options } = exchange;
  const reception: Reception = { ...exchange, origin: options.readOrigin(request), startedAt: context.clock.monotonic() };
  const stranger = judgeOrigin(reception.origin, receiver);
  if (stranger === undefined && isKnock(request)) {
    sendOk(response, '');
    return;
  }
  const refusal = stranger ?? judgeEnvelope(request, receiver.source.body);
  if (refusal) {
    if (stranger === undefined && (await answerForm(reception))) return;
    refuse(reception, refusal, refusal.status === 405 ? { allow: 'POST' } : {});
    return;
  }
  const maxBytes = receiver.source.maxBodyBytes ?? options.maxBodyBytes;
  const body = await readBody(request, maxBytes);
  if (body === 'cut') {
    response.destroy();
    return;
  }
  if (body === 'too large') {
    refuse(reception, tooLarge(receiver.source.name, maxBytes));
    return;
  }
  reception.body = body;
  if ((await isGenuine(reception, body)) && !answerChallenge(reception)) await takeEvent(reception, body);
}

/** Only genuine requests use up the allowance: others could take it away from the sender. */
async function isGenuine(reception: Reception, body: Buffer): Promise<boolean> {
  const { request, receiver, context, options, origin } = reception;
  const { headers, method, url = '' } = request;
  const { verify } = receiver.source;
  const now = context.clock.now();
  const checking = receiver.verify({
    headers,
    body,
    now,
    method,
    url: `${options.publicUrl}${url}`,
    fromProxy: origin.fromProxy,
    clientNames: () => readClientNames(request),
  });
  const proof = checking instanceof Promise ? await checking : checking;
  if (!proof.ok) {
    const isUnauthorized = proof.reason !== 'unavailable';
    refuse(
      reception,
      toSignatureProblem(proof.reason, verify),
      isUnauthorized ? { 'www-authenticate': toChallenge(verify) } : retryLater,
    );
    return false;
  }
  reception.proof = proof;
  const seconds = receiver.takeOne?.(context.clock.monotonic()) ?? 0;
  if (seconds > 0) refuse(reception, tooMany(seconds), { 'retry-after': String(seconds) });
  return seconds === 0;
}

async function takeEvent(reception: Reception, body: Buffer): Promise<void> {
  const { request, receiver, proof } = reception;
  const { source } = receiver;
  const parsed = parsePayload(body, source);
  if (!parsed.ok) {
    refuse(reception, malformed(parsed.detail));
    return;
  }
  const input = { payload: parsed.payload, json: parsed.json, headers: request.headers, body, signedId: proof?.id };
  const mapped = await receiver.map(input, reception.expressions);
  if (mapped.ok) {
    const own = await receiver.readOwn({ payload: parsed.payload, headers: request.headers, event: mapped.event });
    await acceptEvent(
      reception,
      { ...mapped.event, keep: receiver.keep(parsed.payload), copyTo: receiver.copyTo(parsed.payload) },
      own,
    );
  } else if ('unavailable' in mapped) refuse(reception, notEvaluated, retryLater);
  else refuse(reception, unmappable(source.name, mapped));
}

async function acceptEvent(reception: Reception, event: Mapped, own: OwnSigns | undefined): Promise<void> {
  const { request, response, receiver, context, answers, options, proof } = reception;
  const { source } = receiver;
  const asked = toMessage(source, event, proof?.timestampMs ?? context.clock.now());
  const { eventId, tenant, conversationId } = asked;
  const limit = asked.ignored === undefined && receiver.turnLimit && { ...receiver.turnLimit, conversationId };
  const message = { ...asked, ...(limit && { limit }), ...(own && { own }) };
  const result = await accept(reception, message);
  if (result === undefined) {
    refuse(reception, notSaved, retryLater);
    return;
  }
  if (result.status === 'conflict') {
    refuse({ ...reception, verdict: { status: 'conflict', eventId, conversationId } }, conflict);
    return;
  }
  const { status, reason } = result;
  noteDelivery(reception, { code: 202, status, reason, eventId, conversationId });
  const id = receiver.jobs.toJobId(eventId);
  const view = { id, status, statusUrl: toStatusUrl(options, source.name, id), reason };
  reply({ request, response, job: { tenant, eventId, conversationId }, view, code: 202, answers, clock: context.clock });
}

/** Undefined when it could not be saved. */
async function accept({ context, receiver }: Exchange, message: InboundMessage): Promise<AcceptResult | undefined> {
  try {
    const [result] = await context.accept([message]);
    return result;
  } catch (error) {
    context.log.error('webhook could not be saved', {
      source: receiver.source.name,
      eventId: message.eventId,
      error: describeError(error),
    });
    return undefined;
  }
}

export function toMessage({ name, author: authorTemplate }: WebhookSource, event: Mapped, sentAt: number): InboundMessage {
  const { eventId, conversation, text, author, keep, copyTo, ignored } = event;
  return {
    type: 'message',
    adapter: 'webhook',
    tenant: name,
    eventId,
    messageId: eventId,
    conversationId: toConversationId({ adapter: 'webhook', tenant: name, path: [conversation] }),
    sentAt,
    author,
    text,
    attachments: [],
    addressed: true,
    // Without authors there is one voice only, and no need to tell the model who speaks.
    isDirect: authorTemplate === undefined,
    destination: { source: name, conversation, ...(keep === undefined ? {} : { keep }) },
    ...(copyTo === undefined ? {} : { copyTo }),
    ...(ignored === undefined ? {} : { ignored }),
  };
}

function refuse(reception: Reception, problem: Problem, headers: OutgoingHttpHeaders = {}): void {
  const { response, receiver, context } = reception;
  const reason = problem.type.slice(problem.type.lastIndexOf(':') + 1);
  context.log.info('webhook refused', { source: receiver.source.name, status: problem.status, problem: problem.type });
  noteDelivery(reception, { status: 'refused', ...reception.verdict, code: problem.status, reason });
  sendProblem(response, problem, headers);
}

export function toStatusUrl({ publicUrl }: ReceiveOptions, name: string, jobId: string): string {
  return `${publicUrl}/webhooks/${name}/jobs/${jobId}`;
}
