import type { IncomingMessage, ServerResponse } from 'node:http';
import { noteDelivery } from './delivery-note.ts';
import type { Reception } from './exchange.ts';
import { readBody } from './request-body.ts';

const maxChallengeLength = 1_000;
const maxFormBytes = 1_000;

/** Some senders look by HEAD whether somebody is there. */
export function isKnock({ method }: IncomingMessage): boolean {
  return method === 'HEAD';
}

/** Answers a genuine request that is a challenge. False: it is none. */
export function answerChallenge(reception: Reception): boolean {
  const { request, response, receiver } = reception;
  const { header } = receiver.source.handshake ?? {};
  const challenge = header === undefined ? undefined : request.headers[header.toLowerCase()];
  if (typeof challenge !== 'string' || challenge === '' || challenge.length > maxChallengeLength) return false;
  noteDelivery(reception, { status: 'ignored', reason: 'handshake', code: 200 });
  sendOk(response, JSON.stringify({ challenge }));
  return true;
}

/** Answers a form that is a knock. False: it is none, and has to be refused; what could be read of it is gone. */
export async function answerForm(reception: Reception): Promise<boolean> {
  const { request, response, receiver } = reception;
  const { form } = receiver.source.handshake ?? {};
  if (form === undefined || request.method !== 'POST' || !isForm(request)) return false;
  const body = await readBody(request, maxFormBytes);
  if (typeof body === 'string') return false;
  const fields = [...new URLSearchParams(body.toString('utf8'))];
  const [name, value = ''] = fields[0] ?? [];
  if (fields.length !== 1 || name !== form || !/^\d{1,20}$/.test(value)) return false;
  noteDelivery(reception, { status: 'ignored', reason: 'handshake', code: 200 });
  sendOk(response, '{}');
  return true;
}

function isForm({ headers }: IncomingMessage): boolean {
  return /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '');
}

export function sendOk(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}
