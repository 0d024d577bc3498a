import type { SourceVerification } from '../../src/verification.ts';

/** Whether a proof of the scheme covers the body, so that nothing about an event can be changed without the secret. */
export function signsBody(verification: SourceVerification): boolean {
  switch (verification.scheme) {
    case 'standard':
    case 'hmac':
    case 'publicKey':
      return true;
    case 'jwt':
      return verification.bodyHashClaim !== undefined;
    default:
      return false;
  }
}

/** The headers that prove who sends, in lower case: neither for templates nor for the delivery log. */
export function credentialHeaders(verification: SourceVerification): readonly string[] {
  switch (verification.scheme) {
    case 'hmac':
    case 'publicKey':
    case 'apiKey':
    case 'jwt':
      return [verification.header.toLowerCase()];
    default:
      return [];
  }
}

/** The header whose value the proof covers as the id of the event. */
export function signedIdHeader(verification: SourceVerification): string | undefined {
  if (verification.scheme === 'standard') return 'webhook-id';
  return 'idHeader' in verification ? verification.idHeader?.toLowerCase() : undefined;
}

const sensitive = /signature|secret|token|authorization|cookie|password|api-?key|hmac|credential|^x-.*-auth/;

/** Whether the name of a header (in lower case) sounds like a signature or a credential. */
export function isSensitive(header: string): boolean {
  return sensitive.test(header);
}
