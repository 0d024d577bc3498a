import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { sendProblem, toProblem } from '../../src/problem.ts';
import { responseTypes } from './response.ts';
import type { Response } from './response.ts';
import { isRecord } from './record.ts';
import type { Fields } from './record.ts';

/** The Interactions Endpoint URL of the application, behind the public address. */
const interactionsPath = '/discord/interactions';
const maxBodyBytes = 1024 * 1024;
const toleranceMs = 300_000;
const ping = 1;
/** What stands before the 32 bytes of an Ed25519 key in DER form (RFC 8410). */
const derPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export interface InteractionEndpoint {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Resolves, once the interaction is saved, with the response. */
  readonly answer: (payload: Fields) => Promise<Response>;
}

/** Discord's path on the shared server, which may be listening before the adapter has been started. */
export function createDiscordRouter(publicKey: string, endpoint: () => InteractionEndpoint | undefined): RequestHandler {
  const der = Buffer.concat([derPrefix, Buffer.from(publicKey, 'hex')]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return (request, response, next) => {
    const { url = '' } = request;
    if (url !== interactionsPath && !url.startsWith(`${interactionsPath}?`)) return next();
    const started = endpoint();
    if (!started) return refuse(response, { status: 503, code: 'not-ready', detail: 'Parley is starting or stopping.' });
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return refuse(response, { status: 405, code: 'method-not-allowed', detail: 'Discord sends interactions with POST.' });
    }
    return readBody(request, response, (body) => {
      onBody({ request, response, body }, { key, endpoint: started }).catch((error: unknown) => {
        started.log.error('A Discord interaction could not be saved.', { reason: describeError(error) });
        refuse(response, { status: 500, code: 'not-saved', detail: 'It could not be saved, so it is not acknowledged.' });
      });
    });
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

async function onBody(
  { request, response, body }: Exchange,
  by: { key: KeyObject; endpoint: InteractionEndpoint },
): Promise<void> {
  const fault = findFault(request, body, { key: by.key, now: by.endpoint.clock.now() });
  // Discord sends forged requests itself, and takes the address away from who does not answer them with this status.
  if (fault) return refuse(response, { status: 401, ...fault });
  const payload = parse(body);
  if (!payload) return refuse(response, { status: 400, code: 'malformed', detail: 'The body is no interaction.' });
  if (payload['type'] === ping) return respond(response, { type: responseTypes.pong });
  return respond(response, await by.endpoint.answer(payload));
}

interface Fault {
  readonly code: string;
  readonly detail: string;
}

function findFault({ headers }: IncomingMessage, body: Buffer, by: { key: KeyObject; now: number }): Fault | undefined {
  const { 'x-signature-ed25519': signature, 'x-signature-timestamp': timestamp } = headers;
  if (typeof signature !== 'string' || typeof timestamp !== 'string') {
    return { code: 'signature-missing', detail: 'Send the headers X-Signature-Ed25519 and X-Signature-Timestamp.' };
  }
  const isFormed = /^[0-9a-f]{128}$/i.test(signature) && /^\d{1,12}$/.test(timestamp);
  const signed = Buffer.concat([Buffer.from(timestamp), body]);
  if (!isFormed || !verify(null, signed, by.key, Buffer.from(signature, 'hex'))) {
    const detail = 'The signature does not match: check that DISCORD_PUBLIC_KEY is the public key of this application.';
    return { code: 'signature-mismatch', detail };
  }
  if (Math.abs(by.now - Number(timestamp) * 1000) <= toleranceMs) return undefined;
  return { code: 'timestamp-stale', detail: 'It was signed more than 300 seconds from now: check the clock of this machine.' };
}

function parse(body: Buffer): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readBody(request: IncomingMessage, response: ServerResponse, onEnd: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    else if (!response.headersSent) {
      response.setHeader('connection', 'close');
      refuse(response, { status: 413, code: 'too-large', detail: `A body may have ${maxBodyBytes} bytes.` });
    }
  });
  request.on('end', () => {
    if (bytes <= maxBodyBytes) onEnd(Buffer.concat(chunks));
  });
  request.on('error', () => response.destroy());
}

function respond(response: ServerResponse, body: Response): void {
  if (response.destroyed) return;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, { status, code, detail }: Fault & { readonly status: number }): void {
  if (response.headersSent || response.destroyed) return;
  sendProblem(response, toProblem({ status, code, detail }));
}
