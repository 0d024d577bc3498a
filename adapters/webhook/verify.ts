import { toProblem } from '../../src/problem.ts';
import type { Problem } from '../../src/problem.ts';
import { timestampHeaderOf } from '../../src/signed-header.ts';
import type { SourceVerification } from '../../src/verification.ts';
import { signsBody } from './credentials.ts';
import type { SourceFault } from './schemes/source-verify.ts';

/** Why a request is not believed, for whoever sets the sender up. A forger learns nothing from it that the documentation does not say. */
export function toSignatureProblem(reason: SourceFault, verification: SourceVerification): Problem {
  const detail = details[reason](verification);
  if (reason === 'unavailable') return toProblem({ status: 503, code: 'keys-unavailable', detail });
  return toProblem({ status: 401, code: `signature-${reason}`, title: 'Not genuine', detail });
}

/** What a 401 must say about how to do better. */
export function toChallenge({ scheme }: SourceVerification): string {
  if (scheme === 'bearer' || scheme === 'jwt') return 'Bearer realm="webhooks"';
  if (scheme === 'basic') return 'Basic realm="webhooks", charset="UTF-8"';
  return `Signature realm="webhooks", scheme="${scheme}"`;
}

const details: Record<SourceFault, (verification: SourceVerification) => string> = {
  missing: (verification) => `Send ${wanted(verification)}.`,
  stale: (verification) =>
    verification.scheme === 'jwt'
      ? 'The token has expired. Make a new one for each delivery, and set the clock of who makes it.'
      : `The timestamp in ${timestampHeader(verification)} is more than ${tolerance(verification)} seconds old. Sign each attempt anew, and set the sender's clock.`,
  future: (verification) =>
    verification.scheme === 'jwt'
      ? 'The token is not valid yet. Set the clock of who makes it.'
      : `The timestamp in ${timestampHeader(verification)} lies more than ${tolerance(verification)} seconds ahead. Set the sender's clock, and check the unit.`,
  mismatch: (verification) => {
    if (verification.scheme === 'mtls') return 'The client certificate is not the one of this source.';
    if (verification.scheme === 'jwt') {
      return 'The token is not good for this source. Check its key, algorithm, issuer and audience, and that it has an expiry.';
    }
    return signsBody(verification)
      ? 'The signature does not fit. Check that the sender has the secret of this source, and that nothing changes the body after it is signed.'
      : `The ${credential(verification)} is not the one of this source.`;
  },
  unconfigured: () => 'This source has no secret yet, so that nothing can be believed. Set one in the configuration.',
  unavailable: () => 'The keys of the issuer cannot be had at the moment. Deliver again in some seconds, under the same id.',
  untrusted: () => 'This source is believed only when the proxy in front hands its requests on.',
};

function wanted(verification: SourceVerification): string {
  switch (verification.scheme) {
    case 'standard':
      return 'the headers webhook-id, webhook-timestamp (in seconds) and webhook-signature';
    case 'bearer':
      return 'the token of this source, as in "Authorization: Bearer TOKEN"';
    case 'apiKey':
      return `the key of this source in ${verification.header}`;
    case 'basic':
      return 'the name and password of this source, as in "Authorization: Basic BASE64"';
    case 'urlSecret':
      return `the secret of this source in the address, as in ?${verification.parameter}=SECRET`;
    case 'jwt':
      return verification.header.toLowerCase() === 'authorization'
        ? 'a JSON Web Token, as in "Authorization: Bearer TOKEN"'
        : `a JSON Web Token in ${verification.header}`;
    case 'mtls':
      return verification.identityHeader === undefined
        ? 'the request with a client certificate that is known here'
        : 'the request with a client certificate, by way of the proxy that checks it';
    default:
      return wantedHeaders(verification);
  }
}

function wantedHeaders(verification: Extract<SourceVerification, { scheme: 'hmac' | 'publicKey' }>): string {
  const { header, idHeader, timestampUnit = 's' } = verification;
  const time = timestampHeaderOf(verification);
  const parts = [
    `the signature in ${header}`,
    ...(time === undefined ? [] : [`its time in ${time} (${units[timestampUnit]})`]),
    ...(idHeader === undefined ? [] : [`the id in ${idHeader}`]),
  ];
  return parts.join(' and ');
}

const units = { s: 'in s', ms: 'in ms', iso: 'as ISO 8601' } as const;

function credential({ scheme }: SourceVerification): string {
  if (scheme === 'basic') return 'name or password';
  if (scheme === 'apiKey') return 'key';
  return scheme === 'urlSecret' ? 'secret in the address' : 'token';
}

function timestampHeader(verification: SourceVerification): string {
  return ('header' in verification && 'encoding' in verification && timestampHeaderOf(verification)) || 'webhook-timestamp';
}

function tolerance(verification: SourceVerification): number {
  return 'toleranceSeconds' in verification ? (verification.toleranceSeconds ?? 300) : 300;
}
