import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AdapterContext, RequestHandler } from '../../src/adapter.ts';
import { toConversationId } from '../../src/conversation-id.ts';
import { describeError } from '../../src/errors.ts';
import type { InboundMessage } from '../../src/message.ts';
import { sendProblem, toProblem } from '../../src/problem.ts';
import type { Problem } from '../../src/problem.ts';
import { createVerifier } from '../../src/signature.ts';
import type { SignatureResult, Verify } from '../../src/signature.ts';
import type { Answers } from './answers.ts';
import { createJobIds } from './job-id.ts';
import type { JobIds } from './job-id.ts';
import { toView } from './job-view.ts';
import { createMapping } from './mapping.ts';
import type { Mapped, Mapping } from './mapping.ts';
import { reply } from './reply.ts';
import { parsePayload, readBody } from './request-body.ts';
import type { WebhookSource } from './source.ts';
import { toChallenge, toSignatureProblem } from './verify.ts';

/** A source with all that can be made of its configuration once. */
export interface Receiver extends JobIds {
  readonly source: WebhookSource;
  readonly verify: Verify;
  readonly map: Mapping;
}

export interface ReceiveOptions {
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly maxBodyBytes: number;
  readonly publicUrl: string;
  /** Undefined while the adapter is not running. */
  readonly running: () => { readonly context: AdapterContext; readonly answers: Answers } | undefined;
}

export function createReceiver(source: WebhookSource): Receiver {
  return { source, verify: createVerifier(source.verify), map: createMapping(source), ...createJobIds(source) };
}

const root = '/webhooks/';

/**
 * POST /webhooks/NAME takes an event, GET /webhooks/NAME/jobs/ID says what became of one.
 *
 * Whatever is not right is refused with problem details before anything of it is handed on: source, media type, size, signature, JSON, mapping,
 * in this order. 202 is sent after the event is on disk, never before.
 */
export function createRouter(options: ReceiveOptions): RequestHandler {
  const { receivers, running } = options;
  return (request, response, next) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (!path.startsWith(root)) {
      next();
      return;
    }
    const [name = '', section, jobId, ...rest] = path.slice(root.length).split('/');
    const receiver = receivers.get(name);
    const state = running();
    const isJob = section === 'jobs' && jobId !== undefined && rest.length === 0;
    if (receiver === undefined || (section && !isJob)) refuse(response, unknownSource);
    else if (state === undefined) refuse(response, notRunning, retryLater);
    else {
      const exchange = { request, response, receiver, ...state, options };
      (isJob ? receiveInquiry(exchange, jobId) : receiveEvent(exchange)).catch(next);
    }
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly receiver: Receiver;
  readonly context: AdapterContext;
  readonly answers: Answers;
  readonly options: ReceiveOptions;
}

async function receiveEvent(exchange: Exchange): Promise<void> {
  const { request, response, receiver, context, options } = exchange;
  const { source } = receiver;
  const refusal = judgeEnvelope(request);
  if (refusal) {
    refuseEvent(exchange, refusal, refusal.status === 405 ? { allow: 'POST' } : {});
    return;
  }
  const body = await readBody(request, options.maxBodyBytes);
  if (body === 'cut') {
    response.destroy();
    return;
  }
  if (body === 'too large') {
    const detail = `The body is longer than ${options.maxBodyBytes} bytes. Send less, or raise server.maxBodyBytes.`;
    refuseEvent(exchange, toProblem({ status: 413, code: 'too-large', detail }));
    return;
  }
  const signature = receiver.verify({ headers: request.headers, body, now: context.clock.now() });
  if (!signature.ok) {
    refuseEvent(exchange, toSignatureProblem(signature.reason, source.verify), {
      'www-authenticate': toChallenge(source.verify),
    });
    return;
  }
  const parsed = parsePayload(body);
  if (!parsed.ok) {
    refuseEvent(exchange, toProblem({ status: 400, code: 'malformed', detail: parsed.detail }));
    return;
  }
  const mapped = receiver.map({ payload: parsed.payload, headers: request.headers, body, signedId: signature.id });
  if (!mapped.ok) {
    const detail = `The template "${mapped.key}" of this source gives nothing for this body. Send what it asks for, or change webhooks.${source.name}.${mapped.key}.`;
    refuseEvent(exchange, toProblem({ status: 422, code: 'unmappable', detail }));
    return;
  }
  await acceptEvent(exchange, mapped.event, signature);
}

async function acceptEvent(exchange: Exchange, event: Mapped, signature: SignatureResult & { ok: true }): Promise<void> {
  const { request, response, receiver, context, answers, options } = exchange;
  const { source } = receiver;
  const message = toMessage(source, event, signature.timestampMs ?? context.clock.now());
  const { eventId, tenant, conversationId } = message;
  const result = await accept(exchange, message);
  if (result === undefined) {
    refuseEvent(exchange, notSaved, retryLater);
    return;
  }
  if (result.status === 'conflict') {
    refuseEvent(exchange, conflict);
    return;
  }
  const id = receiver.toJobId(eventId);
  const view = { id, status: result.status, statusUrl: toStatusUrl(options, source.name, id), reason: result.reason };
  reply({ request, response, job: { tenant, eventId, conversationId }, view, code: 202, answers, clock: context.clock });
}

/** Undefined when it could not be saved. */
async function accept({ context, receiver }: Exchange, message: InboundMessage) {
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

async function receiveInquiry(exchange: Exchange, jobId: string): Promise<void> {
  const { request, response, receiver, context, answers, options } = exchange;
  const { name } = receiver.source;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(response, toProblem({ status: 405, code: 'method', detail: 'Ask for a job by GET.' }), { allow: 'GET, HEAD' });
    return;
  }
  const eventId = receiver.parseJobId(jobId);
  const status = eventId === undefined ? undefined : await context.status(name, eventId);
  if (eventId === undefined || status === undefined) {
    refuse(response, unknownJob);
    return;
  }
  const job = { tenant: name, eventId, conversationId: status.conversationId };
  const view = toView(status, { id: jobId, statusUrl: toStatusUrl(options, name, jobId) });
  reply({ request, response, job, view, code: 200, answers, clock: context.clock });
}

function toMessage({ name, author: authorTemplate }: WebhookSource, event: Mapped, sentAt: number): InboundMessage {
  const { eventId, conversation, text, author } = event;
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
    destination: { source: name, conversation },
  };
}

/** What can be told before the body is read. */
function judgeEnvelope({ method, headers }: IncomingMessage): Problem | undefined {
  if (method !== 'POST') return toProblem({ status: 405, code: 'method', detail: 'Deliver events by POST.' });
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  if (!/^\s*application\/(?:json|[\w.-]+\+json)\s*$/.test(type)) {
    return toProblem({ status: 415, code: 'media-type', detail: 'Send JSON, with the header "Content-Type: application/json".' });
  }
  const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='));
  if (charset !== undefined && !/^\s*charset="?utf-?8"?\s*$/.test(charset)) {
    return toProblem({ status: 415, code: 'charset', detail: 'JSON is UTF-8: encode it so, and leave the charset out.' });
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    return toProblem({ status: 415, code: 'content-encoding', detail: 'Send the body as it is, without compression.' });
  }
  return undefined;
}

function refuseEvent({ response, receiver, context }: Exchange, problem: Problem, headers?: OutgoingHttpHeaders): void {
  context.log.info('webhook refused', { source: receiver.source.name, status: problem.status, problem: problem.type });
  refuse(response, problem, headers);
}

function refuse(response: ServerResponse, problem: Problem, headers?: OutgoingHttpHeaders): void {
  sendProblem(response, problem, headers);
}

function toStatusUrl({ publicUrl }: ReceiveOptions, name: string, jobId: string): string {
  return `${publicUrl}${root}${name}/jobs/${jobId}`;
}

const retryLater = { 'retry-after': '5' };

const unknownSource = toProblem({
  status: 404,
  code: 'unknown-source',
  detail: 'No source has this name. Events go to /webhooks/NAME, where NAME stands under "webhooks" in the configuration.',
});

const unknownJob = toProblem({
  status: 404,
  code: 'unknown-job',
  detail:
    'No job is known under this address. Use the statusUrl of the delivery as it was given; jobs are forgotten after some time.',
});

const notRunning = toProblem({
  status: 503,
  code: 'not-running',
  detail: 'Events are not taken at this moment. Deliver again in some seconds.',
});

const notSaved = toProblem({
  status: 503,
  code: 'not-saved',
  detail: 'The event could not be saved. Deliver it again in some seconds, under the same id.',
});

const conflict = toProblem({
  status: 409,
  code: 'conflict',
  detail:
    'Another event came under this id before; that one counts. Give each event an id of its own, and the same one only when it is delivered again.',
});
