import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Fault, FaultPlan } from './faults.ts';
import { verify } from './standard-webhooks.ts';

/** An answer of the bot, as the desk shows it under the ticket. */
export interface DeskComment {
  /** The webhook-id that it came under. */
  readonly id: string;
  readonly ticketId: string;
  /** Id of the event that it answers. */
  readonly inReplyTo: string;
  readonly text: string;
  readonly part: number;
  readonly parts: number;
}

/** One request to the desk's callback, and what it was answered with; 0 where it got no response. */
export interface CallbackAttempt {
  readonly id: string | undefined;
  readonly status: number;
}

/** `before` the desk takes the answer, and `after` that, before it responds. */
export type CallListener = (phase: 'before' | 'after', id: string) => void;

export interface CallbackOptions {
  readonly secret: string;
  readonly now: () => number;
  readonly faults: FaultPlan;
  readonly onCall: CallListener;
  readonly onComment: (comment: DeskComment) => void;
}

export interface Callbacks {
  readonly server: Server;
  readonly comments: readonly DeskComment[];
  readonly attempts: readonly CallbackAttempt[];
}

/** The side of the desk that receives answers: genuine ones only, each once. */
export function createCallbacks(options: CallbackOptions): Callbacks {
  const comments: DeskComment[] = [];
  const attempts: CallbackAttempt[] = [];

  function respond(response: ServerResponse, id: string | undefined, { status, headers }: Outcome): void {
    attempts.push({ id, status });
    if (status === 0) response.destroy();
    else response.writeHead(status, headers).end();
  }

  function take(id: string, body: string): void {
    const comment = parseComment(id, body);
    if (comment === undefined || comments.some((known) => known.id === id)) return;
    comments.push(comment);
    options.onComment(comment);
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const id = verify({ headers: request.headers, body, now: options.now() }, options.secret);
    if (id === undefined || request.method !== 'POST') {
      respond(response, id, { status: id === undefined ? 401 : 405 });
      return;
    }
    options.onCall('before', id);
    const fault = options.faults.take();
    if (fault === undefined || takesEffect(fault)) take(id, body);
    options.onCall('after', id);
    const outcome = fault === undefined ? { status: 204 } : toOutcome(fault);
    if (outcome) respond(response, id, outcome);
    else attempts.push({ id, status: 0 });
  }

  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  return { server, comments, attempts };
}

interface Outcome {
  /** 0 destroys the socket. */
  readonly status: number;
  readonly headers?: Record<string, string>;
}

function takesEffect({ kind, takesEffect: wanted = false }: Fault): boolean {
  return kind === 'lost_response' || ((kind === 'server_error' || kind === 'hang') && wanted);
}

/** Undefined where there is no response at all. */
function toOutcome({ kind, retryAfterSeconds = 1 }: Fault): Outcome | undefined {
  if (kind === 'rate_limit') return { status: 429, headers: { 'retry-after': String(retryAfterSeconds) } };
  if (kind === 'server_error') return { status: 500 };
  if (kind === 'gone') return { status: 410 };
  return kind === 'hang' ? undefined : { status: 0 };
}

/** The documented shape of an answer; anything else is taken and not shown. */
function parseComment(id: string, body: string): DeskComment | undefined {
  const message: unknown = JSON.parse(body);
  if (!isRecord(message) || message['type'] !== 'parley.answer' || !isRecord(message['data'])) return undefined;
  const { id: messageId, conversation, inReplyTo, text: words, part, parts } = message['data'];
  if (messageId !== id || typeof conversation !== 'string' || typeof inReplyTo !== 'string' || typeof words !== 'string')
    return undefined;
  return { id, ticketId: conversation, inReplyTo, text: words, part: Number(part), parts: Number(parts) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
