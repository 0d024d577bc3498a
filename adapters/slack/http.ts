import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App, Receiver, ReceiverEvent } from '@slack/bolt';
import type { RequestHandler } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import { sendProblem, toProblem } from '../../src/problem.ts';
import { createVerifier } from '../../src/signature.ts';
import type { SignatureFault } from '../../src/signed-header.ts';
import { isRecord } from './receive.ts';

/** Where Slack is told to send events, commands and interactions. */
const path = '/slack/events';
/** Slack's largest events are some 100 kB. */
const maxBodyBytes = 1024 * 1024;

export interface HttpReceiverOptions {
  readonly signingSecret: string;
  readonly clock: Pick<Clock, 'now'>;
  /** A request was handed over and not taken: it is not acknowledged, and Slack sends it again. */
  readonly onFailure: (error: unknown) => void;
}

export interface HttpReceiver extends Receiver {
  /** Answers a request for the path of Slack's events. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Slack's path on the shared server, which may be listening before the adapter has been started. */
export function createSlackRouter(receiver: () => HttpReceiver | undefined): RequestHandler {
  return (request, response, next) => {
    const { url = '' } = request;
    if (url !== path && !url.startsWith(`${path}?`)) return next();
    const started = receiver();
    return started ? started.handle(request, response) : refuse(response, { status: 503, ...notReady });
  };
}

/**
 * A Bolt receiver for the server that Parley has anyway. Bolt's own acknowledge before anything is saved, take timestamps from the future, and
 * say nothing to who has to mend a request. Requests are answered in the order of what can be known: how they look, who sent them, what they hold.
 */
export function createHttpReceiver({ signingSecret, clock, onFailure }: HttpReceiverOptions): HttpReceiver {
  let app: Pick<App, 'processEvent'> | undefined;
  const verify = createVerifier({
    scheme: 'hmac',
    secrets: [signingSecret],
    ...{ header: 'x-slack-signature', algorithm: 'sha256', encoding: 'hex', prefix: 'v0=' },
    ...{
      signed: 'v0:{timestamp}:{body}',
      timestampHeader: 'x-slack-request-timestamp',
      timestampUnit: 's',
      toleranceSeconds: 300,
    },
  });

  function onBody(request: IncomingMessage, response: ServerResponse, raw: Buffer): void {
    const signature = verify({ headers: request.headers, body: raw, now: clock.now() });
    if (!signature.ok) return refuse(response, { status: 401, ...signatureHints[signature.reason] });
    const body = parse(request, raw);
    if (body === undefined) return refuse(response, { status: 400, ...malformed });
    if (body['type'] === 'url_verification') return answer(response, { challenge: body['challenge'] });
    if (body['ssl_check'] !== undefined) return answer(response);
    if (!app) return refuse(response, { status: 503, ...notReady });
    const { 'x-slack-retry-num': retryNum, 'x-slack-retry-reason': retryReason } = request.headers;
    const event: ReceiverEvent = {
      body,
      ...(retryNum === undefined ? {} : { retryNum: Number(retryNum) }),
      ...(typeof retryReason === 'string' ? { retryReason } : {}),
      ack: async (payload: unknown) => answer(response, payload),
    };
    app.processEvent(event).catch((error: unknown) => {
      onFailure(error);
      refuse(response, { status: 500, ...notSaved });
    });
  }

  return {
    init: (bolt) => {
      app = bolt;
    },
    start: async () => undefined,
    stop: async () => {
      app = undefined;
    },
    handle: (request, response) => {
      if (request.method !== 'POST') return refuse(response, { status: 405, ...wrongMethod, headers: { allow: 'POST' } });
      if (!isJson(request) && !isForm(request)) return refuse(response, { status: 415, ...wrongType });
      return readBody(request, {
        onBody: (raw) => onBody(request, response, raw),
        onTooLarge: () => refuse(response, { status: 413, ...tooLarge, headers: { connection: 'close' } }),
      });
    },
  };
}

interface Hint {
  readonly code: string;
  readonly detail: string;
}

const wrongMethod: Hint = { code: 'method-not-allowed', detail: 'Send events with POST.' };
const wrongType: Hint = {
  code: 'unsupported-type',
  detail:
    'Send application/json, as Slack does for events, or application/x-www-form-urlencoded, as it does for commands and interactions.',
};
const tooLarge: Hint = { code: 'too-large', detail: `A body may have ${maxBodyBytes} bytes. Slack sends no event that large.` };
const malformed: Hint = {
  code: 'malformed',
  detail:
    'The signature is right, but the body is none of the forms in which Slack sends events (a JSON object with a type), commands or interactions.',
};
const notReady: Hint = { code: 'not-ready', detail: 'Parley is starting or stopping. Send it again.' };
const notSaved: Hint = {
  code: 'not-saved',
  detail: 'The event could not be saved, so it is not acknowledged. Send it again; the log has the reason.',
};

const signatureHints: Readonly<Record<SignatureFault, Hint>> = {
  missing: {
    code: 'signature-missing',
    detail:
      'Send the headers X-Slack-Request-Timestamp (seconds since 1970) and X-Slack-Signature ("v0=" and the hexadecimal HMAC-SHA256 of "v0:timestamp:body").',
  },
  mismatch: {
    code: 'signature-mismatch',
    detail:
      'The signature does not match: check that SLACK_SIGNING_SECRET is the signing secret of this Slack app, and that no proxy changes the body.',
  },
  stale: {
    code: 'timestamp-stale',
    detail: 'The request was signed more than 300 seconds ago: sign it anew, and check the clocks of both sides.',
  },
  future: {
    code: 'timestamp-future',
    detail: 'The request was signed more than 300 seconds in the future: check the clocks of both sides.',
  },
  unconfigured: { code: 'signature-unconfigured', detail: 'No signing secret is configured: set SLACK_SIGNING_SECRET.' },
};

interface Refusal extends Hint {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function refuse(response: ServerResponse, { headers, ...problem }: Refusal): void {
  if (response.headersSent) return;
  sendProblem(response, toProblem(problem), headers);
}

function answer(response: ServerResponse, payload?: unknown): void {
  if (payload === undefined || payload === '') {
    response.writeHead(200, { 'content-length': 0 }).end();
    return;
  }
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const type = typeof payload === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '');
}

function isForm({ headers }: IncomingMessage): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '');
}

interface BodyHandlers {
  readonly onBody: (raw: Buffer) => void;
  readonly onTooLarge: () => void;
}

/** Nobody waits for a body whose sender has gone. */
function readBody(request: IncomingMessage, { onBody, onTooLarge }: BodyHandlers): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return onTooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) {
      chunks.push(chunk);
      return;
    }
    request.off('data', onData).off('end', onEnd).resume();
    onTooLarge();
  };
  const onEnd = (): void => onBody(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
  request
    .on('data', onData)
    .on('end', onEnd)
    .on('error', () => undefined);
}

/** Undefined where it is no form of Slack's. */
function parse(request: IncomingMessage, raw: Buffer): Readonly<Record<string, unknown>> | undefined {
  const text = raw.toString('utf8');
  if (isJson(request)) return parseJson(text);
  const form = Object.fromEntries(new URLSearchParams(text));
  if (form['payload'] !== undefined) return parseJson(form['payload']);
  return form['command'] === undefined && form['ssl_check'] === undefined ? undefined : form;
}

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || typeof value['type'] !== 'string') return undefined;
    return value['type'] === 'event_callback' && !isRecord(value['event']) ? undefined : value;
  } catch {
    return undefined;
  }
}
