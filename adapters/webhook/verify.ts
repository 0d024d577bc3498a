import { toProblem } from '../../src/problem.ts';
import type { Problem } from '../../src/problem.ts';
import type { SignatureFault, Verification } from '../../src/signature.ts';

/** Why a request is not believed, for whoever sets the sender up. A forger learns nothing from it that the documentation does not say. */
export function toSignatureProblem(reason: SignatureFault, verification: Verification): Problem {
  return toProblem({ status: 401, code: `signature-${reason}`, title: 'Not genuine', detail: details[reason](verification) });
}

/** What a 401 must say about how to do better. */
export function toChallenge({ scheme }: Verification): string {
  return scheme === 'bearer' ? 'Bearer realm="webhooks"' : `Signature realm="webhooks", scheme="${scheme}"`;
}

const details: Record<SignatureFault, (verification: Verification) => string> = {
  missing: (verification) => `Send ${wanted(verification)}.`,
  stale: (verification) =>
    `The timestamp in ${timestampHeader(verification)} is more than ${tolerance(verification)} seconds old. Sign each attempt anew, and set the sender's clock.`,
  future: (verification) =>
    `The timestamp in ${timestampHeader(verification)} lies more than ${tolerance(verification)} seconds ahead. Set the sender's clock, and check the unit.`,
  mismatch: ({ scheme }) =>
    scheme === 'bearer'
      ? 'The token is not the one of this source.'
      : 'The signature does not fit. Check that the sender has the secret of this source, and that nothing changes the body after it is signed.',
  unconfigured: () => 'This source has no secret yet, so that nothing can be believed. Set one in the configuration.',
};

function wanted(verification: Verification): string {
  if (verification.scheme === 'standard') return 'the headers webhook-id, webhook-timestamp (in seconds) and webhook-signature';
  if (verification.scheme === 'bearer') return 'the token of this source, as in "Authorization: Bearer TOKEN"';
  const { header, timestampHeader: time, timestampUnit = 's' } = verification;
  return time === undefined
    ? `the signature in ${header}`
    : `the signature in ${header} and its time in ${time} (in ${timestampUnit})`;
}

function timestampHeader(verification: Verification): string {
  return verification.scheme === 'hmac' && verification.timestampHeader ? verification.timestampHeader : 'webhook-timestamp';
}

function tolerance(verification: Verification): number {
  return 'toleranceSeconds' in verification ? (verification.toleranceSeconds ?? 300) : 300;
}
