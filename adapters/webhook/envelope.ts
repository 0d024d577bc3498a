import type { IncomingMessage } from 'node:http';
import { toProblem } from '../../src/problem.ts';
import type { Problem } from '../../src/problem.ts';
import type { Contains } from '../../src/addresses.ts';
import type { Origin } from './origin.ts';
import type { BodyFormat } from './source.ts';

/** What can be told before the body is read. */
export function judgeEnvelope({ method, headers }: IncomingMessage, format: BodyFormat = 'json'): Problem | undefined {
  if (method !== 'POST') return toProblem({ status: 405, code: 'method', detail: 'Deliver events by POST.' });
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const { pattern, detail } = mediaTypes[format];
  if (!pattern.test(type)) return toProblem({ status: 415, code: 'media-type', detail });
  const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='));
  if (charset !== undefined && !/^\s*charset="?utf-?8"?\s*$/.test(charset)) {
    return toProblem({ status: 415, code: 'charset', detail: 'Encode the body as UTF-8, and leave the charset out.' });
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    return toProblem({ status: 415, code: 'content-encoding', detail: 'Send the body as it is, without compression.' });
  }
  return undefined;
}

const mediaTypes: Readonly<Record<BodyFormat, { readonly pattern: RegExp; readonly detail: string }>> = {
  json: {
    pattern: /^\s*application\/(?:json|[\w.-]+\+json)\s*$/,
    detail: 'Send JSON, with the header "Content-Type: application/json".',
  },
  form: {
    pattern: /^\s*application\/x-www-form-urlencoded\s*$/,
    detail:
      'This source takes forms: send the header "Content-Type: application/x-www-form-urlencoded". For JSON remove body: form from its settings.',
  },
};

/** Where the request comes from, and by which way. */
export function judgeOrigin(
  origin: Origin,
  rules: { requireHttps: boolean; isAllowed: Contains | undefined },
): Problem | undefined {
  if (rules.requireHttps && !origin.secure) return notSecure;
  return rules.isAllowed === undefined || rules.isAllowed(origin.address) ? undefined : notAllowed;
}

const notSecure = toProblem({
  status: 403,
  code: 'https-required',
  detail:
    'This came over a network in clear, where everybody on the way can read it. Send it to the https address; a proxy in front must be trusted here and say so in X-Forwarded-Proto.',
});

const notAllowed = toProblem({
  status: 403,
  code: 'address-not-allowed',
  detail: 'This source takes nothing from this address.',
});
